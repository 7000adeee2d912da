//! Products of matrices with the rows of a call, and the low-rank updates that are added to them.

use std::ops::Range;

use super::Part;
use super::act::Act;
use crate::decoder::Layer;
use crate::linear::{Linear, ROWS};
use crate::lora::{Factors, Lora, Matrix};
use crate::packed::TILE;
use crate::row;
use crate::team::Shared;

/// Copies a tile's values; nearly always 16, which is a few moves and no call.
pub(super) fn put(to: &mut [f32], from: &[f32]) {
    match (to.as_mut_array::<TILE>(), from.as_array::<TILE>()) {
        (Some(to), Some(from)) => *to = *from,
        _ => to.copy_from_slice(from),
    }
}

/// A matrix and what is added to it.
pub(super) type Updated<'a> = (&'a Linear, Option<&'a Factors>);

impl Part<'_> {
    /// A layer's matrix with its update, if it has one.
    pub(super) fn with<'m>(
        &'m self,
        layer: usize,
        matrix: Matrix,
        weights: &'m Linear,
    ) -> Updated<'m> {
        (weights, self.lora.and_then(|l| l.factors(layer, matrix)))
    }

    /// `low = scale * A * act` of every update among `matrices`; without any, not even a phase.
    fn lower(&self, matrices: &[Updated], act: &Act, rows: usize) {
        let rank = self.lora.map_or(0, Lora::rank);
        if matrices.iter().all(|m| m.1.is_none()) {
            return;
        }
        let n = rows * matrices.len() * rank;
        self.worker.share(n, self.worker.chunk(n), |tasks| {
            for task in tasks {
                let (row, m, k) = (
                    task / rank / matrices.len(),
                    task / rank % matrices.len(),
                    task % rank,
                );
                let Some(update) = matrices[m].1 else {
                    continue;
                };
                // SAFETY: this number is this worker's; the activations were written before.
                unsafe {
                    let x = act.x.get(act.row(row));
                    self.b.low.get_mut(task..task + 1)[0] = update.lower(self.cpu, k, x);
                }
            }
        });
    }

    /// Adds the update of matrix `m` (of `count`) to a tile's products with the rows `part`; the tile begins at row `at` of
    /// the matrix.
    fn raise(
        &self,
        update: Option<&Factors>,
        [m, count]: [usize; 2],
        part: Range<usize>,
        at: usize,
        out: &mut [[f32; TILE]],
    ) {
        let (Some(update), Some(lora)) = (update, self.lora) else {
            return;
        };
        for (i, out) in part.zip(out) {
            let start = (i * count + m) * lora.rank();
            // SAFETY: `low` was written in an earlier phase.
            let low = unsafe { self.b.low.get(start..start + lora.rank()) };
            update.raise(self.cpu, low, at, out);
        }
    }

    /// Every tile of `matrices` (as if stacked) times every row of `act`: `sink(matrix, row, column, values)`.
    pub(super) fn product(
        &self,
        matrices: &[Updated],
        act: &Act,
        rows: usize,
        sink: impl Fn(usize, usize, usize, &[f32]),
    ) {
        self.lower(matrices, act, rows);
        let total = matrices.iter().map(|m| m.0.tiles()).sum();
        // SAFETY: the activations were written before.
        let view = unsafe { act.view(rows) };
        let mut out = [[0.0; TILE]; ROWS];
        self.worker
            .share(total, self.worker.chunk(total).min(32), |tiles| {
                for start in (0..rows).step_by(ROWS) {
                    let part = start..rows.min(start + ROWS);
                    let mut first = 0;
                    for (m, &(matrix, update)) in matrices.iter().enumerate() {
                        let lent = matrix.lend();
                        for tile in tiles.start.max(first)..tiles.end.min(first + matrix.tiles()) {
                            let at = (tile - first) * TILE;
                            lent.tile(
                                self.cpu,
                                view,
                                part.clone(),
                                tile - first,
                                &mut out[..part.len()],
                            );
                            self.raise(
                                update,
                                [m, matrices.len()],
                                part.clone(),
                                at,
                                &mut out[..part.len()],
                            );
                            for (i, out) in part.clone().zip(&out) {
                                sink(m, i, at, &out[..TILE.min(matrix.rows - at)]);
                            }
                        }
                        first += matrix.tiles();
                    }
                }
            });
    }

    /// `out = matrix * normed` for each pair.
    pub(super) fn project(&self, pairs: &[(Updated, &Shared<f32>)], rows: usize) {
        let matrices: Vec<_> = pairs.iter().map(|p| p.0).collect();
        self.product(&matrices, &self.b.normed, rows, |m, i, at, y| {
            let start = i * matrices[m].0.rows + at;
            // SAFETY: this tile's columns are this worker's.
            put(unsafe { pairs[m].1.get_mut(start..start + y.len()) }, y);
        });
    }

    /// `x += matrix * act`
    pub(super) fn add(&self, matrix: Updated, act: &Act, rows: usize) {
        self.product(&[matrix], act, rows, |_, i, at, y| {
            let start = i * matrix.0.rows + at;
            // SAFETY: this tile's columns are this worker's.
            let x = unsafe { self.b.x.get_mut(start..start + y.len()) };
            match (x.as_mut_array::<TILE>(), y.as_array::<TILE>()) {
                (Some(x), Some(y)) => (0..TILE).for_each(|j| x[j] += y[j]),
                _ => x.iter_mut().zip(y).for_each(|(x, y)| *x += y),
            }
        });
    }

    /// `ffn = silu(gate * normed) * (up * normed)`
    pub(super) fn gate_up(&self, i: usize, layer: &Layer, rows: usize) {
        let matrices = [
            self.with(i, Matrix::Gate, &layer.gate),
            self.with(i, Matrix::Up, &layer.up),
        ];
        self.lower(&matrices, &self.b.normed, rows);
        let tiles = layer.gate.tiles();
        // SAFETY: the activations were written before.
        let view = unsafe { self.b.normed.view(rows) };
        let (mut gate, mut up) = ([[0.0; TILE]; ROWS], [[0.0; TILE]; ROWS]);
        self.worker
            .share(tiles, self.worker.chunk(tiles).min(16), |tiles| {
                let lent = matrices.map(|m| m.0.lend());
                for start in (0..rows).step_by(ROWS) {
                    let part = start..rows.min(start + ROWS);
                    let (gate, up) = (&mut gate[..part.len()], &mut up[..part.len()]);
                    for tile in tiles.clone() {
                        for (m, out) in [&mut *gate, &mut *up].into_iter().enumerate() {
                            lent[m].tile(self.cpu, view, part.clone(), tile, out);
                            self.raise(matrices[m].1, [m, 2], part.clone(), tile * TILE, out);
                        }
                        row::silu_mul(self.cpu, gate.as_flattened_mut(), up.as_flattened());
                        let n = TILE.min(layer.gate.rows - tile * TILE);
                        for (i, gate) in part.clone().zip(&*gate) {
                            let start = i * layer.gate.rows + tile * TILE;
                            // SAFETY: this tile's columns are this worker's.
                            put(
                                unsafe { self.b.ffn.x.get_mut(start..start + n) },
                                &gate[..n],
                            );
                        }
                    }
                }
            });
    }
}
