//! Tensors of a checkpoint as a decoder's weights, wherever they come from.

use foveate_gguf::Kind as Element;

use super::OpenOptions;
use super::family::{Family, WINDOW_THETA};
use super::palettes::Palettes;
use crate::config::Config;
use crate::error::{Error, Kind, Result};
use crate::grouped::pack::Block;
use crate::linear::Linear;
use crate::lora::half_split_row;
use crate::weights::{Layer, Own, QkNorm, Variant, Weights, angles};

/// Sizes and variants, from the metadata.
pub(super) struct Shape {
    pub family: Family,
    pub config: Config,
    /// Tokens that a layer with a window sees.
    pub window: Option<usize>,
    /// Every such layer sees all, the others a window; 0 if all see all.
    pub pattern: usize,
    /// Divides positions where a layer sees all (RoPE scaling "linear").
    pub stretch: f64,
    /// Whether rotary pairs are half a head apart.
    pub half_split: bool,
    /// Whether norms hold w where 1 + w is meant.
    pub one_plus: bool,
    /// Times queries, where scores are not divided by the root of the head's width.
    pub q_scale: f32,
}

impl Shape {
    fn sees_all(&self, i: usize) -> bool {
        self.pattern == 0 || (i + 1).is_multiple_of(self.pattern)
    }

    fn variant(&self, factors: Option<Vec<f32>>) -> Variant {
        let c = &self.config;
        let mut all = angles(c.rope_theta, c.head_dim);
        all.iter_mut().for_each(|a| *a /= self.stretch);
        for (angle, factor) in all.iter_mut().zip(factors.into_iter().flatten()) {
            *angle /= f64::from(factor);
        }
        let window = self
            .family
            .is_gemma()
            .then(|| angles(WINDOW_THETA, c.head_dim));
        Variant {
            gate: self.family.gate(),
            qk_norm: self.family.qk_norm(),
            embed_scale: if self.family.is_gemma() {
                (c.dim as f32).sqrt()
            } else {
                1.0
            },
            angles: [Some(all), window].into_iter().flatten().collect(),
            grouped: true,
        }
    }
}

/// Where tensors come from, by their names in GGUF.
pub(super) trait Tensors {
    /// Whether there is one of this name.
    fn has(&self, name: &str) -> bool;

    /// Its element type and bytes, if its sizes are these, the fastest first.
    fn take(&mut self, name: &str, sizes: &[usize]) -> Result<(Element, Vec<u8>)>;

    /// Takes note that another file has it, whether it is here or not.
    fn replace(&mut self, name: &str);

    /// Those that nobody took, as the file calls them.
    fn left(&self) -> Option<String>;
}

/// The weights that `shape` calls for, of tensors that must hold no others.
pub(super) fn weights(
    tensors: impl Tensors,
    shape: Shape,
    options: &OpenOptions,
) -> Result<Weights> {
    let palettes = options.palettes.as_deref().map(Palettes::read);
    let palettes = palettes.transpose()?.unwrap_or_default();
    let mut source = Source {
        tensors,
        shape,
        palettes,
    };
    let weights = source.weights(options)?;
    source.palettes.finish()?;
    match source.tensors.left() {
        Some(name) => Err(Error::new(Kind::Unknown, tensor(&name))),
        None => Ok(weights),
    }
}

pub(super) fn tensor(name: &str) -> String {
    format!("tensor `{name}`")
}

struct Source<T> {
    tensors: T,
    shape: Shape,
    palettes: Palettes,
}

impl<T: Tensors> Source<T> {
    fn has(&self, name: &str) -> bool {
        self.tensors.has(name) || self.palettes.replaces(name)
    }

    fn weights(&mut self, options: &OpenOptions) -> Result<Weights> {
        let c = self.shape.config.clone();
        let plain = |r| r;
        let embed = self.matrix("token_embd.weight", c.vocab_size, c.dim, plain)?;
        let head = if self.has("output.weight") {
            Some(self.matrix("output.weight", c.vocab_size, c.dim, plain)?)
        } else {
            None
        };
        let factors = if self.tensors.has("rope_freqs.weight") {
            Some(self.vector("rope_freqs.weight", c.head_dim / 2)?)
        } else {
            None
        };
        if factors.iter().flatten().any(|&f| f < 1.0) {
            return Err(Error::new(Kind::Value, tensor("rope_freqs.weight")));
        }
        Ok(Weights {
            variant: self.shape.variant(factors),
            attention: options.attention,
            embed,
            head,
            norm: self.norm("output_norm.weight", c.dim)?,
            layers: (0..c.n_layers_kv)
                .map(|i| self.layer(i))
                .collect::<Result<_>>()?,
            config: c,
        })
    }

    fn layer(&mut self, i: usize) -> Result<Layer> {
        let (c, family) = (self.shape.config.clone(), self.shape.family);
        let name = |part: &str| format!("blk.{i}.{part}.weight");
        let plain = |r| r;
        let post_norms = if family.is_gemma() {
            Some([
                self.norm(&name("post_attention_norm"), c.dim)?,
                self.norm(&name("post_ffw_norm"), c.dim)?,
            ])
        } else {
            None
        };
        let sees_all = self.shape.sees_all(i);
        Ok(Layer {
            attn_norm: self.norm(&name("attn_norm"), c.dim)?,
            ffn_norm: self.norm(&name("ffn_norm"), c.dim)?,
            post_norms,
            q_norm: self.q_norm(&name("attn_q_norm"))?,
            q_bias: self.bias(&format!("blk.{i}.attn_q.bias"), c.q_dim(), true)?,
            q: self.heads(&name("attn_q"), c.q_dim())?,
            o: self.matrix(&name("attn_output"), c.dim, c.q_dim(), plain)?,
            gate: self.matrix(&name("ffn_gate"), c.ffn_dim, c.dim, plain)?,
            up: self.matrix(&name("ffn_up"), c.ffn_dim, c.dim, plain)?,
            down: self.matrix(&name("ffn_down"), c.dim, c.ffn_dim, plain)?,
            angles: usize::from(!sees_all),
            window: if sees_all { None } else { self.shape.window },
            own: Some(Own {
                k: self.heads(&name("attn_k"), c.kv_dim())?,
                v: self.matrix(&name("attn_v"), c.kv_dim(), c.dim, plain)?,
                k_norm: self.head_norm(&name("attn_k_norm"))?,
                k_bias: self.bias(&format!("blk.{i}.attn_k.bias"), c.kv_dim(), true)?,
                v_bias: self.bias(&format!("blk.{i}.attn_v.bias"), c.kv_dim(), false)?,
                scale: None,
            }),
        })
    }

    /// The row of the file that is our row `r` of q or k: pairs become neighbours.
    fn pair(&self, r: usize) -> usize {
        if !self.shape.half_split {
            return r;
        }
        half_split_row(r, self.shape.config.head_dim)
    }

    /// Queries or keys.
    fn heads(&mut self, name: &str, rows: usize) -> Result<Linear> {
        let order: Vec<usize> = (0..rows).map(|r| self.pair(r)).collect();
        self.matrix(name, rows, self.shape.config.dim, |r| order[r])
    }

    fn q_norm(&mut self, name: &str) -> Result<Vec<f32>> {
        let mut norm = self.head_norm(name)?;
        norm.iter_mut().for_each(|w| *w *= self.shape.q_scale);
        Ok(norm)
    }

    fn head_norm(&mut self, name: &str) -> Result<Vec<f32>> {
        if self.shape.family.qk_norm() == QkNorm::None {
            return Ok(Vec::new());
        }
        let norm = self.norm(name, self.shape.config.head_dim)?;
        Ok((0..norm.len()).map(|r| norm[self.pair(r)]).collect())
    }

    fn bias(&mut self, name: &str, n: usize, paired: bool) -> Result<Vec<f32>> {
        if !self.shape.family.biases() {
            return Ok(Vec::new());
        }
        let bias = self.vector(name, n)?;
        let from = |r| if paired { self.pair(r) } else { r };
        Ok((0..n).map(|r| bias[from(r)]).collect())
    }

    /// The weight of a norm, of which some files hold what is to be added to 1.
    fn norm(&mut self, name: &str, n: usize) -> Result<Vec<f32>> {
        let mut norm = self.vector(name, n)?;
        if self.shape.one_plus {
            norm.iter_mut().for_each(|w| *w += 1.0);
        }
        Ok(norm)
    }

    fn vector(&mut self, name: &str, n: usize) -> Result<Vec<f32>> {
        let (kind, bytes) = self.tensors.take(name, &[n])?;
        floats(kind, &bytes)
            .filter(|v| v.iter().all(|x| x.is_finite()))
            .ok_or_else(|| Error::new(Kind::Value, tensor(name)))
    }

    fn matrix(
        &mut self,
        name: &str,
        rows: usize,
        cols: usize,
        source: impl Fn(usize) -> usize,
    ) -> Result<Linear> {
        if let Some(matrix) = self.palettes.take(name, rows, cols)? {
            self.tensors.replace(name);
            return Ok(matrix);
        }
        let (kind, bytes) = self.tensors.take(name, &[cols, rows])?;
        linear(name, kind, &bytes, rows, cols, source)
    }
}

/// A matrix of a tensor whose sizes were checked; row r is the tensor's row `source(r)`.
pub(super) fn linear(
    name: &str,
    kind: Element,
    bytes: &[u8],
    rows: usize,
    cols: usize,
    source: impl Fn(usize) -> usize,
) -> Result<Linear> {
    let wrong = || Error::new(Kind::Value, tensor(name));
    let Some(block) = block(kind) else {
        let values = floats(kind, bytes).ok_or_else(wrong)?;
        if !values.iter().all(|x| x.is_finite()) {
            return Err(wrong());
        }
        let ordered = (0..rows).flat_map(|r| &values[source(r) * cols..][..cols]);
        return Ok(Linear::dense(rows, cols, ordered.copied()));
    };
    if !bytes.chunks_exact(block.bytes()).all(|b| block.finite(b)) {
        return Err(wrong());
    }
    Ok(Linear::blocks(rows, cols, block, bytes, source))
}

/// The block of a kind that has codes.
fn block(kind: Element) -> Option<Block> {
    match kind {
        Element::Q4_0 => Some(Block::Q4_0),
        Element::Q4_1 => Some(Block::Q4_1),
        Element::Q5_0 => Some(Block::Q5_0),
        Element::Q5_1 => Some(Block::Q5_1),
        Element::Q8_0 => Some(Block::Q8_0),
        Element::Q4_K => Some(Block::Q4_K),
        Element::Q5_K => Some(Block::Q5_K),
        Element::Q6_K => Some(Block::Q6_K),
        _ => None,
    }
}

/// The values of a float kind.
fn floats(kind: Element, bytes: &[u8]) -> Option<Vec<f32>> {
    let pairs = bytes.as_chunks::<2>().0.iter();
    match kind {
        Element::F32 => {
            let words = bytes.as_chunks::<4>().0.iter();
            Some(words.map(|b| f32::from_le_bytes(*b)).collect())
        }
        Element::F16 => Some(
            pairs
                .map(|b| half::f16::from_le_bytes(*b).to_f32())
                .collect(),
        ),
        Element::BF16 => Some(
            pairs
                .map(|b| half::bf16::from_le_bytes(*b).to_f32())
                .collect(),
        ),
        _ => None,
    }
}
