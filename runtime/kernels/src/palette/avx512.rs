//! AVX-512 VNNI: the kernel of `dot/avx512.rs`, with a look-up between mask and product.

use core::arch::x86_64::*;

use super::Table;
use crate::dot::avx512::tiles;
use crate::packed::{Bits, TILE};

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
    // SAFETY: 16 bytes of the table; the rest is passed on.
    unsafe {
        let table = _mm512_broadcast_i32x4(_mm_loadu_si128(table.as_ptr().cast()));
        tiles::<true>(bits, table, codes, x, stride, sums);
    }
}
