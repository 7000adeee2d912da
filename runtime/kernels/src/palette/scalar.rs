//! The oracle: the definition, one code at a time.

use super::Table;
use crate::packed::{BLOCK, Bits, TILE};

pub(super) fn tile(
    bits: Bits,
    table: &Table,
    codes: &[u8],
    x: &[i8],
    stride: usize,
    sums: &mut [[i32; TILE]],
) {
    for (i, sums) in sums.iter_mut().enumerate() {
        for (block, codes) in codes.chunks_exact(BLOCK).enumerate() {
            let x = &x[i * stride + block * bits.columns()..][..bits.columns()];
            for (row, sum) in sums.iter_mut().enumerate() {
                for (j, &x) in x.iter().enumerate() {
                    let code = codes[4 * row + j % 4] >> (bits.count() * (j / 4));
                    let entry = table[usize::from(code & bits.top() as u8)];
                    *sum = sum.wrapping_add(i32::from(entry) * i32::from(x));
                }
            }
        }
    }
}
