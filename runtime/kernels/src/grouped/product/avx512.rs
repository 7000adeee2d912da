//! AVX-512 VNNI: a block is one register, a quad of it one `vpdpbusd` with a broadcast of four
//! activations. The groups' sums are short chains of their own, so they overlap; what remains is
//! one or two fused multiply-adds a group, and a decoded token waits for memory instead.

use core::arch::x86_64::*;

use super::scales::{HALF, HALF_OFFSET, SIGNED, SUPER_SCALE};
use super::{Rows, TILE, Tile, by_form};
use crate::grouped::{GROUP, Record, Scales};

/// Rows that share one unpacking.
const ROWS: usize = 8;
/// Bytes ahead that a tile's first rows ask memory for; as for packed weights (`LOG.md`). Without
/// it eight rows wait for weights that no cache holds.
const AHEAD: usize = 4096;

/// # Safety
/// AVX-512 F, BW, VNNI; lengths as [`super::tile`] checks them.
#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
pub(super) unsafe fn tile(tile: Tile, rows: Rows, out: &mut [[f32; TILE]]) {
    // SAFETY: passed on.
    unsafe { by_form!(tile.form, steps(tile, rows, out)) }
}

/// # Safety
/// As [`tile`].
#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
unsafe fn steps<const BITS: usize, const SCALES: u8>(
    tile: Tile,
    rows: Rows,
    out: &mut [[f32; TILE]],
) {
    let mut done = 0;
    while done < out.len() {
        let left = &mut out[done..];
        let x = rows.q[done * rows.stride..].as_ptr();
        let records = rows.records[done * tile.groups..].as_ptr();
        let at = (x, rows.stride, records, done == 0);
        // SAFETY: `done` rows from the first, as many rows as `left` has at least.
        done += unsafe {
            match left.len() {
                1 => kernel::<BITS, SCALES, 1>(tile, at, left),
                2 | 3 => kernel::<BITS, SCALES, 2>(tile, at, left),
                4..ROWS => kernel::<BITS, SCALES, 4>(tile, at, left),
                _ => kernel::<BITS, SCALES, ROWS>(tile, at, left),
            }
        };
    }
}

/// `T` rows; gives `T`. With `first` the tile's codes may have to come from memory.
///
/// # Safety
/// As [`tile`]; `x` and the records have `T` rows, `out` too.
#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
unsafe fn kernel<const BITS: usize, const SCALES: u8, const T: usize>(
    tile: Tile,
    (x, stride, records, first): (*const i8, usize, *const Record, bool),
    out: &mut [[f32; TILE]],
) -> usize {
    let codes = tile.codes.as_ptr();
    let params = tile.params.as_ptr();
    let mut acc = [_mm512_setzero_ps(); T];
    for g in 0..tile.groups {
        // SAFETY: group g of the codes, of the parameters, of each row and of its records, all of
        // which were checked to have `groups` groups.
        unsafe {
            let codes = codes.add(g * TILE * GROUP * BITS / 8);
            if first {
                for line in 0..BITS {
                    _mm_prefetch::<_MM_HINT_T0>(codes.wrapping_add(AHEAD + 64 * line).cast());
                }
            }
            let (scale, offset) = scales::<BITS, SCALES>(params, g);
            let mut dots = [_mm512_setzero_si512(); T];
            for h in 0..2 {
                let c = quads::<BITS>(codes, h);
                for i in 0..T {
                    let record = &*records.add(i * tile.groups + g);
                    let x = x.add(i * stride + g * GROUP + 16 * h);
                    let mut dot = match (SCALES, BITS, h) {
                        (SIGNED, ..) => _mm512_set1_epi32(-32 * record.sums[h]),
                        (_, 8, 0) => _mm512_set1_epi32(-128 * (record.sums[0] + record.sums[1])),
                        _ => dots[i],
                    };
                    for (q, c) in c.into_iter().enumerate() {
                        let x = x.add(4 * q).cast::<i32>().read_unaligned();
                        dot = _mm512_dpbusd_epi32(dot, c, _mm512_set1_epi32(x));
                    }
                    dots[i] = dot;
                    if SCALES == SIGNED || h == 1 {
                        let scale = scale[if SCALES == SIGNED { h } else { 0 }];
                        let by = _mm512_mul_ps(scale, _mm512_set1_ps(record.scale));
                        acc[i] = _mm512_fmadd_ps(_mm512_cvtepi32_ps(dot), by, acc[i]);
                    }
                    if SCALES != SIGNED && BITS != 8 && h == 1 {
                        let total = _mm512_set1_ps(record.total);
                        acc[i] = _mm512_fmadd_ps(offset, total, acc[i]);
                    }
                }
            }
        }
    }
    for (acc, out) in acc.into_iter().zip(out) {
        // SAFETY: a row of `out` has 16 floats.
        unsafe { _mm512_storeu_ps(out.as_mut_ptr(), acc) };
    }
    T
}

/// Half `h` of a group's codes: four quads.
///
/// # Safety
/// `codes` has a group.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
unsafe fn quads<const BITS: usize>(codes: *const u8, h: usize) -> [__m512i; 4] {
    // SAFETY: blocks of one group, by the layout.
    unsafe {
        let load = |block: usize| _mm512_loadu_si512(codes.add(64 * block).cast());
        if BITS == 8 {
            return [0, 1, 2, 3].map(|q| load(4 * h + q));
        }
        let mask = _mm512_set1_epi8(15);
        let (a, b) = (load(2 * h), load(2 * h + 1));
        let low = [a, _mm512_srli_epi32::<4>(a), b, _mm512_srli_epi32::<4>(b)]
            .map(|c| _mm512_and_si512(c, mask));
        match BITS {
            5 => {
                let high = load(4);
                let high = if h == 0 {
                    _mm512_slli_epi32::<4>(high)
                } else {
                    high
                };
                let bit = _mm512_set1_epi8(16);
                let or = |low, high| _mm512_or_si512(low, _mm512_and_si512(high, bit));
                [
                    or(low[0], high),
                    or(low[1], _mm512_srli_epi32::<1>(high)),
                    or(low[2], _mm512_srli_epi32::<2>(high)),
                    or(low[3], _mm512_srli_epi32::<3>(high)),
                ]
            }
            6 => {
                let high = load(4 + h);
                let bits = _mm512_set1_epi8(48);
                let or = |low, high| _mm512_or_si512(low, _mm512_and_si512(high, bits));
                [
                    or(low[0], _mm512_slli_epi32::<4>(high)),
                    or(low[1], _mm512_slli_epi32::<2>(high)),
                    or(low[2], high),
                    or(low[3], _mm512_srli_epi32::<2>(high)),
                ]
            }
            _ => low,
        }
    }
}

/// The scales of a group (of its halves, if `SIGNED`), and its offset.
///
/// # Safety
/// `params` has group `g`.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
unsafe fn scales<const BITS: usize, const SCALES: u8>(
    params: *const u8,
    g: usize,
) -> ([__m512; 2], __m512) {
    let (block, part) = (g / 8, g % 8);
    let zero = _mm512_setzero_ps();
    // SAFETY: the parameters of one group, by the layout.
    unsafe {
        let half = |at: usize| _mm512_cvtph_ps(_mm256_loadu_si256(params.add(at).cast()));
        let byte = |at: usize| _mm_loadu_si128(params.add(at).cast());
        match SCALES {
            HALF => {
                let scale = half(32 * g);
                let centre = _mm512_set1_ps((1 << (BITS - 1)) as f32);
                (
                    [scale; 2],
                    _mm512_sub_ps(zero, _mm512_mul_ps(centre, scale)),
                )
            }
            HALF_OFFSET => ([half(64 * g); 2], half(64 * g + 32)),
            SUPER_SCALE => {
                let at = 320 * block;
                let float = |at| _mm512_cvtepi32_ps(_mm512_cvtepu8_epi32(byte(at)));
                let [s, t] = [64, 80].map(|to| float(at + to + 32 * part));
                let least = _mm512_mul_ps(half(at + 32), t);
                ([_mm512_mul_ps(half(at), s); 2], _mm512_sub_ps(zero, least))
            }
            _ => {
                let at = 288 * block;
                let float = |at| _mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(byte(at)));
                let d = half(at);
                let s = [32, 48].map(|to| float(at + to + 32 * part));
                (s.map(|s| _mm512_mul_ps(d, s)), zero)
            }
        }
    }
}
