//! How a model is made: of a bundle as its options say, or of one's own stages.
use super::{Model, Origin, Shared};
use crate::Result;
use crate::bundle::Bundle;
use crate::readers::glyph::Rules;
use crate::readers::{self, Reader};
use foveate_language::{Grammars, Template, TextDecoder, Tokenizer};
use foveate_onnx::{GraphOptions, Provider, Runtime, RuntimeOptions};
use foveate_vision::Mode;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicUsize;
use std::sync::{Arc, Mutex};

/// How a model is loaded and run.
#[derive(Debug, Clone, PartialEq)]
pub struct Options {
    /// Threads of the graphs; 0 (the default) is as many as the process may use.
    pub threads: usize,
    /// The resolution that pictures are encoded at; the bundle's own default where it is `None`.
    pub mode: Option<Mode>,
    /// Pictures that may go through the graphs at once; others wait. Each beyond the first costs a
    /// copy of the weights of the ONNX graphs, opened when it is first needed. 1 by default.
    pub at_once: usize,
    /// The ONNX Runtime library; searched for in the usual places where it is `None`.
    pub runtime: Option<PathBuf>,
    /// Which of a bundle's decoders is run.
    pub decoder: DecoderFile,
    /// What runs the graphs. The CPU by default.
    pub provider: Provider,
    /// Pictures whose image tokens are remembered, over all sessions. 16 by default: some
    /// megabytes.
    pub remembered_images: usize,
    /// The thresholds of reading.
    pub rules: Rules,
    /// Bytes that the views of a picture may take at once in an encoder with global attention
    /// ([`GlobalTower`](foveate_vision::GlobalTower)), its weights aside. 0, the default, encodes
    /// one view after another, which is as fast on a CPU.
    pub view_memory: u64,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            threads: 0,
            mode: None,
            at_once: 1,
            runtime: None,
            decoder: DecoderFile::default(),
            provider: Provider::default(),
            remembered_images: 16,
            rules: Rules::default(),
            view_memory: 0,
        }
    }
}

/// Which of a bundle's decoders is run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum DecoderFile {
    /// Packed integers where the bundle has them, the float graph otherwise.
    #[default]
    Auto,
    /// `decoder.safetensors`: packed integers, run by the kernels.
    Packed,
    /// `decoder.onnx`: floats, run by ONNX Runtime.
    Onnx,
}

/// The stages of a model, each replaceable.
pub struct Parts {
    /// The model's name.
    pub name: String,
    /// Text to tokens.
    pub tokenizer: Arc<Tokenizer>,
    /// Pictures to rows.
    pub reader: Box<dyn Reader>,
    /// Rows to logits.
    pub decoder: Box<dyn TextDecoder>,
    /// The tokens around the turns of a conversation.
    pub template: Template,
    /// The mode of pictures when nobody says.
    pub mode: Mode,
    /// Pictures whose image tokens are remembered.
    pub remembered_images: usize,
}

impl Model {
    /// Loads a bundle (`models/FORMAT.md`) by its name or from its folder. A name, such as `nano`,
    /// is looked for where [`Bundle::find`] says; anything with a separator in it is a folder's
    /// path.
    ///
    /// A path to a GGUF file, or to a Hugging Face folder with a chat template, loads a model of
    /// others: Llama, Qwen2, Qwen3 or Gemma 3, with a tokenizer that `models/FORMAT.md` lists. It
    /// answers in its own words, without boxes, and is shown the text of pictures where the spotter
    /// of `models/base` is found.
    pub fn load(model: impl AsRef<Path>) -> Result<Self> {
        Self::load_with(model, &Options::default())
    }

    /// Loads a bundle by its name or from its folder as `options` say.
    pub fn load_with(model: impl AsRef<Path>, options: &Options) -> Result<Self> {
        let dir = Bundle::find(model)?;
        Runtime::find(&RuntimeOptions {
            library: options.runtime.clone(),
        })?;
        let graphs = GraphOptions {
            threads: options.threads,
            provider: options.provider,
            at_once: options.at_once,
            ..GraphOptions::default()
        };
        let (opened, checked) = readers::open(&dir, &graphs, options)?;
        let parts = Parts {
            name: opened.name,
            tokenizer: opened.tokenizer,
            reader: opened.reader,
            decoder: opened.decoder,
            template: opened.template,
            mode: options.mode.unwrap_or(opened.mode),
            remembered_images: options.remembered_images,
        };
        let origin = Origin {
            dir,
            architecture: opened.architecture,
            tier: opened.tier,
            base: opened.base,
            checked,
        };
        Self::assemble(parts, Some(origin))
    }

    /// A model of one's own stages. Adapters are for models of a bundle: this one takes none.
    pub fn from_parts(parts: Parts) -> Result<Self> {
        Self::assemble(parts, None)
    }

    fn assemble(parts: Parts, origin: Option<Origin>) -> Result<Self> {
        let grammars = Grammars::new(
            parts.tokenizer.clone(),
            parts.decoder.dims().vocab_size,
            parts.template.end,
        )?;
        Ok(Self(Arc::new(Shared {
            parts,
            grammars,
            remembered: Mutex::new(Vec::new()),
            encoded: AtomicUsize::new(0),
            origin,
            adapted: Mutex::new(Vec::new()),
        })))
    }
}
