//! A GGUF checkpoint of the families in `checkpoint`, by token ids.
//!
//! `checkpoint logits FILE THREADS CACHE IDS [FIRST]`: the logits of the rows from FIRST on (0), as
//! little-endian f32 on standard output. CACHE is int8 or f16; ids are separated by commas.
//! `checkpoint greedy FILE THREADS CACHE N IDS`: the ids that follow, greedily.
//! `checkpoint bench FILE THREADS CACHE PROMPT TOKENS`: seconds and megabytes to open, tokens a
//! second to read a prompt (random ids) to its last token's logits, and to decode, median of eight
//! stretches. The same questions as `benches/llama_cpp.py` asks of llama.cpp.

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

/// Resident megabytes: now, and at most so far.
fn memory() -> [f64; 2] {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    ["VmRSS:", "VmHWM:"].map(|key| {
        let line = status
            .lines()
            .find_map(|l| l.strip_prefix(key))
            .unwrap_or("0");
        let kilobytes = line.trim().trim_end_matches("kB").trim().parse::<f64>();
        kilobytes.unwrap_or(0.0) / 1024.0
    })
}

fn bench(decoder: &Decoder, seconds: f64, prompt: usize, tokens: usize) -> Result<(), Failure> {
    let vocabulary = decoder.config().vocab_size;
    let id = |i: usize| (i.wrapping_mul(2_654_435_761) % vocabulary) as u32;
    let text: Vec<u32> = (0..prompt).map(id).collect();
    run(decoder, &mut decoder.cache(), &text[..8.min(prompt)])?; // warm
    let mut cache = decoder.cache();
    let start = Instant::now();
    run(decoder, &mut cache, &text)?;
    let prefill = prompt as f64 / start.elapsed().as_secs_f64();
    let mut stretches = Vec::new();
    for stretch in 0..8 {
        let start = Instant::now();
        for i in 0..tokens / 8 {
            run(decoder, &mut cache, &[id(stretch * tokens + i)])?;
        }
        stretches.push((tokens / 8) as f64 / start.elapsed().as_secs_f64());
    }
    stretches.sort_by(f64::total_cmp);
    let [now, most] = memory();
    println!(
        "open {seconds:.2} s, prefill {prefill:.1} decode {:.1} tokens/s, weights {:.1} MB a token, \
         KV {} bytes a token, resident {now:.0} MB, at most {most:.0} MB",
        stretches[4],
        decoder.weight_bytes_per_token() as f64 / 1e6,
        decoder.kv_bytes_per_token(),
    );
    Ok(())
}

fn main() -> Result<(), Failure> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [what, file, threads, cache, rest @ ..] = &args[..] else {
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
    let decoder = Decoder::open_gguf(file, &options)?;
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
