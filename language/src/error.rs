//! What can go wrong between text and tokens.

/// Shorthand for this crate's results.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// The sort of an [`Error`], for callers that choose by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// `tokenizer.json` cannot be used.
    Tokenizer,
    /// A chat template cannot be used.
    Template,
    /// The decoder's file does not fit the configuration, or its run failed.
    Decoder,
    /// The conversation is longer than the decoder's context.
    ContextFull,
    /// A JSON Schema that cannot be enforced.
    UnsupportedSchema,
    /// The token budget is smaller than the shortest valid answer.
    BudgetTooSmall,
    /// The decoder gave no usable token.
    Decoding,
}

/// An error of this crate.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// `tokenizer.json` cannot be used.
    #[error("tokenizer: {0}")]
    Tokenizer(String),
    /// A chat template cannot be used.
    #[error("chat template: {0}")]
    Template(String),
    /// The decoder's file does not fit the configuration, or its run failed.
    #[error("decoder: {what}")]
    Decoder {
        /// What was wrong, naming the tensor.
        what: String,
        /// The runtime's own error.
        #[source]
        source: Option<Box<dyn std::error::Error + Send + Sync>>,
    },
    /// The conversation is longer than the decoder's context.
    #[error("the context holds {limit} tokens and {needed} are needed")]
    ContextFull {
        /// Tokens that the request needs in all.
        needed: usize,
        /// Tokens that the decoder can hold.
        limit: usize,
    },
    /// A JSON Schema that cannot be enforced.
    #[error("schema at {path}: {keyword}: {why}")]
    UnsupportedSchema {
        /// JSON pointer of the subschema.
        path: String,
        /// The keyword at fault.
        keyword: String,
        /// What is wrong with it.
        why: String,
    },
    /// The token budget is smaller than the shortest valid answer.
    #[error("a budget of {budget} tokens is too small: the shortest valid answer found takes {}",
        needed.map_or("more than the search allows".to_owned(), |n| format!("{n} tokens")))]
    BudgetTooSmall {
        /// The budget asked for.
        budget: usize,
        /// Length of the shortest valid answer that was found, where one was.
        needed: Option<usize>,
    },
    /// The decoder gave no usable token (not-a-number logits, or none allowed).
    #[error("decoding: {0}")]
    Decoding(String),
}

impl Error {
    /// The sort of this error.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Tokenizer(_) => ErrorKind::Tokenizer,
            Self::Template(_) => ErrorKind::Template,
            Self::Decoder { .. } => ErrorKind::Decoder,
            Self::ContextFull { .. } => ErrorKind::ContextFull,
            Self::UnsupportedSchema { .. } => ErrorKind::UnsupportedSchema,
            Self::BudgetTooSmall { .. } => ErrorKind::BudgetTooSmall,
            Self::Decoding(_) => ErrorKind::Decoding,
        }
    }

    /// A decoder error without a cause of its own.
    pub fn decoder(what: impl Into<String>) -> Self {
        Self::Decoder {
            what: what.into(),
            source: None,
        }
    }
}
