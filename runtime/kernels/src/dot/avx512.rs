//! AVX-512 VNNI: a block is one register, a field of it one `vpdpbusd` with four broadcast
//! activations.
//!
//! ```text
//! w = load 64 bytes                          16 lanes (rows) of 16 columns, 2 bits each
//! for field in 0..4:
//!     c = (w >> 2 * field) & 0x03030303      16 lanes of 4 columns, u8
//!     for i in 0..T:                         T rows of activations share the unpacking
//!         sum[i] += c . broadcast(x[i][4 * field ..])
//! ```
//! Whatever the bits, the loop goes in strips of 16 columns (1, 2 or 4 blocks), which are four
//! `vpdpbusd` a row. With one or two rows each of the four has its own sum, because one chain of
//! them would wait for its own latency. Palettes put a look-up between mask and product:
//! `c = vpshufb(table, c)`.

use core::arch::x86_64::*;

use super::AHEAD;
use crate::packed::{BLOCK, Bits, TILE};

/// Rows that share one unpacking.
const ROWS: usize = 8;

/// Codes that are levels.
///
/// # Safety
/// The instructions of this file; lengths as [`super::tile`] checks them.
#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
pub(super) unsafe fn tile(
    bits: Bits,
    codes: &[u8],
    x: &[i8],
    stride: usize,
    sums: &mut [[i32; TILE]],
) {
    let none = _mm512_setzero_si512();
    // SAFETY: passed on.
    unsafe { tiles::<false>(bits, none, codes, x, stride, sums) }
}

/// Codes that are levels, or with `LOOKUP` entries of `table`, 16 bytes four times over.
///
/// # Safety
/// As [`tile`].
#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
pub(crate) unsafe fn tiles<const LOOKUP: bool>(
    bits: Bits,
    table: __m512i,
    codes: &[u8],
    x: &[i8],
    stride: usize,
    sums: &mut [[i32; TILE]],
) {
    let blocks = codes.len() / BLOCK;
    for (i, sums) in sums.chunks_mut(ROWS).enumerate() {
        // SAFETY: row i * ROWS is one of the rows the caller vouches for; the kernel reads
        // `sums.len()` rows from there.
        unsafe {
            let (codes, x) = (codes.as_ptr(), x.as_ptr().add(i * ROWS * stride));
            match bits {
                Bits::Two => rows::<2, LOOKUP>(table, codes, blocks, x, stride, sums),
                Bits::Four => rows::<4, LOOKUP>(table, codes, blocks, x, stride, sums),
                Bits::Eight => rows::<8, false>(table, codes, blocks, x, stride, sums),
            }
        }
    }
}

/// With one or two rows four sums each, as above; then two.
///
/// # Safety
/// As [`tile`]; at most [`ROWS`] sums.
#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
unsafe fn rows<const BITS: u32, const LOOKUP: bool>(
    table: __m512i,
    codes: *const u8,
    blocks: usize,
    x: *const i8,
    stride: usize,
    sums: &mut [[i32; TILE]],
) {
    macro_rules! step {
        ($t:literal, $chains:literal) => {
            kernel::<BITS, $t, $chains, LOOKUP>(table, codes, blocks, x, stride, sums)
        };
    }
    // SAFETY: passed on.
    unsafe {
        match sums.len() {
            1 => step!(1, 4),
            2 => step!(2, 4),
            3 => step!(3, 2),
            4 => step!(4, 2),
            5 => step!(5, 2),
            6 => step!(6, 2),
            7 => step!(7, 2),
            8 => step!(8, 2),
            rows => unreachable!("{rows} rows in a step of {ROWS}"),
        }
    }
}

/// `T` rows of activations, `CHAINS` sums for each.
///
/// # Safety
/// As [`tile`]; `sums` has `T` elements.
#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
unsafe fn kernel<const BITS: u32, const T: usize, const CHAINS: usize, const LOOKUP: bool>(
    table: __m512i,
    codes: *const u8,
    blocks: usize,
    x: *const i8,
    stride: usize,
    sums: &mut [[i32; TILE]],
) {
    let fields = 8 / BITS as usize;
    let per_strip = 4 / fields;
    let mask = _mm512_set1_epi8(if BITS == 8 { -1 } else { (1 << BITS) - 1 });
    let mut acc = [[_mm512_setzero_si512(); CHAINS]; T];
    // SAFETY: a block holds `4 * fields` columns, so block b reads codes[64 b ..][..64] and x[i *
    // stride + 4 * fields * b ..] [..4 * fields], all inside what the caller checked.
    unsafe {
        let mut step = |w: __m512i, field: usize, x: *const i8, chain: usize| {
            let c = match BITS {
                8 => w,
                _ => _mm512_and_si512(shift::<BITS>(w, field), mask),
            };
            let c = match LOOKUP {
                true => _mm512_shuffle_epi8(table, c),
                false => c,
            };
            for (i, acc) in acc.iter_mut().enumerate() {
                let x = _mm512_set1_epi32(x.add(i * stride).cast::<i32>().read_unaligned());
                acc[chain % CHAINS] = _mm512_dpbusd_epi32(acc[chain % CHAINS], c, x);
            }
        };
        let strips = blocks / per_strip;
        for strip in 0..strips {
            let x = x.add(strip * 16);
            let codes = codes.add(strip * per_strip * BLOCK);
            for b in 0..per_strip {
                if T <= 2 {
                    _mm_prefetch::<_MM_HINT_T0>(codes.wrapping_add(b * BLOCK + AHEAD).cast());
                }
                let w = _mm512_loadu_si512(codes.add(b * BLOCK).cast());
                for field in 0..fields {
                    let j = b * fields + field;
                    step(w, field, x.add(4 * j), j);
                }
            }
        }
        for b in strips * per_strip..blocks {
            let w = _mm512_loadu_si512(codes.add(b * BLOCK).cast());
            for field in 0..fields {
                step(w, field, x.add(4 * (b * fields + field)), field);
            }
        }
        for (acc, sums) in acc.iter().zip(sums.iter_mut()) {
            let mut sum = _mm512_loadu_si512(sums.as_ptr().cast());
            for &part in acc {
                sum = _mm512_add_epi32(sum, part);
            }
            _mm512_storeu_si512(sums.as_mut_ptr().cast(), sum);
        }
    }
}

/// `w >> BITS * field` in every lane.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
fn shift<const BITS: u32>(w: __m512i, field: usize) -> __m512i {
    match BITS as usize * field {
        0 => w,
        2 => _mm512_srli_epi32::<2>(w),
        4 => _mm512_srli_epi32::<4>(w),
        _ => _mm512_srli_epi32::<6>(w),
    }
}
