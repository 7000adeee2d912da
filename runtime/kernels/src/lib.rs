//! The integer decoder of foveate.
mod bytes;
pub mod cpu;
pub mod dot;
mod error;
pub mod packed;
mod random;

pub use cpu::Cpu;
pub use error::{Error, Kind, Result};
