//! Ask questions of pictures, on the machine that holds them.
//!
//! ```no_run
//! use foveate::{Image, Model};
//! use schemars::JsonSchema;
//! use serde::Deserialize;
//!
//! #[derive(Debug, Deserialize, JsonSchema)]
//! struct CalendarEvent {
//!     title: String,
//!     date: Option<String>,
//!     start: Option<String>,
//!     venue: Option<String>,
//! }
//!
//! let model = Model::load("nano")?;
//! let flyer = Image::open("flyer.png")?;
//! let event: CalendarEvent = model.read(&flyer)?;
//! println!("{event:?}");
//! println!("{}", model.ask(&flyer, "What does it cost?")?.text);
//! # Ok::<(), foveate::Error>(())
//! ```
//!
//! # Three floors
//! - [`Model`]: one line for the common case. `ask` answers in words, `read` in a type, `ocr` in
//!   lines with boxes.
//! - [`Session`]: several pictures and questions; streams, limits, [`Adapter`]s, schemas at run
//!   time, what an answer cost and where in the picture it was read. `ask`, `ocr` and `read` return
//!   one builder, [`session::Query`].
//! - Every stage by its name, to be used or replaced alone: `Pixels`, `TileBatch`, `OnnxTower` and
//!   `Spotter` of [`vision`], the stages of a model family in [`readers`], and `Tokenizer`,
//!   `TextDecoder`, `Sampler`, `Constraint` and `Generator` of [`language`].
//!
//! [`batch`] answers many pictures on all cores, in order and in bounded memory.
//!
//! # Model families
//! A [`readers::Reader`] turns pictures into rows for a text decoder. Two come with the library:
//! the glyph reader of `models/nano`, and the page reader of `models/base`, in which a text spotter
//! reads and a pretrained decoder answers. [`model::Parts`] takes one of your own.
//!
//! The crate `foveate-events` turns dates and times as people print them into those that calendars
//! understand.
//!
//! # Features
//! - `qr`: `codes`, which reads QR codes and is a tool for a model.
//! - `remote`: `engine::Remote`, conversations with a server over HTTP. Without it nothing here
//!   opens a connection.
//! - `async`: `AsyncSession`, a session on a thread of its own, under any executor.
//!
//! # What is promised
//! - A typed answer is valid by its schema or a named [`Error`]; it is never cut.
//! - Every answer says why it ended; one that goes round in circles is stopped and says so.
//! - A picture without text is an empty reading. A typed answer read off it is null or a named
//!   error. Numbers and truth values that are read off pictures stand on them, or are left out, or
//!   are a named error.
//! - Time limits and cancelling end an answer between two tokens, and the encoding of a picture
//!   between two operators.
//! - Text from a picture or a prompt never becomes a control token.
//! - Files of a bundle are checked before anything is allocated for what they claim.
#![forbid(unsafe_code)]

mod answer;
mod at_once;
#[cfg(feature = "async")]
pub mod background;
pub mod batch;
pub mod bundle;
#[cfg(feature = "qr")]
pub mod codes;
pub mod engine;
mod error;
mod grounding;
mod image;
mod lora;
pub mod model;
mod overlay;
pub mod readers;
pub mod session;
mod task;
pub mod tools;
pub mod transcript;

pub use crate::image::{Fingerprint, Image};
pub use answer::{Answer, Line, Reading, Region, Timing, Typed, Usage, Word};
#[cfg(feature = "async")]
pub use background::AsyncSession;
pub use error::{Error, ErrorKind, Result};
pub use foveate_language::{CancelHandle, Sampling, StopReason};
pub use foveate_onnx::Provider;
pub use foveate_vision::{Limits, Mode, Rect};
pub use lora::Adapter;
pub use model::{Model, Options};
pub use overlay::draw_boxes;
pub use session::{Request, Session};
pub use task::Task;
pub use {foveate_language as language, foveate_onnx as onnx, foveate_vision as vision};

/// The README and the pages of the book. Their Rust blocks are tests.
#[cfg(doctest)]
mod book {
    #[doc = include_str!("../../README.md")]
    struct Readme;

    macro_rules! pages {
        ($($page:ident $file:literal)*) => {
            $(#[doc = include_str!(concat!("../../book/src/", $file))] struct $page;)*
        };
    }
    pages! {
        Start "start.md" Typed "typed.md" Schema "schema.md" Adapters "adapters.md"
        Models "models.md" Server "server.md" Limits "limits.md" How "how.md"
    }
}
