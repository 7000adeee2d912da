//! A track block's weights in a safetensors file: `layers.I.NAME`, float16 or float32, row-major.
//!
//! ```text
//! norm1, norm2 [dim]   q_norm, k_norm [head_dim]   q, k, v [.., dim]   o [dim, ..]
//! ffn.gate, ffn.up [ffn_dim, dim]   ffn.down [dim, ffn_dim]                    of a dense layer
//! ffn.router [n, dim]   ffn.gate, ffn.up [n, width, dim]   ffn.down [n, dim, width]   of experts
//! ```
//! A matrix NAME may be stored as integers, `NAME.i8` beside a float16 `NAME.scale` for each of its
//! rows, or as a texture (`astc.rs`). They are rounded when the file is opened: 4 and 8 bits are
//! this machine's affair, not the file's.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::path::Path;

use half::f16;

use super::{FfnWeights, LayerWeights, TrackLayer, TrackSizes};
use crate::astc;
use crate::error::{Error, Kind, Result};
use crate::safetensors::{Dtype, Entry, Raw, header_text, tensor};

/// Longest header taken: a layer's takes two kilobytes.
const MOST_HEADER: u64 = 1 << 20;

/// What kind of layer stands where in a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LayerKind {
    /// Whether it sees everything, without positions.
    pub is_global: bool,
    /// Experts, how many a row goes through, and the width of one; `None` of a dense layer.
    pub experts: Option<[usize; 3]>,
    /// Width of a dense layer.
    pub ffn_dim: usize,
}

/// The layers of a block in a file, rounded.
///
/// # Errors
/// A file that is not whole; a tensor missing, not called for, of another shape, or not finite.
pub fn open_track_block(
    path: impl AsRef<Path>,
    sizes: TrackSizes,
    kinds: &[LayerKind],
) -> Result<Vec<TrackLayer>> {
    let mut tensors = Tensors::read(path.as_ref())?;
    let layer = |(i, kind): (usize, &LayerKind)| tensors.layer(i, &sizes, kind);
    let layers = kinds.iter().enumerate().map(layer).collect::<Result<_>>()?;
    match tensors.entries.first_key_value() {
        None => Ok(layers),
        Some((name, _)) => Err(Error::new(Kind::Unknown, tensor(name))),
    }
}

struct Tensors {
    data: Vec<u8>,
    /// Those that nobody has asked for yet.
    entries: BTreeMap<String, Entry>,
}

impl Tensors {
    fn read(path: &Path) -> Result<Self> {
        let io = |e| Error::caused(Kind::Io, path.display().to_string(), e);
        let mut file = File::open(path).map_err(io)?;
        let len = file.metadata().map_err(io)?.len();
        let raw = Raw::parse(&header_text(&mut file, len, MOST_HEADER)?)?;
        let mut data = Vec::new();
        file.read_to_end(&mut data).map_err(io)?;
        let taken = [Dtype::U8, Dtype::I8, Dtype::F16, Dtype::F32];
        let entries = raw.entries(data.len(), &taken, |dtype| dtype.size())?;
        Ok(Self { data, entries })
    }

    /// The bytes of a tensor of `shape`, and their type.
    fn bytes(&mut self, name: &str, shape: &[usize]) -> Result<(&[u8], Dtype)> {
        let entry = self.entries.remove(name);
        let entry = entry.ok_or_else(|| Error::new(Kind::Missing, tensor(name)))?;
        if entry.shape != shape {
            let what = format!("{}: {:?}, {shape:?} is expected", tensor(name), entry.shape);
            return Err(Error::new(Kind::Shape, what));
        }
        Ok((&self.data[entry.range], entry.dtype))
    }

    fn take(&mut self, name: &str, shape: &[usize]) -> Result<Vec<f32>> {
        let stored = |end| shape.len() > 1 && self.entries.contains_key(&format!("{name}.{end}"));
        match [stored("i8"), stored("astc")] {
            [true, _] => self.integers(name, shape),
            [_, true] => self.texture(name, shape),
            _ => self.numbers(name, shape),
        }
    }

    /// A matrix, or several, stored as integers with a scale for each row.
    fn integers(&mut self, name: &str, shape: &[usize]) -> Result<Vec<f32>> {
        let (rows, cols) = (&shape[..shape.len() - 1], shape[shape.len() - 1]);
        let scales = self.numbers(&format!("{name}.scale"), rows)?;
        let stored = format!("{name}.i8");
        let (codes, dtype) = self.bytes(&stored, shape)?;
        if dtype != Dtype::I8 {
            return Err(Error::new(Kind::Dtype, tensor(&stored)));
        }
        let rows = codes.chunks_exact(cols.max(1)).zip(scales);
        let weights = |(row, scale): (&[u8], f32)| -> Vec<f32> {
            let codes = row.iter().map(|code| f32::from(code.cast_signed()));
            codes.map(|code| code * scale).collect()
        };
        Ok(rows.flat_map(weights).collect())
    }

    fn numbers(&mut self, name: &str, shape: &[usize]) -> Result<Vec<f32>> {
        match self.bytes(name, shape)? {
            (bytes, Dtype::F16) => {
                let halves = bytes.as_chunks().0.iter();
                Ok(halves.map(|b| f16::from_le_bytes(*b).to_f32()).collect())
            }
            (bytes, Dtype::F32) => {
                let all = bytes.as_chunks().0.iter();
                Ok(all.map(|b| f32::from_le_bytes(*b)).collect())
            }
            _ => Err(Error::new(Kind::Dtype, tensor(name))),
        }
    }

    /// A matrix, or `n` of them, stored as a texture.
    fn texture(&mut self, name: &str, shape: &[usize]) -> Result<Vec<f32>> {
        let n = shape[..shape.len() - 2].iter().product::<usize>();
        let cols = shape[shape.len() - 1];
        let rows = shape[shape.len() - 2].saturating_mul(n);
        if rows == 0 || cols == 0 {
            let what = format!("{}: {shape:?} has no weights", tensor(name));
            return Err(Error::new(Kind::Shape, what));
        }
        let bands = rows.div_ceil(astc::SIDE);
        let part = |end: &str| format!("{name}.{end}");
        let min = self.numbers(&part("min"), &[bands])?;
        let step = self.numbers(&part("step"), &[bands])?;
        let blocks = [bands, cols.div_ceil(astc::SIDE), astc::BLOCK];
        let (blocks, dtype) = self.bytes(&part("astc"), &blocks)?;
        if dtype != Dtype::U8 {
            return Err(Error::new(Kind::Dtype, tensor(&part("astc"))));
        }
        let texels = astc::astc_texels(blocks, [rows, cols]);
        let weights = texels.and_then(|texels| astc::weights(&texels, cols, &min, &step));
        let named = |e: Error| Error::new(e.kind(), format!("{}: {e}", tensor(name)));
        let mut weights = weights.map_err(named)?;
        if let Some(entry) = self.entries.get(&part("lora_a")) {
            let rank = entry.shape.get(1).copied().unwrap_or(0);
            if !(1..=astc::MOST_RANK).contains(&rank) {
                let what = format!("{}: rank {rank}", tensor(&part("lora_a")));
                return Err(Error::new(Kind::Shape, what));
            }
            let a = self.numbers(&part("lora_a"), &[n, rank, cols])?;
            let b = self.numbers(&part("lora_b"), &[n, rows / n, rank])?;
            let all = weights.chunks_exact_mut(rows / n * cols);
            let factors = a.chunks_exact(a.len() / n).zip(b.chunks_exact(b.len() / n));
            all.zip(factors)
                .for_each(|(w, (a, b))| astc::add_update(w, cols, a, b));
        }
        Ok(weights)
    }

    fn layer(&mut self, i: usize, s: &TrackSizes, kind: &LayerKind) -> Result<TrackLayer> {
        let (dim, hd) = (s.dim, s.head_dim);
        let [heads, kv] = [s.n_heads, s.n_kv_heads].map(|n| n.saturating_mul(hd));
        let mut take =
            |name: &str, shape: &[usize]| self.take(&format!("layers.{i}.{name}"), shape);
        let norms = [take("norm1", &[dim])?, take("norm2", &[dim])?];
        let head_norms = [take("q_norm", &[hd])?, take("k_norm", &[hd])?];
        let (q, o) = (take("q", &[heads, dim])?, take("o", &[dim, heads])?);
        let (k, v) = (take("k", &[kv, dim])?, take("v", &[kv, dim])?);
        let names = ["ffn.gate", "ffn.up", "ffn.down"];
        let (router, [gate, up, down]) = match kind.experts {
            None => {
                let width = kind.ffn_dim;
                let shapes = [[width, dim], [width, dim], [dim, width]];
                let [gate, up, down] = [0, 1, 2].map(|i| take(names[i], &shapes[i]));
                (Vec::new(), [gate?, up?, down?])
            }
            Some([n, _, width]) => {
                let shapes = [[n, width, dim], [n, width, dim], [n, dim, width]];
                let [gate, up, down] = [0, 1, 2].map(|i| take(names[i], &shapes[i]));
                (take("ffn.router", &[n, dim])?, [gate?, up?, down?])
            }
        };
        let (gate, up, down) = (&gate, &up, &down);
        let weights = LayerWeights {
            norms: norms.each_ref().map(Vec::as_slice),
            head_norms: head_norms.each_ref().map(Vec::as_slice),
            q: &q,
            k: &k,
            v: &v,
            o: &o,
            ffn: match kind.experts {
                None => FfnWeights::Dense {
                    width: kind.ffn_dim,
                    gate,
                    up,
                    down,
                },
                Some(sizes) => FfnWeights::Experts {
                    sizes,
                    router: &router,
                    gate,
                    up,
                    down,
                },
            },
        };
        TrackLayer::round(*s, kind.is_global, &weights)
    }
}
