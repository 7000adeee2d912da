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
mod cache;
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
use ffn::Ffn;
use round::q8_0;

pub use cache::TrackCache;
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

    /// Runs rows `x` `[t, dim]` at the positions from `position` on, in place. The cache gets their
    /// keys and values and is cut to what the layer keeps.
    ///
    /// # Errors
    /// Rows or a cache of another shape than the sizes say; scores of the router that are not
    /// finite. The cache is then as it was.
    pub fn run(
        &self,
        cpu: Cpu,
        x: &mut [f32],
        position: usize,
        cache: &mut TrackCache,
        scratch: &mut TrackScratch,
    ) -> Result<()> {
        let s = &self.sizes;
        let (t, held) = (x.len() / s.dim, cache.held());
        if !x.len().is_multiple_of(s.dim) || !cache.fits(s) || held > position {
            let what = format!(
                "track layer: {} numbers of rows, a cache of {held} rows and {} bytes before row \
                 {position}; rows of {} and a cache of no more rows for {s:?} are expected",
                x.len(),
                cache.bytes(),
                s.dim
            );
            return Err(Error::new(Kind::Input, what));
        }
        scratch.tiles.resize(2 * ROWS, [0.0; TILE]);
        let h = self.normed(cpu, x, 0);
        let k = self.heads(cpu, &self.k, &h, Some(1), position, &mut scratch.tiles);
        let v = self.heads(cpu, &self.v, &h, None, position, &mut scratch.tiles);
        cache.push(&k, &v);
        let q = self.heads(cpu, &self.q, &h, Some(0), position, &mut scratch.tiles);
        let y = cache.attend(cpu, s, &q, t, (!self.is_global).then_some(s.window));
        let y = product(
            cpu,
            &self.o,
            &quantized(cpu, &y, self.o.cols),
            &mut scratch.tiles,
        );
        x.iter_mut().zip(&y).for_each(|(x, y)| *x += y);
        let h = self.normed(cpu, x, 1);
        let y = self.ffn.run(cpu, &h, scratch);
        let y = y.inspect_err(|_| cache.truncate(held))?;
        x.iter_mut().zip(&y).for_each(|(x, y)| *x += y);
        if !self.is_global {
            cache.keep(s.keep);
        }
        Ok(())
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
