//! `experts [TOKENS] [EXPERTS] [TOP] [DIM] [WIDTH] [ROUNDS] [REPEAT]`: grouped products of 4-bit
//! experts beside a loop over tokens, in turns on one thread, each `REPEAT` times a turn.
//! FOVEATE_CPU forces an instruction set. Where the system counts it (Linux), the time is that of
//! the processor, so that other programs disturb it less; it is counted by ticks of some
//! milliseconds, so repeat what takes less.

use std::sync::LazyLock;
use std::time::Instant;

use foveate_kernels::{Cpu, ExpertScratch, Experts, Routes};

/// xorshift64*, uniform in -1 .. 1.
fn random(n: usize, scale: f32, state: &mut u64) -> Vec<f32> {
    let mut next = || {
        *state ^= *state >> 12;
        *state ^= *state << 25;
        *state ^= *state >> 27;
        let bits = state.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 40;
        (bits as f32 / (1 << 23) as f32 - 1.0) * scale
    };
    (0..n).map(|_| next()).collect()
}

/// Seconds that this thread has been on a processor, or of the clock.
fn now() -> f64 {
    static START: LazyLock<Instant> = LazyLock::new(Instant::now);
    let counted = std::fs::read_to_string("/proc/thread-self/schedstat").ok();
    let nanoseconds = counted.and_then(|text| text.split(' ').next()?.parse::<f64>().ok());
    nanoseconds.map_or_else(|| START.elapsed().as_secs_f64(), |ns| ns / 1e9)
}

/// The least and the median.
fn two(mut times: Vec<f64>) -> [f64; 2] {
    times.sort_by(f64::total_cmp);
    [times[0], times[times.len() / 2]]
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let args: Vec<usize> = std::env::args()
        .skip(1)
        .map(|a| a.parse())
        .collect::<Result<_, _>>()?;
    let arg = |i: usize, default: usize| args.get(i).copied().unwrap_or(default);
    let (tokens, n, k) = (arg(0, 64), arg(1, 16), arg(2, 2));
    let (dim, width, rounds) = (arg(3, 1024), arg(4, 2048), arg(5, 15).max(1));
    let repeat = arg(6, 20).max(1);
    let (cpu, mut state) = (Cpu::detect()?, 1);
    let weights = random(n * dim * width, 0.05, &mut state);
    let experts = Experts::round([n, dim, width], &weights, &weights, &weights)?;
    drop(weights);
    let x = random(tokens * dim, 1.0, &mut state);
    let routes = Routes::top_k(&random(tokens * n, 1.0, &mut state), n, k)?;
    let each: Vec<Routes> = (0..tokens).map(|token| routes.of_token(token)).collect();
    let (mut scratch, mut one) = (ExpertScratch::default(), ExpertScratch::default());
    let (mut grouped, mut looped) = (vec![0.0; x.len()], vec![0.0; x.len()]);
    let (mut times, mut ratios) = ([Vec::new(), Vec::new()], Vec::new());
    for round in 0..=rounds {
        let start = now();
        for _ in 0..repeat {
            experts.run(cpu, &x, &routes, &mut scratch, &mut grouped)?;
        }
        let first = (now() - start) / repeat as f64;
        let start = now();
        for _ in 0..repeat {
            for ((x, out), routes) in x.chunks(dim).zip(looped.chunks_mut(dim)).zip(&each) {
                experts.run(cpu, x, routes, &mut one, out)?;
            }
        }
        let second = (now() - start) / repeat as f64;
        // The first round warms up.
        if round > 0 {
            times[0].push(first);
            times[1].push(second);
            ratios.push(second / first);
        }
    }
    if grouped != looped {
        return Err("grouped products and the loop over tokens differ".into());
    }
    let [grouped, looped] = times.map(|times| two(times)[0]);
    let operations = 2.0 * (3 * tokens * k * dim * width) as f64;
    println!(
        "{tokens} tokens, {n} experts, top {k}, {dim} x {width}, 4 bits ({:.1} MB), {}, \
         one thread; least of {rounds} rounds, equal to the bit",
        experts.bytes() as f64 / 1e6,
        cpu.name()
    );
    println!("| | ms | TOPS | times the loop (median of the rounds) |\n|---|---|---|---|");
    let row = |name: &str, seconds: f64, ratio: String| {
        let tops = operations / seconds / 1e12;
        println!("| {name} | {:.2} | {tops:.3} | {ratio} |", seconds * 1e3);
    };
    row("loop over tokens", looped, "1".to_owned());
    let ratio = format!("{:.2} ({:.2})", looped / grouped, two(ratios)[1]);
    row("grouped", grouped, ratio);
    Ok(())
}
