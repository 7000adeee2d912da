//! The language half of foveate: text in, tokens through a decoder, text or valid JSON out.
//!
//! The way of the data, and the file of each stage:
//!
//! | stage | file |
//! |---|---|
//! | text to token ids and back, never splitting a character | `tokenizer.rs` |
//! | what a decoder is: rows in, logits and hidden rows out, with a cache | `decoder.rs` |
//! | the decoders of a bundle: `decoder.onnx`, `decoder.safetensors` | `onnx.rs`, `packed.rs` |
//! | low-rank updates of a decoder's matrices | `lora.rs` |
//! | the rows of one conversation and the cache that follows them | `context.rs` |
//! | logits to a token | `sampler.rs` |
//! | which tokens may come next, and JSON Schema as such a rule | `constrain/` |
//! | the loop over all of these, as an iterator | `generate.rs`, `token.rs` |
//! | what the picture says beside the decoder: letters, spaces, lines left out | `feedback.rs`, `heard.rs`, `once.rs` |
//! | why it ended; limits as adapters on that iterator | `stop.rs`, `repetition.rs` |
//! | decoders whose answers are obvious, for tests | `fake.rs` |
//!
//! A constraint and a decoder do not know each other: the generator masks, samples and commits.
#![forbid(unsafe_code)]

mod constrain;
mod context;
mod decoder;
mod error;
pub mod fake;
mod feedback;
mod generate;
mod heard;
mod lora;
mod once;
mod onnx;
mod packed;
mod repetition;
mod sampler;
mod stop;
mod token;
mod tokenizer;

pub use constrain::{Commit, Constraint, Grammars, JsonConstraint, Schema, complete_part};
pub use context::Context;
pub use decoder::{Cache, Decoder, DecoderShape, Output, Rows, Store};
pub use error::{Error, ErrorKind, Result};
pub use feedback::{Draft, Feedback};
pub use generate::Generator;
pub use lora::{Lora, LowRank, MatrixName, MatrixPart};
pub use once::Spent;
pub use onnx::OnnxDecoder;
pub use packed::PackedDecoder;
pub use repetition::LoopDetector;
pub use sampler::{Sampler, Sampling};
pub use stop::{CancelHandle, Cancellable, MaxTokens, StopReason, TimeLimit, TokenStream};
pub use token::{Token, Work};
pub use tokenizer::{TextStream, TokenId, Tokenizer};
