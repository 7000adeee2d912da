//! The oracle: the definition, one row at a time.

use super::{Rows, TILE, Tile};
use crate::grouped::{GROUP, Scales};

pub(super) fn tile(tile: Tile, rows: Rows, out: &mut [[f32; TILE]]) {
    for (i, out) in out.iter_mut().enumerate() {
        let x = &rows.q[i * rows.stride..];
        let records = &rows.records[i * tile.groups..][..tile.groups];
        for (r, out) in out.iter_mut().enumerate() {
            let mut acc = 0.0f32;
            for (g, record) in records.iter().enumerate() {
                let (scale, mut offset) = tile.scale(r, g);
                let codes = tile.codes_of(r, g);
                let dots = [0, 16].map(|from| -> i32 {
                    let part = from..from + 16;
                    let x = &x[g * GROUP..][part.clone()];
                    let pairs = codes[part].iter().zip(x);
                    pairs.map(|(&c, &x)| i32::from(c) * i32::from(x)).sum()
                });
                let zero = tile.form.zero();
                if tile.form.scales == Scales::Signed {
                    for h in 0..2 {
                        let dot = dots[h] - zero * record.sums[h];
                        acc = (dot as f32).mul_add(scale[h] * record.scale, acc);
                    }
                    continue;
                }
                let mut dot = dots[0] + dots[1];
                if tile.form.bits == 8 {
                    dot -= zero * (record.sums[0] + record.sums[1]);
                } else if zero != 0 {
                    offset = 0.0 - zero as f32 * scale[0];
                }
                acc = (dot as f32).mul_add(scale[0] * record.scale, acc);
                if tile.form.bits != 8 {
                    acc = offset.mul_add(record.total, acc);
                }
            }
            *out = acc;
        }
    }
}
