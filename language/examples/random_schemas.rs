//! Random schemas and random walks through their constraints, checked by an independent validator.
//!
//! `cargo run --release -p foveate-language --example random_schemas -- 10000 [--seed 1] [--minutes
//! 10]`
//!
//! Every schema is refused by name or gives answers that are JSON, are valid, hold each key once
//! and fit the budget. The first that does not is printed, and the exit status is 1. Cases over a
//! second are named.
#[path = "../tests/random/mod.rs"]
mod random;

use random::{Bench, Dice, Walk};
use std::collections::BTreeMap;
use std::process::ExitCode;
use std::time::{Duration, Instant};

/// Walks through each schema.
const WALKS: u64 = 3;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let option = |name: &str| {
        let at = arguments.iter().position(|a| a == name)?;
        arguments.get(at + 1)?.parse::<u64>().ok()
    };
    let count: Option<u64> = arguments.first().and_then(|a| a.parse().ok());
    let Some(count) = count else {
        eprintln!("random_schemas COUNT [--seed NUMBER] [--minutes NUMBER]");
        return ExitCode::from(2);
    };
    let limit = option("--minutes").map_or(Duration::MAX, |m| Duration::from_secs(60 * m));
    run(count, option("--seed").unwrap_or(1), limit)
}

fn run(count: u64, seed: u64, limit: Duration) -> ExitCode {
    let bench = Bench::new();
    let (began, mut answered, mut failed, mut cases, mut slowest) =
        (Instant::now(), 0, 0, 0, 0.0_f64);
    let mut refused: BTreeMap<String, usize> = BTreeMap::new();
    for case in 0..count {
        if began.elapsed() > limit {
            break;
        }
        cases += 1;
        let mut dice = Dice(seed.wrapping_mul(0x1_0000_0000).wrapping_add(case));
        let schema = dice.whole();
        for walk in 0..WALKS {
            let budget = [12, 40, 120, 400][((case + walk) % 4) as usize];
            let at = Instant::now();
            match bench.check(&schema, budget, &mut dice) {
                Ok(Walk::Answered(_)) => answered += 1,
                Ok(Walk::Refused(why)) => *refused.entry(sort(&why)).or_default() += 1,
                Err(why) => {
                    println!("case {case}, walk {walk}: {why}");
                    failed += 1;
                }
            }
            let took = at.elapsed().as_secs_f64();
            slowest = slowest.max(took);
            if took > 1.0 {
                println!("case {case}, walk {walk}, budget {budget}: {took:.1} s: {schema}");
            }
        }
    }
    println!(
        "{cases} schemas, seed {seed}: {answered} answers valid, {failed} not; \
         slowest {slowest:.2} s"
    );
    let mut refused: Vec<_> = refused.into_iter().collect();
    refused.sort_by_key(|(_, n)| std::cmp::Reverse(*n));
    for (why, n) in refused.iter().take(20) {
        println!("{n:8} refused: {why}");
    }
    ExitCode::from(u8::from(failed > 0))
}

/// A refusal without its path and numbers.
fn sort(why: &str) -> String {
    let why = why.split_once(": ").map_or(why, |(_, rest)| rest);
    why.chars()
        .filter(|c| !c.is_ascii_digit())
        .take(70)
        .collect()
}
