//! What stands beside and below what: lines of glyphs, and blocks of lines.
mod blocks;
mod lines;

pub(crate) use blocks::above;
pub use lines::{gap, order, runs};
