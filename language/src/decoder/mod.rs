//! What a decoder is: rows in, logits and hidden rows out, with a cache of what it has seen.
mod cache;
mod checkpoint;
mod config;
mod kernel;
mod lora;
mod onnx;
mod packed;
mod part;
mod tracks;

pub use cache::{Cache, Store};
pub use checkpoint::{CheckpointDecoder, CheckpointOptions};
pub use config::DecoderConfig;
pub use lora::{Lora, LowRank, MatrixPath};
pub use onnx::OnnxDecoder;
pub use packed::PackedDecoder;
#[cfg(unix)]
pub use tracks::serve_track;
pub use tracks::{
    TrackCompute, TrackCounts, TrackDecoder, TrackError, TrackOptions, TrackPlaces, TracksConfig,
};

use crate::{Error, Result, TokenId};
use ndarray::{Array2, ArrayView2};
use std::sync::Arc;

/// What everything around a decoder has to know of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dims {
    /// Width of an embedding.
    pub dim: usize,
    /// Number of tokens.
    pub vocab_size: usize,
    /// Most rows that a conversation may have.
    pub context: usize,
}

/// Rows to run: they follow those that the cache already holds. A row is a token, a token plus
/// something, or an embedding in a token's place.
#[derive(Debug, Clone, Copy)]
pub struct Rows<'a> {
    /// Token ids, `[t]`; those of `replaced` rows mean nothing.
    pub ids: &'a [TokenId],
    /// `[t, dim]`: what is added to each token's embedding, or stands in its place.
    pub extra: ArrayView2<'a, f32>,
    /// Ascending rows of this call (`0..t`) whose `extra` stands in the place of an embedding.
    pub replaced: &'a [usize],
    /// Ascending rows of this call (`0..t`) whose logits are wanted.
    pub select: &'a [usize],
}

/// What a decoder says of the selected rows.
#[derive(Debug, Clone)]
pub struct Output {
    /// `[select, vocab]`: the next token's scores.
    pub logits: Array2<f32>,
    /// `[select, dim]`: the rows after the final norm.
    pub hidden: Array2<f32>,
}

/// A causal language model over [`Rows`].
///
/// Weights are immutable: one decoder serves many conversations at once, each with its own
/// [`Cache`].
pub trait TextDecoder: Send + Sync {
    /// Its sizes.
    fn dims(&self) -> Dims;

    /// An empty cache for a conversation with this decoder.
    fn new_cache(&self) -> Cache;

    /// Bytes of the cache for each row of a conversation; `None` where it is not known beforehand,
    /// as where some layers see a window alone.
    fn cache_row_bytes(&self) -> Option<usize> {
        None
    }

    /// Runs `rows` at the positions `cache.len()..`, adds them to the cache and answers for the
    /// selected ones.
    ///
    /// # Errors
    /// Rows beyond the context; ids outside the vocabulary; replaced rows where the decoder takes
    /// none ([`no_replaced_rows`]).
    fn forward(&self, cache: &mut Cache, rows: Rows<'_>) -> Result<Output>;

    /// A decoder of the same weights with `lora` added to them; this one stays as it is. What was
    /// added to this one before stays in the sum. Keys and values depend on the update, so a
    /// conversation that changes over begins with a new cache.
    ///
    /// # Errors
    /// A matrix that this decoder does not have, or of another shape; ranks beyond 256 together;
    /// any adapter where the decoder takes none.
    fn adapted(&self, lora: &Lora) -> Result<Arc<dyn TextDecoder>> {
        let n = lora.updates().len();
        Err(Error::decoder(format!(
            "this kind of decoder takes no adapters; {n} matrices were to be updated"
        )))
    }
}

impl TextDecoder for Arc<dyn TextDecoder> {
    fn dims(&self) -> Dims {
        (**self).dims()
    }

    fn new_cache(&self) -> Cache {
        (**self).new_cache()
    }

    fn cache_row_bytes(&self) -> Option<usize> {
        (**self).cache_row_bytes()
    }

    fn forward(&self, cache: &mut Cache, rows: Rows<'_>) -> Result<Output> {
        (**self).forward(cache, rows)
    }

    fn adapted(&self, lora: &Lora) -> Result<Arc<dyn TextDecoder>> {
        (**self).adapted(lora)
    }
}

/// The error of a decoder that embeds tokens itself, for [`Rows::replaced`].
pub fn no_replaced_rows(rows: &Rows<'_>) -> Result<()> {
    if rows.replaced.is_empty() {
        return Ok(());
    }
    Err(Error::decoder(format!(
        "{} rows stand in the place of embeddings; this kind of decoder only adds to them",
        rows.replaced.len()
    )))
}
