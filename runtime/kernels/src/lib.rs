//! The integer decoder of foveate: packed 2-, 4- and 8-bit weights, an int8 cache of keys and
//! values, and kernels for each instruction set. `FORMAT.md` beside this crate's manifest specifies
//! the file and the arithmetic.
//!
//! From the outside in:
//! - [`Decoder`]: opens a `decoder.safetensors`, makes a [`Cache`], runs tokens over it.
//! - [`Decoder::open_gguf`]: opens a checkpoint of others, of the families in `checkpoint`.
//! - [`Updates`]: low-rank updates (LoRA) that a run may add to the matrices.
//! - [`Experts`]: 4-bit experts of a mixture, their rows grouped into one product each.
//! - [`TrackLayer`]: a layer of a parallel track, with such experts.
//! - [`astc_texels`]: matrices stored as textures.
//! - [`Cpu`]: the instruction set, chosen once; results do not depend on it, nor on the number of
//!   threads.
//! - [`operations`]: how long one matrix takes, in each form.
//! - [`packed`], [`dot`], [`row`]: the layout and the arithmetic under it.
//!
//! This is the only crate of the project with `unsafe` code: in `dot` and `palette` (vector loads,
//! checked at their doors), `row` (instruction sets, proved by the token), `cpu` (a question to the
//! operating system), `bytes` (aligned memory), `team` and `forward` (buffers that workers share).

mod astc;
mod attention;
pub mod bench;
mod bytes;
mod cache;
mod checkpoint;
mod config;
mod cpu;
mod decoder;
pub mod dot;
mod error;
mod experts;
mod file;
mod forward;
mod grouped;
mod linear;
mod lora;
pub mod operations;
pub mod packed;
mod palette;
mod random;
pub mod row;
mod safetensors;
mod team;
mod tracks;
mod weights;

pub use astc::astc_texels;
pub use cache::Cache;
pub use checkpoint::OpenOptions;
pub use config::Config;
pub use cpu::Cpu;
pub use decoder::{Decoder, Input, Output};
pub use error::{Error, Kind, Result};
pub use experts::{ExpertScratch, Experts, Routes};
pub use file::{Attention, Limits};
pub use lora::{MAX_RANK, Matrix, Update, Updates, half_split_row};
pub use tracks::{
    FfnWeights, LayerKind, LayerWeights, TrackCache, TrackLayer, TrackScratch, TrackSizes,
    open_track_block,
};

#[cfg(test)]
mod tests;
