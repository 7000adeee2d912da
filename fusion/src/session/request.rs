//! How an answer is to be made.
use crate::{Error, Result};
use foveate_language::{CancelHandle, Sampling};
use std::time::{Duration, Instant};

/// How an answer is to be made.
#[derive(Debug, Clone)]
pub struct Request {
    /// How tokens are chosen. Greedy by default: reading has one right answer.
    pub sampling: Sampling,
    /// Most tokens of the answer. By default as many as the context holds; 1024 for a typed one.
    pub max_tokens: Option<usize>,
    /// Longest time from the beginning of the answer, or of encoding a picture
    /// ([`Session::add_image_with`](crate::Session::add_image_with)). None by default.
    pub time_limit: Option<Duration>,
    /// Ends the answer, or the encoding of a picture, from another thread.
    pub cancel: Option<CancelHandle>,
    /// Draft what the answer copies from the picture (prompt look-up) and check several tokens in
    /// one run of the decoder. Greedy answers are the same with and without. On by default;
    /// `foveate bench --speculation` says what it is worth on a picture.
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

/// How long work on a request may go on: its time limit, counted from when this was made, and its
/// cancel handle.
#[derive(Debug, Default)]
pub(crate) struct Limit {
    /// `None` without a limit, and where it is beyond what a clock can tell.
    deadline: Option<Instant>,
    cancel: Option<CancelHandle>,
}

impl Limit {
    pub(crate) fn of(request: &Request) -> Self {
        let limit = request.time_limit;
        Self {
            deadline: limit.and_then(|limit| Instant::now().checked_add(limit)),
            cancel: request.cancel.clone(),
        }
    }

    /// Whether anything can end the work.
    pub(crate) fn is_none(&self) -> bool {
        self.deadline.is_none() && self.cancel.is_none()
    }

    /// The error of work that is wanted no more.
    pub(crate) fn check(&self) -> Result<()> {
        let so_far = String::new();
        if self.cancel.as_ref().is_some_and(CancelHandle::is_cancelled) {
            return Err(Error::Cancelled { so_far });
        }
        if self.deadline.is_some_and(|end| Instant::now() >= end) {
            return Err(Error::Timeout { so_far });
        }
        Ok(())
    }
}
