//! A palette's tile times rows of activations that have a scale for every 32 columns.

use std::cell::RefCell;

use half::f16;

use super::{Table, spread};
use crate::cpu::Cpu;
use crate::grouped::{self, Form, Rows, Scales};
use crate::packed::{Bits, TILE};

/// What entries are as codes of 8-bit groups: 128 too large, as [`Table`] has them.
const FORM: Form = Form {
    bits: 8,
    scales: Scales::Half,
};

thread_local! {
    /// A tile as 8-bit groups: codes, parameters. A thread keeps them from one tile to the next.
    static SPREAD: RefCell<[Vec<u8>; 2]> = const { RefCell::new([Vec::new(), Vec::new()]) };
}

/// `out[i][r] = sum over groups of f32(sum (table[code] - 128) * q) * scale[r] * s`, by fused
/// multiply-adds as in [`crate::grouped`]. Scales are of float16.
///
/// # Panics
/// If codes are not those of whole groups of 32 columns, or rows are shorter than `out` says.
pub(crate) fn grouped_tile(
    cpu: Cpu,
    bits: Bits,
    table: &Table,
    codes: &[u8],
    scale: &[f32; TILE],
    rows: Rows,
    out: &mut [[f32; TILE]],
) {
    let entries = codes.len() * 8 / bits.count();
    assert!(entries.is_multiple_of(FORM.code_bytes()), "groups");
    let groups = entries / FORM.code_bytes();
    SPREAD.with_borrow_mut(|[spread_codes, params]| {
        spread_codes.resize(entries, 0);
        spread(cpu, bits, table, codes, spread_codes);
        let halves = scale.map(|s| f16::from_f32(s).to_le_bytes());
        params.clear();
        (0..groups).for_each(|_| params.extend_from_slice(halves.as_flattened()));
        let tile = grouped::Tile {
            form: FORM,
            groups,
            codes: spread_codes,
            params,
        };
        grouped::tile(cpu, tile, rows, out);
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grouped::{GROUP, Record};
    use crate::packed::{pack, pack_scale};
    use crate::random::Random;
    use crate::row;

    /// Of all instruction sets the same, and within half a step of each activation of the values.
    #[test]
    fn products_are_those_of_the_values() {
        let mut random = Random::new(6);
        for bits in [Bits::Two, Bits::Four] {
            for (groups, m) in [(1, 1), (2, 3), (5, 1), (3, 9), (18, 17), (48, 1)] {
                let cols = groups * GROUP;
                let mut table: Table = std::array::from_fn(|_| random.byte());
                table[..2].copy_from_slice(&[0, 255]); // the least and the largest
                let top = bits.top() as usize + 1;
                let codes: Vec<u8> = (0..TILE * cols).map(|_| random.below(top) as u8).collect();
                let scale: [f32; TILE] =
                    std::array::from_fn(|_| f16::from_f32(random.float() / 64.0).to_f32());
                let x: Vec<f32> = (0..m * cols).map(|_| random.float() * 4.0).collect();
                let (mut q, mut records) = (vec![0; m * cols], vec![Record::default(); m * groups]);
                for (i, x) in x.chunks(cols).enumerate() {
                    let q = &mut q[i * cols..(i + 1) * cols];
                    let records = &mut records[i * groups..(i + 1) * groups];
                    row::quantize_groups(Cpu::scalar(), x, q, records);
                }
                let packed = pack(bits, TILE, cols, &codes);
                let scales = pack_scale(TILE, 1, &scale);
                let scales = scales.as_array().unwrap();
                let run = |cpu| {
                    let (mut out, q, stride) = (vec![[f32::NAN; TILE]; m], &q[..], cols);
                    let (records, table) = (&records[..], &table);
                    let rows = Rows { q, stride, records };
                    grouped_tile(cpu, bits, table, &packed, scales, rows, &mut out);
                    out
                };
                let oracle = run(Cpu::scalar());
                for cpu in Cpu::available() {
                    assert_eq!(run(cpu), oracle, "{} {bits:?} {groups} {m}", cpu.name());
                }
                for (x, out) in x.chunks(cols).zip(&oracle) {
                    for (r, codes) in codes.chunks(cols).enumerate() {
                        let value = |&c: &u8| (f32::from(table[usize::from(c)]) - 128.0) * scale[r];
                        let pairs = codes.iter().map(value).zip(x);
                        let exact: f32 = pairs.clone().map(|(w, x)| w * x).sum();
                        let most: f32 = pairs.map(|(w, _)| w.abs()).sum();
                        assert!((out[r] - exact).abs() <= most * 4.0 / 254.0 * 1.01 + 1e-3);
                    }
                }
            }
        }
    }
}
