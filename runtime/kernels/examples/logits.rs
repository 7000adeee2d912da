//! Runs a decoder file over token ids, and writes the logits and hidden rows as little-endian f32:
//! what `tests/test_parity.py` compares with other implementations.
//!
//! `logits FILE THREADS CALLS SELECT [EXTRA]`: calls are separated by `/`, ids and selected rows
//! (of the last call) by `,`; EXTRA is a file of f32 [tokens of all calls, dim].

use std::io::Write;

use foveate_kernels::{Cpu, Decoder, Input};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [file, threads, calls, select] = &args[..4] else {
        return Err("usage: logits FILE THREADS CALLS SELECT [EXTRA]".into());
    };
    let decoder = Decoder::open(file, Cpu::detect()?, threads.parse()?)?;
    let dim = decoder.config().dim;
    let extra: Option<Vec<f32>> = match args.get(4) {
        Some(path) => Some(
            std::fs::read(path)?
                .chunks_exact(4)
                .map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]]))
                .collect(),
        ),
        None => None,
    };
    let select = select
        .split(',')
        .map(str::parse)
        .collect::<Result<Vec<usize>, _>>()?;
    let calls: Vec<&str> = calls.split('/').collect();
    let mut cache = decoder.cache();
    for (i, call) in calls.iter().enumerate() {
        let ids = call
            .split(',')
            .map(str::parse)
            .collect::<Result<Vec<u32>, _>>()?;
        let extra = extra
            .as_deref()
            .map(|e| &e[cache.len() * dim..][..ids.len() * dim]);
        let last = i + 1 == calls.len();
        let out = decoder.run(
            &mut cache,
            Input {
                ids: &ids,
                extra,
                select: if last { &select } else { &[] },
                ..Input::default()
            },
        )?;
        let mut stdout = std::io::stdout().lock();
        for x in out.logits.iter().chain(&out.hidden) {
            stdout.write_all(&x.to_le_bytes())?;
        }
    }
    Ok(())
}
