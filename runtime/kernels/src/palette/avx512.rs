//! AVX-512 VNNI: as `dot/avx512.rs`, with a look-up between mask and product.
//!
//! ```text
//! w = load 64 bytes                                   16 lanes (rows), codes of 2 or 4 bits
//! for each field:
//!     c = vpshufb(table, (w >> bits * field) & mask)  16 lanes of 4 entries, u8
//!     for i in 0..T:  sum[i] += c . broadcast(x[i][4 * field ..])
//! ```

use core::arch::x86_64::*;

use super::Table;
use crate::packed::{BLOCK, Bits, TILE};

/// Rows that share one unpacking.
const ROWS: usize = 8;
/// Bytes ahead that memory is asked for, with one or two rows: as in `dot`.
const AHEAD: usize = 4096;

/// # Safety
/// The instructions of this file; lengths as [`super::tile`] checks them.
#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
pub(super) unsafe fn tile(
    bits: Bits,
    table: &Table,
    codes: &[u8],
    x: &[i8],
    stride: usize,
    sums: &mut [[i32; TILE]],
) {
    let blocks = codes.len() / BLOCK;
    // SAFETY: 16 bytes of the table.
    let table = unsafe { _mm512_broadcast_i32x4(_mm_loadu_si128(table.as_ptr().cast())) };
    for (i, sums) in sums.chunks_mut(ROWS).enumerate() {
        // SAFETY: row i * ROWS is one of the rows the caller vouches for; the kernel reads
        // `sums.len()` rows from there.
        unsafe {
            let x = x.as_ptr().add(i * ROWS * stride);
            match bits {
                Bits::Two => rows::<2>(table, codes.as_ptr(), blocks, x, stride, sums),
                _ => rows::<4>(table, codes.as_ptr(), blocks, x, stride, sums),
            }
        }
    }
}

/// # Safety
/// As [`tile`]; at most [`ROWS`] sums.
#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
unsafe fn rows<const BITS: u32>(
    table: __m512i,
    codes: *const u8,
    blocks: usize,
    x: *const i8,
    stride: usize,
    sums: &mut [[i32; TILE]],
) {
    // SAFETY: passed on.
    unsafe {
        match sums.len() {
            1 => kernel::<BITS, 1, 4>(table, codes, blocks, x, stride, sums),
            2 => kernel::<BITS, 2, 4>(table, codes, blocks, x, stride, sums),
            3 => kernel::<BITS, 3, 2>(table, codes, blocks, x, stride, sums),
            4 => kernel::<BITS, 4, 2>(table, codes, blocks, x, stride, sums),
            5 => kernel::<BITS, 5, 2>(table, codes, blocks, x, stride, sums),
            6 => kernel::<BITS, 6, 2>(table, codes, blocks, x, stride, sums),
            7 => kernel::<BITS, 7, 2>(table, codes, blocks, x, stride, sums),
            _ => kernel::<BITS, 8, 2>(table, codes, blocks, x, stride, sums),
        }
    }
}

/// `T` rows of activations, `CHAINS` sums for each.
///
/// # Safety
/// As [`tile`]; `sums` has `T` elements.
#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
unsafe fn kernel<const BITS: u32, const T: usize, const CHAINS: usize>(
    table: __m512i,
    codes: *const u8,
    blocks: usize,
    x: *const i8,
    stride: usize,
    sums: &mut [[i32; TILE]],
) {
    let fields = 8 / BITS as usize;
    let mask = _mm512_set1_epi8((1 << BITS) - 1);
    let mut acc = [[_mm512_setzero_si512(); CHAINS]; T];
    // SAFETY: a block holds `4 * fields` columns, so block b reads codes[64 b ..][..64] and x[i *
    // stride + 4 * fields * b ..] [..4 * fields], all inside what the caller checked.
    unsafe {
        let mut step = |w: __m512i, field: usize, x: *const i8, chain: usize| {
            let c = _mm512_and_si512(shift::<BITS>(w, field), mask);
            let c = _mm512_shuffle_epi8(table, c);
            for (i, acc) in acc.iter_mut().enumerate() {
                let x = _mm512_set1_epi32(x.add(i * stride).cast::<i32>().read_unaligned());
                acc[chain % CHAINS] = _mm512_dpbusd_epi32(acc[chain % CHAINS], c, x);
            }
        };
        // Strips of 16 columns, whose four products are chained apart.
        let per_strip = 4 / fields;
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
