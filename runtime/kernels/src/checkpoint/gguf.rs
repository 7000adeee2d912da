//! A GGUF file's tensors as a decoder's weights. Names: llama.cpp, `gguf-py/gguf/constants.py`.

use std::collections::BTreeSet;
use std::io::{Read, Seek};

use foveate_gguf::{Directory, ErrorKind, File, Kind as Element, Tensor, Value};

use super::OpenOptions;
use super::family::{Family, WINDOW_THETA};
use crate::config::Config;
use crate::error::{Error, Kind, Result};
use crate::grouped::pack::Block;
use crate::linear::Linear;
use crate::weights::{Layer, Own, Variant, Weights, angles};

pub(super) fn refused(e: foveate_gguf::Error) -> Error {
    let kind = match e.kind() {
        ErrorKind::Io => Kind::Io,
        ErrorKind::TooLarge => Kind::TooLarge,
        ErrorKind::Truncated => Kind::Truncated,
        ErrorKind::Missing => Kind::Missing,
        ErrorKind::Kind => Kind::Dtype,
        ErrorKind::Shape => Kind::Shape,
        ErrorKind::Misaligned => Kind::Misaligned,
        ErrorKind::Overlap => Kind::Overlap,
        _ => Kind::Header,
    };
    Error::caused(kind, "GGUF file", e)
}

/// The weights of a file, which must hold one family's tensors and no others.
pub(super) fn weights<R: Read + Seek>(file: File<R>, options: &OpenOptions) -> Result<Weights> {
    let shape = Shape::read(file.directory(), options)?;
    let mut source = Source {
        file,
        shape,
        used: BTreeSet::new(),
    };
    let weights = source.weights(options)?;
    let unused = |name: &&String| !source.used.contains(*name);
    match source.file.directory().tensors.keys().find(unused) {
        Some(name) => Err(Error::new(Kind::Unknown, tensor(name))),
        None => Ok(weights),
    }
}

fn tensor(name: &str) -> String {
    format!("tensor `{name}`")
}

/// Sizes and variants, from the metadata.
struct Shape {
    family: Family,
    config: Config,
    window: Option<usize>,
    /// Divides positions where a layer sees all (RoPE scaling "linear").
    stretch: f64,
}

impl Shape {
    fn read(d: &Directory, options: &OpenOptions) -> Result<Self> {
        let name = d.text("general.architecture").map_err(refused)?;
        let family = Family::named(name).ok_or_else(|| {
            let known = Family::ALL.map(Family::name).join(", ");
            Error::new(
                Kind::Config,
                format!("architecture `{name}`, not of {known}"),
            )
        })?;
        let key = |key: &str| format!("{name}.{key}");
        let size = |k: &str| d.size(&key(k)).map_err(refused);
        let size_or = |k: &str, other: usize| if d.has(&key(k)) { size(k) } else { Ok(other) };
        let number = |k: &str| d.number(&key(k)).map_err(refused);
        let (dim, n_heads) = (size("embedding_length")?, size("attention.head_count")?);
        let vocab_size = match d
            .tensors
            .get("token_embd.weight")
            .map(|t| t.sizes.as_slice())
        {
            Some(&[_, rows]) => rows,
            _ => return Err(Error::new(Kind::Missing, tensor("token_embd.weight"))),
        };
        let theta = "rope.freq_base";
        let config = Config {
            dim,
            n_layers_kv: size("block_count")?,
            n_layers_shared: 0,
            n_heads,
            n_kv_heads: size_or("attention.head_count_kv", n_heads)?,
            head_dim: size_or("attention.key_length", dim / n_heads.max(1))?,
            ffn_dim: size("feed_forward_length")?,
            vocab_size,
            rope_theta: if d.has(&key(theta)) {
                number(theta)?
            } else {
                1e4
            },
            norm_eps: number("attention.layer_norm_rms_epsilon")? as f32,
            context: size("context_length")?.min(options.context).min(65_536),
        };
        config.check()?;
        for (k, only) in [
            ("attention.value_length", config.head_dim),
            ("rope.dimension_count", config.head_dim),
            ("expert_count", 0),
        ] {
            if size_or(k, only)? != only {
                let place = format!("key `{}` of {}, only {only} is known", key(k), size(k)?);
                return Err(Error::new(Kind::Config, place));
            }
        }
        let window = match size_or("attention.sliding_window", 0)? {
            0 => None,
            n => family.is_gemma().then_some(n),
        };
        Ok(Self {
            family,
            config,
            window,
            stretch: stretch(d, name)?,
        })
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

/// RoPE's scaling: none or linear.
fn stretch(d: &Directory, name: &str) -> Result<f64> {
    let key = |key: &str| format!("{name}.rope.scaling.{key}");
    let kind = match d.metadata.get(&key("type")) {
        Some(Value::Text(kind)) => kind.as_str(),
        Some(_) => "of another type than text",
        None if d.has(&key("factor")) => "linear",
        None => "none",
    };
    let factor = match kind {
        "none" => return Ok(1.0),
        "linear" => d.number(&key("factor")).map_err(refused)?,
        _ => f64::NAN,
    };
    if factor.is_finite() && factor >= 1.0 {
        return Ok(factor);
    }
    let place = format!(
        "key `{}` `{kind}`, {factor}; known: none, linear",
        key("type")
    );
    Err(Error::new(Kind::Config, place))
}

/// The file, and which of its tensors were used.
struct Source<R> {
    file: File<R>,
    shape: Shape,
    used: BTreeSet<String>,
}

impl<R: Read + Seek> Source<R> {
    fn weights(&mut self, options: &OpenOptions) -> Result<Weights> {
        let c = self.shape.config.clone();
        let plain = |r| r;
        let embed = self.matrix("token_embd.weight", c.vocab_size, c.dim, plain)?;
        let head = if self.has("output.weight") {
            Some(self.matrix("output.weight", c.vocab_size, c.dim, plain)?)
        } else {
            None
        };
        let factors = if self.has("rope_freqs.weight") {
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
            norm: self.vector("output_norm.weight", c.dim)?,
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
                self.vector(&name("post_attention_norm"), c.dim)?,
                self.vector(&name("post_ffw_norm"), c.dim)?,
            ])
        } else {
            None
        };
        let sees_all = family.sees_all(i);
        Ok(Layer {
            attn_norm: self.vector(&name("attn_norm"), c.dim)?,
            ffn_norm: self.vector(&name("ffn_norm"), c.dim)?,
            post_norms,
            q_norm: self.head_norm(&name("attn_q_norm"))?,
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
        if !self.shape.family.half_split() {
            return r;
        }
        let d = self.shape.config.head_dim;
        r / d * d + r % 2 * (d / 2) + r % d / 2
    }

    /// Queries or keys.
    fn heads(&mut self, name: &str, rows: usize) -> Result<Linear> {
        let order: Vec<usize> = (0..rows).map(|r| self.pair(r)).collect();
        self.matrix(name, rows, self.shape.config.dim, |r| order[r])
    }

    fn head_norm(&mut self, name: &str) -> Result<Vec<f32>> {
        if self.shape.family.qk_norm() == crate::weights::QkNorm::None {
            return Ok(Vec::new());
        }
        let norm = self.vector(name, self.shape.config.head_dim)?;
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

    fn has(&self, name: &str) -> bool {
        self.file.directory().tensors.contains_key(name)
    }

    /// A tensor of these sizes, the fastest first, and its bytes.
    fn take(&mut self, name: &str, sizes: &[usize]) -> Result<(Tensor, Vec<u8>)> {
        let found = self.file.directory().tensors.get(name).cloned();
        let found = found.ok_or_else(|| Error::new(Kind::Missing, tensor(name)))?;
        if found.sizes != sizes {
            let place = format!("{} of {:?}, expected {sizes:?}", tensor(name), found.sizes);
            return Err(Error::new(Kind::Shape, place));
        }
        self.used.insert(name.to_owned());
        let bytes = self.file.bytes(&found).map_err(refused)?;
        Ok((found, bytes))
    }

    fn vector(&mut self, name: &str, n: usize) -> Result<Vec<f32>> {
        let (found, bytes) = self.take(name, &[n])?;
        floats(found.kind, &bytes)
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
        let (found, bytes) = self.take(name, &[cols, rows])?;
        linear(name, &found, &bytes, rows, cols, source)
    }
}

/// A matrix of the tensor `found`, whose sizes were checked; row r is the tensor's row `source(r)`.
pub(super) fn linear(
    name: &str,
    found: &Tensor,
    bytes: &[u8],
    rows: usize,
    cols: usize,
    source: impl Fn(usize) -> usize,
) -> Result<Linear> {
    let wrong = || Error::new(Kind::Value, tensor(name));
    let Some(block) = block(found.kind) else {
        let values = floats(found.kind, bytes).ok_or_else(wrong)?;
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
