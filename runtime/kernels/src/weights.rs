//! The weights of a decoder: matrices, norms, and the variants between families of models.

use crate::config::Config;
use crate::error::Result;
use crate::file::{Attention, Tensors};
use crate::linear::Linear;

/// What differs between families beside the sizes.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Variant {
    pub gate: Gate,
    pub qk_norm: QkNorm,
    /// Times the embedding of a token.
    pub embed_scale: f32,
    /// Sets of RoPE's angles per position, `[head_dim / 2]` each, in radians.
    pub angles: Vec<Vec<f64>>,
    /// Whether activations are quantized in groups of 32 columns, as `grouped` wants them, or
    /// whole.
    pub grouped: bool,
}

/// The feed-forward layer's gate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Gate {
    Silu,
    /// `0.5 g (1 + tanh(sqrt(2 / pi) (g + 0.044715 g^3)))`
    Gelu,
}

/// Whether queries and keys are normed, and on which side of RoPE.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum QkNorm {
    None,
    Before,
    After,
}

impl Variant {
    /// That of `decoder.safetensors`.
    pub fn shared_kv(config: &Config) -> Self {
        Self {
            gate: Gate::Silu,
            qk_norm: QkNorm::After,
            embed_scale: 1.0,
            angles: vec![angles(config.rope_theta, config.head_dim)],
            grouped: false,
        }
    }
}

/// `theta^(-2i / head_dim)`, RoPE's angle of pair i per position.
pub(crate) fn angles(theta: f64, head_dim: usize) -> Vec<f64> {
    (0..head_dim / 2)
        .map(|i| theta.powf(-((2 * i) as f64) / head_dim as f64))
        .collect()
}

pub(crate) struct Weights {
    pub config: Config,
    pub variant: Variant,
    pub attention: Attention,
    pub embed: Linear,
    /// Rows of logits; without, the embedding's.
    pub head: Option<Linear>,
    pub norm: Vec<f32>,
    pub layers: Vec<Layer>,
}

pub(crate) struct Layer {
    pub attn_norm: Vec<f32>,
    pub ffn_norm: Vec<f32>,
    /// Of what attention and the feed-forward layer give, before it is added; without, none.
    pub post_norms: Option<[Vec<f32>; 2]>,
    /// Empty where there is none, as are the biases.
    pub q_norm: Vec<f32>,
    pub q_bias: Vec<f32>,
    pub q: Linear,
    pub o: Linear,
    pub gate: Linear,
    pub up: Linear,
    pub down: Linear,
    /// Which set of RoPE's angles.
    pub angles: usize,
    /// Tokens that a token sees, itself among them; without, all.
    pub window: Option<usize>,
    /// Block 1 only.
    pub own: Option<Own>,
}

/// What makes a layer's own keys and values.
pub(crate) struct Own {
    pub k: Linear,
    pub v: Linear,
    pub k_norm: Vec<f32>,
    pub k_bias: Vec<f32>,
    pub v_bias: Vec<f32>,
    /// Of the grid of keys and of values, where it is the same for all tokens.
    pub scale: Option<[f32; 2]>,
}

impl Weights {
    /// The matrix whose products are logits.
    pub fn logits(&self) -> &Linear {
        self.head.as_ref().unwrap_or(&self.embed)
    }

    /// The embedding of a token, `[dim]`.
    pub fn embedding(&self, id: u32, out: &mut [f32]) {
        self.embed.row(id as usize, out);
        if self.variant.embed_scale != 1.0 {
            out.iter_mut().for_each(|x| *x *= self.variant.embed_scale);
        }
    }

    pub fn new(tensors: &Tensors) -> Result<Self> {
        let config = tensors.header.config.clone();
        let variant = Variant::shared_kv(&config);
        let layers = (0..config.n_layers())
            .map(|i| Layer::new(tensors, i))
            .collect::<Result<_>>()?;
        let embed = Linear::new(tensors, "embed", config.vocab_size, config.dim)?;
        Ok(Self {
            embed,
            head: None,
            variant,
            norm: tensors.vector("norm")?,
            layers,
            attention: tensors.header.attention,
            config,
        })
    }
}

impl Layer {
    fn new(tensors: &Tensors, i: usize) -> Result<Self> {
        let c = &tensors.header.config;
        let vector = |name: &str| tensors.vector(&format!("layers.{i}.{name}"));
        let matrix = |name: &str, rows, cols| {
            Linear::new(tensors, &format!("layers.{i}.{name}"), rows, cols)
        };
        let own = || -> Result<Own> {
            let scale = if tensors.header.kv_scale {
                vector("kv_scale")?.try_into().ok()
            } else {
                None
            };
            let (k, v) = (
                matrix("k", c.kv_dim(), c.dim)?,
                matrix("v", c.kv_dim(), c.dim)?,
            );
            Ok(Own {
                k,
                v,
                k_norm: vector("k_norm")?,
                k_bias: Vec::new(),
                v_bias: Vec::new(),
                scale,
            })
        };
        Ok(Self {
            attn_norm: vector("attn_norm")?,
            ffn_norm: vector("ffn_norm")?,
            post_norms: None,
            q_norm: vector("q_norm")?,
            q_bias: Vec::new(),
            angles: 0,
            window: None,
            q: matrix("q", c.q_dim(), c.dim)?,
            o: matrix("o", c.dim, c.q_dim())?,
            gate: matrix("gate", c.ffn_dim, c.dim)?,
            up: matrix("up", c.ffn_dim, c.dim)?,
            down: matrix("down", c.dim, c.ffn_dim)?,
            own: if i < c.n_layers_kv {
                Some(own()?)
            } else {
                None
            },
        })
    }
}
