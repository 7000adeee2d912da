//! What can be wrong with a file, and where.

use std::fmt;

/// The kind of an [`Error`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The file could not be read.
    Io,
    /// The file, or its directory, is longer than the limit.
    TooLarge,
    /// The file does not begin as GGUF version 2 or 3, little-endian.
    Format,
    /// The file ends before what it announces.
    Truncated,
    /// A key or tensor name is not UTF-8, empty, too long, or stands twice.
    Name,
    /// A metadata value of an unknown type, or one that its type does not allow.
    Value,
    /// A key that was asked for is not there, or is of another type.
    Missing,
    /// A tensor of a kind that this crate does not know.
    Kind,
    /// A tensor of more than four sizes, of no elements, or whose rows are no whole blocks.
    Shape,
    /// A tensor that does not begin at a multiple of the alignment, or an alignment that is none.
    Misaligned,
    /// Two tensors share bytes.
    Overlap,
}

/// What is wrong ([`ErrorKind`]), where, and what was found there.
#[derive(Debug)]
pub struct Error {
    kind: ErrorKind,
    place: String,
    source: Option<std::io::Error>,
}

/// Shorthand.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    pub(crate) fn new(kind: ErrorKind, place: impl Into<String>) -> Self {
        Self {
            kind,
            place: place.into(),
            source: None,
        }
    }

    pub(crate) fn io(place: impl Into<String>, source: std::io::Error) -> Self {
        let kind = match source.kind() {
            std::io::ErrorKind::UnexpectedEof => ErrorKind::Truncated,
            _ => ErrorKind::Io,
        };
        Self {
            kind,
            place: place.into(),
            source: Some(source),
        }
    }

    /// What is wrong.
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// Where: a file, a key, a tensor; with what was found.
    pub fn place(&self) -> &str {
        &self.place
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = match self.kind {
            ErrorKind::Io => "cannot be read",
            ErrorKind::TooLarge => "is longer than the limit allows",
            ErrorKind::Format => "expected a little-endian GGUF file of version 2 or 3",
            ErrorKind::Truncated => "the file ends too early; it may not be downloaded whole",
            ErrorKind::Name => "expected a name in UTF-8, 1 to 65,535 bytes long, given once",
            ErrorKind::Value => "expected a value as its type allows",
            ErrorKind::Missing => "expected in the metadata; the file may be of another kind",
            ErrorKind::Kind => {
                "expected F32, F16, BF16, Q8_0, Q4_0, Q4_1, Q5_0, Q5_1, Q4_K, Q5_K or Q6_K; \
                 convert the file"
            }
            ErrorKind::Shape => "expected 1 to 4 sizes, none 0, and rows of whole blocks",
            ErrorKind::Misaligned => "expected an alignment of 8 to 65,536, a power of two",
            ErrorKind::Overlap => "shares bytes with another tensor",
        };
        write!(f, "{}: {what}", self.place)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.as_ref().map(|e| e as _)
    }
}
