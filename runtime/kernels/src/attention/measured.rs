//! Attention for open checkpoints: windows, and caches whose scales came with the tokens.
//!
//! ```text
//! measured, for R rows, by `dot::tile` twice:
//!   q[r][d] = round(q * 8191 / max|q|) = 128 * high + low
//!   score[r][t] = sum over groups g of 32 channels, in order:
//!       f32(sum_d q[r][d] * K[t][d]) * ((max|q| / 8191 / sqrt(head_dim)) * s_k[g][t])
//!   w[r][t] = exp(score - max) * s_v[t]       the values' scales go into the weights
//!   p = round(w * 16383 / max w) = 128 * high + low
//!   out[r][d] = f32(sum_t p * V[t][d]) * (max w / 16383 / sum_t exp(score - max))
//! ```
//! 14 bits of q, and a scale for 32 channels of a key: with 7 bits and one scale a key, SmolLM2's
//! logits were off by 5.0 to 5.9% of their size where float16 had 2.9 to 3.7 (`LOG.md`).
//! Sums in integers, so that pages, workers and instruction sets do not matter.

use half::f16;
use half::slice::HalfFloatSliceExt;

use super::{Head, Query, ROWS, Scratch};
use crate::bytes::{as_f16, as_f32};
use crate::cache::{K_GROUP, PAGE};
use crate::cpu::Cpu;
use crate::dot;
use crate::packed::{BLOCK, Bits, TILE};
use crate::row;

/// The pages that some queries see.
fn span(queries: &[Query]) -> std::ops::Range<usize> {
    let first = queries.iter().map(|q| q.from).min().unwrap_or(0);
    let end = queries.iter().map(|q| q.sees).max().unwrap_or(0);
    first / PAGE..end.div_ceil(PAGE)
}

/// On integers; at most [`ROWS`] queries.
pub(crate) fn measured(cpu: Cpu, head: Head, queries: &mut [Query], s: &mut Scratch) {
    let (rows, pages) = (queries.len(), span(queries));
    let (first, n) = (pages.start * PAGE, pages.len() * PAGE);
    s.scores.resize(ROWS * n, 0.0);
    s.digits.resize(2 * ROWS * n, 0);
    scores(cpu, head, queries, pages.clone(), s);

    s.floats.clear();
    for page in pages.clone() {
        let (_, scales) = head.v(page).split_at(head.layout.v_codes());
        s.floats.extend(as_f32(scales).expect("pages are aligned"));
    }
    let (mut totals, mut factors) = ([0; ROWS], [0.0; ROWS]);
    let (high, low) = s.digits.split_at_mut(rows * n);
    for (i, query) in queries.iter().enumerate() {
        let (high, low) = (&mut high[i * n..][..n], &mut low[i * n..][..n]);
        high.fill(0);
        low.fill(0);
        let seen = query.from - first..query.sees - first;
        let x = &mut s.scores[i * n..][..n][seen.clone()];
        let by = &s.floats[seen.clone()];
        let (high, low) = (&mut high[seen.clone()], &mut low[seen]);
        (totals[i], factors[i]) = row::weighted_digits(cpu, x, by, high, low);
    }

    let tile_bytes = PAGE / 4 * BLOCK;
    let mut sums = [[0; TILE]; 2 * ROWS];
    for tile in 0..head.head_dim.div_ceil(TILE) {
        let sums = &mut sums[..2 * rows];
        sums.as_flattened_mut().fill(0);
        for page in pages.clone() {
            let codes = &head.v(page)[tile * tile_bytes..][..tile_bytes];
            let x = &s.digits[(page - pages.start) * PAGE..];
            dot::tile(cpu, Bits::Eight, codes, x, n, sums);
        }
        for (i, query) in queries.iter_mut().enumerate() {
            let zero = 128 * i64::from(totals[i]);
            for (j, out) in query.out[tile * TILE..].iter_mut().take(TILE).enumerate() {
                let sum = 128 * i64::from(sums[i][j]) + i64::from(sums[rows + i][j]) - zero;
                *out = sum as f32 * factors[i];
            }
        }
    }
}

/// The scores of the tokens in `pages`.
fn scores(cpu: Cpu, head: Head, queries: &[Query], pages: std::ops::Range<usize>, s: &mut Scratch) {
    let (n, rows) = (pages.len() * PAGE, queries.len());
    let stride = head.head_dim.next_multiple_of(64);
    let groups = head.head_dim.div_ceil(K_GROUP);
    // Rows of high digits, then rows of low ones; sums of both together for each group.
    s.q.clear();
    s.q.resize(2 * rows * stride, 0);
    s.sums.resize(rows * groups, 0);
    let mut scale = [0.0; ROWS];
    let (high, low) = s.q.split_at_mut(rows * stride);
    for (i, query) in queries.iter().enumerate() {
        let (high, low) = (
            &mut high[i * stride..][..stride],
            &mut low[i * stride..][..stride],
        );
        let sums = &mut s.sums[i * groups..][..groups];
        let s_q = row::signed_digits(cpu, query.q, K_GROUP, high, low, sums);
        scale[i] = s_q * (1.0 / (head.head_dim as f32).sqrt());
    }
    let tile_bytes = head.head_dim.div_ceil(4) * BLOCK;
    let mut sums = [[0; TILE]; 2 * ROWS];
    let sums = &mut sums[..2 * rows];
    for page in pages.clone() {
        let (codes, scales) = head.k(page).split_at(head.layout.k_codes());
        let scales = as_f32(scales).expect("pages are aligned");
        for (tile, codes) in codes.chunks_exact(tile_bytes).enumerate() {
            let at = (page - pages.start) * PAGE + tile * TILE;
            for (g, codes) in codes.chunks(K_GROUP / 4 * BLOCK).enumerate() {
                sums.as_flattened_mut().fill(0);
                dot::tile(cpu, Bits::Eight, codes, &s.q[g * K_GROUP..], stride, sums);
                let scales = &scales[g * PAGE + tile * TILE..][..TILE];
                for i in 0..rows {
                    let zero = 128 * s.sums[i * groups + g];
                    let out = &mut s.scores[i * n + at..][..TILE];
                    for (j, (out, by)) in out.iter_mut().zip(scales).enumerate() {
                        let sum = 128 * sums[i][j] + sums[rows + i][j] - zero;
                        let score = sum as f32 * (scale[i] * by);
                        *out = if g == 0 { score } else { *out + score };
                    }
                }
            }
        }
    }
}

/// In float, on a cache of float16; at most [`ROWS`] queries.
pub(crate) fn half(cpu: Cpu, head: Head, queries: &mut [Query], s: &mut Scratch) {
    let (d, pages, rows) = (head.head_dim, span(queries), queries.len());
    let (first, n) = (pages.start * PAGE, pages.len() * PAGE);
    let floats = |bytes: &[u8], out: &mut Vec<f32>| {
        let halves: &[f16] = as_f16(bytes).expect("pages are aligned");
        out.resize(halves.len(), 0.0);
        halves.convert_to_f32_slice(out);
    };
    s.rows.clear();
    queries.iter().for_each(|q| s.rows.extend(q.q));
    s.scores.resize(ROWS * n, 0.0);
    for page in pages.clone() {
        floats(head.k(page), &mut s.floats);
        let tiles = s.floats.as_chunks::<TILE>().0.chunks_exact(d);
        for (tile, k) in tiles.enumerate() {
            let mut sums = [[0.0; TILE]; ROWS];
            row::products(cpu, &s.rows, d, k, &mut sums[..rows]);
            let at = page * PAGE - first + tile * TILE;
            for (i, sums) in sums[..rows].iter().enumerate() {
                let scores = &mut s.scores[i * n + at..][..TILE];
                let scaled = sums.iter().map(|sum| sum * (1.0 / (d as f32).sqrt()));
                scores
                    .iter_mut()
                    .zip(scaled)
                    .for_each(|(to, score)| *to = score);
            }
        }
    }
    let mut totals = [0.0; ROWS];
    for (i, query) in queries.iter().enumerate() {
        let scores = &mut s.scores[i * n..][..n];
        let seen = query.from - first..query.sees - first;
        totals[i] = row::exponentials(cpu, &mut scores[seen.clone()]);
        scores[..seen.start].fill(0.0);
        scores[seen.end..].fill(0.0);
    }
    s.sums_of_values.clear();
    s.sums_of_values
        .resize(d.div_ceil(TILE) * rows, [0.0; TILE]);
    for page in pages {
        floats(head.v(page), &mut s.floats);
        let tiles = s.floats.as_chunks::<TILE>().0.chunks_exact(PAGE);
        let p = &s.scores[page * PAGE - first..];
        for (v, sums) in tiles.zip(s.sums_of_values.chunks_exact_mut(rows)) {
            row::products(cpu, p, n, v, sums);
        }
    }
    for (tile, sums) in s.sums_of_values.chunks_exact(rows).enumerate() {
        for ((query, sums), total) in queries.iter_mut().zip(sums).zip(totals) {
            let out = query.out[tile * TILE..].iter_mut();
            out.zip(sums).for_each(|(out, sum)| *out = sum / total);
        }
    }
}
