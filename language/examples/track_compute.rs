//! `track_compute DIR [ROWS] [ROUNDS]`: a decoder of tracks by its ONNX graphs and by the integer
//! kernels, in turns on one thread a track: the time of ROWS rows, and how far the two are apart.
//! `training/server/golden.py --experts DIR` writes a bundle of 16 experts.

use foveate_language::{Rows, TextDecoder, TrackCompute, TrackDecoder, TrackOptions};
use ndarray::Array2;
use std::time::Instant;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let dir = arguments
        .first()
        .ok_or("DIR [ROWS] [ROUNDS] are expected")?;
    let number = |i: usize, default| arguments.get(i).map_or(Ok(default), |n| n.parse());
    let (rows, rounds) = (number(1, 64)?, number(2, 9)?.max(1));
    let open = |compute| {
        let options = TrackOptions {
            threads: 1,
            compute,
            ..TrackOptions::default()
        };
        TrackDecoder::open(dir, &options)
    };
    let decoders = [open(TrackCompute::Graphs)?, open(TrackCompute::Kernels)?];
    let c = *decoders[0].config();
    let ids: Vec<u32> = (0..rows)
        .map(|i| (i * 7919 % c.vocab_size) as u32)
        .collect();
    let extra = Array2::zeros((rows, c.dim));
    let select: Vec<usize> = (0..rows).collect();
    let mut times = [Vec::new(), Vec::new()];
    let mut hidden = [Array2::zeros((0, 0)), Array2::zeros((0, 0))];
    for round in 0..=rounds {
        for (i, decoder) in decoders.iter().enumerate() {
            let call = Rows {
                ids: &ids,
                extra: extra.view(),
                replaced: &[],
                select: &select,
            };
            let start = Instant::now();
            hidden[i] = decoder.forward(&mut decoder.new_cache(), call)?.hidden;
            // The first round warms up.
            if round > 0 {
                times[i].push(start.elapsed().as_secs_f64() * 1e3);
            }
        }
    }
    let [graphs, kernels] = times.map(|mut times| {
        times.sort_by(f64::total_cmp);
        [times[0], times[times.len() / 2]]
    });
    let square = |x: &Array2<f32>| x.iter().map(|x| x * x).sum::<f32>();
    let apart = (square(&(&hidden[0] - &hidden[1])) / square(&hidden[0])).sqrt();
    println!(
        "{rows} rows, {} tracks of {} layers, {} experts, top {}, {} x {}, one thread a track",
        c.n_tracks,
        c.n_layers(),
        c.n_experts,
        c.experts_per_token,
        c.dim,
        c.expert_dim
    );
    println!("| | ms, least | ms, median |\n|---|---|---|");
    println!(
        "| ONNX graphs, float32 | {:.2} | {:.2} |",
        graphs[0], graphs[1]
    );
    println!(
        "| kernels, 4 and 8 bits | {:.2} | {:.2} |",
        kernels[0], kernels[1]
    );
    println!(
        "kernels {:.2} times as fast; hidden rows apart by {apart:.4} of their length",
        graphs[1] / kernels[1]
    );
    Ok(())
}
