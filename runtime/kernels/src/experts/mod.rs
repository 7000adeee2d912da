//! Experts of a mixture: rows grouped by expert, one product an expert and matrix.
//!
//! ```text
//! picks, by token:   t0: e3 e0   t1: e0 e2   t2: e3 e2
//! grouped:           e0: t0 t1   e2: t1 t2   e3: t0 t2
//! for each expert:   h = silu(gate x) * (up x); y = down h      all its rows at once
//! for each token:    out = sum over its picks, in their order, of share * y
//! ```
//! An expert's weights are unpacked once for up to eight of its rows, and come from memory once for
//! all. Every row is multiplied by itself and summed up in the order of its picks: the answer is
//! that of a loop over tokens to the bit, whatever else is in the batch.
//!
//! Weights are GGUF's Q4_0 (4 bits, a scale for 32 columns), activations int8 in groups of 32: the
//! arithmetic of [`grouped`](crate::grouped). One thread: tracks run beside each other, each on its
//! own.

mod round;
mod routes;

pub use routes::Routes;

use std::ops::Range;

use crate::cpu::Cpu;
use crate::error::{Error, Kind, Result};
use crate::grouped::GROUP;
use crate::grouped::pack::Block;
use crate::linear::{Activations, Linear, ROWS, View};
use crate::packed::TILE;
use crate::row;

/// Most experts of a layer, and most rows or columns of one: a file that claims more is broken.
const MOST: usize = 1 << 16;

/// The experts of one layer, SwiGLU each.
pub struct Experts {
    experts: Vec<Expert>,
    dim: usize,
    width: usize,
}

struct Expert {
    gate: Linear,
    up: Linear,
    down: Linear,
}

/// Memory of a call, kept from one to the next.
#[derive(Default)]
pub struct ExpertScratch {
    /// Rows of tokens, then of picks in the order of the experts.
    tokens: Option<Activations>,
    picked: Option<Activations>,
    inner: Option<Activations>,
    /// `[picks, dim]`, in the order of the experts.
    out: Vec<f32>,
    tiles: Vec<[f32; TILE]>,
}

impl Experts {
    /// Rounds float weights to 4 bits: `gate` and `up` `[n, width, dim]`, `down` `[n, dim, width]`,
    /// all row-major.
    ///
    /// # Errors
    /// Sizes that are 0, over 65,536, or no multiples of 32; weights of another length, or not
    /// finite.
    pub fn round(
        [n, dim, width]: [usize; 3],
        gate: &[f32],
        up: &[f32],
        down: &[f32],
    ) -> Result<Self> {
        let sizes = [n, dim, width];
        let fits = |size: usize| size.is_multiple_of(GROUP);
        if sizes.iter().any(|size| !(1..=MOST).contains(size)) || !fits(dim) || !fits(width) {
            let what = format!(
                "experts [n, dim, width] = {sizes:?}; 1 to {MOST} are expected, \
                 and multiples of {GROUP} of the last two"
            );
            return Err(Error::new(Kind::Config, what));
        }
        let one = dim * width;
        for (name, weights) in [("gate", gate), ("up", up), ("down", down)] {
            if Some(weights.len()) != one.checked_mul(n) {
                let what = format!("experts' {name}: {} weights, {n} x {one}", weights.len());
                return Err(Error::new(Kind::Shape, what));
            }
        }
        let experts = (0..n).map(|e| {
            let part = |weights: &[f32], rows, cols, name: &str| {
                let what = format!("expert {e}: {name}");
                linear(&weights[e * one..][..one], [rows, cols], &what)
            };
            Ok(Expert {
                gate: part(gate, width, dim, "gate")?,
                up: part(up, width, dim, "up")?,
                down: part(down, dim, width, "down")?,
            })
        });
        Ok(Self {
            experts: experts.collect::<Result<_>>()?,
            dim,
            width,
        })
    }

    /// Number of experts.
    pub fn count(&self) -> usize {
        self.experts.len()
    }

    /// Bytes of all weights.
    pub fn bytes(&self) -> usize {
        let all = self.experts.iter().flat_map(|e| [&e.gate, &e.up, &e.down]);
        all.map(Linear::bytes).sum()
    }

    /// `out = experts(x)`, both `[tokens, dim]`, as `routes` says.
    ///
    /// # Errors
    /// Rows of another length than the routes and [`Experts::round`] say; a pick of an expert that
    /// is not there.
    pub fn run(
        &self,
        cpu: Cpu,
        x: &[f32],
        routes: &Routes,
        scratch: &mut ExpertScratch,
        out: &mut [f32],
    ) -> Result<()> {
        let (t, k) = (routes.tokens(), routes.per_token());
        if x.len() != t * self.dim || out.len() != x.len() {
            let what = format!(
                "experts: {} numbers in and {} out; {t} rows of {} are expected",
                x.len(),
                out.len(),
                self.dim
            );
            return Err(Error::new(Kind::Input, what));
        }
        let groups = routes.grouped(self.count())?;
        scratch.fit(t, t * k, self.dim, self.width);
        let Some(([tokens, picked, inner], y, tiles)) = scratch.parts() else {
            return Ok(());
        };
        for (i, x) in x.chunks_exact(self.dim).enumerate() {
            quantize(cpu, tokens, i, x);
        }
        for (at, &pick) in groups.order.iter().enumerate() {
            copy_row(tokens, pick / k, picked, at);
        }
        for (expert, rows) in self.experts.iter().zip(&groups.rows) {
            for part in parts(rows) {
                expert.inner(cpu, view(picked), part.clone(), inner, tiles);
                expert.outer(cpu, view(inner), part, y, tiles);
            }
        }
        out.fill(0.0);
        for (pick, &at) in groups.places.iter().enumerate() {
            let out = &mut out[pick / k * self.dim..][..self.dim];
            row::add_scaled(
                cpu,
                out,
                routes.share(pick),
                &y[at * self.dim..][..self.dim],
            );
        }
        Ok(())
    }
}

impl Expert {
    /// `inner = silu(gate x) * (up x)` for some rows, and the same as int8.
    fn inner(
        &self,
        cpu: Cpu,
        x: View,
        rows: Range<usize>,
        inner: &mut Activations,
        tiles: &mut [[f32; TILE]],
    ) {
        let (gate, up) = tiles.split_at_mut(ROWS);
        let (gate, up) = (&mut gate[..rows.len()], &mut up[..rows.len()]);
        let (gates, ups, width) = (self.gate.lend(), self.up.lend(), self.gate.rows);
        for tile in 0..self.gate.tiles() {
            gates.tile(cpu, x, rows.clone(), tile, gate);
            ups.tile(cpu, x, rows.clone(), tile, up);
            row::silu_mul(cpu, gate.as_flattened_mut(), up.as_flattened());
            put(&mut inner.x, width, rows.clone(), tile, gate);
        }
        for i in rows {
            quantize_own(cpu, inner, i);
        }
    }

    /// `y = down inner`
    fn outer(
        &self,
        cpu: Cpu,
        inner: View,
        rows: Range<usize>,
        y: &mut [f32],
        tiles: &mut [[f32; TILE]],
    ) {
        let out = &mut tiles[..rows.len()];
        let down = self.down.lend();
        for tile in 0..self.down.tiles() {
            down.tile(cpu, inner, rows.clone(), tile, out);
            put(y, self.down.rows, rows.clone(), tile, out);
        }
    }
}

impl ExpertScratch {
    fn fit(&mut self, tokens: usize, picks: usize, dim: usize, width: usize) {
        let fit = |all: &mut Option<Activations>, rows: usize, cols: usize| {
            let fits = |a: &Activations| a.cols == cols && a.x.len() >= rows * cols;
            if !all.as_ref().is_some_and(fits) {
                *all = Some(Activations::new(rows, cols, true));
            }
        };
        fit(&mut self.tokens, tokens, dim);
        fit(&mut self.picked, picks, dim);
        fit(&mut self.inner, picks, width);
        if self.out.len() < picks * dim {
            self.out = vec![0.0; picks * dim];
        }
        self.tiles.resize(2 * ROWS, [0.0; TILE]);
    }

    #[allow(
        clippy::type_complexity,
        reason = "the buffers by themselves, so that they are borrowed apart"
    )]
    fn parts(&mut self) -> Option<([&mut Activations; 3], &mut [f32], &mut [[f32; TILE]])> {
        let activations = [
            self.tokens.as_mut()?,
            self.picked.as_mut()?,
            self.inner.as_mut()?,
        ];
        Some((activations, &mut self.out, &mut self.tiles))
    }
}

fn linear(weights: &[f32], [rows, cols]: [usize; 2], what: &str) -> Result<Linear> {
    if let Some(bad) = weights.iter().position(|w| !w.is_finite()) {
        let what = format!("{what}: weight {bad} is {}", weights[bad]);
        return Err(Error::new(Kind::Value, what));
    }
    let blocks = round::q4_0(weights);
    Ok(Linear::blocks(rows, cols, Block::Q4_0, &blocks, |row| row))
}

/// An expert's rows, as many at once as a product takes.
pub(crate) fn parts(rows: &Range<usize>) -> impl Iterator<Item = Range<usize>> {
    let end = rows.end;
    rows.clone()
        .step_by(ROWS)
        .map(move |start| start..end.min(start + ROWS))
}

/// A tile's values of some rows, to a row-major matrix with `cols` columns.
pub(crate) fn put(
    to: &mut [f32],
    cols: usize,
    rows: Range<usize>,
    tile: usize,
    values: &[[f32; TILE]],
) {
    let n = TILE.min(cols - tile * TILE);
    for (i, values) in rows.zip(values) {
        to[i * cols + tile * TILE..][..n].copy_from_slice(&values[..n]);
    }
}

pub(crate) fn quantize(cpu: Cpu, a: &mut Activations, i: usize, x: &[f32]) {
    let (groups, q) = (a.cols.div_ceil(GROUP), &mut a.quantized);
    let records = &mut q.records[i * groups..(i + 1) * groups];
    row::quantize_groups(cpu, x, &mut q.q[i * q.stride..(i + 1) * q.stride], records);
}

fn quantize_own(cpu: Cpu, a: &mut Activations, i: usize) {
    let (groups, q) = (a.cols.div_ceil(GROUP), &mut a.quantized);
    let records = &mut q.records[i * groups..(i + 1) * groups];
    let x = &a.x[i * a.cols..(i + 1) * a.cols];
    row::quantize_groups(cpu, x, &mut q.q[i * q.stride..(i + 1) * q.stride], records);
}

fn copy_row(from: &Activations, i: usize, to: &mut Activations, j: usize) {
    let groups = from.cols.div_ceil(GROUP);
    let (from, to) = (&from.quantized, &mut to.quantized);
    let stride = from.stride;
    to.q[j * stride..(j + 1) * stride].copy_from_slice(&from.q[i * stride..(i + 1) * stride]);
    let records = &from.records[i * groups..(i + 1) * groups];
    to.records[j * groups..(j + 1) * groups].copy_from_slice(records);
}

pub(crate) fn view(a: &Activations) -> View<'_> {
    let q = &a.quantized;
    View {
        x: &a.x,
        q: &q.q,
        stride: q.stride,
        scale: &q.scale,
        sums: &q.sums,
        records: &q.records,
        cols: a.cols,
    }
}

#[cfg(test)]
mod tests;
