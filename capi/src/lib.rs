//! foveate for C. `include/foveate.h` is written from here by cbindgen; `README.md` says how it is
//! used.
//!
//! This is the second crate that holds `unsafe`, after `foveate-kernels`: pointers of C's are taken
//! and given here, and here alone. Every function begins with a check of what can be checked (null
//! pointers, text that is no UTF-8), ends panics at the border, and hands the rest to safe code.
#![deny(clippy::undocumented_unsafe_blocks)]

mod answer;
mod border;
mod image;
mod model;
mod status;

pub use answer::*;
pub use image::*;
pub use model::*;
pub use status::*;
