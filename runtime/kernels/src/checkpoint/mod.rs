//! Open checkpoints: decoders that others trained, from GGUF files or Hugging Face
//! folders, on the same forward pass as our
//! own. Families: Llama (SmolLM2 is one), Qwen2, Qwen3, Gemma 3.
//!
//! What is done at import, so that the forward pass has one way for all:
//! - Rotary pairs become neighbours: rows of q and k (biases and norms too) are reordered where the
//!   family turns element i with element i + head_dim/2. Scores do not change by that.
//! - Blocks of weights are reordered into tiles; their parameters stay as published.
//! - Matrices that were compressed further come from a second file (`palettes`).

use std::path::{Path, PathBuf};

use crate::error::{Error, Kind, Result};
use crate::{Attention, Cpu, Decoder};

mod family;
mod folder;
mod gguf;
mod import;
mod palettes;

/// How to open a checkpoint.
#[derive(Clone, Debug)]
pub struct OpenOptions {
    /// The instruction set.
    pub cpu: Cpu,
    /// Worker threads; 0 takes one for each core.
    pub threads: usize,
    /// The cache: [`Attention::Measured`] (int8, the default) or [`Attention::F16`].
    pub attention: Attention,
    /// The most tokens a cache may hold: at most what the model was trained for, and 65,536.
    /// Default 4096.
    pub context: usize,
    /// A file of palettes (`checkpoint/palettes.rs`): its matrices stand in the place of the
    /// checkpoint's, which need not be there then, but for the embedding. Default none.
    pub palettes: Option<PathBuf>,
}

impl OpenOptions {
    /// The defaults, for an instruction set.
    pub fn new(cpu: Cpu) -> Self {
        Self {
            cpu,
            threads: 0,
            attention: Attention::Measured,
            context: 4096,
            palettes: None,
        }
    }

    fn check(&self) -> Result<()> {
        if matches!(self.attention, Attention::Measured | Attention::F16) {
            return Ok(());
        }
        let place = format!("attention {:?} of a checkpoint", self.attention);
        Err(Error::new(Kind::Input, place))
    }
}

impl Decoder {
    /// Opens a GGUF file of one of the families. Everything in it is checked before it is used; a
    /// tensor that the family does not call for is a refusal, because the answer would be wrong.
    pub fn open_gguf(path: impl AsRef<Path>, options: &OpenOptions) -> Result<Self> {
        let file = foveate_gguf::File::open(path).map_err(gguf::refused)?;
        Self::from_gguf(file, options)
    }

    /// Opens a Hugging Face folder of one of the families: `config.json`, and `model.safetensors`
    /// or the files that `model.safetensors.index.json` names. Weights are kept as float32.
    pub fn open_folder(path: impl AsRef<Path>, options: &OpenOptions) -> Result<Self> {
        options.check()?;
        let weights = folder::weights(path.as_ref(), options)?;
        Self::of(weights, options.cpu, options.threads)
    }

    /// As [`Decoder::open_gguf`], from a file that is open, or from memory.
    pub fn from_gguf<R: std::io::Read + std::io::Seek>(
        file: foveate_gguf::File<R>,
        options: &OpenOptions,
    ) -> Result<Self> {
        options.check()?;
        Self::of(gguf::weights(file, options)?, options.cpu, options.threads)
    }
}

#[cfg(test)]
mod tests;
