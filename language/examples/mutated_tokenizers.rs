//! Reads `tokenizer.json` files whose bytes and values were changed at random, or GGUF files whose
//! bytes were: each is refused, or gives every text back and no control token.
//!
//! `cargo run --release -p foveate-language --example mutated_tokenizers -- 100000 [--seed 1]
//! [FILE.json | FILE.gguf]`
#[path = "../tests/random/mod.rs"]
#[allow(dead_code, reason = "only the dice are used here")]
mod random;

use foveate_language::{Tokenizer, fake};
use random::Dice;
use serde_json::{Value, json};
use std::process::ExitCode;
use std::time::Instant;

const TEXTS: [&str; 5] = [
    "",
    "hello  world\n\n",
    "Café – 日本 🎉 <|end|>",
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!",
    "\u{0}\u{7f}e\u{301}",
];

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let Some(count) = arguments.first().and_then(|a| a.parse::<u64>().ok()) else {
        eprintln!("mutated_tokenizers COUNT [--seed NUMBER] [FILE.json | FILE.gguf]");
        return ExitCode::from(2);
    };
    let seed = arguments.iter().position(|a| a == "--seed");
    let seed = seed
        .and_then(|i| arguments.get(i + 1)?.parse().ok())
        .unwrap_or(1);
    let file = arguments
        .iter()
        .find(|a| a.ends_with(".json") || a.ends_with(".gguf"));
    let whole = file.map_or_else(
        || fake::tokenizer_json(&["he", "ll", "wor"]),
        |f| std::fs::read(f).unwrap_or_default(),
    );
    let gguf = file.is_some_and(|file| file.ends_with(".gguf"));
    let folder = tempfile::tempdir().expect("a folder for mutated files");
    let path = folder.path().join("mutated.gguf");
    let mut dice = Dice(seed);
    let (mut read, mut refused, mut wrong, mut slowest) = (0, 0, 0, 0.0_f64);
    for case in 0..count {
        let bytes = if gguf {
            binary(&whole, &mut dice)
        } else if case % 2 == 0 {
            bytes(&whole, &mut dice)
        } else {
            values(&whole, &mut dice)
        };
        if gguf {
            std::fs::write(&path, &bytes).expect("a mutated file");
        }
        let began = Instant::now();
        let opened = match gguf {
            true => Tokenizer::from_gguf(&path),
            false => Tokenizer::from_json(&bytes),
        };
        match opened {
            Err(_) => refused += 1,
            Ok(tokenizer) => {
                read += 1;
                for text in TEXTS {
                    let ids = tokenizer.encode(text);
                    let back = ids.as_ref().map(|ids| tokenizer.decode(ids));
                    let control = |&id: &u32| tokenizer.special_name(id).is_some();
                    if back.as_ref().is_ok_and(|back| back != text)
                        || ids.as_ref().is_ok_and(|ids| ids.iter().any(control))
                    {
                        println!("case {case}: {text:?} came back as {back:?}, {ids:?}");
                        wrong += 1;
                    }
                }
            }
        }
        slowest = slowest.max(began.elapsed().as_secs_f64());
    }
    println!(
        "{count} files, seed {seed}: {read} read, {refused} refused, {wrong} texts changed, \
         slowest {slowest:.2} s"
    );
    ExitCode::from(u8::from(wrong > 0))
}

/// A few bytes changed or cut out.
fn bytes(whole: &[u8], dice: &mut Dice) -> Vec<u8> {
    let mut bytes = whole.to_vec();
    for _ in 0..=dice.below(3) {
        let at = dice.below(bytes.len().max(1) as u64) as usize;
        match dice.below(3) {
            0 => drop(bytes.drain(at..(at + 3).min(bytes.len()))),
            1 if at < bytes.len() => bytes[at] = b' ' + dice.below(95) as u8,
            _ => bytes.insert(at.min(bytes.len()), b"0\"{}[],:\\"[dice.below(9) as usize]),
        }
    }
    bytes
}

/// A few bytes changed for any, or copied over others: names, kinds and scores that are possible.
fn binary(whole: &[u8], dice: &mut Dice) -> Vec<u8> {
    let mut bytes = whole.to_vec();
    for _ in 0..=dice.below(6) {
        let mut at = || dice.below(whole.len() as u64) as usize;
        let (from, to) = (at(), at());
        match dice.below(4) {
            0 => bytes[to] ^= 1 << dice.below(8),
            1 => bytes[to] = dice.below(256) as u8,
            2 => bytes[to] = [0, 1, 3, 4, 6][dice.below(5) as usize],
            _ => {
                let n = dice.below(16).min((whole.len() - from.max(to)) as u64) as usize;
                bytes.copy_within(from..from + n, to);
            }
        }
    }
    bytes
}

/// A part or a value changed for another that the format knows.
fn values(whole: &[u8], dice: &mut Dice) -> Vec<u8> {
    let mut file: Value = serde_json::from_slice(whole).unwrap_or_default();
    let others = [
        json!(null),
        json!(-1),
        json!(4_294_967_295_u64),
        json!(""),
        json!("x"),
        json!([]),
        json!({}),
        json!(true),
        json!({"type": "NFKD"}),
        json!({"type": "Sequence", "pretokenizers": []}),
        json!({"type": "Split", "pattern": {"Regex": "\\s+|[^x]"}, "behavior": "MergedWithNext",
            "invert": true}),
        json!({"type": "Digits", "individual_digits": true}),
        json!({"type": "ByteLevel", "add_prefix_space": true, "trim_offsets": true,
            "use_regex": true}),
        json!([{"id": 3, "content": "l", "single_word": true, "lstrip": true, "rstrip": true,
            "normalized": true, "special": false}]),
    ];
    let other = others[dice.below(others.len() as u64) as usize].clone();
    let mut at = &mut file;
    for _ in 0..=dice.below(3) {
        let n = match &*at {
            Value::Object(map) => map.len(),
            Value::Array(items) => items.len(),
            _ => 0,
        };
        if n == 0 {
            break;
        }
        let n = dice.below(n as u64) as usize;
        at = match at {
            Value::Object(map) => map.values_mut().nth(n).expect("one of them"),
            Value::Array(items) => &mut items[n],
            _ => unreachable!("a leaf has nothing in it"),
        };
    }
    *at = other;
    file.to_string().into_bytes()
}
