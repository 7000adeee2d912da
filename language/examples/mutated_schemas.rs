//! Schemas that were changed in a few places are compiled or refused: `cargo run --release -p
//! foveate-language --example mutated_schemas -- 10000000 --seed 1`
//!
//! The seeds are small random schemas. In each a few values are replaced by odd ones or by parts of
//! others, keywords are renamed, and values are wrapped. Every schema is compiled, and listed and
//! described as for a prompt. Of one in a hundred that are taken an answer is walked, which must be
//! JSON and fit its budget. A panic, a hang or memory without bound is what it is here to find;
//! `random_schemas` holds answers against an independent validator.
#[path = "../tests/random/mod.rs"]
mod random;

use foveate_language::{Error, Schema};
use random::{Bench, Dice, Walk};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::process::ExitCode;
use std::time::{Duration, Instant};

/// Schemas that are changed.
const SEEDS: usize = 500;
/// Of so many schemas that are taken one has an answer walked.
const WALKED: u64 = 100;
/// Tokens of an answer.
const BUDGET: usize = 60;
/// Schemas between two lines that say how far it is.
const REPORT: u64 = 1_000_000;
/// What schemas are made of, and what they are not.
const KEYWORDS: [&str; 34] = [
    "type",
    "properties",
    "required",
    "items",
    "prefixItems",
    "minItems",
    "maxItems",
    "uniqueItems",
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "multipleOf",
    "minLength",
    "maxLength",
    "pattern",
    "format",
    "enum",
    "const",
    "anyOf",
    "oneOf",
    "allOf",
    "not",
    "$ref",
    "$defs",
    "additionalProperties",
    "patternProperties",
    "minProperties",
    "maxProperties",
    "description",
    "default",
    "if",
    "contains",
    "v",
];

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let mut numbers = arguments.iter().filter_map(|a| a.parse::<u64>().ok());
    let Some(count) = numbers.next() else {
        eprintln!("mutated_schemas COUNT [--seed NUMBER]");
        return ExitCode::from(2);
    };
    let seed = numbers.next().unwrap_or(1);
    let bench = Bench::new();
    let mut dice = Dice(seed);
    let seeds = seeds(&bench, &mut dice);
    let (mut tally, began) = (Tally::default(), Instant::now());
    for done in 1..=count {
        let schema = mutated(&seeds, &mut dice);
        tally.add(&bench, &schema, &mut dice);
        if done.is_multiple_of(REPORT) || done == count {
            let (time, peak) = (began.elapsed(), peak());
            println!("{done} schemas in {time:.0?}, seed {seed}, peak {peak} MB: {tally}");
        }
    }
    for (why, count) in &tally.refused {
        println!("{count:9} refused: {why}");
    }
    ExitCode::from(u8::from(tally.failed > 0))
}

/// Small schemas whose answers are valid.
fn seeds(bench: &Bench, dice: &mut Dice) -> Vec<Value> {
    let mut seeds = Vec::new();
    while seeds.len() < SEEDS {
        let schema = match dice.below(4) {
            0 => dice.whole(),
            depth => dice.schema(depth - 1),
        };
        match bench.check(&schema, BUDGET, dice) {
            Ok(Walk::Answered(answer)) if answer.len() < 10 * BUDGET => seeds.push(schema),
            _ => {}
        }
    }
    seeds
}

/// A seed with up to four changes.
fn mutated(seeds: &[Value], dice: &mut Dice) -> Value {
    let any = |dice: &mut Dice| &seeds[dice.below(seeds.len() as u64) as usize];
    let mut schema = any(dice).clone();
    for _ in 0..1 + dice.below(4) {
        let (mut at, other) = (dice.below(size(&schema)), any(dice));
        let part = dice.below(size(other));
        visit(&mut schema, &mut at, &mut |value| {
            change(value, other, part, dice)
        });
    }
    schema
}

/// How many values a value is made of.
fn size(value: &Value) -> u64 {
    1 + match value {
        Value::Array(items) => items.iter().map(size).sum(),
        Value::Object(map) => map.values().map(size).sum(),
        _ => 0,
    }
}

/// Hands out the value that `at` others come before.
fn visit(value: &mut Value, at: &mut u64, with: &mut dyn FnMut(&mut Value)) -> bool {
    if *at == 0 {
        with(value);
        return true;
    }
    *at -= 1;
    match value {
        Value::Array(items) => items.iter_mut().any(|item| visit(item, at, with)),
        Value::Object(map) => map.values_mut().any(|value| visit(value, at, with)),
        _ => false,
    }
}

fn change(value: &mut Value, other: &Value, mut part: u64, dice: &mut Dice) {
    match (dice.below(8), &mut *value) {
        (0..=2, Value::Object(map)) => {
            let key = KEYWORDS[dice.below(KEYWORDS.len() as u64) as usize];
            let first = map.keys().next().cloned();
            let moved = first.and_then(|first| map.remove(&first));
            map.insert(key.to_owned(), moved.unwrap_or_else(|| odd(dice)));
        }
        (0..=2, Value::Array(items)) => match dice.below(3) {
            0 => drop(items.pop()),
            1 => items.extend(items.clone()),
            _ => items.push(odd(dice)),
        },
        (3..=5, _) => {
            let mut other = other.clone();
            visit(&mut other, &mut part, &mut |found| *value = found.take());
        }
        (6, _) => {
            let key = KEYWORDS[dice.below(KEYWORDS.len() as u64) as usize];
            *value = json!({key: value.take()});
        }
        _ => *value = odd(dice),
    }
}

/// Values that bounds, counts and names break at.
fn odd(dice: &mut Dice) -> Value {
    let number = 1_u64 << dice.below(64);
    match dice.below(16) {
        0 => json!(null),
        1 => json!(dice.below(2) == 0),
        2 => json!(number),
        3 => json!(number - 1),
        4 => json!(-(number as f64)),
        5 => json!(i64::MIN),
        6 => json!(1.0 / number as f64),
        7 => json!([1e308, -1e308, 5e-324, 0.1, -0.0][dice.below(5) as usize]),
        8 => json!(""),
        9 => json!("#"),
        10 => json!("#/$defs/T"),
        11 => json!("(a|b*)*\\d{1,50}[^\\s]+?"),
        12 => json!([]),
        13 => json!({}),
        14 => json!("a\u{0}\u{301}\u{1f600}\"\\".repeat(1 + dice.below(20) as usize)),
        _ => (0..dice.below(200)).fold(json!({}), |inner, i| match i % 2 {
            0 => json!({"type": "array", "items": inner}),
            _ => json!({"properties": {"a": inner}}),
        }),
    }
}

#[derive(Default)]
struct Tally {
    taken: u64,
    walked: u64,
    failed: u64,
    refused: BTreeMap<String, u64>,
    slowest: (Duration, String),
}

impl Tally {
    fn add(&mut self, bench: &Bench, value: &Value, dice: &mut Dice) {
        let began = Instant::now();
        match Schema::new(value) {
            Ok(schema) => {
                let _ = (schema.field_list(), schema.described());
                self.taken += 1;
                if self.taken.is_multiple_of(WALKED) {
                    self.walk(bench, value, dice);
                }
            }
            Err(e) => *self.refused.entry(sort(&e.to_string())).or_default() += 1,
        }
        let took = began.elapsed();
        if took > self.slowest.0 {
            self.slowest = (took, value.to_string());
        }
    }

    fn walk(&mut self, bench: &Bench, value: &Value, dice: &mut Dice) {
        let failed = match bench.walk(value, BUDGET, dice) {
            Ok(ids) => {
                self.walked += 1;
                let text = bench.tokenizer.decode(&ids);
                let json = serde_json::from_str::<Value>(&text).is_ok();
                (!json || ids.len() > BUDGET).then_some(text)
            }
            Err(Error::BudgetTooSmall { .. } | Error::UnsupportedSchema { .. }) => None,
            Err(e) => Some(e.to_string()),
        };
        if let Some(why) = failed {
            println!("{why}: {value}");
            self.failed += 1;
        }
    }
}

impl std::fmt::Display for Tally {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (took, of) = &self.slowest;
        let of: String = of.chars().take(300).collect();
        write!(
            f,
            "{} taken, {} walked, {} wrong, slowest {took:.1?} for {of}",
            self.taken, self.walked, self.failed
        )
    }
}

/// A refusal without its path and numbers, and not all of it.
fn sort(why: &str) -> String {
    let why = why.split_once(": ").map_or(why, |(_, rest)| rest);
    let words = why.chars().filter(|c| c.is_ascii_alphabetic() || *c == ' ');
    words.take(24).collect()
}

/// Megabytes that this process has had in memory at most; 0 but on Linux.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kilobytes = line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<u64>().ok());
    kilobytes.unwrap_or(0) / 1024
}
