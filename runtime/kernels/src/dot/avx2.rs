//! AVX2 without VNNI: `vpmaddubsw` to 16 bits, a few of them added there, then `vpmaddwd` to 32.
//!
//! ```text
//! 16-bit room, |x| <= 128, one vpmaddubsw adds two products:
//!     2 bits: 2 *  3 * 128 =   768   so 42 fit
//!     4 bits: 2 * 15 * 128 =  3840   so  8 fit
//!     8 bits: 2 * 255 * 128 = 65280  does not fit: the code goes as two nibbles, each like 4 bits
//! ```
//! Sums move to 32 bits after every `SPAN` blocks: 8 steps at 4 bits (4 blocks of 2), 4 at 8 bits
//! (4 of 1), 32 at 2 bits (8 of 4).

use core::arch::x86_64::*;

use super::AHEAD;
use super::lanes::{add, shift, widen};
use crate::packed::{BLOCK, Bits, TILE};

/// Rows that share one unpacking.
const ROWS: usize = 2;
/// Blocks of 8 bits after which 16-bit sums are full.
const WIDE_SPAN: usize = 4;

/// # Safety
/// AVX2; lengths as [`super::tile`] checks them.
#[target_feature(enable = "avx2")]
pub(super) unsafe fn tile(
    bits: Bits,
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
            let x = x.as_ptr().add(i * ROWS * stride);
            match (bits, sums.len()) {
                (Bits::Two, 1) => narrow::<2, 8, 1>(codes.as_ptr(), blocks, x, stride, sums),
                (Bits::Two, _) => narrow::<2, 8, 2>(codes.as_ptr(), blocks, x, stride, sums),
                (Bits::Four, 1) => narrow::<4, 4, 1>(codes.as_ptr(), blocks, x, stride, sums),
                (Bits::Four, _) => narrow::<4, 4, 2>(codes.as_ptr(), blocks, x, stride, sums),
                (Bits::Eight, 1) => wide(codes.as_ptr(), blocks, x, &mut sums[0]),
                (Bits::Eight, _) => wide_pair(codes.as_ptr(), blocks, x, stride, sums),
            }
        }
    }
}

/// 2 and 4 bits, `T` rows.
///
/// # Safety
/// As [`tile`]; `sums` has `T` elements.
#[target_feature(enable = "avx2")]
unsafe fn narrow<const BITS: u32, const SPAN: usize, const T: usize>(
    codes: *const u8,
    blocks: usize,
    x: *const i8,
    stride: usize,
    sums: &mut [[i32; TILE]],
) {
    let fields = 8 / BITS as usize;
    let mask = _mm256_set1_epi8((1 << BITS) - 1);
    let ones = _mm256_set1_epi16(1);
    let mut acc = [[_mm256_setzero_si256(); 2]; T];
    // SAFETY: block b reads codes[64 b ..][..64] and x[i * stride + 4 * fields * b ..][..4 *
    // fields], as the caller checked.
    unsafe {
        for start in (0..blocks).step_by(SPAN) {
            let mut short = [[_mm256_setzero_si256(); 2]; T];
            for b in start..blocks.min(start + SPAN) {
                let at = codes.add(b * BLOCK);
                _mm_prefetch::<_MM_HINT_T0>(at.wrapping_add(AHEAD).cast());
                let w = [
                    _mm256_loadu_si256(at.cast()),
                    _mm256_loadu_si256(at.add(32).cast()),
                ];
                for field in 0..fields {
                    let c = w.map(|w| _mm256_and_si256(shift::<BITS>(w, field), mask));
                    for (i, short) in short.iter_mut().enumerate() {
                        let x = x
                            .add(i * stride + 4 * (b * fields + field))
                            .cast::<i32>()
                            .read_unaligned();
                        let x = _mm256_set1_epi32(x);
                        short[0] = _mm256_add_epi16(short[0], _mm256_maddubs_epi16(c[0], x));
                        short[1] = _mm256_add_epi16(short[1], _mm256_maddubs_epi16(c[1], x));
                    }
                }
            }
            for (acc, short) in acc.iter_mut().zip(short) {
                acc[0] = _mm256_add_epi32(acc[0], _mm256_madd_epi16(short[0], ones));
                acc[1] = _mm256_add_epi32(acc[1], _mm256_madd_epi16(short[1], ones));
            }
        }
        for (acc, sums) in acc.iter().zip(sums) {
            add(sums, acc);
        }
    }
}

/// 8 bits, one row: `code = 16 * high + low`.
///
/// # Safety
/// As [`tile`].
#[target_feature(enable = "avx2")]
unsafe fn wide(codes: *const u8, blocks: usize, x: *const i8, sums: &mut [i32; TILE]) {
    let mut acc = [_mm256_setzero_si256(); 2];
    // SAFETY: block b reads codes[64 b ..][..64] and x[4 b ..][..4], as the caller checked.
    unsafe {
        for start in (0..blocks).step_by(WIDE_SPAN) {
            let mut short = [[_mm256_setzero_si256(); 2]; 2];
            for b in start..blocks.min(start + WIDE_SPAN) {
                for (half, short) in short.iter_mut().enumerate() {
                    add_nibbles(
                        nibbles(codes.add(b * BLOCK + 32 * half)),
                        x.add(4 * b),
                        short,
                    );
                }
            }
            widen(&mut acc, short);
        }
    }
    add(sums, &acc);
}

/// 8 bits, two rows. The tile's halves come one after the other, so that all sums of one stay in
/// registers.
///
/// # Safety
/// As [`tile`]; `sums` has two elements.
#[target_feature(enable = "avx2")]
unsafe fn wide_pair(
    codes: *const u8,
    blocks: usize,
    x: *const i8,
    stride: usize,
    sums: &mut [[i32; TILE]],
) {
    let mut halves = [[_mm256_setzero_si256(); 2]; 2];
    for (half, own) in halves.iter_mut().enumerate() {
        // SAFETY: as in `wide`, for x[stride + 4 b ..][..4] too.
        unsafe {
            for start in (0..blocks).step_by(WIDE_SPAN) {
                let mut short = [[_mm256_setzero_si256(); 2]; 2];
                for b in start..blocks.min(start + WIDE_SPAN) {
                    let w = nibbles(codes.add(b * BLOCK + 32 * half));
                    add_nibbles(w, x.add(4 * b), &mut short[0]);
                    add_nibbles(w, x.add(stride + 4 * b), &mut short[1]);
                }
                widen(own, short);
            }
        }
    }
    let [first, second] = halves;
    for (i, sums) in sums.iter_mut().enumerate() {
        add(sums, &[first[i], second[i]]);
    }
}

/// Low and high nibbles of half a block.
///
/// # Safety
/// `codes` has 32 bytes.
#[inline]
#[target_feature(enable = "avx2")]
unsafe fn nibbles(codes: *const u8) -> [__m256i; 2] {
    let mask = _mm256_set1_epi8(15);
    // SAFETY: passed on.
    let w = unsafe { _mm256_loadu_si256(codes.cast()) };
    [w, _mm256_srli_epi16::<4>(w)].map(|w| _mm256_and_si256(w, mask))
}

/// Adds the products of nibbles with four activations to 16-bit sums.
///
/// # Safety
/// `x` has four elements.
#[inline]
#[target_feature(enable = "avx2")]
unsafe fn add_nibbles(nibbles: [__m256i; 2], x: *const i8, short: &mut [__m256i; 2]) {
    // SAFETY: passed on.
    let x = _mm256_set1_epi32(unsafe { x.cast::<i32>().read_unaligned() });
    for (short, nibble) in short.iter_mut().zip(nibbles) {
        *short = _mm256_add_epi16(*short, _mm256_maddubs_epi16(nibble, x));
    }
}
