//! AVX-VNNI: as AVX-512, with the 16 rows in two registers of eight.

use core::arch::x86_64::*;

use super::AHEAD;
use super::lanes::{add, shift};
use crate::packed::{BLOCK, Bits, TILE};

// 2 x 4 sums leave room for two weights, a mask and a broadcast.
super::shell::shell!(
    "avx2,avxvnni",
    4,
    [1 => 4, 2 => 2, 3 => 1, 4 => 1]
);

/// `T` rows of activations, `CHAINS` pairs of sums for each.
///
/// # Safety
/// As [`tile`]; `sums` has `T` elements.
#[target_feature(enable = "avx2,avxvnni")]
unsafe fn kernel<const BITS: u32, const T: usize, const CHAINS: usize>(
    codes: *const u8,
    blocks: usize,
    x: *const i8,
    stride: usize,
    sums: &mut [[i32; TILE]],
) {
    let fields = 8 / BITS as usize;
    let mask = _mm256_set1_epi8(if BITS == 8 { -1 } else { (1 << BITS) - 1 });
    let mut acc = [[[_mm256_setzero_si256(); 2]; CHAINS]; T];
    // SAFETY: block b reads codes[64 b ..][..64] and x[i * stride + 4 * fields * b ..][..4 *
    // fields], as the caller checked.
    unsafe {
        let mut step = |w: [__m256i; 2], field: usize, x: *const i8, chain: usize| {
            let c = w.map(|w| _mm256_and_si256(shift::<BITS>(w, field), mask));
            for (i, acc) in acc.iter_mut().enumerate() {
                let x = _mm256_set1_epi32(x.add(i * stride).cast::<i32>().read_unaligned());
                let acc = &mut acc[chain % CHAINS];
                acc[0] = _mm256_dpbusd_avx_epi32(acc[0], c[0], x);
                acc[1] = _mm256_dpbusd_avx_epi32(acc[1], c[1], x);
            }
        };
        for b in 0..blocks {
            let at = codes.add(b * BLOCK);
            if T <= 2 {
                _mm_prefetch::<_MM_HINT_T0>(at.wrapping_add(AHEAD).cast());
            }
            let w = [
                _mm256_loadu_si256(at.cast()),
                _mm256_loadu_si256(at.add(32).cast()),
            ];
            for field in 0..fields {
                step(w, field, x.add(4 * (b * fields + field)), field);
            }
        }
        for (acc, sums) in acc.iter().zip(sums.iter_mut()) {
            for part in acc {
                add(sums, part);
            }
        }
    }
}
