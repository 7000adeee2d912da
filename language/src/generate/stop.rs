//! Why an answer ended, and limits as adapters on a stream of tokens.
use crate::{Result, Token, Work};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// Why an answer ended. It is part of every answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum StopReason {
    /// The model ended it, or a typed value was complete.
    End,
    /// The token limit was reached; a typed value was closed where it stood.
    MaxTokens,
    /// The answer went round in circles and was stopped.
    Repetition,
    /// The decoder's context is full.
    ContextFull,
    /// The time limit was reached.
    TimeLimit,
    /// Another thread cancelled it.
    Cancelled,
}

impl StopReason {
    /// Whether the answer is whole.
    #[must_use]
    pub fn is_complete(self) -> bool {
        self == Self::End
    }

    /// A word for logs and JSON.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::End => "end",
            Self::MaxTokens => "max_tokens",
            Self::Repetition => "repetition",
            Self::ContextFull => "context_full",
            Self::TimeLimit => "time_limit",
            Self::Cancelled => "cancelled",
        }
    }
}

impl std::fmt::Display for StopReason {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A stream of tokens that can say why it ended. Limits are adapters, checked before each token is
/// computed.
pub trait TokenStream: Iterator<Item = Result<Token>> {
    /// Why the stream ended; `None` while it has not, or when it ended in an error.
    fn stop(&self) -> Option<StopReason>;

    /// What it cost so far.
    fn work(&self) -> Work;

    /// At most `limit` tokens.
    fn max_tokens(self, limit: usize) -> MaxTokens<Self>
    where
        Self: Sized,
    {
        MaxTokens {
            stream: self,
            left: limit,
            hit: None,
        }
    }

    /// No token is begun after `limit`, counted from this call.
    fn time_limit(self, limit: Duration) -> TimeLimit<Self>
    where
        Self: Sized,
    {
        TimeLimit {
            stream: self,
            deadline: Instant::now().checked_add(limit),
            hit: None,
        }
    }

    /// No token is begun once `handle` was cancelled.
    fn cancelled_by(self, handle: &CancelHandle) -> Cancellable<Self>
    where
        Self: Sized,
    {
        Cancellable {
            stream: self,
            handle: handle.clone(),
            hit: None,
        }
    }
}

impl<S: TokenStream + ?Sized> TokenStream for Box<S> {
    fn stop(&self) -> Option<StopReason> {
        (**self).stop()
    }

    fn work(&self) -> Work {
        (**self).work()
    }
}

impl<S: TokenStream + ?Sized> TokenStream for &mut S {
    fn stop(&self) -> Option<StopReason> {
        (**self).stop()
    }

    fn work(&self) -> Work {
        (**self).work()
    }
}

/// Cancels streams from another thread; clones share one switch.
#[derive(Debug, Clone, Default)]
pub struct CancelHandle(Arc<AtomicBool>);

impl CancelHandle {
    /// A switch that is off.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Ends every stream under this handle before its next token.
    pub fn cancel(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Switches it off again, so that later requests under this handle are answered.
    pub fn reset(&self) {
        self.0.store(false, Ordering::Relaxed);
    }

    /// Whether it was cancelled.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// See [`TokenStream::max_tokens`].
#[derive(Debug)]
pub struct MaxTokens<S> {
    stream: S,
    left: usize,
    hit: Option<StopReason>,
}

/// See [`TokenStream::time_limit`].
#[derive(Debug)]
pub struct TimeLimit<S> {
    stream: S,
    /// `None` when the limit is beyond what a clock can tell.
    deadline: Option<Instant>,
    hit: Option<StopReason>,
}

/// See [`TokenStream::cancelled_by`].
#[derive(Debug)]
pub struct Cancellable<S> {
    stream: S,
    handle: CancelHandle,
    hit: Option<StopReason>,
}

impl<S: TokenStream> Iterator for MaxTokens<S> {
    type Item = Result<Token>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.left == 0 {
            self.hit = self.hit.or(Some(StopReason::MaxTokens));
            return None;
        }
        self.left -= 1;
        self.stream.next()
    }
}

impl<S: TokenStream> Iterator for TimeLimit<S> {
    type Item = Result<Token>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.deadline.is_some_and(|d| Instant::now() >= d) {
            self.hit = Some(StopReason::TimeLimit);
            return None;
        }
        self.stream.next()
    }
}

impl<S: TokenStream> Iterator for Cancellable<S> {
    type Item = Result<Token>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.handle.is_cancelled() {
            self.hit = Some(StopReason::Cancelled);
            return None;
        }
        self.stream.next()
    }
}

macro_rules! stops {
    ($($adapter:ident),*) => { $(
        impl<S: TokenStream> TokenStream for $adapter<S> {
            fn stop(&self) -> Option<StopReason> {
                self.stream.stop().or(self.hit)
            }

            fn work(&self) -> Work {
                self.stream.work()
            }
        }
    )* };
}
stops!(MaxTokens, TimeLimit, Cancellable);
