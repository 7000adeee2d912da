//! Speed and memory of a decoder with random weights: what `foveate bench` prints.
//!
//! Every figure of speed stands beside the memory bandwidth measured in the same run, because both
//! vary with what else the machine does; the share of the one in the other varies much less.

use std::io::Write;
use std::time::{Duration, Instant};

use crate::bytes::Bytes;
use crate::packed::{BLOCK, Bits, TILE};
use crate::random::{self, Form, Random};
use crate::team::Team;
use crate::{Config, Cpu, Decoder, Error, Input, Kind, Result, dot};
use std::sync::Arc;

/// What to measure.
#[derive(Clone, Debug)]
pub struct Options {
    /// `on-device-3b`, `on-device-300m` or `on-device-30m`.
    pub shape: String,
    /// The instruction set.
    pub cpu: Cpu,
    /// Worker threads; 0 takes one for each core.
    pub threads: usize,
    /// Tokens of the prompt. Default 256: one chunk of prefill.
    pub prompt: usize,
    /// Tokens decoded after it. Default 32.
    pub tokens: usize,
    /// Whether to measure the same layers without sharing keys and values, too.
    pub without_sharing: bool,
    /// Whether to time each kernel alone.
    pub kernels: bool,
}

impl Options {
    /// The defaults, for a shape and an instruction set.
    pub fn new(shape: &str, cpu: Cpu) -> Self {
        Self {
            shape: shape.to_owned(),
            cpu,
            threads: 0,
            prompt: 256,
            tokens: 32,
            without_sharing: true,
            kernels: true,
        }
    }
}

/// One decoder's figures.
#[derive(Clone, Copy, Debug)]
pub struct Report {
    /// Prompt tokens a second, to the first token's logits.
    pub prefill: f64,
    /// Seconds from the prompt to the first token's logits.
    pub first_token: f64,
    /// Decoded tokens a second, median of the stretches.
    pub decode: f64,
    /// Bytes of weights and cache that a decoded token reads.
    pub bytes_per_token: usize,
    /// Memory bandwidth, bytes a second, same threads, measured before and after each stretch;
    /// median.
    pub bandwidth: f64,
    /// The share of it that decoding reached: each stretch against the passes before and after it,
    /// median.
    pub share: f64,
    /// Cache bytes that a token takes.
    pub kv_bytes_per_token: usize,
}

/// The configuration of a named shape.
pub fn shape(name: &str) -> Result<Config> {
    match name {
        "on-device-3b" => Ok(Config::on_device_3b()),
        "on-device-300m" => Ok(Config::on_device_300m()),
        "on-device-30m" => Ok(Config::on_device_30m()),
        _ => Err(Error::new(Kind::Input, format!("shape `{name}`"))),
    }
}

/// A decoder of 2-bit weights and a 4-bit embedding, all random, for measuring.
pub fn random_decoder(config: &Config, cpu: Cpu, threads: usize) -> Result<Decoder> {
    Decoder::new(&random::tensors(config, &Form::SHIPPED, 1)?, cpu, threads)
}

/// Measures and prints.
pub fn run(options: &Options, out: &mut impl Write) -> Result<Vec<Report>> {
    let config = shape(&options.shape)?;
    let mut reports = Vec::new();
    let threads = Team::new(options.threads, Arc::default())?.workers();
    writeln!(
        out,
        "{} ({} parameters, 2-bit, embedding 4-bit), {}, {threads} threads",
        options.shape,
        config.parameters(),
        options.cpu.name()
    )?;
    let variants = [
        (config.clone(), "shared K and V"),
        (config.without_sharing(), "without sharing"),
    ];
    for (config, name) in variants
        .into_iter()
        .take(1 + usize::from(options.without_sharing))
    {
        let report = measure(options, &config)?;
        print(out, name, options.prompt, &report)?;
        reports.push(report);
    }
    if let Some(peak) = peak_memory() {
        writeln!(out, "peak memory {:.0} MB", peak as f64 / 1e6)?;
    }
    if options.kernels {
        kernels(options.cpu, out)?;
    }
    Ok(reports)
}

fn print(out: &mut impl Write, name: &str, prompt: usize, r: &Report) -> Result<()> {
    let read = r.bytes_per_token as f64;
    writeln!(out, "{name}:")?;
    writeln!(
        out,
        "  prefill  {:8.1} tokens/s   first token after {prompt}: {:.1} ms",
        r.prefill,
        r.first_token * 1e3
    )?;
    writeln!(
        out,
        "  decode   {:8.1} tokens/s   {:.2} MB a token = {:.1} GB/s",
        r.decode,
        read / 1e6,
        r.decode * read / 1e9
    )?;
    writeln!(
        out,
        "  memory   {:8.1} GB/s       share reached {:.0}%",
        r.bandwidth / 1e9,
        100.0 * r.share
    )?;
    writeln!(out, "  KV       {} bytes a token", r.kv_bytes_per_token)?;
    Ok(())
}

fn measure(options: &Options, config: &Config) -> Result<Report> {
    let decoder = random_decoder(config, options.cpu, options.threads)?;
    let mut random = Random::new(3);
    let mut ids = |n: usize| -> Vec<u32> {
        (0..n)
            .map(|_| random.below(config.vocab_size) as u32)
            .collect()
    };
    let prompt = ids(options.prompt.max(1));
    decoder.run(
        &mut decoder.cache(),
        Input {
            ids: &ids(8),
            select: &[7],
            ..Input::default()
        },
    )?; // warm

    let mut cache = decoder.cache();
    let start = Instant::now();
    let out = decoder.run(
        &mut cache,
        Input {
            ids: &prompt,
            select: &[prompt.len() - 1],
            ..Input::default()
        },
    )?;
    let first_token = start.elapsed().as_secs_f64();
    check(&out.logits)?;

    let kv = decoder.kv_bytes_per_token();
    // Block 2 reads one layer's keys again and again.
    let readers = config.n_layers() as f64 / config.n_layers_kv as f64;
    let bytes_per_token =
        decoder.weight_bytes_per_token() + (cache.len() as f64 * kv as f64 * readers) as usize;
    let memory = Memory::new(options.threads)?;
    let mut stretches = Vec::new();
    let tokens = ids(options.tokens.max(STRETCHES));
    for stretch in tokens.chunks(tokens.len() / STRETCHES) {
        let before = memory.bandwidth();
        let start = Instant::now();
        for &id in stretch {
            check(
                &decoder
                    .run(
                        &mut cache,
                        Input {
                            ids: &[id],
                            select: &[0],
                            ..Input::default()
                        },
                    )?
                    .logits,
            )?;
        }
        let decode = stretch.len() as f64 / start.elapsed().as_secs_f64();
        stretches.push([decode, f64::midpoint(before, memory.bandwidth())]);
    }
    let median = |f: &dyn Fn(&[f64; 2]) -> f64| {
        let mut values: Vec<f64> = stretches.iter().map(f).collect();
        values.sort_by(f64::total_cmp);
        values[values.len() / 2]
    };
    Ok(Report {
        prefill: prompt.len() as f64 / first_token,
        first_token,
        decode: median(&|s| s[0]),
        bytes_per_token,
        bandwidth: median(&|s| s[1]),
        share: median(&|s| s[0] * bytes_per_token as f64 / s[1]),
        kv_bytes_per_token: kv,
    })
}

/// Stretches of decoding between which memory is measured.
const STRETCHES: usize = 8;

/// A benchmark whose answer is nonsense measures nothing.
fn check(logits: &[f32]) -> Result<()> {
    let varied = logits.iter().any(|&x| x != logits[0]);
    if varied && logits.iter().all(|x| x.is_finite()) {
        Ok(())
    } else {
        Err(Error::new(Kind::Value, "logits of the benchmark"))
    }
}

/// A block larger than the caches, and workers that read it.
struct Memory {
    team: Team,
    block: Bytes,
}

impl Memory {
    fn new(threads: usize) -> Result<Self> {
        Ok(Self {
            team: Team::new(threads, Arc::default())?,
            block: Bytes::zeroed(128 << 20),
        })
    }

    /// Bytes a second of one pass.
    fn bandwidth(&self) -> f64 {
        let (block, start) = (&self.block, Instant::now());
        self.team.share(block.len() >> 20, 4, |_, range| {
            let bytes = &block.as_slice()[range.start << 20..range.end << 20];
            assert_eq!(std::hint::black_box(sum(bytes)), 0);
        });
        block.len() as f64 / start.elapsed().as_secs_f64()
    }
}

fn sum(bytes: &[u8]) -> u64 {
    let mut lanes = [0u64; 16];
    for chunk in bytes.as_chunks::<128>().0 {
        for (lane, x) in lanes.iter_mut().zip(chunk.as_chunks::<8>().0) {
            *lane ^= u64::from_le_bytes(*x);
        }
    }
    lanes.iter().fold(0, |a, b| a | b)
}

/// The process' largest resident size so far.
fn peak_memory() -> Option<usize> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|l| l.strip_prefix("VmHWM:"))?;
    Some(
        line.trim()
            .trim_end_matches("kB")
            .trim()
            .parse::<usize>()
            .ok()?
            * 1024,
    )
}

/// Times the tile product alone, on one thread: matrix times vector from memory, and times 64 rows
/// from cache.
fn kernels(cpu: Cpu, out: &mut impl Write) -> Result<()> {
    writeln!(out, "kernels, one thread:")?;
    const COLS: usize = 2048;
    for bits in Bits::ALL {
        let tile = bits.blocks(COLS) * BLOCK;
        let mut random = Random::new(5);
        let mut codes = Bytes::zeroed(96 << 20);
        codes
            .as_mut_slice()
            .chunks_mut(8)
            .for_each(|c| c.copy_from_slice(&random.next().to_le_bytes()[..c.len()]));
        let x: Vec<i8> = (0..64 * COLS).map(|_| random.byte() as i8).collect();
        let timed = |m: usize, bytes: usize| {
            let mut best = Duration::MAX;
            for _ in 0..3 {
                let start = Instant::now();
                for codes in codes.as_slice()[..bytes].chunks_exact(tile) {
                    let mut sums = [[0; TILE]; 64];
                    dot::tile(cpu, bits, codes, &x, COLS, &mut sums[..m]);
                    std::hint::black_box(&sums);
                }
                best = best.min(start.elapsed());
            }
            best.as_secs_f64()
        };
        let vector = (96 << 20) as f64 / timed(1, 96 << 20);
        let bytes = tile * 64;
        let matrix = 2.0 * (64 * 64 * TILE * COLS) as f64 / timed(64, bytes);
        writeln!(
            out,
            "  {} bits: vector {:.1} GB/s, 64 rows {:.2} TOPS",
            bits.count(),
            vector / 1e9,
            matrix / 1e12
        )?;
    }
    Ok(())
}
