//! The text of every row operation. `#[inline(always)]`, so that it is compiled with its caller's
//! instruction set.
#![allow(
    clippy::inline_always,
    reason = "a target-feature caller must compile the body itself"
)]

use crate::grouped::{GROUP, Record};

pub(super) use super::queries::{add_values, scores};

pub(super) const LANES: usize = 16;

/// Folds 16 lanes pairwise: 8, 4, 2, 1.
#[inline(always)]
fn fold(mut lanes: [f32; LANES], f: impl Fn(f32, f32) -> f32) -> f32 {
    let mut n = LANES;
    while n > 1 {
        n /= 2;
        for i in 0..n {
            lanes[i] = f(lanes[i], lanes[i + n]);
        }
    }
    lanes[0]
}

#[inline(always)]
pub(super) fn dot(a: &[f32], b: &[f32]) -> f32 {
    let mut lanes = [0.0; LANES];
    let (a, a_rest) = a.as_chunks::<LANES>();
    let (b, b_rest) = b.as_chunks::<LANES>();
    for (a, b) in a.iter().zip(b) {
        for i in 0..LANES {
            lanes[i] += a[i] * b[i];
        }
    }
    for (i, (a, b)) in a_rest.iter().zip(b_rest).enumerate() {
        lanes[i] += a * b;
    }
    fold(lanes, |a, b| a + b)
}

#[inline(always)]
pub(super) fn products(x: &[f32], stride: usize, w: &[[f32; LANES]], out: &mut [[f32; LANES]]) {
    // Of eight rows at a time AVX2 cannot keep the sums in registers, and AVX-512 was slower.
    let (done, out) = products_by::<4>(x, stride, w, 0, out);
    let (done, out) = products_by::<2>(x, stride, w, done, out);
    products_by::<1>(x, stride, w, done, out);
}

/// [`products`] of as many times `N` rows as there are, the first being row `done` of `x`. Gives
/// the row behind them, and the rest of `out`.
#[inline(always)]
pub(super) fn products_by<'o, const N: usize>(
    x: &[f32],
    stride: usize,
    w: &[[f32; LANES]],
    mut done: usize,
    out: &'o mut [[f32; LANES]],
) -> (usize, &'o mut [[f32; LANES]]) {
    let (blocks, rest) = out.as_chunks_mut::<N>();
    for out in blocks {
        let x: [&[f32]; N] = core::array::from_fn(|row| &x[(done + row) * stride..][..w.len()]);
        let mut sums = *out;
        for i in 0..w.len() {
            let w = w[i];
            for row in 0..N {
                let x = x[row][i];
                for lane in 0..LANES {
                    sums[row][lane] += x * w[lane];
                }
            }
        }
        *out = sums;
        done += N;
    }
    (done, rest)
}

#[inline(always)]
fn max_by(x: &[f32], start: f32, value: impl Fn(f32) -> f32) -> f32 {
    let mut lanes = [start; LANES];
    let (chunks, rest) = x.as_chunks::<LANES>();
    let larger = |a: f32, b: f32| if b > a { b } else { a };
    for x in chunks {
        for i in 0..LANES {
            lanes[i] = larger(lanes[i], value(x[i]));
        }
    }
    for (lane, &x) in lanes.iter_mut().zip(rest) {
        *lane = larger(*lane, value(x));
    }
    fold(lanes, larger)
}

#[inline(always)]
pub(super) fn add_scaled(y: &mut [f32], a: f32, x: &[f32]) {
    for (y, x) in y.iter_mut().zip(x) {
        *y += a * x;
    }
}

#[inline(always)]
pub(super) fn rmsnorm(x: &[f32], weight: &[f32], eps: f32, out: &mut [f32]) {
    let r = 1.0 / (dot(x, x) / x.len() as f32 + eps).sqrt();
    for ((out, x), w) in out.iter_mut().zip(x).zip(weight) {
        *out = (x * r) * w;
    }
}

#[inline(always)]
pub(super) fn rope(x: &mut [f32], turn: &[[f32; 2]]) {
    for (pair, [cos, sin]) in x.as_chunks_mut::<2>().0.iter_mut().zip(turn) {
        let [a, b] = *pair;
        *pair = [a * cos - b * sin, a * sin + b * cos];
    }
}

#[inline(always)]
pub(super) fn norm_rope(x: &mut [f32], turn: &[[f32; 2]], weight: &[f32], eps: f32) {
    let r = 1.0 / (dot(x, x) / x.len() as f32 + eps).sqrt();
    for (x, w) in x.iter_mut().zip(weight) {
        *x = (*x * r) * w;
    }
    rope(x, turn);
}

#[inline(always)]
pub(super) fn add_rmsnorm(x: &mut [f32], y: &[f32], weight: &[f32], eps: f32) {
    let r = 1.0 / (dot(y, y) / y.len() as f32 + eps).sqrt();
    for ((x, y), w) in x.iter_mut().zip(y).zip(weight) {
        *x += (y * r) * w;
    }
}

#[inline(always)]
pub(super) fn rope_norm(x: &mut [f32], turn: &[[f32; 2]], weight: &[f32], eps: f32) {
    rope(x, turn);
    let r = 1.0 / (dot(x, x) / x.len() as f32 + eps).sqrt();
    for (x, w) in x.iter_mut().zip(weight) {
        *x = (*x * r) * w;
    }
}

/// Half to even, for |x| < 2^22: adding 1.5 * 2^23 leaves no bits below one, and the low mantissa
/// bits are the integer.
#[inline(always)]
fn round(x: f32) -> i32 {
    const MAGIC: f32 = 12_582_912.0;
    ((x + MAGIC).to_bits() as i32).wrapping_sub(MAGIC.to_bits() as i32)
}

/// Codes of `x` from -127 to 127, and their scale: 0 where all of `x` is next to nothing.
#[inline(always)]
fn codes(x: &[f32], out: &mut [i8]) -> f32 {
    const TINY: f32 = f32::from_bits(27 << 23); // 2^-100
    let a = max_by(x, 0.0, f32::abs);
    let (scale, inverse) = match a < TINY {
        true => (0.0, 0.0),
        false => (a / 127.0, 127.0 / a),
    };
    for (out, x) in out.iter_mut().zip(x) {
        *out = round(x * inverse) as i8;
    }
    scale
}

#[inline(always)]
pub(super) fn quantize(x: &[f32], out: &mut [i8], sums: &mut [i32]) -> f32 {
    out[x.len()..].fill(0);
    let scale = codes(x, out);
    let (chunks, rest) = out[..x.len()].as_chunks::<LANES>();
    for (sum, chunk) in sums.iter_mut().zip(chunks) {
        *sum = chunk.iter().map(|&x| i32::from(x)).sum();
    }
    if !rest.is_empty() {
        sums[chunks.len()] = rest.iter().map(|&x| i32::from(x)).sum();
    }
    scale
}

#[inline(always)]
pub(super) fn quantize_groups(x: &[f32], out: &mut [i8], records: &mut [Record]) {
    out[x.len()..].fill(0);
    let groups = x.chunks(GROUP).zip(out.chunks_mut(GROUP));
    for ((x, out), record) in groups.zip(records) {
        let scale = codes(x, out);
        let mut sums = [0; 2];
        for (sum, out) in sums.iter_mut().zip(out.chunks(GROUP / 2)) {
            *sum = out.iter().map(|&x| i32::from(x)).sum();
        }
        *record = Record {
            scale,
            total: (sums[0] + sums[1]) as f32 * scale,
            sums,
        };
    }
}

#[inline(always)]
fn grid(x: f32, scale: f32) -> f32 {
    (x / scale).round_ties_even().clamp(-128.0, 127.0)
}

#[inline(always)]
pub(super) fn to_grid(x: &[f32], scale: f32, out: &mut [u8]) {
    for (out, &x) in out.iter_mut().zip(x) {
        *out = (grid(x, scale) + 128.0) as u8;
    }
}

#[inline(always)]
pub(super) fn round_to_grid(x: &mut [f32], scale: f32) {
    for x in x {
        *x = grid(*x, scale) * scale;
    }
}

/// `e^x` for x <= 88, to about one unit in the last place: 2^n times a polynomial on |r| <=
/// ln(2)/2, coefficients of Cephes `expf`. Below -87 it is as good as 0 and given as e^-87.
#[inline(always)]
fn exp(x: f32) -> f32 {
    let x = if x < -87.0 { -87.0 } else { x };
    let x = if x > 88.0 { 88.0 } else { x };
    let n = round(x * std::f32::consts::LOG2_E);
    let nf = n as f32;
    let r = (x - nf * 0.693_359_4) + nf * 2.121_944_4e-4;
    let mut p = 1.987_569_1e-4;
    for c in [
        1.398_199_9e-3,
        8.333_452e-3,
        4.166_579_6e-2,
        0.166_666_65,
        0.5,
    ] {
        p = p * r + c;
    }
    let e = (p * (r * r) + r) + 1.0;
    e * f32::from_bits((n.wrapping_add(127) << 23) as u32)
}

#[inline(always)]
pub(super) fn softmax_digits(x: &[f32], high: &mut [i8], low: &mut [i8]) -> u32 {
    let max = max_by(x, f32::NEG_INFINITY, |x| x);
    let mut sum = 0;
    for ((x, high), low) in x.iter().zip(high).zip(low) {
        let p = round(exp(x - max) * 16383.0) & 16383; // the mask is for NaN only
        *high = (p >> 7) as i8;
        *low = (p & 127) as i8;
        sum += p as u32;
    }
    sum
}

#[inline(always)]
pub(super) fn signed_digits(
    x: &[f32],
    group: usize,
    high: &mut [i8],
    low: &mut [i8],
    sums: &mut [i32],
) -> f32 {
    const TINY: f32 = f32::from_bits(27 << 23); // 2^-100
    let a = max_by(x, 0.0, f32::abs);
    let (scale, inverse) = if a < TINY {
        (0.0, 0.0)
    } else {
        (a / 8191.0, 8191.0 / a)
    };
    sums.fill(0);
    for (i, ((x, high), low)) in x.iter().zip(high).zip(low).enumerate() {
        let q = round(x * inverse).clamp(-8191, 8191); // the clamp is for NaN only
        *high = ((q + 64) >> 7) as i8;
        *low = (q - 128 * i32::from(*high)) as i8;
        sums[i / group] += q;
    }
    scale
}

#[inline(always)]
pub(super) fn weighted_digits(
    x: &mut [f32],
    by: &[f32],
    high: &mut [i8],
    low: &mut [i8],
) -> (u32, f32) {
    const TINY: f32 = f32::from_bits(27 << 23); // 2^-100
    let max = max_by(x, f32::NEG_INFINITY, |x| x);
    let mut lanes = [0.0; LANES];
    for (x, by) in x.chunks_mut(LANES).zip(by.chunks(LANES)) {
        for ((x, by), lane) in x.iter_mut().zip(by).zip(&mut lanes) {
            let p = exp(*x - max);
            *lane += p;
            *x = p * by;
        }
    }
    let sum = fold(lanes, |a, b| a + b);
    let most = max_by(x, 0.0, |x| x);
    let inverse = if most < TINY { 0.0 } else { 16383.0 / most };
    let mut total = 0;
    for ((x, high), low) in x.iter().zip(high).zip(low) {
        let p = round(x * inverse) & 16383; // the mask is for NaN only
        *high = (p >> 7) as i8;
        *low = (p & 127) as i8;
        total += p as u32;
    }
    (total, most / 16383.0 / sum)
}

#[inline(always)]
pub(super) fn add_products(
    sums: &[[i32; LANES]],
    zeros: &[i32],
    scale: &[f32; LANES],
    first: bool,
    out: &mut [[f32; LANES]],
) {
    for ((sums, &zero), out) in sums.iter().zip(zeros).zip(out) {
        for i in 0..LANES {
            let product = (sums[i].wrapping_mul(2).wrapping_sub(zero) as f32 * 0.5) * scale[i];
            out[i] = if first { product } else { out[i] + product };
        }
    }
}

#[inline(always)]
pub(super) fn scale_rows(x: &mut [[f32; LANES]], scale: &[f32]) {
    for (x, scale) in x.iter_mut().zip(scale) {
        x.iter_mut().for_each(|x| *x *= scale);
    }
}

#[inline(always)]
pub(super) fn softmax(x: &mut [f32]) {
    let max = max_by(x, f32::NEG_INFINITY, |x| x);
    let mut sum = 0.0;
    for x in x.iter_mut() {
        *x = exp(*x - max);
        sum += *x;
    }
    for x in x {
        *x /= sum;
    }
}

#[inline(always)]
pub(super) fn exponentials(x: &mut [f32]) -> f32 {
    let max = max_by(x, f32::NEG_INFINITY, |x| x);
    x.iter_mut().for_each(|x| *x = exp(*x - max));
    let mut lanes = [0.0; LANES];
    let (chunks, rest) = x.as_chunks::<LANES>();
    for x in chunks {
        for i in 0..LANES {
            lanes[i] += x[i];
        }
    }
    lanes.iter_mut().zip(rest).for_each(|(lane, x)| *lane += x);
    fold(lanes, |a, b| a + b)
}

#[inline(always)]
pub(super) fn silu_mul(g: &mut [f32], u: &[f32]) {
    for (g, u) in g.iter_mut().zip(u) {
        *g = (*g / (1.0 + exp(-*g))) * u;
    }
}

#[inline(always)]
pub(super) fn gelu_mul(g: &mut [f32], u: &[f32]) {
    // tanh(z) = 2 / (1 + exp(-2z)) - 1, and sqrt(2 / pi) = 0.7978846.
    for (g, u) in g.iter_mut().zip(u) {
        let z = 0.797_884_6 * (*g + 0.044_715 * (*g * *g * *g));
        *g = (*g / (1.0 + exp(-2.0 * z))) * u;
    }
}
