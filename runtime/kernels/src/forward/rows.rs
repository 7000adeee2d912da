//! Rows of the residual stream: where they begin, are normed, dropped, and end as logits.

use super::Part;
use super::act::{Act, copy};
use super::product::put;
use crate::decoder::Input;
use crate::row;

impl Part<'_> {
    /// `x = E[id] + extra`, and the turns of RoPE.
    pub(super) fn embed(&self, rows: &[usize]) {
        let c = &self.weights.config;
        let angles = &self.weights.variant.angles;
        let half = angles.len() * c.head_dim / 2;
        self.team.share(rows.len(), 4, |_, range| {
            for i in range {
                // SAFETY: row i is this worker's.
                let (x, turn) = unsafe {
                    (
                        self.b.x.get_mut(i * c.dim..(i + 1) * c.dim),
                        self.b.turn.get_mut(i * half..(i + 1) * half),
                    )
                };
                match self.input.ids[rows[i]] {
                    Input::NO_TOKEN => x.fill(0.0),
                    id => self.weights.embedding(id, x),
                }
                if let Some(extra) = self.input.extra {
                    row::add_scaled(self.cpu, x, 1.0, &extra[rows[i] * c.dim..][..c.dim]);
                }
                let position = self
                    .input
                    .positions
                    .map_or((self.past + rows[i]) as f64, |p| f64::from(p[rows[i]]));
                for (turn, angle) in turn.iter_mut().zip(angles.iter().flatten()) {
                    let (sin, cos) = (position * angle).sin_cos();
                    *turn = [cos as f32, sin as f32];
                }
            }
        });
    }

    /// `normed = quantized rmsnorm(x)`
    pub(super) fn norm(&self, weight: &[f32], rows: usize) {
        let (dim, normed) = (self.weights.config.dim, &self.b.normed);
        self.team.share(rows, self.team.chunk(rows), |_, range| {
            for i in range {
                // SAFETY: row i is this worker's; x was written before.
                unsafe {
                    let x = self.b.x.get(i * dim..(i + 1) * dim);
                    row::rmsnorm(
                        self.cpu,
                        x,
                        weight,
                        self.weights.config.norm_eps,
                        normed.x.get_mut(normed.row(i)),
                    );
                    normed.quantize(self.cpu, i);
                }
            }
        });
    }

    pub(super) fn quantize(&self, act: &Act, rows: usize) {
        // SAFETY: row i is this worker's.
        self.team.share(rows, self.team.chunk(rows), |_, range| {
            range.for_each(|i| unsafe { act.quantize(self.cpu, i) })
        });
    }

    /// Drops the rows that nobody selected.
    pub(super) fn keep(&self, rows: &mut Vec<usize>, select: &[usize]) {
        if rows.len() == select.len() {
            return;
        }
        let (dim, half, first) = (
            self.weights.config.dim,
            self.weights.variant.angles.len() * self.weights.config.head_dim / 2,
            rows[0],
        );
        self.team.share(1, 1, |_, _| {
            for (to, from) in select.iter().map(|s| s - first).enumerate() {
                // SAFETY: there is one task, so all rows are this worker's.
                unsafe {
                    copy(&self.b.x, dim, from, to);
                    copy(&self.b.turn, half, from, to);
                    self.b.normed.copy(from, to);
                }
            }
        });
        rows.clear();
        rows.extend(select);
    }

    /// `hidden = rmsnorm(x)`, `logits = E * hidden`, to the outputs' rows from `out` on.
    pub(super) fn logits(&self, rows: usize, out: usize) {
        let (dim, vocab) = (self.weights.config.dim, self.weights.config.vocab_size);
        self.norm(&self.weights.norm, rows);
        self.product(
            &[(self.weights.logits(), None)],
            &self.b.normed,
            rows,
            |_, i, at, y| {
                let start = (out + i) * vocab + at;
                // SAFETY: this tile's columns are this worker's.
                put(unsafe { self.b.logits.get_mut(start..start + y.len()) }, y);
            },
        );
        self.team.share(1, 1, |_, _| {
            // SAFETY: there is one task; `normed` was written before.
            unsafe {
                self.b
                    .hidden
                    .get_mut(out * dim..(out + rows) * dim)
                    .copy_from_slice(self.b.normed.x.get(0..rows * dim))
            }
        });
    }
}
