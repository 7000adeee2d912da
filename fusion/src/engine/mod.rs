//! Where a conversation runs: in this process, on a server, or on whichever a policy allows.
//!
//! ```text
//! Local    a model in this process
//! Remote   a server that speaks OpenAI's chat completions (feature `remote`)
//! Router   this process first; the server where a policy allows it
//! ```
//! ```no_run
//! use foveate::engine::{Engine, Leave, Local, Terms};
//! use foveate::{Image, Model};
//!
//! let engine = Local::new(Model::load("nano")?);
//! let mut conversation = engine.begin()?;
//! conversation.show(&Image::open("flyer.png")?, Leave::Never)?;
//! for piece in conversation.ask("Where is it?", &Terms::default())? {
//!     print!("{}", piece?);
//! }
//! println!(" ({})", conversation.last().expect("it was answered").route);
//! # Ok::<(), foveate::Error>(())
//! ```
//! Model families are another seam ([`Reader`](crate::readers::Reader)): they differ token by
//! token, and a server's cannot be seen from here.
mod error;
mod local;
mod outgoing;
mod policy;
#[cfg(feature = "remote")]
mod remote;
mod route;
mod router;

use crate::answer::{Region, Usage};
use crate::{Image, Request, Result};
use foveate_language::StopReason;

pub use error::RemoteError;
pub use local::Local;
pub use outgoing::{Outgoing, Sent};
pub use policy::{Policy, Privacy};
#[cfg(feature = "remote")]
pub use remote::{Remote, RemoteOptions};
pub use route::{Cause, Kept, Place, Route};
pub use router::Router;

/// Runs conversations.
pub trait Engine: Send + Sync {
    /// A new conversation.
    fn begin(&self) -> Result<Box<dyn Conversation>>;
}

/// An answer as it is written: pieces of text. Dropped early, it ends there, and counts as far as
/// it was read.
pub type Pieces<'c> = Box<dyn Iterator<Item = Result<String>> + 'c>;

/// Pictures, questions and answers, in order.
pub trait Conversation: Send {
    /// What is to be kept to; said before the first question.
    fn instruct(&mut self, instructions: &str) -> Result<()>;

    /// Shows a picture.
    fn show(&mut self, image: &Image, leave: Leave) -> Result<()>;

    /// Takes in a question and its answer that were given elsewhere.
    fn append(&mut self, question: &str, answer: &str) -> Result<()>;

    /// Asks a question. After an error the question is not part of the conversation.
    fn ask<'c>(&'c mut self, question: &str, terms: &Terms) -> Result<Pieces<'c>>;

    /// The last answer, once its pieces were read or dropped.
    fn last(&self) -> Option<Reply>;

    /// What would leave this machine if `question` were asked of a server; `None` of a
    /// conversation that has none.
    fn outgoing(&self, question: &str) -> Option<Outgoing>;

    /// Asks, and waits for the whole answer.
    fn answer(&mut self, question: &str, terms: &Terms) -> Result<Reply> {
        for piece in self.ask(question, terms)? {
            piece?;
        }
        self.last().ok_or(crate::Error::Stage {
            stage: "engine",
            why: "an answer was read to its end, and nothing is known of it".to_owned(),
        })
    }
}

/// Whether a picture may leave this machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Leave {
    /// Where the policy and the caller's consent allow it.
    #[default]
    Allowed,
    /// Never. A conversation that was shown it stays here.
    Never,
}

/// How a question is to be answered, and where it may be.
#[derive(Debug, Clone, Default)]
pub struct Terms {
    /// Sampling and limits.
    pub request: Request,
    /// Whether what [`Conversation::outgoing`] lists may be sent to a server for this question. No
    /// by default.
    pub consent: bool,
}

/// An answer, and where it was given.
#[derive(Debug, Clone, PartialEq)]
pub struct Reply {
    /// The text.
    pub text: String,
    /// Why it ended.
    pub stop: StopReason,
    /// Where in the pictures it was read; `None` where nobody says.
    pub region: Option<Region>,
    /// Whether it stands in the pictures, as far as is known.
    pub found: bool,
    /// Tokens, counted by whoever gave it.
    pub usage: Usage,
    /// Where it was given, and why there.
    pub route: Route,
}
