//! A model's folder: what it claims, checked before anything is allocated for it.
use crate::{Error, Result};
use foveate_language::{DecoderShape, MatrixName, MatrixPart};
use foveate_vision::ImageConfig;
use ndarray::{Array1, Array2};
use safetensors::{Dtype, SafeTensors};
use serde::Deserialize;
use sha2::{Digest, Sha256};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

/// The version of `models/FORMAT.md` that this library reads.
pub const FORMAT: u32 = 1;
/// Largest `config.json` and largest `tokenizer.json` that are read.
const MAX_CONFIG: u64 = 1 << 20;
const MAX_TOKENIZER: u64 = 64 << 20;
/// Room for the header of a safetensors file beside its numbers.
pub(crate) const MAX_HEADER: u64 = 1 << 20;

/// `config.json`.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Config {
    /// Version of the format.
    pub format: u32,
    /// The model's name.
    pub name: String,
    /// `on-device` or `server`.
    pub tier: String,
    /// How pictures are prepared.
    pub image: ImageConfig,
    /// How image tokens are chosen.
    pub adapter: AdapterConfig,
    /// The place embedding and the pointer.
    pub fusion: FusionConfig,
    /// The decoder's sizes.
    pub decoder: DecoderConfig,
    /// Names of the special tokens.
    pub tokens: TokenNames,
    /// The prompts that the model was trained with.
    pub prompts: Prompts,
}

/// How image tokens are chosen from the adapter's slots.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
pub struct AdapterConfig {
    /// Glyph slots of a patch.
    pub slots: usize,
    /// Overview slots under this em size (overview pixels) are dropped.
    pub overview_min_em: f32,
    /// Tile slots over this em size (tile pixels) are dropped.
    pub detail_max_em: f32,
    /// Image tokens kept of a picture.
    pub max_glyphs: usize,
}

/// The place embedding and the pointer.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
pub struct FusionConfig {
    /// Frequencies of the place embedding.
    pub n_freq: usize,
    /// Width of the pointer's queries and keys.
    pub pointer_dim: usize,
    /// Whether image tokens pass through `mixer.onnx`.
    #[serde(default)]
    pub mixer: bool,
}

/// The decoder's sizes, by the names of `config.json`.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[expect(missing_docs, reason = "the field's words, as in `DecoderShape`")]
pub struct DecoderConfig {
    pub dim: usize,
    pub n_layers_kv: usize,
    pub n_layers_shared: usize,
    pub n_heads: usize,
    pub n_kv_heads: usize,
    pub head_dim: usize,
    pub ffn_dim: usize,
    pub vocab_size: usize,
    pub rope_theta: f64,
    pub norm_eps: f64,
    pub context: usize,
}

/// Names of the special tokens.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[expect(missing_docs, reason = "each is the token of that name")]
pub struct TokenNames {
    pub begin: String,
    pub image: String,
    pub user: String,
    pub answer: String,
    pub end: String,
    pub pad: String,
}

/// The prompts that the model was trained with.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Prompts {
    /// Asks for the transcript.
    pub ocr: String,
    /// Asks for the fields of a type; `{fields}` is their list.
    pub fields: String,
}

impl DecoderConfig {
    /// The sizes that a decoder's file must confirm.
    #[must_use]
    pub fn shape(&self) -> DecoderShape {
        DecoderShape {
            dim: self.dim,
            n_layers_kv: self.n_layers_kv,
            n_layers_shared: self.n_layers_shared,
            n_heads: self.n_heads,
            n_kv_heads: self.n_kv_heads,
            head_dim: self.head_dim,
            vocab_size: self.vocab_size,
            context: self.context,
        }
    }

    /// Rows and columns of a matrix; `None` where the decoder has no such layer.
    #[must_use]
    pub fn matrix(&self, name: MatrixName) -> Option<[usize; 2]> {
        let (q, kv) = (
            self.n_heads * self.head_dim,
            self.n_kv_heads * self.head_dim,
        );
        let layers = if name.shared {
            self.n_layers_shared
        } else {
            self.n_layers_kv
        };
        (name.index < layers).then_some(match name.part {
            MatrixPart::Q => [q, self.dim],
            MatrixPart::K | MatrixPart::V => [kv, self.dim],
            MatrixPart::O => [self.dim, q],
            MatrixPart::Gate | MatrixPart::Up => [self.ffn_dim, self.dim],
            MatrixPart::Down => [self.dim, self.ffn_dim],
        })
    }

    /// The sizes in the order of `config.json`, as a signature takes them.
    #[allow(
        clippy::cast_precision_loss,
        reason = "sizes are below 2^53, checked when the bundle is opened"
    )]
    fn numbers(&self) -> [f64; 11] {
        let sizes = [
            self.dim,
            self.n_layers_kv,
            self.n_layers_shared,
            self.n_heads,
            self.n_kv_heads,
            self.head_dim,
            self.ffn_dim,
            self.vocab_size,
            self.context,
        ]
        .map(|n| n as f64);
        let [
            dim,
            kv,
            shared,
            heads,
            kv_heads,
            head_dim,
            ffn,
            vocab,
            context,
        ] = sizes;
        let (theta, eps) = (self.rope_theta, self.norm_eps);
        [
            dim, kv, shared, heads, kv_heads, head_dim, ffn, vocab, theta, eps, context,
        ]
    }
}

/// A folder whose `config.json` was read and whose files are there.
#[derive(Debug, Clone)]
pub struct Bundle {
    dir: PathBuf,
    config: Config,
}

impl Bundle {
    /// Reads and checks `config.json`; the other files only have to exist here, and are checked when they are opened.
    pub fn open(dir: impl AsRef<Path>) -> Result<Self> {
        let dir = dir.as_ref().to_owned();
        let file = dir.join("config.json");
        let json = read(&file, MAX_CONFIG)?;
        let refused = |why: String| Error::AssetsInvalid {
            file: file.clone(),
            why,
        };
        let config: Config = serde_json::from_slice(&json).map_err(|e| refused(e.to_string()))?;
        check(&config).map_err(refused)?;
        let bundle = Self { dir, config };
        for name in [
            "tokenizer.json",
            "vision.onnx",
            "adapter.onnx",
            "fusion.safetensors",
        ] {
            bundle.file(name)?;
        }
        if bundle.config.fusion.mixer {
            bundle.file("mixer.onnx")?;
        }
        if !bundle.has("decoder.safetensors") {
            bundle.file("decoder.onnx")?;
        }
        Ok(bundle)
    }

    /// What `config.json` says.
    #[must_use]
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// The folder.
    #[must_use]
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Whether a file is there.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.dir.join(name).is_file()
    }

    /// The path of a file that is there.
    pub fn file(&self, name: &str) -> Result<PathBuf> {
        let path = self.dir.join(name);
        if path.is_file() {
            Ok(path)
        } else {
            Err(Error::AssetsMissing(path))
        }
    }

    /// The contents of `tokenizer.json`.
    pub fn tokenizer_json(&self) -> Result<Vec<u8>> {
        read(&self.file("tokenizer.json")?, MAX_TOKENIZER)
    }

    /// The tensors of `fusion.safetensors`, of the shapes that the configuration demands.
    pub fn fusion_weights(&self) -> Result<FusionWeights> {
        let file = self.file("fusion.safetensors")?;
        let refused = |why: String| Error::AssetsInvalid {
            file: file.clone(),
            why,
        };
        let (dim, pointer) = (self.config.decoder.dim, self.config.fusion.pointer_dim);
        let wide = 8 * self.config.fusion.n_freq;
        let numbers = 2 * (dim as u64 * wide as u64)
            + dim as u64
            + 2 * (pointer as u64 * dim as u64)
            + pointer as u64;
        let bytes = read(&file, numbers * 4 + MAX_HEADER)?;
        let tensors = SafeTensors::deserialize(&bytes).map_err(|e| refused(e.to_string()))?;
        let matrix = |name, shape| matrix(&tensors, name, shape).map_err(refused);
        let vector = |name, n| vector(&tensors, name, n).map_err(refused);
        Ok(FusionWeights {
            place_weight: matrix("place.weight", [dim, wide])?,
            place_bias: vector("place.bias", dim)?,
            before_weight: match tensors.tensor("before.weight") {
                Ok(_) => matrix("before.weight", [dim, wide])?,
                Err(_) => Array2::zeros([dim, wide]),
            },
            pointer_query: matrix("pointer.query", [pointer, dim])?,
            pointer_key: matrix("pointer.key", [pointer, dim])?,
            pointer_null: vector("pointer.null", pointer)?,
        })
    }
}

/// What a model is recognised by: a SHA-256 in lower-case hexadecimal over the decoder's sizes and the tensors that were
/// trained with it (`models/FORMAT.md`, *Signature*).
///
/// It is the same for every decoder file of a bundle, and costs a hash of some hundred kilobytes. It tells one training from
/// another; it is no proof against a file that was changed on purpose.
#[must_use]
pub fn signature(decoder: &DecoderConfig, weights: &FusionWeights) -> String {
    let mut hash = Sha256::new();
    hash.update(b"foveate-base-1\n");
    for number in decoder.numbers() {
        hash.update(number.to_le_bytes());
    }
    let tensors = [
        weights.place_weight.iter(),
        weights.pointer_query.iter(),
        weights.pointer_key.iter(),
    ];
    let vectors = [weights.place_bias.iter(), weights.pointer_null.iter()];
    for value in tensors.into_iter().flatten() {
        hash.update(value.to_le_bytes());
    }
    for value in vectors.into_iter().flatten() {
        hash.update(value.to_le_bytes());
    }
    hash.finalize().iter().fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

/// What an adapter must have been trained on, and where a bundle keeps its own.
#[derive(Debug, Clone)]
pub(crate) struct Base {
    /// The bundle's folder.
    pub dir: PathBuf,
    pub decoder: DecoderConfig,
    pub signature: String,
}

impl Base {
    pub fn new(bundle: &Bundle, weights: &FusionWeights) -> Self {
        let decoder = bundle.config().decoder;
        Self {
            dir: bundle.dir().to_owned(),
            decoder,
            signature: signature(&decoder, weights),
        }
    }

    /// Names of the folders in `adapters/`, sorted.
    pub fn adapters(&self) -> Vec<String> {
        let folders = fs::read_dir(self.dir.join("adapters"))
            .into_iter()
            .flatten();
        let mut names: Vec<String> = folders
            .flatten()
            .filter(|f| f.path().join("adapter.json").is_file())
            .filter_map(|f| f.file_name().into_string().ok())
            .collect();
        names.sort();
        names
    }
}

/// The tensors of `fusion.safetensors`.
#[derive(Debug, Clone)]
pub struct FusionWeights {
    /// `[dim, 8 * n_freq]`
    pub place_weight: Array2<f32>,
    /// `[dim]`
    pub place_bias: Array1<f32>,
    /// `[dim, 8 * n_freq]`: from the place of the image token before; zeros if the bundle has none.
    pub before_weight: Array2<f32>,
    /// `[pointer_dim, dim]`
    pub pointer_query: Array2<f32>,
    /// `[pointer_dim, dim]`
    pub pointer_key: Array2<f32>,
    /// `[pointer_dim]`
    pub pointer_null: Array1<f32>,
}

/// Reads a file whose length is at most `limit`.
pub(crate) fn read(file: &Path, limit: u64) -> Result<Vec<u8>> {
    let refused = |why: String| Error::AssetsInvalid {
        file: file.to_owned(),
        why,
    };
    let length = match fs::metadata(file) {
        Ok(meta) => meta.len(),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => {
            return Err(Error::AssetsMissing(file.to_owned()));
        }
        Err(e) => return Err(refused(e.to_string())),
    };
    if length > limit {
        return Err(refused(format!(
            "{length} bytes, at most {limit} are expected"
        )));
    }
    fs::read(file).map_err(|e| refused(e.to_string()))
}

fn check(config: &Config) -> Result<(), String> {
    if config.format != FORMAT {
        return Err(format!(
            "format {}, this library reads format {FORMAT}",
            config.format
        ));
    }
    config.image.check().map_err(|e| format!("image: {e}"))?;
    let d = &config.decoder;
    for (name, value, most) in [
        ("decoder.dim", d.dim, 1 << 16),
        ("decoder.n_layers_kv", d.n_layers_kv, 1 << 10),
        ("decoder.n_heads", d.n_heads, 1 << 10),
        ("decoder.n_kv_heads", d.n_kv_heads, 1 << 10),
        ("decoder.head_dim", d.head_dim, 1 << 12),
        ("decoder.ffn_dim", d.ffn_dim, 1 << 18),
        ("decoder.vocab_size", d.vocab_size, 1 << 22),
        ("decoder.context", d.context, 1 << 22),
        ("fusion.pointer_dim", config.fusion.pointer_dim, 1 << 14),
        ("adapter.slots", config.adapter.slots, 64),
        ("adapter.max_glyphs", config.adapter.max_glyphs, 1 << 20),
    ] {
        if value == 0 || value > most {
            return Err(format!("{name} is {value}, not 1 to {most}"));
        }
    }
    if config.fusion.n_freq < 2 || config.fusion.n_freq > 1 << 10 {
        return Err(format!(
            "fusion.n_freq is {}, not 2 to 1024",
            config.fusion.n_freq
        ));
    }
    if d.n_layers_shared > 1 << 10
        || !d.n_heads.is_multiple_of(d.n_kv_heads)
        || !d.head_dim.is_multiple_of(2)
    {
        return Err("decoder: n_heads must be a multiple of n_kv_heads, head_dim even, n_layers_shared at most 1024".into());
    }
    if !(config.adapter.overview_min_em.is_finite() && config.adapter.detail_max_em.is_finite()) {
        return Err("adapter: em sizes must be finite".into());
    }
    if !config.prompts.fields.contains("{fields}") {
        return Err("prompts.fields has no {fields}".into());
    }
    Ok(())
}

fn numbers(tensors: &SafeTensors<'_>, name: &str, shape: &[usize]) -> Result<Vec<f32>, String> {
    let tensor = tensors
        .tensor(name)
        .map_err(|e| format!("tensor {name}: {e}"))?;
    if tensor.dtype() != Dtype::F32 || tensor.shape() != shape {
        return Err(format!(
            "tensor {name} is {:?} {:?}, not F32 {shape:?}",
            tensor.dtype(),
            tensor.shape()
        ));
    }
    let values: Vec<f32> = tensor
        .data()
        .chunks_exact(4)
        .map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]]))
        .collect();
    if values.iter().any(|v| !v.is_finite()) {
        return Err(format!("tensor {name} holds numbers that are not finite"));
    }
    Ok(values)
}

fn matrix(tensors: &SafeTensors<'_>, name: &str, shape: [usize; 2]) -> Result<Array2<f32>, String> {
    Array2::from_shape_vec(shape, numbers(tensors, name, &shape)?)
        .map_err(|e| format!("tensor {name}: {e}"))
}

fn vector(tensors: &SafeTensors<'_>, name: &str, n: usize) -> Result<Array1<f32>, String> {
    numbers(tensors, name, &[n]).map(Array1::from)
}
