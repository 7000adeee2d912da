//! What a decoder is: rows of a conversation in, logits and hidden rows out, with a cache of what it has seen.
use crate::{Error, Lora, Result, TokenId};
use ndarray::{Array2, ArrayView2};
use std::any::Any;
use std::sync::Arc;

/// Sizes of a decoder, as the bundle's `config.json` states them and the decoder's file must confirm.
#[derive(Debug, Clone, PartialEq)]
pub struct DecoderShape {
    /// Width of an embedding.
    pub dim: usize,
    /// Layers with keys and values of their own (block 1).
    pub n_layers_kv: usize,
    /// Layers that read the last block-1 layer's keys and values (block 2).
    pub n_layers_shared: usize,
    /// Query heads.
    pub n_heads: usize,
    /// Key and value heads.
    pub n_kv_heads: usize,
    /// Width of a head.
    pub head_dim: usize,
    /// Number of tokens.
    pub vocab_size: usize,
    /// Most rows that a conversation may have.
    pub context: usize,
}

/// Rows to run: they follow those that the cache already holds.
#[derive(Debug, Clone, Copy)]
pub struct Rows<'a> {
    /// Token ids, `[t]`.
    pub ids: &'a [TokenId],
    /// What is added to each token's embedding, `[t, dim]`.
    pub extra: ArrayView2<'a, f32>,
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

/// A causal transformer over rows `embedding[id] + extra`.
///
/// Weights are immutable: one decoder serves many conversations at once, each with its own [`Cache`].
pub trait Decoder: Send + Sync {
    /// Its sizes.
    fn shape(&self) -> &DecoderShape;

    /// An empty cache for a conversation with this decoder.
    fn new_cache(&self) -> Cache;

    /// Runs `rows` at the positions `cache.len()..`, adds them to the cache and answers for the selected ones.
    fn forward(&self, cache: &mut Cache, rows: Rows<'_>) -> Result<Output>;

    /// A decoder of the same weights with `lora` added to them; this one stays as it is. Keys and values depend on the
    /// update, so a conversation that changes over begins with a new cache. A decoder that takes no updates says so.
    fn adapted(&self, lora: &Lora) -> Result<Arc<dyn Decoder>> {
        let n = lora.updates().len();
        Err(Error::decoder(format!(
            "this kind of decoder takes no adapters; {n} matrices were to be updated"
        )))
    }
}

/// The keys and values that a decoder keeps of a conversation. What is inside is the decoder's own affair.
pub struct Cache(Box<dyn Store>);

/// A decoder's way of keeping keys and values.
pub trait Store: Any + Send + Sync {
    /// Rows held.
    fn len(&self) -> usize;
    /// Whether no row is held.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }
    /// Forgets every row from `len` on.
    fn truncate(&mut self, len: usize);
    /// A copy that goes its own way.
    fn fork(&self) -> Box<dyn Store>;
    /// Bytes held.
    fn bytes(&self) -> usize;
}

impl Cache {
    /// Wraps a decoder's store.
    pub fn new(store: impl Store) -> Self {
        Self(Box::new(store))
    }

    /// Rows held.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether no row is held.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Forgets every row from `len` on; does nothing where there are fewer.
    pub fn truncate(&mut self, len: usize) {
        if len < self.len() {
            self.0.truncate(len);
        }
    }

    /// A copy that goes its own way.
    #[must_use]
    pub fn fork(&self) -> Self {
        Self(self.0.fork())
    }

    /// Bytes held.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.0.bytes()
    }

    /// The store, for the decoder that made it; another decoder's cache is an error.
    pub fn store<S: Store>(&mut self) -> Result<&mut S> {
        let any: &mut dyn Any = &mut *self.0;
        any.downcast_mut()
            .ok_or_else(|| Error::decoder("the cache belongs to another kind of decoder"))
    }
}

impl std::fmt::Debug for Cache {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Cache")
            .field("len", &self.len())
            .finish_non_exhaustive()
    }
}
