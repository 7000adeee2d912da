//! The language half of foveate: text in, tokens through a decoder, text or valid JSON out.
//!
//! The way of the data, and the file of each stage:
//!
//! | stage | file |
//! |---|---|
//! | text to token ids and back, never splitting a character | `tokenizer.rs` |
//! | tokenizers out of GGUF files: byte-level BPE | `tokenizer/gguf.rs` |
//! | the same of SentencePiece's pieces | `tokenizer/sentencepiece.rs` |
//! | how a conversation becomes tokens | `template.rs` |
//! | the same out of a published model's chat template | `chat.rs` |
//! | what a decoder is: rows in, logits and hidden rows out, with a cache | `decoder/` |
//! | decoders that others trained: GGUF files and Hugging Face folders | `decoder/checkpoint.rs` |
//! | parallel tracks with mixtures of experts, in threads or processes | `decoder/tracks/` |
//! | the loop: run, process, sample, commit, as an iterator | `generate/mod.rs` |
//! | the rows of one conversation and the cache that follows them | `generate/context.rs` |
//! | what changes the logits before the sampler | `generate/processor.rs` |
//! | answers that are spans of given text | `generate/copy/` |
//! | logits to a token | `sample.rs` |
//! | which tokens may come next, and JSON Schema as such a rule | `constrain/` |
//! | draft tokens, checked several at a time | `generate/draft.rs` |
//! | why it ended; limits as adapters on the iterator | `generate/{stop,repetition}.rs` |
//! | decoders whose answers are obvious, for tests | `fake.rs` |
//!
//! A constraint and a decoder do not know each other: the generator masks, samples and commits.
//! Nothing here knows where its rows come from.
#![forbid(unsafe_code)]

mod chat;
mod constrain;
mod decoder;
mod error;
#[cfg(any(test, feature = "testing"))]
pub mod fake;
mod generate;
mod sample;
mod template;
mod tokenizer;

pub use chat::ChatTemplate;
pub use constrain::{Commit, Constraint, Grammars, JsonConstraint, Schema, complete_part};
#[cfg(unix)]
pub use decoder::serve_track;
pub use decoder::{
    Cache, CheckpointDecoder, CheckpointOptions, DecoderConfig, Dims, Lora, LowRank, MatrixPath,
    OnnxDecoder, Output, PackedDecoder, Rows, Store, TextDecoder, TrackCompute, TrackCounts,
    TrackDecoder, TrackError, TrackOptions, TrackPlaces, TracksConfig, no_replaced_rows,
};
pub use error::{Error, ErrorKind, Result};
pub use generate::{
    Attribution, CancelHandle, Cancellable, Context, Copied, CopyText, Copying, Draft, Generator,
    LogitsProcessor, LoopDetector, MaxTokens, Scripted, StopReason, Suppress, TimeLimit, Token,
    TokenIndex, TokenStream, Work, force,
};
pub use sample::{Sampler, Sampling, argmax};
pub use template::Template;
pub use tokenizer::{TextStream, TokenId, Tokenizer};
