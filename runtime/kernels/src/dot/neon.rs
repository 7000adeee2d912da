//! NEON with dot product: as AVX-512, with the 16 rows in four registers of four.
//!
//! `sdot` takes signed bytes on both sides. Codes of 2 and 4 bits are small enough; those of 8 bits
//! go as `code - 128`, and `128 * sum(x)` is added again at the end. (`usdot`, which would take
//! them as they are, came with ARMv8.6.)
//!
//! Checked under emulation only (`qemu-aarch64`), never timed.

use core::arch::aarch64::*;
use core::arch::asm;

use crate::packed::{BLOCK, Bits, TILE};

// 4 x 4 sums leave room for four weights, four codes, a mask and a broadcast.
super::shell::shell!(
    "neon,dotprod",
    4,
    [1 => 1, 2 => 1, 3 => 1, 4 => 1]
);

/// `T` rows of activations; one chain of sums, whatever `CHAINS` says.
///
/// # Safety
/// As [`tile`]; `sums` has `T` elements.
#[target_feature(enable = "neon,dotprod")]
unsafe fn kernel<const BITS: u32, const T: usize, const CHAINS: usize>(
    codes: *const u8,
    blocks: usize,
    x: *const i8,
    stride: usize,
    sums: &mut [[i32; TILE]],
) {
    let fields = 8 / BITS as usize;
    let mask = vdupq_n_u8(if BITS == 8 { 255 } else { (1 << BITS) - 1 });
    let bias = vdupq_n_u8(if BITS == 8 { 128 } else { 0 });
    let mut acc = [[vdupq_n_s32(0); 4]; T];
    let mut zero = [vdupq_n_s32(0); T];
    // SAFETY: block b reads codes[64 b ..][..64] and x[i * stride + 4 * fields * b ..][..4 *
    // fields], as the caller checked.
    unsafe {
        for b in 0..blocks {
            let at = codes.add(b * BLOCK);
            let w: [uint8x16_t; 4] = core::array::from_fn(|part| vld1q_u8(at.add(16 * part)));
            for field in 0..fields {
                let shift = vdupq_n_s8(-((BITS as usize * field) as i8));
                let c = w.map(|w| {
                    vreinterpretq_s8_u8(veorq_u8(vandq_u8(vshlq_u8(w, shift), mask), bias))
                });
                for i in 0..T {
                    let x = x
                        .add(i * stride + 4 * (b * fields + field))
                        .cast::<i32>()
                        .read_unaligned();
                    let x = vreinterpretq_s8_s32(vdupq_n_s32(x));
                    for (acc, c) in acc[i].iter_mut().zip(c) {
                        *acc = dot(*acc, c, x);
                    }
                    if BITS == 8 {
                        zero[i] = dot(zero[i], vdupq_n_s8(1), x);
                    }
                }
            }
        }
        for ((acc, zero), sums) in acc.iter().zip(zero).zip(sums) {
            let zero = vshlq_n_s32::<7>(zero);
            for (part, &acc) in acc.iter().enumerate() {
                let at = sums.as_mut_ptr().add(4 * part);
                vst1q_s32(at, vaddq_s32(vld1q_s32(at), vaddq_s32(acc, zero)));
            }
        }
    }
}

/// `sdot`: each lane adds the products of its four bytes. The intrinsic is not stable yet.
#[inline]
#[target_feature(enable = "neon,dotprod")]
fn dot(mut acc: int32x4_t, a: int8x16_t, b: int8x16_t) -> int32x4_t {
    // SAFETY: registers only.
    unsafe {
        asm!("sdot {0:v}.4s, {1:v}.16b, {2:v}.16b", inout(vreg) acc, in(vreg) a, in(vreg) b,
            options(pure, nomem, nostack, preserves_flags))
    };
    acc
}
