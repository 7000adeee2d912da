//! `long_context DIR [POSITIONS]`: memory of a decoder of tracks as a conversation grows, and its
//! answers beside those of full attention under the same mask.
//!
//! `cd training && python -m server.golden --long DIR` writes the decoder (random weights, small
//! width, the published context) and the answers of `golden.json`.

use std::time::Instant;

use foveate_language::{Cache, Rows, TextDecoder, TrackDecoder, TrackOptions};
use ndarray::Array2;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut args = std::env::args().skip(1);
    let dir = args.next().ok_or("a folder is expected")?;
    let decoder = TrackDecoder::open(&dir, &TrackOptions::default())?;
    let c = *decoder.config();
    let most = args.next().map_or(Ok(c.context), |n| n.parse())?;
    let golden = std::fs::read_to_string(format!("{dir}/golden.json"))?;
    let golden: serde_json::Value = serde_json::from_str(&golden)?;
    let wanted: Vec<Vec<f32>> = serde_json::from_value(golden["hidden"].clone())?;
    let golden_rows = golden["rows"].as_u64().ok_or("`rows`")? as usize;

    let row = c.n_tracks * 2 * c.n_kv_heads * c.head_dim * size_of::<f32>();
    let global = (0..c.n_layers())
        .filter(|&layer| c.is_global(layer))
        .count();
    println!(
        "{} tracks of {} layers, {global} of them global; window {}, {} rows kept; KV of a row and \
         layer {row} bytes",
        c.n_tracks,
        c.n_layers(),
        c.window,
        c.keep()
    );
    println!("| positions | KV held | local layers | global layers | without windows | seconds |");
    println!("|---|---|---|---|---|---|");
    let (mut cache, start, mut at) = (decoder.new_cache(), Instant::now(), 0);
    let mut apart = None;
    for stop in (9..)
        .map(|power| 1 << power)
        .take_while(|&stop| stop <= most)
    {
        let select = if stop == golden_rows { wanted.len() } else { 0 };
        let hidden = run(&decoder, &mut cache, [at, stop], select)?;
        at = stop;
        if select > 0 {
            let pairs = hidden.iter().zip(wanted.iter().flatten());
            apart = Some(pairs.map(|(a, b)| (a - b).abs()).fold(0.0, f32::max));
        }
        let (globals, whole) = (stop * global * row, stop * c.n_layers() * row);
        println!(
            "| {stop} | {} | {} | {globals} | {whole} | {:.1} |",
            cache.bytes(),
            cache.bytes() - globals,
            start.elapsed().as_secs_f64()
        );
    }
    if let Some(apart) = apart {
        println!("{golden_rows} positions: {apart:.1e} from full attention under the same mask");
    }
    Ok(())
}

/// Runs rows `from..to`; gives the hidden rows of the last `wanted`.
fn run(
    decoder: &TrackDecoder,
    cache: &mut Cache,
    [from, to]: [usize; 2],
    wanted: usize,
) -> foveate_language::Result<Array2<f32>> {
    let c = decoder.config();
    let ids: Vec<u32> = (from..to)
        .map(|i| (i * 7919 % c.vocab_size) as u32)
        .collect();
    let select: Vec<usize> = (ids.len() - wanted..ids.len()).collect();
    let extra = Array2::zeros((ids.len(), c.dim));
    let rows = Rows {
        ids: &ids,
        extra: extra.view(),
        replaced: &[],
        select: &select,
    };
    Ok(decoder.forward(cache, rows)?.hidden)
}
