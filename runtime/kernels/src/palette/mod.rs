//! Palettes: codes of 2 or 4 bits that name entries of a table which the 16 rows of a tile share.
//!
//! ```text
//! value[r][j] = (table[code[r][j]] - 128) * scale[r]        entries u8, so that they are the
//! sum[i][r]  += table[code[r][j]] * x[i][j]                 unsigned side of a byte product
//! ```
//! Codes lie as in [`crate::packed`]. One `vpshufb` looks up four neighbouring columns of each row
//! between the mask and the product of the even levels, and all rows of activations share it. Where
//! activations have a scale for every 32 columns, codes become entries first ([`spread`]).

use crate::cpu::{Cpu, Isa};
use crate::dot;
use crate::packed::{Bits, TILE};

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
mod grouped;
mod scalar;
mod spread;

pub(crate) use grouped::grouped_tile;
use spread::spread;

/// What codes stand for, each 128 too large; entries that no code names are 128.
pub(crate) type Table = [u8; 16];

/// Adds the products of one tile to `sums` `[m, 16]`.
///
/// `codes`: `[blocks, 64]`. `x`: `sums.len()` rows that begin `stride` apart, each with as many
/// columns as the blocks have. AVX-VNNI takes AVX2's kernel and AMX that of AVX-512; NEON has none
/// of its own yet.
///
/// # Panics
/// If `codes` or `x` are too short for that, or codes have 8 bits.
pub(crate) fn tile(
    cpu: Cpu,
    bits: Bits,
    table: &Table,
    codes: &[u8],
    x: &[i8],
    stride: usize,
    sums: &mut [[i32; TILE]],
) {
    let Some(last) = sums.len().checked_sub(1) else {
        return;
    };
    assert!(bits != Bits::Eight, "a palette has at most 16 entries");
    dot::check(bits, codes, x, last, stride);
    match cpu.0 {
        // SAFETY (all of them): the token proves the instructions; lengths were checked above.
        #[cfg(target_arch = "x86_64")]
        Isa::Avx2(_) | Isa::AvxVnni(_) => unsafe {
            avx2::tile(bits, table, codes, x, stride, sums)
        },
        #[cfg(target_arch = "x86_64")]
        Isa::Avx512(_) | Isa::Amx(_) => unsafe {
            avx512::tile(bits, table, codes, x, stride, sums)
        },
        _ => scalar::tile(bits, table, codes, x, stride, sums),
    }
}

#[cfg(test)]
mod tests;
