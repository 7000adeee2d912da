//! The reader of `decoder.safetensors`: checks everything that `FORMAT.md` says before it lends a
//! view.
//!
//! The header is checked against the configuration and the file's real length before memory is
//! taken for the data; the data are then read once into one aligned block, and weights are used
//! where they lie.

use std::io::Read;
use std::ops::Range;
use std::sync::Arc;

use crate::bytes::{Bytes, as_f32};
use crate::error::{Error, Kind, Result};
use crate::packed::BLOCK;
use crate::safetensors::{self, Dtype, tensor};

mod header;
mod parts;

pub(crate) use header::{Header, form_bits};
pub(crate) use parts::{matrices, vectors};

/// What a file may ask for.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Bytes of the whole file. Default 16 GiB: the largest published on-device shape takes under
    /// 1.
    pub file: u64,
    /// Bytes of the header. Default 4 MiB: the largest published shape needs 0.2.
    pub header: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            file: 16 << 30,
            header: 4 << 20,
        }
    }
}

/// How attention is computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Attention {
    /// On the integers of the cache.
    Int8,
    /// In float.
    F32,
    /// On the integers of the cache, whose scales are found as tokens come: one for every token,
    /// head and 32 channels of the keys, one for every token and head of the values. For open
    /// checkpoints.
    Measured,
    /// In float, on a cache of float16. For open checkpoints.
    F16,
}

/// A decoder's tensors, in memory.
pub(crate) struct Tensors {
    pub header: Header,
    pub bytes: Arc<Bytes>,
}

impl Tensors {
    /// Reads a file of `len` bytes.
    pub fn read(mut from: impl Read, len: u64, limits: Limits) -> Result<Self> {
        if len > limits.file {
            return Err(Error::new(Kind::TooLarge, format!("file of {len} bytes")));
        }
        let text = safetensors::header_text(&mut from, len, limits.header)?;
        let n = text.len() as u64;
        let fits = |_| Error::new(Kind::TooLarge, "file");
        let header = Header::parse(&text, usize::try_from(len - 8 - n).map_err(fits)?)?;
        if !(8 + n).is_multiple_of(BLOCK as u64) {
            return Err(Error::new(Kind::Misaligned, "data"));
        }
        let mut bytes = Bytes::zeroed(header.data);
        from.read_exact(bytes.as_mut_slice())?;
        Self::new(header, bytes)
    }

    /// Checks the values, and has the result.
    pub fn new(header: Header, bytes: Bytes) -> Result<Self> {
        assert_eq!(header.data, bytes.len());
        for (name, entry) in header.tensors.iter().filter(|(_, e)| e.dtype == Dtype::F32) {
            let values = as_f32(&bytes.as_slice()[entry.range.clone()])
                .ok_or_else(|| Error::new(Kind::Misaligned, tensor(name)))?;
            let allowed = |v: &f32| match name.rsplit('.').next() {
                Some("scale") => v.is_finite() && *v >= 0.0,
                Some("kv_scale") => v.is_normal() && *v > 0.0,
                _ => v.is_finite(),
            };
            if !values.iter().all(allowed) {
                return Err(Error::new(Kind::Value, tensor(name)));
            }
        }
        Ok(Self {
            header,
            bytes: Arc::new(bytes),
        })
    }

    /// A tensor's place, whose name is known to be there.
    pub fn range(&self, name: &str) -> Option<Range<usize>> {
        self.header.tensors.get(name).map(|e| e.range.clone())
    }

    /// A copy of a vector.
    pub fn vector(&self, name: &str) -> Result<Vec<f32>> {
        let range = self
            .range(name)
            .ok_or_else(|| Error::new(Kind::Missing, tensor(name)))?;
        let floats = as_f32(&self.bytes.as_slice()[range]);
        Ok(floats
            .ok_or_else(|| Error::new(Kind::Misaligned, tensor(name)))?
            .to_vec())
    }
}
