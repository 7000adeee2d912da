//! AVX2: entries as two nibbles, each looked up in a table of its own.
//!
//! ```text
//! entry = 16 * high + low; one vpmaddubsw of a nibble adds two products, at most 2 * 15 * 128
//!     = 3840 in 16 bits, so 8 fit: 4 blocks of 2 fields (4 bits), 2 blocks of 4 fields (2 bits)
//! ```
//! The other way, `vpsignb` with signed entries, fits one product in 16 bits and widens each.

use core::arch::x86_64::*;

use super::Table;
use crate::dot::AHEAD;
use crate::dot::lanes::{add, shift, widen};
use crate::packed::{BLOCK, Bits, TILE};

/// # Safety
/// AVX2; lengths as [`super::tile`] checks them.
#[target_feature(enable = "avx2")]
pub(super) unsafe fn tile(
    bits: Bits,
    table: &Table,
    codes: &[u8],
    x: &[i8],
    stride: usize,
    sums: &mut [[i32; TILE]],
) {
    let blocks = codes.len() / BLOCK;
    let table = twice(table);
    let mask = _mm256_set1_epi8(15);
    let nibbles = [
        _mm256_and_si256(table, mask),
        _mm256_and_si256(_mm256_srli_epi16::<4>(table), mask),
    ];
    for (i, sums) in sums.iter_mut().enumerate() {
        // SAFETY: row i is one of the rows the caller vouches for.
        unsafe {
            let x = x.as_ptr().add(i * stride);
            match bits {
                Bits::Two => row::<2, 2>(nibbles, codes.as_ptr(), blocks, x, sums),
                _ => row::<4, 4>(nibbles, codes.as_ptr(), blocks, x, sums),
            }
        }
    }
}

/// The table in both halves of a register.
#[inline]
#[target_feature(enable = "avx2")]
fn twice(table: &Table) -> __m256i {
    // SAFETY: 16 bytes of the table.
    unsafe { _mm256_broadcastsi128_si256(_mm_loadu_si128(table.as_ptr().cast())) }
}

/// One row; sums move to 32 bits after every `SPAN` blocks.
///
/// # Safety
/// As [`tile`].
#[target_feature(enable = "avx2")]
unsafe fn row<const BITS: u32, const SPAN: usize>(
    nibbles: [__m256i; 2],
    codes: *const u8,
    blocks: usize,
    x: *const i8,
    sums: &mut [i32; TILE],
) {
    let fields = 8 / BITS as usize;
    let mask = _mm256_set1_epi8((1 << BITS) - 1);
    let mut acc = [_mm256_setzero_si256(); 2];
    // SAFETY: block b reads codes[64 b ..][..64] and x[4 * fields * b ..][..4 * fields], as the
    // caller checked.
    unsafe {
        for start in (0..blocks).step_by(SPAN) {
            let mut short = [[_mm256_setzero_si256(); 2]; 2];
            for b in start..blocks.min(start + SPAN) {
                let at = codes.add(b * BLOCK);
                _mm_prefetch::<_MM_HINT_T0>(at.wrapping_add(AHEAD).cast());
                for (half, short) in short.iter_mut().enumerate() {
                    let w = _mm256_loadu_si256(at.add(32 * half).cast());
                    for field in 0..fields {
                        let c = _mm256_and_si256(shift::<BITS>(w, field), mask);
                        let x = x.add(4 * (b * fields + field));
                        let x = _mm256_set1_epi32(x.cast::<i32>().read_unaligned());
                        for (short, table) in short.iter_mut().zip(nibbles) {
                            let entry = _mm256_shuffle_epi8(table, c);
                            *short = _mm256_add_epi16(*short, _mm256_maddubs_epi16(entry, x));
                        }
                    }
                }
            }
            widen(&mut acc, short);
        }
    }
    add(sums, &acc);
}

/// # Safety
/// AVX2; lengths as [`super::spread`] checks them.
#[target_feature(enable = "avx2")]
pub(super) unsafe fn spread(bits: Bits, table: &Table, codes: &[u8], out: &mut [u8]) {
    let table = twice(table);
    for b in 0..codes.len() / BLOCK {
        // SAFETY: block b of the codes, and the blocks of its fields.
        unsafe {
            let (from, to) = (codes.as_ptr().add(b * BLOCK), out.as_mut_ptr());
            match bits {
                Bits::Two => block::<2>(table, from, to.add(4 * b * BLOCK)),
                _ => block::<4>(table, from, to.add(2 * b * BLOCK)),
            }
        }
    }
}

/// The entries of a block.
///
/// # Safety
/// `codes` has a block, `out` one for each of its fields.
#[inline]
#[target_feature(enable = "avx2")]
unsafe fn block<const BITS: u32>(table: __m256i, codes: *const u8, out: *mut u8) {
    let mask = _mm256_set1_epi8((1 << BITS) - 1);
    for half in [0, 32] {
        // SAFETY: 32 bytes of each of these blocks.
        unsafe {
            _mm_prefetch::<_MM_HINT_T0>(codes.wrapping_add(AHEAD + half).cast());
            let w = _mm256_loadu_si256(codes.add(half).cast());
            for field in 0..8 / BITS as usize {
                let code = _mm256_and_si256(shift::<BITS>(w, field), mask);
                let to = out.add(field * BLOCK + half).cast();
                _mm256_storeu_si256(to, _mm256_shuffle_epi8(table, code));
            }
        }
    }
}
