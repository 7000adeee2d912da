//! Where an answer was given, and why there.
use std::fmt;

/// A tier.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// This process.
    Device,
    /// A server.
    Server,
}

/// Where an answer was given, and why there. Its `Display` is a sentence for logs and people.
#[derive(Debug, Clone, PartialEq)]
pub struct Route {
    /// Where.
    pub place: Place,
    /// What asked for the server; `None` where nothing did, or where there was no choice.
    pub cause: Option<Cause>,
    /// Why it was given here all the same.
    pub kept: Option<Kept>,
}

/// What asks for the server tier.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Cause {
    /// The answer given here is less sure than the policy wants.
    Confidence {
        /// Of the answer, 0 to 1.
        found: f32,
        /// By the policy.
        least: f32,
    },
    /// The answer given here is that the pictures do not tell.
    NotFound,
    /// The print is smaller than the policy wants.
    Print {
        /// Median height of a picture's words, in pixels of the canvas it was seen on.
        found: f32,
        /// By the policy.
        least: f32,
    },
    /// The conversation is longer than the policy wants, or than there is room for here.
    Context {
        /// Rows of the conversation.
        found: usize,
        /// By the policy, or the room.
        most: usize,
    },
}

/// Why a question was not sent to the server.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Kept {
    /// The caller did not consent.
    NoConsent,
    /// A picture of the conversation may never leave.
    Private {
        /// Its name.
        picture: String,
    },
    /// The privacy rule forbade it.
    Rule {
        /// In the rule's words.
        why: String,
    },
    /// The server did not answer.
    Failed {
        /// Its error.
        why: String,
    },
}

impl Route {
    /// An answer of the only place there is.
    #[must_use]
    pub fn only(place: Place) -> Self {
        Self {
            place,
            cause: None,
            kept: None,
        }
    }
}

impl Place {
    /// A word for logs and JSON.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Device => "device",
            Self::Server => "server",
        }
    }
}

impl fmt::Display for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = match self.place {
            Place::Device => "answered on this device",
            Place::Server => "answered by the server",
        };
        match (&self.cause, &self.kept) {
            (Some(cause), Some(kept)) => write!(f, "{place}, although {cause}: {kept}"),
            (Some(cause), None) => write!(f, "{place}, since {cause}"),
            (None, Some(kept)) => write!(f, "{place}: {kept}"),
            (None, None) => f.write_str(place),
        }
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Confidence { found, least } => {
                write!(f, "its confidence was {found:.2}, under {least:.2}")
            }
            Self::NotFound => f.write_str("the device did not find it"),
            Self::Print { found, least } => {
                write!(f, "the print is {found:.1} pixels high, under {least:.1}")
            }
            Self::Context { found, most } => {
                write!(f, "the conversation has {found} rows, over {most}")
            }
        }
    }
}

impl fmt::Display for Kept {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoConsent => f.write_str("no consent was given to ask the server"),
            Self::Private { picture } => write!(f, "{picture} may not leave this device"),
            Self::Rule { why } => write!(f, "the privacy rule forbids it: {why}"),
            Self::Failed { why } => write!(f, "the server failed: {why}"),
        }
    }
}
