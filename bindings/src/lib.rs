//! What the bindings to other languages (`python/`, `capi/`) share.
//!
//! A [`Question`] about a [`Picture`] is answered on a thread of its own, a [`Work`], which another
//! thread may wait for, read piece by piece, or cancel. Answers are JSON, whose forms
//! `capi/README.md` lists; what goes wrong is a [`Failure`] with a [`Kind`].
#![forbid(unsafe_code)]

mod answer;
mod answering;
mod event;
mod failure;
mod picture;
mod question;
mod work;

pub use failure::{Failure, Kind};
pub use picture::Picture;
pub use question::{Question, Settings, mode_of, time_limit_of};
pub use work::{Step, Work};
