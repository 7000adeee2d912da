//! What can go wrong, and where it did.

use std::{fmt, io};

/// The kind of an [`Error`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Kind {
    /// The file could not be read.
    Io,
    /// The file is larger than the reader's limit.
    TooLarge,
    /// The 8-byte header length is missing or exceeds the file or the limit.
    HeaderLength,
    /// The header is not the JSON object it should be, or names a tensor twice.
    Header,
    /// The metadata (`format`, `version`, `attention`) are missing or unknown.
    Metadata,
    /// A size of the configuration is zero, too large, or does not fit another.
    Config,
    /// A tensor that the configuration calls for is not there.
    Missing,
    /// A tensor that the configuration does not call for.
    Unknown,
    /// A tensor of another element type than the format says.
    Dtype,
    /// A tensor of another shape than the configuration says, or whose bytes do not match its
    /// shape.
    Shape,
    /// A tensor that does not begin at a multiple of its alignment.
    Misaligned,
    /// Two tensors share bytes.
    Overlap,
    /// Bytes that belong to no tensor, between two or at the end.
    Gap,
    /// The file ends before its tensors do.
    Truncated,
    /// A scale, norm or float weight is NaN, infinite or (scales only) negative.
    Value,
    /// The CPU lacks the instructions asked for, or no such set is known.
    Cpu,
    /// A call's inputs do not fit each other or the decoder.
    Input,
    /// The call would grow the cache beyond the decoder's context.
    Context,
    /// The operating system refused to start threads.
    Threads,
}

/// An error of this crate: its [`Kind`], where it happened, and the cause below it if there is one.
#[derive(Debug)]
pub struct Error {
    kind: Kind,
    place: String,
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

/// Shorthand.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    pub(crate) fn new(kind: Kind, place: impl Into<String>) -> Self {
        Self {
            kind,
            place: place.into(),
            source: None,
        }
    }

    pub(crate) fn caused(
        kind: Kind,
        place: impl Into<String>,
        source: impl std::error::Error + Send + Sync + 'static,
    ) -> Self {
        Self {
            kind,
            place: place.into(),
            source: Some(Box::new(source)),
        }
    }

    /// What went wrong.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// Where: a file, a tensor, a field, an argument.
    pub fn place(&self) -> &str {
        &self.place
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = match self.kind {
            Kind::Io => "cannot be read",
            Kind::TooLarge => "is larger than the limit",
            Kind::HeaderLength => "header length is wrong",
            Kind::Header => "header is malformed",
            Kind::Metadata => "metadata are missing or unknown",
            Kind::Config => "configuration is out of range",
            Kind::Missing => "tensor is missing",
            Kind::Unknown => "tensor is not called for",
            Kind::Dtype => "tensor has the wrong element type",
            Kind::Shape => "tensor has the wrong shape",
            Kind::Misaligned => "tensor is misaligned",
            Kind::Overlap => "tensor overlaps another",
            Kind::Gap => "bytes belong to no tensor",
            Kind::Truncated => "file ends too early",
            Kind::Value => "holds a value that is not allowed",
            Kind::Cpu => "instruction set is not available",
            Kind::Input => "argument does not fit",
            Kind::Context => "context is exceeded",
            Kind::Threads => "threads could not be started",
        };
        write!(f, "{}: {what}", self.place)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.as_ref().map(|e| &**e as _)
    }
}

impl From<io::Error> for Error {
    fn from(e: io::Error) -> Self {
        Self::caused(Kind::Io, "file", e)
    }
}
