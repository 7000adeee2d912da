//! What goes wrong, for languages without Rust's enums.
use foveate::ErrorKind;
use std::fmt;

/// The sort of a [`Failure`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A file of the model is not there, or no model has the name.
    AssetsMissing,
    /// A file of the model is malformed.
    AssetsInvalid,
    /// ONNX Runtime is missing, too old, or failed.
    Runtime,
    /// A picture cannot be read.
    InvalidImage,
    /// A picture and its text are longer than the model's context.
    ContextFull,
    /// A JSON Schema that cannot be enforced.
    UnsupportedSchema,
    /// The token budget is smaller than the shortest valid answer.
    BudgetTooSmall,
    /// The model gave no usable answer.
    Decoding,
    /// What the type must hold was not found in the picture.
    NothingRead,
    /// A typed answer was closed before the model had ended it.
    Incomplete,
    /// The time limit was reached before there was an answer.
    Timeout,
    /// The answer was cancelled.
    Cancelled,
    /// The caller gave a value that is none: a null pointer, a day that is no day.
    InvalidArgument,
    /// A fault of the library.
    Internal,
}

impl Kind {
    /// A word for programs to choose by.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::AssetsMissing => "assets_missing",
            Self::AssetsInvalid => "assets_invalid",
            Self::Runtime => "runtime",
            Self::InvalidImage => "invalid_image",
            Self::ContextFull => "context_full",
            Self::UnsupportedSchema => "unsupported_schema",
            Self::BudgetTooSmall => "budget_too_small",
            Self::Decoding => "decoding",
            Self::NothingRead => "nothing_read",
            Self::Incomplete => "incomplete",
            Self::Timeout => "timeout",
            Self::Cancelled => "cancelled",
            Self::InvalidArgument => "invalid_argument",
            Self::Internal => "internal",
        }
    }
}

impl From<ErrorKind> for Kind {
    fn from(kind: ErrorKind) -> Self {
        match kind {
            ErrorKind::AssetsMissing => Self::AssetsMissing,
            ErrorKind::AssetsInvalid => Self::AssetsInvalid,
            ErrorKind::Runtime => Self::Runtime,
            ErrorKind::InvalidImage => Self::InvalidImage,
            ErrorKind::ContextFull => Self::ContextFull,
            ErrorKind::UnsupportedSchema => Self::UnsupportedSchema,
            ErrorKind::BudgetTooSmall => Self::BudgetTooSmall,
            ErrorKind::Decoding => Self::Decoding,
            ErrorKind::NothingRead => Self::NothingRead,
            ErrorKind::Incomplete => Self::Incomplete,
            ErrorKind::Timeout => Self::Timeout,
            ErrorKind::Cancelled => Self::Cancelled,
            // Tools, adapters and transcripts are not to be had through the bindings.
            _ => Self::Internal,
        }
    }
}

/// What went wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// Its sort.
    pub kind: Kind,
    /// What was found, what was expected, and what mends it.
    pub message: String,
}

impl Failure {
    /// A failure with a message.
    pub fn new(kind: Kind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
        }
    }

    /// A value of the caller's that is none.
    pub fn argument(message: impl Into<String>) -> Self {
        Self::new(Kind::InvalidArgument, message)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Failure {}

impl From<foveate::Error> for Failure {
    fn from(error: foveate::Error) -> Self {
        Self::new(error.kind().into(), error.to_string())
    }
}
