//! What the kernels with registers of 32 bytes do alike, lane by lane.

use core::arch::x86_64::*;

use crate::packed::TILE;

/// `w >> BITS * field` in every lane.
#[inline]
#[target_feature(enable = "avx2")]
pub(crate) fn shift<const BITS: u32>(w: __m256i, field: usize) -> __m256i {
    match BITS as usize * field {
        0 => w,
        2 => _mm256_srli_epi32::<2>(w),
        4 => _mm256_srli_epi32::<4>(w),
        _ => _mm256_srli_epi32::<6>(w),
    }
}

/// Adds 16-bit sums of low and high nibbles to 32-bit sums, for each half of the 16 rows.
#[inline]
#[target_feature(enable = "avx2")]
pub(crate) fn widen(acc: &mut [__m256i; 2], short: [[__m256i; 2]; 2]) {
    let weight = [_mm256_set1_epi16(1), _mm256_set1_epi16(16)];
    for (acc, short) in acc.iter_mut().zip(short) {
        for (short, weight) in short.into_iter().zip(weight) {
            *acc = _mm256_add_epi32(*acc, _mm256_madd_epi16(short, weight));
        }
    }
}

/// Adds the 16 sums of a row to those that are there.
#[inline]
#[target_feature(enable = "avx2")]
pub(crate) fn add(sums: &mut [i32; TILE], acc: &[__m256i; 2]) {
    for (half, &acc) in acc.iter().enumerate() {
        // SAFETY: eight of the 16 sums begin at 8 * half.
        unsafe {
            let at = sums.as_mut_ptr().add(8 * half).cast::<__m256i>();
            _mm256_storeu_si256(at, _mm256_add_epi32(_mm256_loadu_si256(at), acc));
        }
    }
}
