//! Opens graphs whose bytes were changed at random: each is opened or refused, and nothing else
//! happens.
//!
//! `cargo run --release -p foveate-onnx --example mutated_graphs -- 10000 [--seed 1] [FILE.onnx
//! ...]`
//!
//! The changes of one number and seed are the same in every run. A crash inside ONNX Runtime ends
//! the process; the last line of progress says between which two cases it was.
use std::{env, fs, path::PathBuf, process::ExitCode, time::Instant};

use foveate_onnx::{ErrorKind, Graph, GraphFile, GraphOptions};

const FEW: &str = "mutated_graphs COUNT [--seed NUMBER] [FILE.onnx ...]";

/// SplitMix64.
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % n.max(1) as u64) as usize
    }

    /// A few bytes changed, cut out, doubled or replaced by long numbers.
    fn mutate(&mut self, bytes: &mut Vec<u8>) {
        for _ in 0..=self.below(4) {
            let at = self.below(bytes.len());
            let end = (at + self.below(16)).min(bytes.len());
            match self.below(6) {
                0 if !bytes.is_empty() => bytes[at] = self.below(256) as u8,
                1 if !bytes.is_empty() => bytes[at] ^= 1 << self.below(8),
                2 => drop(bytes.drain(at..end)),
                3 => bytes.truncate(at),
                4 => {
                    let part = bytes[at..end].to_vec();
                    bytes.splice(at..at, part);
                }
                _ => drop(bytes.splice(at..at, [0xff, 0xff, 0xff, 0xff, 0x0f])),
            }
        }
    }
}

fn main() -> ExitCode {
    let mut arguments = env::args().skip(1);
    let (mut count, mut seed, mut files) = (None, 1, Vec::new());
    while let Some(argument) = arguments.next() {
        if argument == "--seed" {
            seed = arguments
                .next()
                .and_then(|s| s.parse().ok())
                .unwrap_or(seed);
        } else if let Some(number) = argument.parse().ok().filter(|_| count.is_none()) {
            count = Some(number);
        } else {
            files.push(PathBuf::from(argument));
        }
    }
    let Some(count) = count else {
        eprintln!("{FEW}");
        return ExitCode::from(2);
    };
    if files.is_empty() {
        let tests = PathBuf::from("runtime/onnx/tests");
        files = ["add", "step", "external"]
            .map(|n| tests.join(format!("{n}.onnx")))
            .to_vec();
    }
    run(count, seed, &files)
}

fn run(count: usize, seed: u64, files: &[PathBuf]) -> ExitCode {
    let whole: Vec<Vec<u8>> = files.iter().filter_map(|f| fs::read(f).ok()).collect();
    if whole.len() < files.len() {
        eprintln!("not all of {files:?} can be read; run it in the repository's folder");
        return ExitCode::from(2);
    }
    let file = env::temp_dir().join(format!("mutated-{}.onnx", std::process::id()));
    let options = GraphOptions {
        threads: 1,
        ..GraphOptions::default()
    };
    let mut dice = Dice(seed);
    let (mut opened, mut refused, mut slowest) = (0, 0, 0.0_f64);
    for case in 0..count {
        if case % 1000 == 0 {
            println!("{case}: {opened} opened, {refused} refused, slowest {slowest:.2} s");
        }
        let mut bytes = whole[case % whole.len()].clone();
        dice.mutate(&mut bytes);
        fs::write(&file, &bytes).expect("a temporary file");
        let began = Instant::now();
        match Graph::open(&file, &options) {
            Ok(_) => opened += 1,
            Err(e) if e.kind() == ErrorKind::GraphInvalid => refused += 1,
            Err(e) => {
                println!("case {case}: {e}");
                return ExitCode::FAILURE;
            }
        }
        let _ = GraphFile::read(&file).map(|f| f.matrix("one").is_ok());
        slowest = slowest.max(began.elapsed().as_secs_f64());
    }
    let _ = fs::remove_file(&file);
    println!("{count} graphs: {opened} opened, {refused} refused, slowest {slowest:.2} s");
    ExitCode::SUCCESS
}
