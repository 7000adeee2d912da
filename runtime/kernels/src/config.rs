//! The decoder's sizes: the `decoder` object of a bundle's `config.json`, and the same in the
//! file's metadata.

use serde::{Deserialize, Serialize};

use crate::error::{Error, Kind, Result};

/// Widest head.
pub(crate) const MAX_HEAD: usize = 1024;

/// Sizes of a decoder. Unknown fields are ignored.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Config {
    /// Width of the residual stream.
    pub dim: usize,
    /// Layers of block 1, each with its own keys and values.
    pub n_layers_kv: usize,
    /// Layers of block 2, which read the keys and values of the last layer of block 1.
    pub n_layers_shared: usize,
    /// Query heads.
    pub n_heads: usize,
    /// Key and value heads; divides `n_heads`.
    pub n_kv_heads: usize,
    /// Width of a head; even.
    pub head_dim: usize,
    /// Width of the feed-forward layer.
    pub ffn_dim: usize,
    /// Rows of the embedding.
    pub vocab_size: usize,
    /// Base of the RoPE frequencies.
    pub rope_theta: f64,
    /// Added to the mean square in every RMSNorm.
    pub norm_eps: f32,
    /// The most tokens a cache may hold.
    pub context: usize,
}

impl Config {
    /// The published 3.11-billion-parameter shape (`AFM 2025`: 56 layers of width 2048).
    pub fn on_device_3b() -> Self {
        Self {
            dim: 2048,
            n_layers_kv: 35,
            n_layers_shared: 21,
            n_heads: 16,
            n_kv_heads: 2,
            head_dim: 128,
            ffn_dim: 6656,
            vocab_size: 153_600,
            rope_theta: 500_000.0,
            norm_eps: 1e-5,
            context: 4096,
        }
    }

    /// Our own shape of about 300 million parameters, in the same proportions.
    pub fn on_device_300m() -> Self {
        Self {
            dim: 1024,
            n_layers_kv: 15,
            n_layers_shared: 9,
            n_heads: 8,
            ffn_dim: 3328,
            vocab_size: 32_768,
            ..Self::on_device_3b()
        }
    }

    /// Our own shape of about 30 million parameters; sizes are multiples of 256, so that others'
    /// 2-bit formats can hold it too.
    pub fn on_device_30m() -> Self {
        let heads = Self {
            n_heads: 8,
            n_kv_heads: 2,
            head_dim: 64,
            ..Self::on_device_3b()
        };
        Self {
            dim: 512,
            n_layers_kv: 5,
            n_layers_shared: 3,
            ffn_dim: 1536,
            vocab_size: 16_384,
            ..heads
        }
    }

    /// The same layers, each with its own keys and values: what sharing saves is the difference.
    pub fn without_sharing(&self) -> Self {
        Self {
            n_layers_kv: self.n_layers(),
            n_layers_shared: 0,
            ..self.clone()
        }
    }

    /// Layers of both blocks.
    pub fn n_layers(&self) -> usize {
        self.n_layers_kv + self.n_layers_shared
    }

    /// Width of all query heads.
    pub fn q_dim(&self) -> usize {
        self.n_heads * self.head_dim
    }

    /// Width of all key heads, and of all value heads.
    pub fn kv_dim(&self) -> usize {
        self.n_kv_heads * self.head_dim
    }

    /// Parameters: matrices and norms.
    pub fn parameters(&self) -> usize {
        let layer = 2 * self.dim * self.q_dim()
            + 3 * self.dim * self.ffn_dim
            + 2 * self.dim
            + self.head_dim;
        let kv = 2 * self.dim * self.kv_dim() + self.head_dim;
        self.vocab_size * self.dim + self.n_layers() * layer + self.n_layers_kv * kv + self.dim
    }

    /// Checks every size against the limits of the kernels (`FORMAT.md`), so that later products
    /// cannot overflow.
    pub(crate) fn check(&self) -> Result<()> {
        let range = |name: &str, value: usize, max: usize| {
            if (1..=max).contains(&value) {
                Ok(())
            } else {
                Err(Error::new(
                    Kind::Config,
                    format!("config field `{name}` = {value}"),
                ))
            }
        };
        range("dim", self.dim, 65_536)?;
        range("n_layers_kv", self.n_layers_kv, 512)?;
        range(
            "n_layers_shared",
            self.n_layers_shared.saturating_add(1),
            512,
        )?;
        range("n_heads", self.n_heads, 1024)?;
        range("n_kv_heads", self.n_kv_heads, self.n_heads)?;
        range("head_dim", self.head_dim, MAX_HEAD)?;
        range("n_heads * head_dim", self.q_dim(), 65_536)?;
        range("ffn_dim", self.ffn_dim, 65_536)?;
        range("vocab_size", self.vocab_size, 1 << 24)?;
        range("context", self.context, 65_536)?;
        let fits = |name: &str, ok: bool| {
            if ok {
                Ok(())
            } else {
                Err(Error::new(Kind::Config, format!("config field `{name}`")))
            }
        };
        fits("n_kv_heads", self.n_heads.is_multiple_of(self.n_kv_heads))?;
        fits("head_dim", self.head_dim.is_multiple_of(2))?;
        fits(
            "rope_theta",
            self.rope_theta.is_finite() && self.rope_theta >= 1.0,
        )?;
        fits(
            "norm_eps",
            self.norm_eps.is_finite() && self.norm_eps > 0.0 && self.norm_eps < 1.0,
        )
    }
}
