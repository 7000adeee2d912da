//! Everything that can go wrong for a user of the library.
use std::fmt;
use std::path::PathBuf;

/// Shorthand for this crate's results.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// The sort of an [`Error`], for callers that choose by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// A file of the bundle is not there, or no model has the name asked for.
    AssetsMissing,
    /// A file of the bundle is truncated, malformed, or does not fit the others.
    AssetsInvalid,
    /// ONNX Runtime is missing, too old, or failed.
    Runtime,
    /// A picture cannot be read.
    InvalidImage,
    /// The conversation is longer than the decoder's context.
    ContextFull,
    /// A JSON Schema that cannot be enforced.
    UnsupportedSchema,
    /// The token budget is smaller than the shortest valid answer.
    BudgetTooSmall,
    /// The model gave no usable answer.
    Decoding,
    /// What the type must hold was not found in the pictures.
    NothingRead,
    /// A typed answer was closed before the model had ended it.
    Incomplete,
    /// The time limit was reached before a picture was encoded or a typed answer was complete.
    Timeout,
    /// A typed answer, or the encoding of a picture, was cancelled.
    Cancelled,
    /// A tool failed.
    Tool,
    /// An adapter does not fit the model.
    AdapterMismatch,
    /// A saved session does not fit the model.
    Transcript,
    /// A server cannot be reached.
    Unreachable,
    /// A server refused, or its answer cannot be used.
    Remote,
    /// A picture may not leave this machine.
    Forbidden,
}

/// The error of this crate. Its `Debug` is its message: that is what `fn main() -> Result<(),
/// Error>` prints.
#[derive(thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A file of the bundle is not there.
    #[error("the model is incomplete: {} is missing", .0.display())]
    AssetsMissing(PathBuf),
    /// No model of this name was found.
    #[error("no model {name:?} was found. {looked}")]
    ModelUnfound {
        /// The name.
        name: PathBuf,
        /// Where it was looked for, and what fixes it.
        looked: String,
    },
    /// A file of the bundle is truncated, malformed, or does not fit the others.
    #[error("{}: {why}", file.display())]
    AssetsInvalid {
        /// The file at fault.
        file: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// A file of the bundle is not the one whose SHA-256 `config.json` names.
    #[error(
        "{}: its SHA-256 is {found}, config.json says {expected}: it is damaged or of another \
         version. Fetch the model again (`make base` for base); if you changed the file yourself, \
         write its sum into config.json (`training/sums.py` does)",
        file.display()
    )]
    AssetsDamaged {
        /// The file that differs.
        file: PathBuf,
        /// Its SHA-256, lower-case hexadecimal.
        found: String,
        /// What `config.json` says.
        expected: String,
    },
    /// ONNX Runtime is missing, too old, or failed.
    #[error(transparent)]
    Runtime(#[from] foveate_onnx::Error),
    /// A picture cannot be read.
    #[error("{}", under(name, source))]
    InvalidImage {
        /// Which picture: its path, its label or its number.
        name: String,
        /// What is wrong with it.
        source: foveate_vision::Error,
    },
    /// A name that stands for no picture.
    #[error("{name}: {why}")]
    Unfound {
        /// The name: a path, a pattern, a list.
        name: String,
        /// Why nothing was found.
        why: String,
    },
    /// The tokenizer, the decoder or the constraint.
    #[error(transparent)]
    Language(#[from] foveate_language::Error),
    /// The encoder.
    #[error(transparent)]
    Vision(#[from] foveate_vision::Error),
    /// A stage gave what the next one cannot use.
    #[error("{stage}: {why}")]
    Stage {
        /// The stage.
        stage: &'static str,
        /// What it gave.
        why: String,
    },
    /// A complete answer that does not read back into its type; the text is what the model wrote.
    #[error("the answer does not fit its type: {source}: {text}")]
    Mistyped {
        /// The answer.
        text: String,
        /// What the type says of it.
        source: serde_json::Error,
    },
    /// No text was found in the pictures, and the type must hold some.
    #[error("no text was found in the picture, and {} must hold some; make it an Option, or \
        show another picture",
        if field.is_empty() { "the value" } else { field })]
    NothingRead {
        /// JSON pointer of a part that must hold something; empty for the value itself.
        field: String,
    },
    /// A number or truth value that the type must hold does not stand on the pictures.
    #[error("{found} was answered for {}, and the picture does not say so; make it an Option, \
        or show another picture",
        if field.is_empty() { "the value" } else { field })]
    NoEvidence {
        /// JSON pointer of the part; empty for the value itself.
        field: String,
        /// What was answered.
        found: String,
    },
    /// A typed answer was closed before the model had ended it.
    #[error("the answer was closed early ({stop}); written so far: {so_far}")]
    Incomplete {
        /// Why it was closed.
        stop: foveate_language::StopReason,
        /// What was written until then.
        so_far: String,
    },
    /// The time limit was reached before a picture was encoded or a typed answer was complete.
    #[error("the time limit was reached; {}", written(so_far))]
    Timeout {
        /// What was written until then.
        so_far: String,
    },
    /// A typed answer, or the encoding of a picture, was cancelled.
    #[error("cancelled; {}", written(so_far))]
    Cancelled {
        /// What was written until then.
        so_far: String,
    },
    /// The context filled up before a typed answer was complete.
    #[error("the context of {limit} tokens is full; written so far: {so_far}")]
    ContextFull {
        /// Tokens that the decoder can hold.
        limit: usize,
        /// What was written until then.
        so_far: String,
    },
    /// A tool failed.
    #[error("tool {name}: {source}")]
    Tool {
        /// The tool.
        name: String,
        /// Its own error.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// An adapter does not fit the model.
    #[error("adapter {name}: {why}")]
    AdapterMismatch {
        /// The adapter.
        name: String,
        /// What does not fit.
        why: String,
    },
    /// A saved session does not fit the model or its pictures.
    #[error("transcript: {0}")]
    Transcript(String),
    /// A server, or the way to it.
    #[error(transparent)]
    Remote(#[from] crate::engine::RemoteError),
    /// A picture may not leave this machine.
    #[error(
        "{picture} may not leave this machine, and the conversation is with a server; show it \
             to a model here"
    )]
    Forbidden {
        /// Its name.
        picture: String,
    },
}

/// What there is of an answer that broke off.
fn written(so_far: &str) -> String {
    match so_far {
        "" => "nothing was written yet".to_owned(),
        _ => format!("written so far: {so_far}"),
    }
}

/// What is wrong with a picture, under its name; once, where the cause names the file itself.
fn under(name: &str, cause: &foveate_vision::Error) -> String {
    let cause = cause.to_string();
    match cause.strip_prefix(name) {
        Some(rest) if rest.starts_with(':') => cause,
        _ => format!("{name}: {cause}"),
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Error {
    /// The sort of this error.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        use foveate_language::ErrorKind as Language;
        match self {
            Self::AssetsMissing(_) | Self::ModelUnfound { .. } => ErrorKind::AssetsMissing,
            Self::AssetsInvalid { .. } | Self::AssetsDamaged { .. } => ErrorKind::AssetsInvalid,
            Self::Runtime(_) => ErrorKind::Runtime,
            Self::InvalidImage { .. } | Self::Unfound { .. } => ErrorKind::InvalidImage,
            Self::Language(e) => match e.kind() {
                Language::ContextFull => ErrorKind::ContextFull,
                Language::UnsupportedSchema => ErrorKind::UnsupportedSchema,
                Language::BudgetTooSmall => ErrorKind::BudgetTooSmall,
                Language::Tokenizer => ErrorKind::AssetsInvalid,
                Language::Decoder => ErrorKind::Runtime,
                _ => ErrorKind::Decoding,
            },
            Self::Vision(_) => ErrorKind::Runtime,
            Self::Stage { .. } | Self::Mistyped { .. } => ErrorKind::Decoding,
            Self::NothingRead { .. } | Self::NoEvidence { .. } => ErrorKind::NothingRead,
            Self::Incomplete { .. } => ErrorKind::Incomplete,
            Self::Timeout { .. } => ErrorKind::Timeout,
            Self::Cancelled { .. } => ErrorKind::Cancelled,
            Self::ContextFull { .. } => ErrorKind::ContextFull,
            Self::Tool { .. } => ErrorKind::Tool,
            Self::AdapterMismatch { .. } => ErrorKind::AdapterMismatch,
            Self::Transcript(_) => ErrorKind::Transcript,
            Self::Remote(crate::engine::RemoteError::Unreachable { .. }) => ErrorKind::Unreachable,
            Self::Remote(_) => ErrorKind::Remote,
            Self::Forbidden { .. } => ErrorKind::Forbidden,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_is_the_message_with_its_line_ends() {
        let e = Error::ModelUnfound {
            name: "nano".into(),
            looked: "Looked in:\n  /models: not there".into(),
        };
        let told = "no model \"nano\" was found. Looked in:\n  /models: not there";
        assert_eq!(format!("{e:?}"), told);
        assert_eq!(e.kind(), ErrorKind::AssetsMissing);
    }
}
