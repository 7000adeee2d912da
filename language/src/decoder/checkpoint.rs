//! Decoders that others trained: GGUF files and Hugging Face folders, run by the kernels.
use super::kernel::{Kernel, Pairs, matrix};
use crate::{
    Cache, Dims, Error, Lora, MatrixPath, Output, Result, Rows, TextDecoder, TokenId, Tokenizer,
};
use foveate_kernels::{Attention, Cpu, Decoder, Kind, Matrix, OpenOptions};
use std::error::Error as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// How to open a checkpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckpointOptions {
    /// Worker threads; 0, the default, takes one for each core.
    pub threads: usize,
    /// Most rows that a conversation may have; no more than the model was trained for, or 65,536,
    /// are taken. Default 4096: the cache of a small model stays below its weights.
    pub context: usize,
    /// Whether keys and values are kept as float16 instead of int8, in twice the memory. Default
    /// false: int8 keys move SmolLM2's logits by 2%, less than its int8 activations do
    /// (`runtime/kernels/LOG.md`).
    pub float16_cache: bool,
    /// A safetensors file of palettes of 4 or 16 entries, whose matrices stand in the place of the
    /// checkpoint's (`models/FORMAT.md`). Default none.
    pub palettes: Option<PathBuf>,
}

impl Default for CheckpointOptions {
    fn default() -> Self {
        Self {
            threads: 0,
            context: 4096,
            float16_cache: false,
            palettes: None,
        }
    }
}

/// Most rows of an embedding that may have no token: sizes are rounded up when a model is made.
/// Qwen2.5's largest have 399 (152,064 rows, 151,665 tokens).
const SPARE_ROWS: usize = 1024;

/// A decoder of an open checkpoint: Llama (SmolLM2), Qwen2, Qwen3 or Gemma 3.
///
/// Rows may be embeddings in a token's place. Updates ([`TextDecoder::adapted`]) are those of
/// published models: paths `layers.N.{q,k,v,o,ffn.gate,ffn.up,ffn.down}`, rows of q and k in the
/// order of `transformers` (rotary pairs half a head apart), also for files that order them
/// otherwise.
pub struct CheckpointDecoder {
    kernel: Kernel,
}

impl CheckpointDecoder {
    /// Opens a GGUF file, or a Hugging Face folder (`config.json` and safetensors), for this
    /// machine's CPU.
    ///
    /// # Errors
    /// Another architecture; a tensor missing, of another shape or not called for, also of the
    /// palettes; what the file announces and does not hold. Each names the file and what was found
    /// in it.
    pub fn open(path: impl AsRef<Path>, options: &CheckpointOptions) -> Result<Self> {
        let path = path.as_ref();
        let opened = Cpu::detect().and_then(|cpu| {
            let options = OpenOptions {
                threads: options.threads,
                context: options.context,
                attention: match options.float16_cache {
                    true => Attention::F16,
                    false => Attention::Measured,
                },
                palettes: options.palettes.clone(),
                cpu,
            };
            match path.is_dir() {
                true => Decoder::open_folder(path, &options),
                false => Decoder::open_gguf(path, &options),
            }
        });
        let kernel = Kernel::new(opened.map_err(|e| refused(path, e))?);
        Ok(Self { kernel })
    }

    /// Whether the tokens of `tokenizer` are this decoder's: as many, or a few less than its
    /// embedding has rows.
    ///
    /// # Errors
    /// More tokens than rows, or more than 1,024 rows without a token.
    pub fn check_vocabulary(&self, tokenizer: &Tokenizer) -> Result<()> {
        let (rows, tokens) = (self.dims().vocab_size, tokenizer.len());
        if tokens <= rows && rows - tokens <= SPARE_ROWS {
            return Ok(());
        }
        Err(Error::decoder(format!(
            "the decoder's embedding has {rows} rows and the tokenizer {tokens} tokens; as many \
             tokens are expected, or up to {SPARE_ROWS} less: take the tokenizer that was \
             published with the weights"
        )))
    }

    /// The embedding of a token, `[dim]`, without what some families multiply it by.
    pub fn embedding(&self, id: TokenId) -> Result<Vec<f32>> {
        let row = self.kernel.inner.embedding(id);
        row.map_err(super::kernel::refused)
    }

    /// Layers.
    #[must_use]
    pub fn n_layers(&self) -> usize {
        self.kernel.inner.config().n_layers()
    }

    /// The instruction set in use.
    #[must_use]
    pub fn cpu(&self) -> &'static str {
        self.kernel.inner.cpu().name()
    }

    /// Rows and columns of a matrix that takes updates; `None` where the decoder has none such.
    #[must_use]
    pub fn matrix(&self, path: &MatrixPath) -> Option<[usize; 2]> {
        let (_, matrix) = self.locate(path)?;
        Some(matrix.shape(self.kernel.inner.config()))
    }

    /// The layer and the kind of a matrix.
    fn locate(&self, path: &MatrixPath) -> Option<(usize, Matrix)> {
        let (layer, name) = path.as_str().strip_prefix("layers.")?.split_once('.')?;
        let at: usize = layer.parse().ok()?;
        let canonical = at.to_string() == layer && at < self.n_layers();
        canonical.then_some((at, matrix(name)?))
    }
}

impl std::fmt::Debug for CheckpointDecoder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CheckpointDecoder")
            .field("config", self.kernel.inner.config())
            .field("cpu", &self.cpu())
            .finish()
    }
}

impl TextDecoder for CheckpointDecoder {
    fn dims(&self) -> Dims {
        let c = self.kernel.inner.config();
        Dims {
            dim: c.dim,
            vocab_size: c.vocab_size,
            context: c.context,
        }
    }

    fn new_cache(&self) -> Cache {
        self.kernel.new_cache()
    }

    fn cache_row_bytes(&self) -> Option<usize> {
        Some(self.kernel.inner.kv_bytes_per_token())
    }

    fn forward(&self, cache: &mut Cache, rows: Rows<'_>) -> Result<Output> {
        self.kernel.forward(cache, &rows)
    }

    /// The weights are shared; the update runs beside them in float (`foveate_kernels::Updates`).
    fn adapted(&self, lora: &Lora) -> Result<Arc<dyn TextDecoder>> {
        let locate = |path: &MatrixPath| self.locate(path);
        let kernel = self.kernel.adapted(lora, Pairs::HalfSplit, locate)?;
        Ok(Arc::new(Self { kernel }))
    }
}

/// An error with the file, its causes, and what helps.
fn refused(path: &Path, e: foveate_kernels::Error) -> Error {
    let mut what = format!("{}: {e}", path.display());
    let mut cause = e.source();
    while let Some(e) = cause {
        what = format!("{what}: {e}");
        cause = e.source();
    }
    Error::Decoder {
        what: format!("{what}. {}", advice(e.kind())),
        source: Some(Box::new(e)),
    }
}

fn advice(kind: Kind) -> &'static str {
    match kind {
        Kind::Io => "Expected a GGUF file, or a folder with config.json and model.safetensors",
        Kind::Config => {
            "Expected a decoder of the Llama, Qwen2, Qwen3 or Gemma 3 family with its published \
             sizes; take another model"
        }
        Kind::Missing | Kind::Unknown | Kind::Shape => {
            "Expected the tensors that the sizes in the file call for, and no others; take the \
             file as it was published, or another model"
        }
        Kind::Dtype => {
            "Expected a known kind of numbers; convert the file, to Q8_0 or BF16 for example"
        }
        Kind::Truncated | Kind::Overlap | Kind::Gap | Kind::Misaligned => {
            "The file is not whole; fetch it again"
        }
        Kind::Value => "The weights are damaged; fetch the file again",
        Kind::TooLarge => "The file is beyond what is read; take a smaller model",
        _ => "Take the file as it was published",
    }
}
