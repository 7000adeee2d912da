//! How an answer is to be made.
use foveate_language::{CancelHandle, Sampling};
use std::time::Duration;

/// How an answer is to be made.
#[derive(Debug, Clone)]
pub struct Request {
    /// How tokens are chosen. Greedy by default: reading has one right answer.
    pub sampling: Sampling,
    /// Most tokens of the answer. By default as many as the context holds; 1024 for a typed one.
    pub max_tokens: Option<usize>,
    /// Longest time from the beginning of the answer. None by default.
    pub time_limit: Option<Duration>,
    /// Ends the answer from another thread.
    pub cancel: Option<CancelHandle>,
    /// Guess ahead what the answer copies from the picture and check several tokens in one run of
    /// the decoder. Greedy answers are the same with and without. On by default; `foveate bench
    /// --speculation` says what it is worth on a picture.
    pub draft: bool,
}

impl Default for Request {
    fn default() -> Self {
        Self {
            sampling: Sampling::default(),
            max_tokens: None,
            time_limit: None,
            cancel: None,
            draft: true,
        }
    }
}
