//! Reader of GGUF files, versions 2 and 3: what is in the file, checked before anything is lent.
//!
//! ```text
//! "GGUF" | version u32 | tensors u64 | pairs u64
//! pairs:    key string | type u32 | value          string = length u64, UTF-8 bytes
//! tensors:  name string | n u32 | n x size u64 | kind u32 | offset u64      fastest size first
//! padding to `general.alignment` (32) | data: tensors at their offsets, each aligned
//! ```
//! The specification: <https://github.com/ggml-org/ggml/blob/master/docs/gguf.md>.
//!
//! Every count and length is compared with the bytes that are left before memory is taken for it;
//! every tensor lies inside the file, aligned, beside the others. What a tensor means is up to
//! the caller: this crate knows sizes ([`Kind`]) and bytes ([`File::bytes`]), no arithmetic.
#![forbid(unsafe_code)]

mod directory;
mod error;
mod file;
mod kind;
mod source;
mod value;

pub use directory::{Directory, Limits, Tensor};
pub use error::{Error, ErrorKind, Result};
pub use file::File;
pub use kind::Kind;
pub use value::Value;

#[cfg(test)]
mod tests;
