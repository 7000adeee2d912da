//! `mutate SECONDS SEED FILE...`: opens mutations of weight files (`decoder.safetensors`, GGUF) and
//! runs what opens. Anything may be refused, nothing may panic. For machines without `cargo fuzz`;
//! the same seed gives the same mutations.

use std::collections::BTreeMap;
use std::io::Cursor;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use foveate_kernels::{Cpu, Decoder, Input, Limits, OpenOptions};

/// xorshift64* (Vigna 2014, <https://arxiv.org/abs/1402.6246>).
struct Random(u64);

impl Random {
    fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        ((self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 32) as usize) % n.max(1)
    }
}

/// A few changes, most of them where the header is.
fn mutate(file: &[u8], random: &mut Random) -> Vec<u8> {
    let mut out = file.to_vec();
    for _ in 0..=random.below(4) {
        let reach = if random.below(4) == 0 {
            out.len()
        } else {
            out.len().min(4096)
        };
        let at = random.below(reach);
        match random.below(7) {
            0 => out[at] ^= 1 << random.below(8),
            1 => out[at] = [0, 1, 127, 128, 255][random.below(5)],
            2 => out.truncate(at.max(1)),
            3 => {
                let number = [0, 1, u64::MAX, 1 << 31, 1 << 40, u64::MAX >> 1][random.below(6)];
                let width = [4, 8][random.below(2)].min(out.len() - at);
                out[at..at + width].copy_from_slice(&number.to_le_bytes()[..width]);
            }
            4 => {
                let n = random.below(32).min(out.len() - at);
                out.drain(at..at + n);
            }
            5 => {
                let from = random.below(out.len());
                let n = random.below(64).min(out.len() - from.max(at));
                out.copy_within(from..from + n, at);
            }
            _ => out[at] = (out[at]).wrapping_add(random.below(3) as u8),
        }
        if out.is_empty() {
            out.push(0);
        }
    }
    out
}

/// Opens and runs; what came of it.
fn tried(bytes: &[u8]) -> String {
    let opened = if bytes.starts_with(b"GGUF") {
        let len = bytes.len() as u64;
        let options = OpenOptions {
            threads: 1,
            ..OpenOptions::new(Cpu::scalar())
        };
        match foveate_gguf::File::read(Cursor::new(bytes), len, foveate_gguf::Limits::default()) {
            Ok(file) => Decoder::from_gguf(file, &options),
            Err(e) => return format!("GGUF {:?}", e.kind()),
        }
    } else {
        Decoder::read(
            bytes,
            bytes.len() as u64,
            Limits::default(),
            Cpu::scalar(),
            1,
        )
    };
    let decoder = match opened {
        Ok(decoder) => decoder,
        Err(e) => return format!("{:?}", e.kind()),
    };
    let config = decoder.config();
    if decoder.kv_bytes_per_token() > 1 << 16 || config.dim * config.vocab_size > 1 << 20 {
        return "wide".into(); // a short header may truthfully describe a wide cache
    }
    let input = Input {
        ids: &[0, 1],
        select: &[1],
        ..Input::default()
    };
    match decoder.run(&mut decoder.cache(), input) {
        Ok(_) => "runs".into(),
        Err(e) => format!("run: {:?}", e.kind()),
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [seconds, seed, files @ ..] = &args[..] else {
        return Err("usage: mutate SECONDS SEED FILE...".into());
    };
    let files = files
        .iter()
        .map(std::fs::read)
        .collect::<Result<Vec<_>, _>>()?;
    let mut random = Random(seed.parse::<u64>()?.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
    let (start, time) = (Instant::now(), Duration::from_secs_f64(seconds.parse()?));
    let (mut counts, mut slowest) = (BTreeMap::new(), Duration::ZERO);
    while start.elapsed() < time {
        let file = &files[random.below(files.len())];
        let bytes = mutate(file, &mut random);
        let begin = Instant::now();
        let Ok(outcome) = catch_unwind(AssertUnwindSafe(|| tried(&bytes))) else {
            std::fs::write("panicked.bin", &bytes)?;
            return Err("a mutation panicked: panicked.bin".into());
        };
        slowest = slowest.max(begin.elapsed());
        *counts.entry(outcome).or_insert(0u64) += 1;
    }
    println!(
        "{} mutations, the slowest took {slowest:?}",
        counts.values().sum::<u64>()
    );
    counts
        .iter()
        .for_each(|(what, n)| println!("{n:10} {what}"));
    Ok(())
}
