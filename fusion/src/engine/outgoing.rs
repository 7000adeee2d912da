//! What leaves this machine, listed before it does.
use std::fmt;

/// What a request to a server holds. Its `Display` is one line for each part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outgoing {
    /// Where it goes.
    pub url: String,
    /// What is sent, in this order.
    pub parts: Vec<Sent>,
    /// Bytes of the request's body.
    pub bytes: usize,
}

/// A part of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Sent {
    /// What the server is to keep to.
    Instructions(String),
    /// A picture: its pixels, upright, as PNG. Neither its file's name nor anything else of its
    /// file (place, time, camera) is sent.
    Picture {
        /// Its name here, which is not sent.
        name: String,
        /// Width and height in pixels.
        size: [u32; 2],
        /// Bytes of the PNG.
        bytes: usize,
    },
    /// A question, an earlier one or the last.
    Question(String),
    /// An earlier answer.
    Answer(String),
}

impl fmt::Display for Outgoing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} bytes to {}:", self.bytes, self.url)?;
        self.parts
            .iter()
            .try_for_each(|part| writeln!(f, "  {part}"))
    }
}

impl fmt::Display for Sent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Instructions(text) => write!(f, "instructions: {text}"),
            Self::Picture { name, size, bytes } => {
                let [width, height] = size;
                write!(
                    f,
                    "picture: {name}, {width} x {height} pixels, {bytes} bytes of PNG"
                )
            }
            Self::Question(text) => write!(f, "question: {text}"),
            Self::Answer(text) => write!(f, "answer: {text}"),
        }
    }
}
