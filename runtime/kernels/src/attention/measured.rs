//! Attention for open checkpoints: windows, and caches whose scales came with the tokens.
//!
//! ```text
//! measured, for R rows, by `dot::tile` twice:
//!   score[r][t] = f32(sum_d qq[r][d] * K[t][d]) * ((s_q[r] / sqrt(head_dim)) * s_k[t])
//!   w[r][t] = exp(score - max) * s_v[t]       the values' scales go into the weights
//!   p = round(w * 16383 / max w) = 128 * high + low
//!   out[r][d] = f32(sum_t p * V[t][d]) * (max w / 16383 / sum_t exp(score - max))
//! ```
//! Sums in integers, so that pages, workers and instruction sets do not matter.

use half::f16;
use half::slice::HalfFloatSliceExt;

use super::{Head, Query, ROWS, Scratch};
use crate::bytes::{as_f16, as_f32};
use crate::cache::PAGE;
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
    let n = pages.len() * PAGE;
    let stride = head.head_dim.next_multiple_of(64);
    s.q.resize(ROWS * stride, 0);
    s.sums.resize(stride / 16, 0);
    let (mut scale, mut zero) = ([0.0; ROWS], [0; ROWS]);
    for (i, query) in queries.iter().enumerate() {
        s.sums.fill(0);
        let s_q = row::quantize(cpu, query.q, &mut s.q[i * stride..][..stride], &mut s.sums);
        scale[i] = s_q * (1.0 / (head.head_dim as f32).sqrt());
        zero[i] = 128 * s.sums.iter().sum::<i32>();
    }
    let tile_bytes = head.head_dim.div_ceil(4) * BLOCK;
    let mut sums = [[0; TILE]; ROWS];
    let sums = &mut sums[..queries.len()];
    for page in pages.clone() {
        let (codes, scales) = head.k(page).split_at(head.layout.k_codes());
        let scales = as_f32(scales).expect("pages are aligned");
        for (tile, codes) in codes.chunks_exact(tile_bytes).enumerate() {
            sums.as_flattened_mut().fill(0);
            dot::tile(cpu, Bits::Eight, codes, &s.q, stride, sums);
            let scales = &scales[tile * TILE..][..TILE];
            let at = (page - pages.start) * PAGE + tile * TILE;
            for (i, sums) in sums.iter().enumerate() {
                let out = &mut s.scores[i * n + at..][..TILE];
                for ((out, sum), by) in out.iter_mut().zip(sums).zip(scales) {
                    *out = (sum - zero[i]) as f32 * (scale[i] * by);
                }
            }
        }
    }
}

/// In float, on a cache of float16.
pub(crate) fn half(cpu: Cpu, head: Head, queries: &mut [Query], s: &mut Scratch) {
    let (d, pages) = (head.head_dim, span(queries));
    let (first, n) = (pages.start * PAGE, pages.len() * PAGE);
    let floats = |bytes: &[u8], out: &mut Vec<f32>| {
        let halves: &[f16] = as_f16(bytes).expect("pages are aligned");
        out.resize(halves.len(), 0.0);
        halves.convert_to_f32_slice(out);
    };
    s.scores.resize(ROWS * n, 0.0);
    for page in pages.clone() {
        floats(head.k(page), &mut s.floats);
        for (i, query) in queries.iter().enumerate() {
            let scores = &mut s.scores[i * n + (page * PAGE - first)..][..PAGE];
            for (k, score) in s.floats.chunks_exact(d).zip(scores) {
                *score = row::dot(cpu, query.q, k) * (1.0 / (d as f32).sqrt());
            }
        }
    }
    for (i, query) in queries.iter_mut().enumerate() {
        let scores = &mut s.scores[i * n..][..n];
        let seen = query.from - first..query.sees - first;
        row::softmax(cpu, &mut scores[seen.clone()]);
        scores[..seen.start].fill(0.0);
        scores[seen.end..].fill(0.0);
        query.out.fill(0.0);
    }
    for page in pages {
        floats(head.v(page), &mut s.floats);
        for (i, query) in queries.iter_mut().enumerate() {
            let scores = &s.scores[i * n + (page * PAGE - first)..][..PAGE];
            for (v, &p) in s.floats.chunks_exact(d).zip(scores) {
                row::add_scaled(cpu, query.out, p, v);
            }
        }
    }
}
