use std::{error, fmt};

/// What went wrong; more kinds may be added.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The file cannot be read, or is a folder, device or pipe.
    Io,
    /// No bytes at all.
    Empty,
    /// Not one of the formats that are read; the message names the commoner ones.
    UnknownFormat,
    /// A feature of the format that the decoder does not have.
    Unsupported,
    /// More bytes or pixels than the limits allow.
    TooLarge,
    /// The file breaks off or contradicts itself, so that nothing of it can be read.
    Malformed,
    /// A decoder panicked on the file: a fault in it, which does not reach the caller.
    DecoderPanicked,
    /// A picture's measures contradict its data, or a setting is out of range.
    Config,
    /// The encoder's graph is missing, not the one expected, or failed; the source says which.
    Graph,
    /// A run was stopped from outside before it was done.
    Stopped,
}

/// The error of this crate: a kind, one sentence that says where, and the cause.
#[derive(Debug)]
pub struct Error {
    kind: ErrorKind,
    message: String,
    source: Option<Box<dyn error::Error + Send + Sync>>,
}

/// A result with this crate's [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    pub(crate) fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
            source: None,
        }
    }

    pub(crate) fn caused(
        kind: ErrorKind,
        message: impl Into<String>,
        source: impl Into<Box<dyn error::Error + Send + Sync>>,
    ) -> Self {
        Self {
            kind,
            message: message.into(),
            source: Some(source.into()),
        }
    }

    /// What went wrong, for programs.
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl error::Error for Error {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        self.source.as_deref().map(|source| source as _)
    }
}

impl From<foveate_onnx::Error> for Error {
    fn from(error: foveate_onnx::Error) -> Self {
        let kind = match error.kind() {
            foveate_onnx::ErrorKind::Stopped => ErrorKind::Stopped,
            _ => ErrorKind::Graph,
        };
        Self::caused(kind, error.to_string(), error)
    }
}
