//! Decoders whose answers are obvious, and a tokenizer of bytes, to test everything around a real
//! decoder.
use crate::{Cache, Dims, Output, Result, Rows, Store, TextDecoder, TokenId, Tokenizer};
use ndarray::{Array2, ArrayView2, aview1};
use std::sync::atomic::{AtomicUsize, Ordering};

/// The special tokens of [`byte_tokenizer`], ids 0 to 5.
pub const SPECIALS: [&str; 6] = [
    "<|pad|>",
    "<|begin|>",
    "<|image|>",
    "<|user|>",
    "<|answer|>",
    "<|end|>",
];

/// A `tokenizer.json` of the special tokens, the 256 bytes and `words`, which take precedence in
/// encoding.
#[must_use]
pub fn tokenizer_json(words: &[&str]) -> Vec<u8> {
    let char_of = |b: u8| match b {
        0x21..=0x7e | 0xa1..=0xac | 0xae..=0xff => char::from(b),
        0..=0x20 => char::from_u32(0x100 + u32::from(b)).unwrap_or('?'),
        0x7f..=0xa0 => char::from_u32(0x121 + u32::from(b) - 0x7f).unwrap_or('?'),
        0xad => '\u{143}',
    };
    let spell = |bytes: &[u8]| bytes.iter().map(|&b| char_of(b)).collect::<String>();
    let mut vocab = serde_json::Map::new();
    let mut merges = Vec::new();
    for (id, name) in SPECIALS.iter().enumerate() {
        vocab.insert((*name).to_owned(), id.into());
    }
    for b in 0..=255u8 {
        vocab.insert(spell(&[b]), vocab.len().into());
    }
    for word in words {
        let bytes = word.as_bytes();
        for n in 2..=bytes.len() {
            if !vocab.contains_key(&spell(&bytes[..n])) {
                merges.push(format!(
                    "{} {}",
                    spell(&bytes[..n - 1]),
                    spell(&bytes[n - 1..n])
                ));
                vocab.insert(spell(&bytes[..n]), vocab.len().into());
            }
        }
    }
    let added = |(id, name): (usize, &&str)| {
        serde_json::json!({"id": id, "content": name, "single_word": false, "lstrip": false,
            "rstrip": false, "normalized": false, "special": true})
    };
    let added: Vec<_> = SPECIALS.iter().enumerate().map(added).collect();
    let bytes = serde_json::json!({"type": "ByteLevel", "add_prefix_space": false,
        "trim_offsets": true, "use_regex": false});
    serde_json::to_vec(&serde_json::json!({
        "version": "1.0", "truncation": null, "padding": null, "added_tokens": added,
        "normalizer": null, "pre_tokenizer": bytes, "post_processor": null, "decoder": bytes,
        "model": {"type": "BPE", "dropout": null, "unk_token": null,
            "continuing_subword_prefix": null, "end_of_word_suffix": null, "fuse_unk": false,
            "byte_fallback": false, "vocab": vocab, "merges": merges}
    }))
    .unwrap_or_default()
}

/// The tokenizer of [`tokenizer_json`].
///
/// # Panics
/// Never, unless [`tokenizer_json`] is wrong.
#[must_use]
pub fn byte_tokenizer(words: &[&str]) -> Tokenizer {
    Tokenizer::from_json(&tokenizer_json(words)).unwrap_or_else(|e| panic!("{e}"))
}

/// The id that a [`Fake`] is shown of a row that stands in the place of an embedding.
pub const REPLACED: TokenId = TokenId::MAX;

/// What a fake answers to the rows so far: logits (`[vocab]`) and a hidden row (`[dim]`).
type Say = dyn Fn(&[TokenId], ArrayView2<'_, f32>) -> (Vec<f32>, Vec<f32>) + Send + Sync;

/// A decoder that answers by a function of all rows so far, and counts its work.
pub struct Fake {
    dims: Dims,
    say: Box<Say>,
    runs: AtomicUsize,
    rows: AtomicUsize,
}

impl Fake {
    /// A decoder of `vocab` tokens that answers by `say`.
    pub fn new<F>(vocab: usize, dim: usize, context: usize, say: F) -> Self
    where
        F: Fn(&[TokenId], ArrayView2<'_, f32>) -> (Vec<f32>, Vec<f32>) + Send + Sync + 'static,
    {
        let dims = Dims {
            dim,
            vocab_size: vocab,
            context,
        };
        Self {
            dims,
            say: Box::new(say),
            runs: AtomicUsize::new(0),
            rows: AtomicUsize::new(0),
        }
    }

    /// Calls of `forward` so far.
    #[must_use]
    pub fn runs(&self) -> usize {
        self.runs.load(Ordering::Relaxed)
    }

    /// Rows computed so far.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.rows.load(Ordering::Relaxed)
    }
}

impl TextDecoder for Fake {
    fn dims(&self) -> Dims {
        self.dims
    }

    fn new_cache(&self) -> Cache {
        Cache::new(Remembered {
            ids: Vec::new(),
            extra: Vec::new(),
            dim: self.dims.dim,
        })
    }

    fn forward(&self, cache: &mut Cache, rows: Rows<'_>) -> Result<Output> {
        let seen = cache.store::<Remembered>()?;
        let past = seen.ids.len();
        self.runs.fetch_add(1, Ordering::Relaxed);
        self.rows.fetch_add(rows.ids.len(), Ordering::Relaxed);
        let id = |(i, &id): (usize, &TokenId)| {
            if rows.replaced.contains(&i) {
                REPLACED
            } else {
                id
            }
        };
        seen.ids.extend(rows.ids.iter().enumerate().map(id));
        seen.extra.extend(rows.extra.iter());
        let dim = self.dims.dim;
        let mut logits = Array2::zeros((rows.select.len(), self.dims.vocab_size));
        let mut hidden = Array2::zeros((rows.select.len(), dim));
        for (i, &row) in rows.select.iter().enumerate() {
            let n = past + row + 1;
            let extra = aview1(&seen.extra[..n * dim]).into_shape_with_order((n, dim));
            let extra = extra.unwrap_or_else(|_| unreachable!("n x dim"));
            let (l, h) = (self.say)(&seen.ids[..n], extra);
            logits.row_mut(i).assign(&aview1(&l));
            hidden.row_mut(i).assign(&aview1(&h));
        }
        Ok(Output { logits, hidden })
    }
}

/// The rows themselves.
struct Remembered {
    ids: Vec<TokenId>,
    extra: Vec<f32>,
    dim: usize,
}

impl Store for Remembered {
    fn len(&self) -> usize {
        self.ids.len()
    }

    fn truncate(&mut self, len: usize) {
        self.ids.truncate(len);
        self.extra.truncate(len * self.dim);
    }

    fn fork(&self) -> Box<dyn Store> {
        Box::new(Self {
            ids: self.ids.clone(),
            extra: self.extra.clone(),
            dim: self.dim,
        })
    }

    fn bytes(&self) -> usize {
        self.ids.len() * 4 + self.extra.len() * 4
    }
}

/// Random weights at no cost: logits are a hash of the seed and of every row so far.
pub struct Hashed;

impl Hashed {
    /// A decoder of noise; the same seed gives the same noise.
    #[expect(clippy::new_ret_no_self, reason = "a named recipe for a fake")]
    #[must_use]
    pub fn new(seed: u64, vocab: usize, dim: usize, context: usize) -> Fake {
        Fake::new(vocab, dim, context, move |ids, _| {
            let state = ids.iter().fold(seed, |h, &id| {
                mixed(h ^ u64::from(id).wrapping_mul(0x9e37_79b9_7f4a_7c15))
            });
            let unit =
                |i: usize| (mixed(state.wrapping_add(i as u64)) >> 40) as f32 / (1u64 << 24) as f32;
            (
                (0..vocab).map(|i| unit(i) * 8.0).collect(),
                (0..dim).map(|i| unit(i + vocab) - 0.5).collect(),
            )
        })
    }
}

fn mixed(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// A decoder that always continues with what `next` says of the ids so far.
pub fn scripted(
    vocab: usize,
    dim: usize,
    context: usize,
    next: impl Fn(&[TokenId]) -> TokenId + Send + Sync + 'static,
) -> Fake {
    Fake::new(vocab, dim, context, move |ids, _| {
        let mut logits = vec![0.0; vocab];
        if let Some(logit) = logits.get_mut(next(ids) as usize) {
            *logit = 10.0;
        }
        (logits, vec![0.0; dim])
    })
}
