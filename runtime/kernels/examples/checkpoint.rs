//! A GGUF checkpoint of the families in `checkpoint`, by token ids. FILE may be followed by a comma
//! and a file of palettes.
//!
//! `checkpoint logits FILE THREADS CACHE IDS [FIRST]`: the logits of the rows from FIRST on (0), as
//! little-endian f32 on standard output. CACHE is int8 or f16; ids are separated by commas.
//! `checkpoint greedy FILE THREADS CACHE N IDS`: the ids that follow, greedily. `checkpoint bench
//! FILE THREADS CACHE PROMPT TOKENS`: seconds to open; tokens a second to read a prompt to its last
//! token's logits, and to decode (median of eight stretches), by the clock and by the calling
//! thread's processor time; megabytes of weights a token reads, bytes of cache it takes, peak
//! memory. `benches/checkpoint.py` asks llama.cpp the same.

use std::io::Write;
use std::time::Instant;

use foveate_kernels::{Attention, Cache, Cpu, Decoder, Input, OpenOptions};

type Failure = Box<dyn std::error::Error>;

fn run(decoder: &Decoder, cache: &mut Cache, ids: &[u32]) -> Result<Vec<f32>, Failure> {
    let input = Input {
        ids,
        select: &[ids.len() - 1],
        ..Input::default()
    };
    Ok(decoder.run(cache, input)?.logits)
}

fn best(logits: &[f32]) -> u32 {
    let larger = |a: &(usize, &f32), b: &(usize, &f32)| a.1.total_cmp(b.1);
    logits
        .iter()
        .enumerate()
        .max_by(larger)
        .map_or(0, |(i, _)| i as u32)
}

fn ids(text: &str) -> Result<Vec<u32>, Failure> {
    Ok(text.split(',').map(str::parse).collect::<Result<_, _>>()?)
}

/// The largest resident size so far, in megabytes.
fn peak() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|l| l.strip_prefix("VmHWM:"));
    let kilobytes = line.map(|l| l.trim().trim_end_matches("kB").trim().parse::<f64>());
    kilobytes.and_then(Result::ok).unwrap_or(0.0) / 1024.0
}

/// Seconds that this thread has run: what the scheduler counted, on Linux.
fn processor() -> f64 {
    let counted = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let first = counted
        .split(' ')
        .next()
        .and_then(|n| n.parse::<f64>().ok());
    first.unwrap_or(f64::NAN) / 1e9
}

/// Seconds by the clock and by the processor.
fn timed(f: impl FnOnce() -> Result<(), Failure>) -> Result<[f64; 2], Failure> {
    let (start, before) = (Instant::now(), processor());
    f()?;
    Ok([start.elapsed().as_secs_f64(), processor() - before])
}

fn bench(decoder: &Decoder, open: f64, prompt: usize, tokens: usize) -> Result<(), Failure> {
    let vocabulary = decoder.config().vocab_size;
    let id = |i: usize| (i.wrapping_mul(2_654_435_761) % vocabulary) as u32;
    let text: Vec<u32> = (0..prompt).map(id).collect();
    run(decoder, &mut decoder.cache(), &text[..8.min(prompt)])?; // warm
    let mut cache = decoder.cache();
    let prefill = timed(|| run(decoder, &mut cache, &text).map(drop))?;
    let per = tokens / 8;
    let mut stretches = Vec::new();
    for stretch in 0..8 {
        let ids = prompt + stretch * per..prompt + (stretch + 1) * per;
        stretches.push(timed(|| {
            ids.map(id)
                .try_for_each(|id| run(decoder, &mut cache, &[id]).map(drop))
        })?);
    }
    let decode = [0, 1].map(|i| {
        let mut rates: Vec<f64> = stretches.iter().map(|s| per as f64 / s[i]).collect();
        rates.sort_by(f64::total_cmp);
        rates[4]
    });
    println!(
        "open={open:.2} prefill={:.1} prefill_cpu={:.1} decode={:.1} decode_cpu={:.1} \
         weights={:.1} kv={} peak={:.0}",
        prompt as f64 / prefill[0],
        prompt as f64 / prefill[1],
        decode[0],
        decode[1],
        decoder.weight_bytes_per_token() as f64 / 1e6,
        decoder.kv_bytes_per_token(),
        peak(),
    );
    Ok(())
}

fn main() -> Result<(), Failure> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [what, whole, threads, cache, rest @ ..] = &args[..] else {
        return Err("usage: checkpoint logits|greedy|bench FILE THREADS int8|f16 ...".into());
    };
    let mut options = OpenOptions::new(Cpu::detect()?);
    options.threads = threads.parse()?;
    options.attention = match cache.as_str() {
        "int8" => Attention::Measured,
        "f16" => Attention::F16,
        other => return Err(format!("cache `{other}`, expected int8 or f16").into()),
    };
    let start = Instant::now();
    let (file, palettes) = whole.split_once(',').unzip();
    options.palettes = palettes.map(Into::into);
    let decoder = Decoder::open_gguf(file.unwrap_or(whole), &options)?;
    let seconds = start.elapsed().as_secs_f64();
    let mut cache = decoder.cache();
    match (what.as_str(), rest) {
        ("logits", [text, rest @ ..]) => {
            let (ids, first) = (ids(text)?, rest.first().map_or(Ok(0), |f| f.parse())?);
            let select: Vec<usize> = (first..ids.len()).collect();
            let input = Input {
                ids: &ids,
                select: &select,
                ..Input::default()
            };
            let out = decoder.run(&mut cache, input)?;
            let bytes: Vec<u8> = out.logits.iter().flat_map(|x| x.to_le_bytes()).collect();
            std::io::stdout().lock().write_all(&bytes)?;
        }
        ("greedy", [n, text]) => {
            let mut logits = run(&decoder, &mut cache, &ids(text)?)?;
            let mut out = Vec::new();
            for _ in 0..n.parse::<usize>()? {
                out.push(best(&logits));
                logits = run(&decoder, &mut cache, &out[out.len() - 1..])?;
            }
            let out: Vec<String> = out.iter().map(u32::to_string).collect();
            println!("{}", out.join(","));
        }
        ("bench", [prompt, tokens]) => bench(&decoder, seconds, prompt.parse()?, tokens.parse()?)?,
        _ => return Err("see the head of examples/checkpoint.rs".into()),
    }
    Ok(())
}
