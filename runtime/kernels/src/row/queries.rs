//! Attention of several queries over the same keys and values, in the lanes of `portable.rs`.
//!
//! ```text
//! scores     16 keys turned to [width, 16]; lane j of a sum is key j, so that no sum is folded:
//!            sums[4 queries][16 keys] += q[query][i] * keys[i][16],  i = 0, 1, ...
//! add_values sums[4 queries][16 columns] += p[query][key] * v[key][16],  key = 0, 1, ...
//! ```
//! Every sum is taken in order by itself, so it does not depend on the queries beside it.
#![allow(
    clippy::inline_always,
    reason = "a target-feature caller must compile the body itself"
)]

use super::portable::{LANES, products_by};

#[inline(always)]
pub(super) fn scores(
    q: &[f32],
    k: &[f32],
    turned: &mut [[f32; LANES]],
    out: &mut [f32],
    stride: usize,
) {
    let width = turned.len();
    let rows = q.len() / width;
    for (tile, k) in k.chunks(LANES * width).enumerate() {
        turn(k, turned);
        let out = &mut out[tile * LANES..];
        let n = k.len() / width;
        let done = scores_by::<4>(q, turned, n, 0..rows, out, stride);
        let done = scores_by::<2>(q, turned, n, done..rows, out, stride);
        scores_by::<1>(q, turned, n, done..rows, out, stride);
    }
}

/// Up to 16 rows of `k` as columns; those beyond its last row are the first again.
#[inline(always)]
fn turn(k: &[f32], turned: &mut [[f32; LANES]]) {
    let width = turned.len();
    for first in (0..LANES).step_by(4) {
        let row = |i: usize| match (first + i) * width {
            at if at < k.len() => k[at..][..width].as_chunks::<4>(),
            _ => k[..width].as_chunks::<4>(),
        };
        let rows = [row(0), row(1), row(2), row(3)];
        let [a, b, c, d] = [rows[0].0, rows[1].0, rows[2].0, rows[3].0];
        let (tiles, rest) = turned.as_chunks_mut::<4>();
        for ((((tile, a), b), c), d) in tiles.iter_mut().zip(a).zip(b).zip(c).zip(d) {
            let columns = turn4(a, b, c, d);
            for i in 0..4 {
                tile[i][first..first + 4].copy_from_slice(&columns[i]);
            }
        }
        for (i, turned) in rest.iter_mut().enumerate() {
            for j in 0..4 {
                turned[first + j] = rows[j].1[i];
            }
        }
    }
}

/// Four rows of four as columns.
#[cfg(not(target_arch = "x86_64"))]
#[inline(always)]
fn turn4(a: &[f32; 4], b: &[f32; 4], c: &[f32; 4], d: &[f32; 4]) -> [[f32; 4]; 4] {
    [
        [a[0], b[0], c[0], d[0]],
        [a[1], b[1], c[1], d[1]],
        [a[2], b[2], c[2], d[2]],
        [a[3], b[3], c[3], d[3]],
    ]
}

/// Four rows of four as columns. The compiler makes 32 moves of single floats of the plain text:
/// scores of one query of 64 then took 23 ns a key instead of 10 (AVX2).
#[cfg(target_arch = "x86_64")]
#[inline(always)]
fn turn4(a: &[f32; 4], b: &[f32; 4], c: &[f32; 4], d: &[f32; 4]) -> [[f32; 4]; 4] {
    use core::arch::x86_64::{
        _mm_loadu_ps, _mm_movehl_ps, _mm_movelh_ps, _mm_storeu_ps, _mm_unpackhi_ps, _mm_unpacklo_ps,
    };
    let mut out = [[0.0; 4]; 4];
    // SAFETY: SSE is part of the x86-64 baseline, and each pointer is to four floats.
    unsafe {
        let (a, b) = (_mm_loadu_ps(a.as_ptr()), _mm_loadu_ps(b.as_ptr()));
        let (c, d) = (_mm_loadu_ps(c.as_ptr()), _mm_loadu_ps(d.as_ptr()));
        let (ab, cd) = (_mm_unpacklo_ps(a, b), _mm_unpacklo_ps(c, d));
        _mm_storeu_ps(out[0].as_mut_ptr(), _mm_movelh_ps(ab, cd));
        _mm_storeu_ps(out[1].as_mut_ptr(), _mm_movehl_ps(cd, ab));
        let (ab, cd) = (_mm_unpackhi_ps(a, b), _mm_unpackhi_ps(c, d));
        _mm_storeu_ps(out[2].as_mut_ptr(), _mm_movelh_ps(ab, cd));
        _mm_storeu_ps(out[3].as_mut_ptr(), _mm_movehl_ps(cd, ab));
    }
    out
}

/// [`scores`] of `N` rows at a time over the first `n` of 16 keys; gives the first row left.
#[inline(always)]
fn scores_by<const N: usize>(
    q: &[f32],
    turned: &[[f32; LANES]],
    n: usize,
    rows: core::ops::Range<usize>,
    out: &mut [f32],
    stride: usize,
) -> usize {
    let mut done = rows.start;
    while done + N <= rows.end {
        let mut sums = [[0.0; LANES]; N];
        products_by::<N>(q, turned.len(), turned, done, &mut sums);
        for (row, sums) in sums.iter().enumerate() {
            let out = &mut out[(done + row) * stride..];
            match out.first_chunk_mut::<LANES>() {
                Some(out) if n == LANES => *out = *sums,
                _ => out[..n].copy_from_slice(&sums[..n]),
            }
        }
        done += N;
    }
    done
}

#[inline(always)]
pub(super) fn add_values(p: &[f32], stride: usize, v: &[f32], width: usize, out: &mut [f32]) {
    // Eight sums of eight lanes are what AVX2 keeps in registers.
    let (done, out) = values_by::<4, 1>(p, stride, v, width, 0, out);
    let (done, out) = values_by::<2, 2>(p, stride, v, width, done, out);
    values_by::<1, 4>(p, stride, v, width, done, out);
}

/// [`add_values`] of as many times `N` rows as there are, the first being row `done` of `p`, by
/// `C` times 16 columns. Gives the row behind them, and the rest of `out`.
#[inline(always)]
fn values_by<'o, const N: usize, const C: usize>(
    p: &[f32],
    stride: usize,
    v: &[f32],
    width: usize,
    mut done: usize,
    mut out: &'o mut [f32],
) -> (usize, &'o mut [f32]) {
    let n = v.len() / width;
    while out.len() >= N * width {
        let (block, rest) = out.split_at_mut(N * width);
        let p: [&[f32]; N] = core::array::from_fn(|row| &p[(done + row) * stride..][..n]);
        let mut column = 0;
        while column + C * LANES <= width {
            columns::<N, C, LANES>(p, v, width, column, block);
            column += C * LANES;
        }
        while column + LANES <= width {
            columns::<N, 1, LANES>(p, v, width, column, block);
            column += LANES;
        }
        while column < width {
            columns::<N, 1, 1>(p, v, width, column, block);
            column += 1;
        }
        out = rest;
        done += N;
    }
    (done, out)
}

/// `C` times `W` columns of `N` rows of sums.
#[inline(always)]
fn columns<const N: usize, const C: usize, const W: usize>(
    p: [&[f32]; N],
    v: &[f32],
    width: usize,
    column: usize,
    out: &mut [f32],
) {
    let mut sums = [[[0.0; W]; C]; N];
    for (row, sums) in sums.iter_mut().enumerate() {
        let out = &out[row * width + column..][..C * W];
        sums.as_flattened_mut().copy_from_slice(out);
    }
    for (key, v) in v.chunks_exact(width).enumerate() {
        let v: &[[f32; W]] = v[column..][..C * W].as_chunks().0;
        for row in 0..N {
            let p = p[row][key];
            for c in 0..C {
                for lane in 0..W {
                    sums[row][c][lane] += p * v[c][lane];
                }
            }
        }
    }
    for (row, sums) in sums.iter().enumerate() {
        out[row * width + column..][..C * W].copy_from_slice(sums.as_flattened());
    }
}
