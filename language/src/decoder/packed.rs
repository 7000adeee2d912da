//! The decoder of a bundle's `decoder.safetensors`: packed integer weights, run by the kernels.
use super::no_replaced_rows;
use crate::{
    Cache, DecoderConfig, Dims, Error, Lora, MatrixPath, Output, Result, Rows, Store, TextDecoder,
};
use foveate_kernels::{Cpu, Input, Matrix, Update};
use ndarray::Array2;
use std::path::Path;
use std::sync::Arc;

/// A decoder of packed integers with an integer cache.
pub struct PackedDecoder {
    inner: Arc<foveate_kernels::Decoder>,
    config: DecoderConfig,
    lora: Option<foveate_kernels::Lora>,
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
            vocab_size: c.vocab_size,
            context: c.context,
            ..config
        };
        if found != config {
            return Err(Error::decoder(format!(
                "the file holds {found:?}, the configuration says {config:?}"
            )));
        }
        Ok(Self {
            inner: Arc::new(inner),
            config,
            lora: None,
        })
    }

    /// The layer and the kind of a matrix.
    fn locate(&self, path: &MatrixPath) -> Result<(usize, Matrix)> {
        let found = self.config.locate(path);
        let found = found.and_then(|(layer, name)| Some((layer, matrix(name)?)));
        found.ok_or_else(|| Error::decoder(format!("the decoder has no matrix {path}")))
    }

    /// The instruction set in use.
    #[must_use]
    pub fn cpu(&self) -> &'static str {
        self.inner.cpu().name()
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

fn refused(e: foveate_kernels::Error) -> Error {
    Error::Decoder {
        what: e.to_string(),
        source: Some(Box::new(e)),
    }
}

impl TextDecoder for PackedDecoder {
    fn dims(&self) -> Dims {
        self.config.dims()
    }

    fn new_cache(&self) -> Cache {
        Cache::new(Pages(self.inner.cache()))
    }

    fn forward(&self, cache: &mut Cache, rows: Rows<'_>) -> Result<Output> {
        no_replaced_rows(&rows)?;
        let Pages(pages) = cache.store::<Pages>()?;
        let len = pages.len() + rows.ids.len();
        if len > self.config.context {
            return Err(Error::ContextFull {
                needed: len,
                limit: self.config.context,
            });
        }
        let extra = rows.extra.as_standard_layout();
        let input = Input {
            ids: rows.ids,
            extra: extra.as_slice(),
            positions: None,
            select: rows.select,
        };
        let output = self.inner.run_with(pages, input, self.lora.as_ref());
        let output = output.map_err(refused)?;
        let table = |values: Vec<f32>, width: usize| {
            Array2::from_shape_vec((rows.select.len(), width), values)
                .map_err(|e| Error::decoder(e.to_string()))
        };
        Ok(Output {
            logits: table(output.logits, self.config.vocab_size)?,
            hidden: table(output.hidden, self.config.dim)?,
        })
    }

    /// The packed weights are shared; the update runs beside them in float
    /// (`foveate_kernels::Lora`).
    fn adapted(&self, lora: &Lora) -> Result<Arc<dyn TextDecoder>> {
        let factors: Vec<_> = lora
            .updates()
            .iter()
            .map(|u| (&u.name, u.a.as_standard_layout(), u.b.as_standard_layout()))
            .collect();
        let updates: Vec<Update<'_>> = factors
            .iter()
            .map(|(name, a, b)| {
                let (layer, matrix) = self.locate(name)?;
                Ok(Update {
                    layer,
                    matrix,
                    a: a.as_slice().unwrap_or_default(),
                    b: b.as_slice().unwrap_or_default(),
                })
            })
            .collect::<Result<_>>()?;
        let lora =
            foveate_kernels::Lora::new(self.inner.config(), lora.rank(), lora.scale(), &updates);
        Ok(Arc::new(Self {
            inner: self.inner.clone(),
            config: self.config,
            lora: Some(lora.map_err(refused)?),
        }))
    }
}

fn matrix(name: &str) -> Option<Matrix> {
    Some(match name {
        "q" => Matrix::Q,
        "k" => Matrix::K,
        "v" => Matrix::V,
        "o" => Matrix::O,
        "ffn.gate" => Matrix::Gate,
        "ffn.up" => Matrix::Up,
        "ffn.down" => Matrix::Down,
        _ => return None,
    })
}

/// The kernels' cache.
struct Pages(foveate_kernels::Cache);

impl Store for Pages {
    fn len(&self) -> usize {
        self.0.len()
    }

    fn truncate(&mut self, len: usize) {
        self.0.truncate(len);
    }

    fn fork(&self) -> Box<dyn Store> {
        Box::new(Self(self.0.fork()))
    }

    fn bytes(&self) -> usize {
        self.0.bytes()
    }
}
