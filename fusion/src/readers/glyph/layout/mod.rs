//! What stands beside what: lines of glyphs.
mod lines;

pub use lines::{gap, order, runs};
