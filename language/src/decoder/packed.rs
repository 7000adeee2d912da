//! The decoder of a bundle's `decoder.safetensors`: packed integer weights, run by the kernels.
use super::kernel::{Kernel, Pairs, matrix, refused};
use super::no_replaced_rows;
use crate::{
    Cache, DecoderConfig, Dims, Error, Lora, MatrixPath, Output, Result, Rows, TextDecoder,
};
use foveate_kernels::{Cpu, Matrix};
use std::path::Path;
use std::sync::Arc;

/// A decoder of packed integers with an integer cache.
pub struct PackedDecoder {
    kernel: Kernel,
    config: DecoderConfig,
}

impl PackedDecoder {
    /// Opens the file for this machine's CPU and checks its sizes against `config`. `threads` 0
    /// takes one for each core.
    pub fn open(path: impl AsRef<Path>, config: DecoderConfig, threads: usize) -> Result<Self> {
        let cpu = Cpu::detect().map_err(refused)?;
        let inner = foveate_kernels::Decoder::open(path, cpu, threads).map_err(refused)?;
        let c = inner.config();
        let found = DecoderConfig {
            dim: c.dim,
            n_layers_kv: c.n_layers_kv,
            n_layers_shared: c.n_layers_shared,
            n_heads: c.n_heads,
            n_kv_heads: c.n_kv_heads,
            head_dim: c.head_dim,
            ffn_dim: c.ffn_dim,
            vocab_size: c.vocab_size,
            rope_theta: c.rope_theta,
            context: c.context,
            norm_eps: config.norm_eps, // the file's has half the digits
        };
        if found != config {
            return Err(Error::decoder(format!(
                "the file holds {found:?}, the configuration says {config:?}"
            )));
        }
        Ok(Self {
            kernel: Kernel::new(inner),
            config,
        })
    }

    /// The layer and the kind of a matrix.
    fn locate(&self, path: &MatrixPath) -> Option<(usize, Matrix)> {
        let (layer, name) = self.config.locate(path)?;
        Some((layer, matrix(name)?))
    }

    /// The instruction set in use.
    #[must_use]
    pub fn cpu(&self) -> &'static str {
        self.kernel.inner.cpu().name()
    }
}

impl std::fmt::Debug for PackedDecoder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PackedDecoder")
            .field("config", &self.config)
            .field("cpu", &self.cpu())
            .finish()
    }
}

impl TextDecoder for PackedDecoder {
    fn dims(&self) -> Dims {
        self.config.dims()
    }

    fn new_cache(&self) -> Cache {
        self.kernel.new_cache()
    }

    fn cache_row_bytes(&self) -> Option<usize> {
        Some(self.kernel.inner.kv_bytes_per_token())
    }

    fn forward(&self, cache: &mut Cache, rows: Rows<'_>) -> Result<Output> {
        no_replaced_rows(&rows)?;
        self.kernel.forward(cache, &rows)
    }

    /// The packed weights are shared; the update runs beside them in float
    /// (`foveate_kernels::Updates`).
    fn adapted(&self, lora: &Lora) -> Result<Arc<dyn TextDecoder>> {
        let locate = |path: &MatrixPath| self.locate(path);
        Ok(Arc::new(Self {
            kernel: self.kernel.adapted(lora, Pairs::Neighbours, locate)?,
            config: self.config,
        }))
    }
}
