//! `fusion.safetensors`, and what a model is recognised by.
use super::sums::hex;
use super::tensors::{self, ids, matrix, vector};
use super::{Bundle, MAX_HEADER};
use crate::{Error, Result};
use foveate_language::{DecoderConfig, TokenId};
use ndarray::{Array1, Array2};
use safetensors::SafeTensors;
use sha2::{Digest, Sha256};

/// The tensors of `fusion.safetensors`.
#[derive(Debug, Clone)]
pub struct FusionWeights {
    /// `[dim, 8 * n_freq]`
    pub place_weight: Array2<f32>,
    /// `[dim]`
    pub place_bias: Array1<f32>,
    /// `[dim, 8 * n_freq]`: from the place of the image token before; zeros if the bundle has none.
    pub before_weight: Array2<f32>,
    /// `[letters]`: the token of each character that the adapter tells apart.
    pub letters_ids: Vec<TokenId>,
    /// `[letters, dim]`: their embeddings.
    pub letters_weight: Array2<f32>,
    /// `[dim, slot_dim]`: from a slot's features.
    pub slots_weight: Array2<f32>,
    /// `[pointer_dim, dim]`
    pub pointer_query: Array2<f32>,
    /// `[pointer_dim, dim]`
    pub pointer_key: Array2<f32>,
    /// `[pointer_dim]`
    pub pointer_null: Array1<f32>,
}

impl Bundle {
    /// The tensors of `fusion.safetensors`, of the shapes that the configuration demands.
    pub fn fusion_weights(&self) -> Result<FusionWeights> {
        let file = self.file("fusion.safetensors")?;
        let refused = |why: String| Error::AssetsInvalid {
            file: file.clone(),
            why,
        };
        let (dim, pointer) = (self.config.decoder.dim, self.config.fusion.pointer_dim);
        let wide = 8 * self.config.fusion.n_freq;
        let (letters, slot) = (self.config.adapter.letters, self.config.adapter.slot_dim);
        let numbers = (2 * wide as u64 + 2 * pointer as u64 + letters as u64 + slot as u64 + 1)
            * dim as u64
            + pointer as u64
            + 2 * letters as u64;
        let bytes = tensors::read(&file, numbers * 4 + MAX_HEADER, |_| Ok(()))?;
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
            letters_ids: ids(
                &tensors,
                "letters.ids",
                letters,
                self.config.decoder.vocab_size,
            )
            .map_err(refused)?,
            letters_weight: matrix("letters.weight", [letters, dim])?,
            slots_weight: matrix("slots.weight", [dim, slot])?,
            pointer_query: matrix("pointer.query", [pointer, dim])?,
            pointer_key: matrix("pointer.key", [pointer, dim])?,
            pointer_null: vector("pointer.null", pointer)?,
        })
    }
}

/// What a glyph model is recognised by: a SHA-256 in lower-case hexadecimal over the sizes of its
/// decoder and the tensors that were trained with it (`models/FORMAT.md`, *Adapters*).
///
/// It is the same for every decoder file of a bundle, and costs a hash of some hundred kilobytes.
/// It tells one training from another; it is no proof against a file that was changed on purpose.
#[must_use]
pub fn signature(decoder: &DecoderConfig, weights: &FusionWeights) -> String {
    let mut hash = Sha256::new();
    hash.update(b"foveate-base-2\n");
    for number in numbers_of(decoder) {
        hash.update(number.to_le_bytes());
    }
    let tensors = [
        weights.place_weight.iter(),
        weights.before_weight.iter(),
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
    hex(&hash.finalize())
}

/// The sizes in the order of `config.json`, as a signature takes them.
#[allow(
    clippy::cast_precision_loss,
    reason = "sizes are below 2^53, checked when the bundle is opened"
)]
fn numbers_of(d: &DecoderConfig) -> [f64; 11] {
    [
        d.dim as f64,
        d.n_layers_kv as f64,
        d.n_layers_shared as f64,
        d.n_heads as f64,
        d.n_kv_heads as f64,
        d.head_dim as f64,
        d.ffn_dim as f64,
        d.vocab_size as f64,
        d.rope_theta,
        d.norm_eps,
        d.context as f64,
    ]
}
