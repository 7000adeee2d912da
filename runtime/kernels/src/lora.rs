//! Low-rank updates of a decoder's matrices (LoRA): `W + scale * B A`, while `W` stays packed and
//! shared.
//!
//! ```text
//! y  = W x              as ever, in integers
//! u  = scale * (A x)    rank numbers, in float, from x before it is quantized
//! y += B u
//! ```
//! Merging `B A` into packed weights would round it away: a 2-bit level is coarser than any update.
//! Kept apart it costs `rank * (rows + cols)` products a token and matrix, in float.

use crate::config::Config;
use crate::cpu::Cpu;
use crate::error::{Error, Kind, Result};
use crate::row;
use std::array::from_fn;

/// Highest rank taken: beyond it an update is no longer small beside the matrix.
pub const MAX_RANK: usize = 256;

/// A matrix of a layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(
    missing_docs,
    reason = "the names of `FORMAT.md`: `layers.i.q` and so on"
)]
pub enum Matrix {
    Q,
    K,
    V,
    O,
    Gate,
    Up,
    Down,
}

impl Matrix {
    /// Rows and columns in a decoder of this configuration.
    pub fn shape(self, c: &Config) -> [usize; 2] {
        match self {
            Matrix::Q => [c.q_dim(), c.dim],
            Matrix::K | Matrix::V => [c.kv_dim(), c.dim],
            Matrix::O => [c.dim, c.q_dim()],
            Matrix::Gate | Matrix::Up => [c.ffn_dim, c.dim],
            Matrix::Down => [c.dim, c.ffn_dim],
        }
    }
}

/// Here rotary pairs are neighbours. Where they lie half a head apart (Hugging Face, and GGUF but
/// for Llama), row `row` of q or k is that file's row of this number: an [`Update`] trained there
/// has the rows of its `b` for q and k reordered by it.
pub fn half_split_row(row: usize, head_dim: usize) -> usize {
    let (head, i) = (row / head_dim * head_dim, row % head_dim);
    head + i % 2 * (head_dim / 2) + i / 2
}

/// The update of one matrix, for [`Updates::new`].
#[derive(Clone, Debug)]
pub struct Update {
    /// The layer, block 1 first.
    pub layer: usize,
    /// Its matrix; `K` and `V` in block 1 only.
    pub matrix: Matrix,
    /// `[rank, cols]`, row-major. Finite.
    pub a: Vec<f32>,
    /// `[rows, rank]`, row-major. Finite.
    pub b: Vec<f32>,
}

/// Updates of some matrices of a decoder. They never change, and any number of caches may be run
/// with them.
pub struct Updates {
    config: Config,
    rank: usize,
    layers: Vec<[Option<Factors>; 7]>,
}

impl Updates {
    /// Checks and keeps `updates` for decoders of `config`.
    pub fn new(config: &Config, rank: usize, scale: f32, updates: Vec<Update>) -> Result<Self> {
        let refused = |place: String| Error::new(Kind::Input, place);
        if !(1..=MAX_RANK).contains(&rank) || !scale.is_finite() {
            return Err(refused(format!("rank {rank}, scale {scale}")));
        }
        let mut layers: Vec<[Option<Factors>; 7]> = Vec::new();
        layers.resize_with(config.n_layers(), Default::default);
        for update in updates {
            let (layer, matrix) = (update.layer, update.matrix);
            let place = format!("update of layer {layer}, {matrix:?}");
            let own = matches!(matrix, Matrix::K | Matrix::V);
            if layer >= config.n_layers() || own && layer >= config.n_layers_kv {
                return Err(Error::new(Kind::Unknown, place));
            }
            let slot = &mut layers[layer][matrix as usize];
            if slot.is_some() {
                return Err(refused(format!("{place}, given twice")));
            }
            *slot = Some(Factors::new(
                matrix.shape(config),
                rank,
                scale,
                update,
                place,
            )?);
        }
        Ok(Self {
            config: config.clone(),
            rank,
            layers,
        })
    }

    /// The sum of two, of both ranks together: `W + s1 B1 A1 + s2 B2 A2`.
    ///
    /// # Errors
    /// Updates of another configuration, or ranks of more than [`MAX_RANK`] together.
    pub fn plus(&self, other: &Self) -> Result<Self> {
        let refused = |place: String| Error::new(Kind::Input, place);
        if !other.fits(&self.config) {
            return Err(refused("a sum with updates of other sizes".to_owned()));
        }
        let rank = self.rank + other.rank;
        if rank > MAX_RANK {
            let both = [self.rank, other.rank].map(|rank| rank.to_string());
            let both = both.join(" + ");
            return Err(refused(format!(
                "a sum of updates of rank {both}, at most {MAX_RANK} together,"
            )));
        }
        let layers = self.layers.iter().zip(&other.layers);
        Ok(Self {
            config: self.config.clone(),
            rank,
            layers: layers
                .map(|(a, b)| from_fn(|m| Factors::sum(a[m].as_ref(), b[m].as_ref())))
                .collect(),
        })
    }

    /// Numbers of an update between its two products.
    pub fn rank(&self) -> usize {
        self.rank
    }

    /// Bytes held.
    pub fn bytes(&self) -> usize {
        let factors = self.layers.iter().flatten().flatten();
        factors.map(|f| 4 * (f.a.len() + f.b.len())).sum()
    }

    pub(crate) fn fits(&self, config: &Config) -> bool {
        self.config == *config
    }

    pub(crate) fn factors(&self, layer: usize, matrix: Matrix) -> Option<&Factors> {
        self.layers[layer][matrix as usize].as_ref()
    }
}

/// The two factors of an update, as the products read them. In a sum, a matrix that only one of two
/// updates has stays of that one's rank.
#[derive(Clone)]
pub(crate) struct Factors {
    /// `[rank]`: of each row of `a`.
    scale: Vec<f32>,
    rows: usize,
    cols: usize,
    /// `[rank, cols]`
    a: Vec<f32>,
    /// `[rank, rows]`: transposed, so that a tile's rows lie side by side.
    b: Vec<f32>,
}

impl Factors {
    fn new(
        [rows, cols]: [usize; 2],
        rank: usize,
        scale: f32,
        update: Update,
        place: String,
    ) -> Result<Self> {
        let fits = |values: &[f32], width: usize| Some(values.len()) == rank.checked_mul(width);
        if !fits(&update.a, cols) || !fits(&update.b, rows) {
            return Err(Error::new(Kind::Shape, place));
        }
        if !update.a.iter().chain(&update.b).all(|x| x.is_finite()) {
            return Err(Error::new(Kind::Value, place));
        }
        let b = (0..rank).flat_map(|k| update.b.iter().skip(k).step_by(rank).copied());
        Ok(Self {
            scale: vec![scale; rank],
            rows,
            cols,
            b: b.collect(),
            a: update.a,
        })
    }

    /// `B1 u1 + B2 u2` is `[B1 B2]` times `u1` over `u2`: A and the transposed B are stacked.
    fn sum(first: Option<&Self>, second: Option<&Self>) -> Option<Self> {
        let (Some(first), Some(second)) = (first, second) else {
            return first.or(second).cloned();
        };
        Some(Self {
            scale: [&*first.scale, &second.scale].concat(),
            rows: first.rows,
            cols: first.cols,
            a: [&*first.a, &second.a].concat(),
            b: [&*first.b, &second.b].concat(),
        })
    }

    /// `u[k] = scale[k] * (A x)[k]`, 0 beyond its rank.
    pub fn lower(&self, cpu: Cpu, k: usize, x: &[f32]) -> f32 {
        let scale = self.scale.get(k);
        scale.map_or(0.0, |scale| {
            scale * row::dot(cpu, &self.a[k * self.cols..][..self.cols], x)
        })
    }

    /// `y += B u` for the rows of `B` from `at` on; `u` is `[rank]`.
    pub fn raise(&self, cpu: Cpu, u: &[f32], at: usize, y: &mut [f32]) {
        let n = y.len().min(self.rows - at);
        for (&u, b) in u.iter().zip(self.b.chunks_exact(self.rows)) {
            row::add_scaled(cpu, &mut y[..n], u, &b[at..at + n]);
        }
    }
}
