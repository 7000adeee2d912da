//! The header of a safetensors file, for both kinds of files here: names, types, shapes and places,
//! checked by arithmetic that cannot overflow, before memory is taken for the data.

use std::collections::BTreeMap;
use std::io::Read;
use std::ops::Range;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};

use crate::error::{Error, Kind, Result};

/// Element types that somebody here reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dtype {
    U8,
    I8,
    F16,
    BF16,
    F32,
}

impl Dtype {
    pub fn size(self) -> usize {
        match self {
            Self::U8 | Self::I8 => 1,
            Self::F16 | Self::BF16 => 2,
            Self::F32 => 4,
        }
    }

    fn named(name: &str) -> Option<Self> {
        match name {
            "U8" => Some(Self::U8),
            "I8" => Some(Self::I8),
            "F16" => Some(Self::F16),
            "BF16" => Some(Self::BF16),
            "F32" => Some(Self::F32),
            _ => None,
        }
    }
}

#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub dtype: Dtype,
    pub shape: Vec<usize>,
    /// Where it lies, from the beginning of the data.
    pub range: Range<usize>,
}

pub(crate) fn tensor(name: &str) -> String {
    format!("tensor `{name}`")
}

/// The header's text of a file of `len` bytes; at most `limit` bytes.
pub(crate) fn header_text(mut from: impl Read, len: u64, limit: u64) -> Result<Vec<u8>> {
    let wrong = || Error::new(Kind::HeaderLength, "file");
    let mut prefix = [0; 8];
    if len < 8 {
        return Err(wrong());
    }
    from.read_exact(&mut prefix)?;
    let n = u64::from_le_bytes(prefix);
    if n > limit || n > len - 8 {
        return Err(wrong());
    }
    let mut text = vec![0; usize::try_from(n).map_err(|_| wrong())?];
    from.read_exact(&mut text)?;
    Ok(text)
}

/// The header as JSON has it; naming a tensor twice is an error.
pub(crate) struct Raw {
    pub metadata: BTreeMap<String, String>,
    tensors: BTreeMap<String, RawEntry>,
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct RawEntry {
    dtype: String,
    shape: Vec<usize>,
    data_offsets: [usize; 2],
}

impl Raw {
    pub fn parse(text: &[u8]) -> Result<Self> {
        serde_json::from_slice(text).map_err(|e| Error::caused(Kind::Header, "header", e))
    }

    /// The tensors, for `data` bytes of data: of the types `allowed`, each at a multiple of its
    /// type's `align`, one after the other without overlap or gap.
    pub fn entries(
        self,
        data: usize,
        allowed: &[Dtype],
        align: impl Fn(Dtype) -> usize,
    ) -> Result<BTreeMap<String, Entry>> {
        let entry = |(name, raw)| Ok((String::clone(&name), entry(&name, raw, allowed, &align)?));
        let tensors: BTreeMap<_, _> = self.tensors.into_iter().map(entry).collect::<Result<_>>()?;
        contiguous(&tensors, data)?;
        Ok(tensors)
    }
}

/// Type, shape, length and alignment of one tensor.
fn entry(
    name: &str,
    raw: RawEntry,
    allowed: &[Dtype],
    align: impl Fn(Dtype) -> usize,
) -> Result<Entry> {
    let error = |kind| Error::new(kind, tensor(name));
    let dtype = Dtype::named(&raw.dtype).filter(|d| allowed.contains(d));
    let dtype = dtype.ok_or_else(|| error(Kind::Dtype))?;
    let mut sizes = raw.shape.iter();
    let bytes = sizes.try_fold(dtype.size(), |n, &d| n.checked_mul(d));
    let [begin, end] = raw.data_offsets;
    if bytes.is_none() || end.checked_sub(begin) != bytes {
        return Err(error(Kind::Shape));
    }
    if !begin.is_multiple_of(align(dtype)) {
        return Err(error(Kind::Misaligned));
    }
    Ok(Entry {
        dtype,
        shape: raw.shape,
        range: begin..end,
    })
}

/// The tensors lie one after the other, from the first byte of the data to the last.
fn contiguous(tensors: &BTreeMap<String, Entry>, data: usize) -> Result<()> {
    let mut order: Vec<_> = tensors.iter().collect();
    order.sort_by_key(|(_, e)| (e.range.start, e.range.end));
    let mut at = 0;
    for (name, entry) in order {
        if entry.range.start != at {
            let kind = if entry.range.start < at {
                Kind::Overlap
            } else {
                Kind::Gap
            };
            return Err(Error::new(kind, tensor(name)));
        }
        at = entry.range.end;
    }
    match at.cmp(&data) {
        std::cmp::Ordering::Equal => Ok(()),
        std::cmp::Ordering::Greater => Err(Error::new(Kind::Truncated, "file")),
        std::cmp::Ordering::Less => Err(Error::new(Kind::Gap, "end of file")),
    }
}

impl<'de> Deserialize<'de> for Raw {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        struct Names;
        impl<'de> Visitor<'de> for Names {
            type Value = Raw;

            fn expecting(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
                f.write_str("an object of tensors")
            }

            fn visit_map<A: MapAccess<'de>>(
                self,
                mut map: A,
            ) -> std::result::Result<Raw, A::Error> {
                let mut header = Raw {
                    metadata: BTreeMap::new(),
                    tensors: BTreeMap::new(),
                };
                while let Some(name) = map.next_key::<String>()? {
                    let twice = if name == "__metadata__" {
                        !std::mem::replace(&mut header.metadata, map.next_value()?).is_empty()
                    } else {
                        header.tensors.insert(name, map.next_value()?).is_some()
                    };
                    if twice {
                        return Err(serde::de::Error::custom("a name stands twice"));
                    }
                }
                Ok(header)
            }
        }
        deserializer.deserialize_map(Names)
    }
}
