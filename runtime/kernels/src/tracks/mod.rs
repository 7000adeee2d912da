//! A layer of a parallel track: attention over a window or over everything, then a feed-forward
//! layer or a mixture of experts.
//!
//! ```text
//! h = rmsnorm(x);  q = rope_norm(Wq h), k = rope_norm(Wk h), v = Wv h  per head, no rope if global
//! x += Wo attention(q, keys, values)                                  grouped queries, causal
//! h = rmsnorm(x);  x += Wdown (silu(Wgate h) * (Wup h))                or experts, by the router
//! ```
//! Matrices are rounded at load: those of attention and of dense layers to 8 bits (GGUF's Q8_0),
//! experts to 4 ([`Experts`]). Norms, the router, scores and the cache stay float32. Results do not
//! depend on the instruction set, nor on what else is in the batch. One thread: tracks run beside
//! each other.

mod attend;
mod ffn;
mod file;
mod round;

use crate::cpu::Cpu;
use crate::error::{Error, Kind, Result};
use crate::experts::{ExpertScratch, parts, put, quantize, view};
use crate::grouped::GROUP;
use crate::linear::{Activations, Linear, ROWS};
use crate::packed::TILE;
use crate::row;
use attend::Keys;
use ffn::Ffn;
use round::q8_0;

pub use ffn::FfnWeights;
pub use file::{LayerKind, open_track_block};

/// Largest size of any kind that is taken: a file that claims more is broken.
const MOST: usize = 1 << 20;

/// Sizes of a track's layers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TrackSizes {
    /// Width of a row; a multiple of 32.
    pub dim: usize,
    /// Query heads.
    pub n_heads: usize,
    /// Key and value heads; they divide the query heads.
    pub n_kv_heads: usize,
    /// Width of a head, even.
    pub head_dim: usize,
    /// Rows that a local layer sees, the row itself among them.
    pub window: usize,
    /// Rows that a local layer keeps.
    pub keep: usize,
    /// Base of the rotary position embedding.
    pub rope_theta: f64,
    /// Epsilon of the RMS norms.
    pub norm_eps: f32,
}

/// Float weights of a layer, row-major.
pub struct LayerWeights<'a> {
    /// `[dim]` each.
    pub norms: [&'a [f32]; 2],
    /// Of q and k, `[head_dim]` each.
    pub head_norms: [&'a [f32]; 2],
    /// `[n_heads * head_dim, dim]`
    pub q: &'a [f32],
    /// `[n_kv_heads * head_dim, dim]`
    pub k: &'a [f32],
    /// `[n_kv_heads * head_dim, dim]`
    pub v: &'a [f32],
    /// `[dim, n_heads * head_dim]`
    pub o: &'a [f32],
    /// What follows attention.
    pub ffn: FfnWeights<'a>,
}

/// A layer that is ready to run.
pub struct TrackLayer {
    sizes: TrackSizes,
    is_global: bool,
    norms: [Vec<f32>; 2],
    head_norms: [Vec<f32>; 2],
    q: Linear,
    k: Linear,
    v: Linear,
    o: Linear,
    ffn: Ffn,
}

/// Keys and values of a layer, `[n_kv_heads, held, head_dim]` each.
#[derive(Clone, Copy, Debug)]
pub struct TrackCache<'a> {
    /// Rows held: those just before the next.
    pub held: usize,
    /// Keys.
    pub k: &'a [f32],
    /// Values.
    pub v: &'a [f32],
}

/// Memory of a call, kept from one to the next.
#[derive(Default)]
pub struct TrackScratch {
    experts: ExpertScratch,
    tiles: Vec<[f32; TILE]>,
}

impl TrackLayer {
    /// Rounds a layer's weights.
    ///
    /// # Errors
    /// Sizes that are 0, too large or no multiples of 32 where a product needs it; weights of
    /// another length, or not finite.
    pub fn round(sizes: TrackSizes, is_global: bool, w: &LayerWeights<'_>) -> Result<Self> {
        sizes.check()?;
        let (dim, hd) = (sizes.dim, sizes.head_dim);
        let [heads, kv] = [sizes.n_heads * hd, sizes.n_kv_heads * hd];
        let norm = |name: &str, values: &[f32], n: usize| {
            finite(name, values, n).map(|()| values.to_vec())
        };
        Ok(Self {
            sizes,
            is_global,
            norms: [
                norm("norm1", w.norms[0], dim)?,
                norm("norm2", w.norms[1], dim)?,
            ],
            head_norms: [
                norm("q_norm", w.head_norms[0], hd)?,
                norm("k_norm", w.head_norms[1], hd)?,
            ],
            q: linear("q", w.q, [heads, dim])?,
            k: linear("k", w.k, [kv, dim])?,
            v: linear("v", w.v, [kv, dim])?,
            o: linear("o", w.o, [dim, heads])?,
            ffn: Ffn::round(dim, &w.ffn)?,
        })
    }

    /// Bytes of its matrices.
    pub fn bytes(&self) -> usize {
        [&self.q, &self.k, &self.v, &self.o]
            .map(Linear::bytes)
            .iter()
            .sum::<usize>()
            + self.ffn.bytes()
    }

    /// Runs rows `x` `[t, dim]` at the positions from `position` on, in place. Gives keys and
    /// values as `past`, the new rows behind, cut to what the layer keeps.
    ///
    /// # Errors
    /// Rows or a cache of another length than the sizes say; scores of the router that are not
    /// finite.
    pub fn run(
        &self,
        cpu: Cpu,
        x: &mut [f32],
        position: usize,
        past: TrackCache<'_>,
        scratch: &mut TrackScratch,
    ) -> Result<[Vec<f32>; 2]> {
        let s = &self.sizes;
        let t = x.len() / s.dim;
        let expected = s.n_kv_heads * past.held * s.head_dim;
        let fits = past.k.len() == expected && past.v.len() == expected;
        if !x.len().is_multiple_of(s.dim) || !fits || past.held > position {
            let what = format!(
                "track layer: {} numbers of rows, {} and {} of {} rows held before row {position}; \
                 rows of {} and {expected} numbers are expected",
                x.len(),
                past.k.len(),
                past.v.len(),
                past.held,
                s.dim
            );
            return Err(Error::new(Kind::Input, what));
        }
        scratch.tiles.resize(2 * ROWS, [0.0; TILE]);
        let h = self.normed(cpu, x, 0);
        let keys = self.keys(cpu, &h, position, past, &mut scratch.tiles);
        let q = self.heads(cpu, &self.q, &h, Some(0), position, &mut scratch.tiles);
        let y = keys.attend(cpu, s, &q, t, (!self.is_global).then_some(s.window));
        let y = product(
            cpu,
            &self.o,
            &quantized(cpu, &y, self.o.cols),
            &mut scratch.tiles,
        );
        x.iter_mut().zip(&y).for_each(|(x, y)| *x += y);
        let h = self.normed(cpu, x, 1);
        let y = self.ffn.run(cpu, &h, scratch)?;
        x.iter_mut().zip(&y).for_each(|(x, y)| *x += y);
        let keep = if self.is_global { usize::MAX } else { s.keep };
        Ok(keys.kept(s, keep))
    }

    fn normed(&self, cpu: Cpu, x: &[f32], which: usize) -> Activations {
        let (dim, eps) = (self.sizes.dim, self.sizes.norm_eps);
        let mut h = Activations::new(x.len() / dim, dim, true);
        for (i, x) in x.chunks_exact(dim).enumerate() {
            row::rmsnorm(cpu, x, &self.norms[which], eps, &mut h.x[i * dim..][..dim]);
        }
        quantize_all(cpu, &mut h);
        h
    }

    /// `[t, heads, head_dim]`, each head turned (unless the layer is global) and normed.
    fn heads(
        &self,
        cpu: Cpu,
        matrix: &Linear,
        h: &Activations,
        norm: Option<usize>,
        position: usize,
        tiles: &mut [[f32; TILE]],
    ) -> Vec<f32> {
        let s = &self.sizes;
        let mut y = product(cpu, matrix, h, tiles);
        let Some(norm) = norm else {
            return y;
        };
        for (i, row) in y.chunks_exact_mut(matrix.rows).enumerate() {
            let turn = match self.is_global {
                true => vec![[1.0, 0.0]; s.head_dim / 2],
                false => turns(s, position + i),
            };
            for head in row.chunks_exact_mut(s.head_dim) {
                row::rope_norm(cpu, head, &turn, &self.head_norms[norm], s.norm_eps);
            }
        }
        y
    }

    fn keys(
        &self,
        cpu: Cpu,
        h: &Activations,
        position: usize,
        past: TrackCache<'_>,
        tiles: &mut [[f32; TILE]],
    ) -> Keys {
        let k = self.heads(cpu, &self.k, h, Some(1), position, tiles);
        let v = self.heads(cpu, &self.v, h, None, position, tiles);
        Keys::joined(&self.sizes, past, &k, &v)
    }
}

impl TrackSizes {
    fn check(&self) -> Result<()> {
        let all = [
            self.dim,
            self.n_heads,
            self.n_kv_heads,
            self.head_dim,
            self.window,
        ];
        let heads = self.n_heads.saturating_mul(self.head_dim);
        let fits = all.iter().all(|size| (1..=MOST).contains(size))
            && heads <= MOST
            && self.dim.is_multiple_of(GROUP)
            && heads.is_multiple_of(GROUP)
            && self.n_heads.is_multiple_of(self.n_kv_heads)
            && self.head_dim.is_multiple_of(2);
        match fits {
            true => Ok(()),
            false => Err(Error::new(
                Kind::Config,
                format!(
                    "{self:?}; 1 to {MOST} are expected, `dim` and all heads together multiples \
                     of {GROUP}, `head_dim` even, and query heads a multiple of those of keys"
                ),
            )),
        }
    }
}

/// cos and sin of a position, `[head_dim / 2]`.
fn turns(s: &TrackSizes, position: usize) -> Vec<[f32; 2]> {
    let pairs = (0..s.head_dim).step_by(2);
    let angle = |i: usize| {
        let frequency = s.rope_theta.powf(-(i as f64) / s.head_dim as f64) as f32;
        position as f32 * frequency
    };
    pairs.map(|i| [angle(i).cos(), angle(i).sin()]).collect()
}

fn quantized(cpu: Cpu, x: &[f32], cols: usize) -> Activations {
    let mut a = Activations::new(x.len() / cols, cols, true);
    a.x.copy_from_slice(x);
    quantize_all(cpu, &mut a);
    a
}

fn quantize_all(cpu: Cpu, a: &mut Activations) {
    let x = std::mem::take(&mut a.x);
    for (i, x) in x.chunks_exact(a.cols).enumerate() {
        quantize(cpu, a, i, x);
    }
    a.x = x;
}

/// `x m^T`, `[t, rows of m]`.
fn product(cpu: Cpu, m: &Linear, x: &Activations, tiles: &mut [[f32; TILE]]) -> Vec<f32> {
    let t = x.x.len() / x.cols;
    let (mut y, lent) = (vec![0.0; t * m.rows], m.lend());
    for rows in parts(&(0..t)) {
        let out = &mut tiles[..rows.len()];
        for tile in 0..m.tiles() {
            lent.tile(cpu, view(x), rows.clone(), tile, out);
            put(&mut y, m.rows, rows.clone(), tile, out);
        }
    }
    y
}

fn finite(name: &str, values: &[f32], n: usize) -> Result<()> {
    if values.len() != n {
        let what = format!("{name}: {} weights, {n} are expected", values.len());
        return Err(Error::new(Kind::Shape, what));
    }
    match values.iter().position(|value| !value.is_finite()) {
        None => Ok(()),
        Some(bad) => {
            let what = format!("{name}: weight {bad} is {}", values[bad]);
            Err(Error::new(Kind::Value, what))
        }
    }
}

fn linear(name: &str, weights: &[f32], [rows, cols]: [usize; 2]) -> Result<Linear> {
    let sizes = [rows, cols];
    if sizes.iter().any(|size| !(1..=MOST).contains(size)) || !cols.is_multiple_of(GROUP) {
        let what =
            format!("{name}: {sizes:?}; 1 to {MOST} are expected, columns in multiples of {GROUP}");
        return Err(Error::new(Kind::Config, what));
    }
    finite(name, weights, rows * cols)?;
    let kind = crate::grouped::pack::Block::Q8_0;
    Ok(Linear::blocks(rows, cols, kind, &q8_0(weights), |row| row))
}

#[cfg(test)]
mod tests;
