use std::{error, fmt};

/// What went wrong; more kinds may be added.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorKind {
    /// No ONNX Runtime library in any of the places looked at.
    LibraryMissing,
    /// A library was found, but it is older than [`OLDEST_MINOR`](crate::OLDEST_MINOR).
    LibraryTooOld,
    /// A library was found, but cannot be loaded: truncated, for another machine, or not ONNX
    /// Runtime.
    LibraryBroken,
    /// A library was found where others than this user and the system's administrator can write.
    LibraryUntrusted,
    /// Another library was loaded before in this process; ONNX Runtime can be loaded only once.
    LibraryInUse,
    /// The graph's file is not there, is no plain file, or cannot be read.
    GraphMissing,
    /// The graph cannot be used: not ONNX, truncated, too large, with weights in other files, or
    /// with operators that this version of ONNX Runtime does not know.
    GraphInvalid,
    /// The graph's inputs or outputs, or the tensors given to it, are not those expected.
    Mismatch,
    /// The execution provider asked for is not in this build of ONNX Runtime, or its device is
    /// missing.
    ProviderUnavailable,
    /// The run itself failed.
    Run,
    /// The run was stopped by its caller before it was done.
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
