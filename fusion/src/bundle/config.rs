//! `config.json`: sizes, names and prompts, and what they must keep to.
use super::FORMATS;
use crate::readers::glyph;
use foveate_language::{DecoderConfig, Template, Tokenizer};
use foveate_vision::ImageConfig;
use serde::Deserialize;

/// `config.json`.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Config {
    /// Version of the format.
    pub format: u32,
    /// The model's name.
    pub name: String,
    /// The model family (`models/FORMAT.md`); the glyph reader where none is named.
    #[serde(default = "glyph_reader")]
    pub architecture: String,
    /// `on-device` or `server`.
    pub tier: Tier,
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

fn glyph_reader() -> String {
    glyph::ARCHITECTURE.to_owned()
}

/// Where a model is meant to run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Tier {
    /// On the machine that holds the picture.
    OnDevice,
    /// On a server.
    Server,
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
    /// Scale of the crops in which mode `high` reads a page once more, for that of its canvas; no
    /// crops where there is none. Between 1 and 4.
    #[serde(default)]
    pub closer: Option<f32>,
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

impl TokenNames {
    /// The conversation's form; a name that the tokenizer lacks is an error.
    pub fn template(&self, tokenizer: &Tokenizer, vocab_size: usize) -> Result<Template, String> {
        let id = |name: &str| {
            let found = tokenizer.special(name);
            found.ok_or_else(|| format!("the tokenizer has no special token {name}"))
        };
        id(&self.pad)?;
        id(&self.image)?;
        let end = id(&self.end)?;
        Ok(Template {
            begin: vec![id(&self.begin)?],
            question: vec![id(&self.user)?],
            answer: vec![id(&self.answer)?],
            end,
            never: Template::never(tokenizer, end, vocab_size),
        })
    }
}

/// Why a configuration is refused.
pub(super) fn check(config: &Config) -> Result<(), String> {
    if !FORMATS.contains(&config.format) {
        return Err(format!(
            "format {}, this library reads formats {} to {}",
            config.format,
            FORMATS.start(),
            FORMATS.end()
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
        return Err(
            "decoder: n_heads must be a multiple of n_kv_heads, head_dim even, \
                    n_layers_shared at most 1024"
                .into(),
        );
    }
    if !(config.adapter.overview_min_em.is_finite() && config.adapter.detail_max_em.is_finite()) {
        return Err("adapter: em sizes must be finite".into());
    }
    if let Some(closer) = config.adapter.closer.filter(|c| !(*c > 1.0 && *c <= 4.0)) {
        return Err(format!(
            "adapter.closer is {closer}, not over 1 and up to 4"
        ));
    }
    if !config.prompts.fields.contains("{fields}") {
        return Err("prompts.fields has no {fields}".into());
    }
    Ok(())
}
