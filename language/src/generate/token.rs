//! What a generator hands out, and what that cost.
use crate::TokenId;
use std::time::Duration;

/// A token of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Token {
    /// Its id.
    pub id: TokenId,
    /// The source (image token) that it was read from.
    pub source: Option<usize>,
    /// Whether a constraint demanded it, so that the decoder was not asked.
    pub forced: bool,
}

/// What an answer cost so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Work {
    /// Rows computed before the first token was decided on.
    pub prefill_rows: usize,
    /// Time of that.
    pub prefill: Duration,
    /// Time of every later run of the decoder, masks and sampling included.
    pub decode: Duration,
    /// Runs of the decoder.
    pub runs: usize,
    /// Tokens decided on.
    pub tokens: usize,
    /// Those of them that a constraint demanded, so that the decoder was not asked.
    pub forced: usize,
    /// Tokens drafted.
    pub drafted: usize,
    /// Those of them that were right.
    pub accepted: usize,
}
