//! Sums of code times activation: 16 rows of packed codes against up to any number of int8 rows.
//!
//! ```text
//! sum[i][r] += codes[r][j] * x[i][j]        for all columns j of the tile, in i32
//! ```
//! This one operation is every matrix product of the decoder, and both halves of its attention
//! (keys are 16 tokens x head_dim, values are 16 channels x tokens, each as 8-bit codes). Zero
//! points and scales come after, on whole sums.

use crate::cpu::{Cpu, Isa};
use crate::packed::{BLOCK, Bits, TILE};

#[cfg(any(target_arch = "x86_64", test))]
mod amx;
#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
pub(crate) mod avx512;
#[cfg(target_arch = "x86_64")]
mod avxvnni;
#[cfg(target_arch = "x86_64")]
pub(crate) mod lanes;
#[cfg(target_arch = "aarch64")]
mod neon;
mod scalar;
#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
mod shell;

/// Bytes ahead that a kernel asks memory for when it takes one or two rows, and so waits for
/// memory. The processor's own prefetching stops at page borders, which a 2-bit tile crosses every
/// few hundred instructions (see `LOG.md`).
#[cfg(target_arch = "x86_64")]
pub(crate) const AHEAD: usize = 4096;

/// Adds the products of one tile to `sums` `[m, 16]`.
///
/// `codes`: `[blocks, 64]`, a whole number of blocks. `x`: `sums.len()` rows that begin `stride`
/// apart, each with as many columns as the blocks have (zeros where the matrix has no column).
///
/// # Panics
/// If `codes` or `x` are too short for that.
pub fn tile(cpu: Cpu, bits: Bits, codes: &[u8], x: &[i8], stride: usize, sums: &mut [[i32; TILE]]) {
    let Some(last) = sums.len().checked_sub(1) else {
        return;
    };
    check(bits, codes, x, last, stride);
    match cpu.0 {
        Isa::Scalar => scalar::tile(bits, codes, x, stride, sums),
        // SAFETY (all of them): the token proves the instructions; lengths were checked above.
        #[cfg(target_arch = "x86_64")]
        Isa::Avx2(_) => unsafe { avx2::tile(bits, codes, x, stride, sums) },
        #[cfg(target_arch = "x86_64")]
        Isa::AvxVnni(_) => unsafe { avxvnni::tile(bits, codes, x, stride, sums) },
        #[cfg(target_arch = "x86_64")]
        Isa::Avx512(_) => unsafe { avx512::tile(bits, codes, x, stride, sums) },
        #[cfg(target_arch = "x86_64")]
        Isa::Amx(_) => unsafe { amx::tile(bits, codes, x, stride, sums) },
        #[cfg(target_arch = "aarch64")]
        Isa::Neon(_) => unsafe { neon::tile(bits, codes, x, stride, sums) },
    }
}

/// Panics unless codes are whole blocks, and row `last` of activations is as long as they are.
pub(crate) fn check(bits: Bits, codes: &[u8], x: &[i8], last: usize, stride: usize) {
    let blocks = codes.len() / BLOCK;
    assert!(codes.len() == blocks * BLOCK, "codes are not whole blocks");
    let needed = last
        .checked_mul(stride)
        .and_then(|n| n.checked_add(blocks * bits.columns()));
    assert!(
        needed.is_some_and(|n| n <= x.len()),
        "activations are shorter than the codes"
    );
}

/// The most rows that the kernel of `cpu` takes in one step: a caller with more of them gains by
/// passing so many at once.
pub(crate) fn at_once(cpu: Cpu) -> usize {
    match cpu.0 {
        #[cfg(target_arch = "x86_64")]
        Isa::Amx(_) => amx::ROWS,
        _ => 8,
    }
}

#[cfg(test)]
pub(crate) mod tests;
