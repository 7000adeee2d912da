//! Products of matrices with the rows of a call, and the low-rank updates that are added to them.

use std::ops::Range;

use super::Part;
use super::act::Act;
use crate::linear::{Linear, ROWS};
use crate::lora::{Factors, Matrix, Updates};
use crate::packed::TILE;
use crate::row;
use crate::team::Shared;
use crate::weights::{Gate, Layer};

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
        let rank = self.lora.map_or(0, Updates::rank);
        if matrices.iter().all(|m| m.1.is_none()) {
            return;
        }
        let n = rows * matrices.len() * rank;
        self.team.share(n, self.team.chunk(n), |_, tasks| {
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

    /// Adds the update of matrix `m` (of `count`) to a tile's products with the rows `part`; the
    /// tile begins at row `at` of the matrix.
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

    /// The scratch of a worker's products.
    ///
    /// # Safety
    /// By this worker alone, once in a phase.
    #[allow(
        clippy::mut_from_ref,
        reason = "the scratch of one worker, as the caller vouches"
    )]
    unsafe fn tiles(&self, worker: usize) -> &mut [[[f32; TILE]; ROWS]; 2] {
        // SAFETY: passed on.
        unsafe { &mut self.b.workers.get_mut(worker..worker + 1)[0].tiles }
    }

    /// Every tile of `matrices` (as if stacked) times every row of `act`: `sink(matrix, row,
    /// column, values)`.
    pub(super) fn product(
        &self,
        matrices: &[Updated],
        act: &Act,
        rows: usize,
        sink: impl Fn(usize, usize, usize, &[f32]) + Sync,
    ) {
        self.lower(matrices, act, rows);
        let total = matrices.iter().map(|m| m.0.tiles()).sum();
        self.team
            .share(total, self.team.chunk(total).min(32), |worker, tiles| {
                // SAFETY: the activations were written before; every worker has its own scratch.
                let (view, [out, _]) = unsafe { (act.view(rows), self.tiles(worker)) };
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
                            for (i, out) in part.clone().zip(&*out) {
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

    /// `x += matrix * act`, or `x += rmsnorm(matrix * act, norm)`
    pub(super) fn add(&self, matrix: Updated, act: &Act, norm: Option<&[f32]>, rows: usize) {
        if let Some(norm) = norm {
            return self.add_normed(matrix, act, norm, rows);
        }
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

    fn add_normed(&self, matrix: Updated, act: &Act, norm: &[f32], rows: usize) {
        let (dim, eps) = (self.weights.config.dim, self.weights.config.norm_eps);
        self.product(&[matrix], act, rows, |_, i, at, y| {
            // SAFETY: this tile's columns are this worker's.
            put(
                unsafe { self.b.post.get_mut(i * dim + at..i * dim + at + y.len()) },
                y,
            );
        });
        self.team.share(rows, self.team.chunk(rows), |_, range| {
            for i in range {
                let row = i * dim..(i + 1) * dim;
                // SAFETY: row i is this worker's; the products were written before.
                let (x, y) = unsafe { (self.b.x.get_mut(row.clone()), self.b.post.get(row)) };
                row::add_rmsnorm(self.cpu, x, y, norm, eps);
            }
        });
    }

    /// `ffn = gate(gate * normed) * (up * normed)`, the gate SiLU or GELU
    pub(super) fn gate_up(&self, i: usize, layer: &Layer, rows: usize) {
        let matrices = [
            self.with(i, Matrix::Gate, &layer.gate),
            self.with(i, Matrix::Up, &layer.up),
        ];
        self.lower(&matrices, &self.b.normed, rows);
        let tiles = layer.gate.tiles();
        self.team
            .share(tiles, self.team.chunk(tiles).min(16), |worker, tiles| {
                // SAFETY: the activations were written before; every worker has its own scratch.
                let (view, [gate, up]) = unsafe { (self.b.normed.view(rows), self.tiles(worker)) };
                let lent = matrices.map(|m| m.0.lend());
                for start in (0..rows).step_by(ROWS) {
                    let part = start..rows.min(start + ROWS);
                    let (gate, up) = (&mut gate[..part.len()], &mut up[..part.len()]);
                    for tile in tiles.clone() {
                        for (m, out) in [&mut *gate, &mut *up].into_iter().enumerate() {
                            lent[m].tile(self.cpu, view, part.clone(), tile, out);
                            self.raise(matrices[m].1, [m, 2], part.clone(), tile * TILE, out);
                        }
                        let (g, u) = (gate.as_flattened_mut(), up.as_flattened());
                        match self.weights.variant.gate {
                            Gate::Silu => row::silu_mul(self.cpu, g, u),
                            Gate::Gelu => row::gelu_mul(self.cpu, g, u),
                        }
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
