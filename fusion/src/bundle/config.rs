//! `config.json`: sizes, names and prompts, and what they must keep to.
use super::FORMAT;
use foveate_language::{DecoderShape, MatrixName, MatrixPart};
use foveate_vision::ImageConfig;
use serde::Deserialize;

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
    /// Characters that the adapter tells apart.
    pub letters: usize,
    /// Width of a slot's features.
    pub slot_dim: usize,
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
    pub(super) fn numbers(&self) -> [f64; 11] {
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

/// Why a configuration is refused.
pub(super) fn check(config: &Config) -> Result<(), String> {
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
        ("adapter.letters", config.adapter.letters, 1 << 20),
        ("adapter.slot_dim", config.adapter.slot_dim, 1 << 14),
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
