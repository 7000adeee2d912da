//! The header of the file: parsed, and checked against its own configuration and the length of the data.

use std::collections::BTreeMap;
use std::ops::Range;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};

use super::{Attention, matrices, tensor, vectors};
use crate::config::Config;
use crate::error::{Error, Kind, Result};
use crate::packed::{BLOCK, Bits, TILE, groups_fit};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dtype {
    U8,
    F32,
}

impl Dtype {
    pub fn size(self) -> usize {
        if self == Self::U8 { 1 } else { 4 }
    }

    pub fn align(self) -> usize {
        if self == Self::U8 { BLOCK } else { 4 }
    }
}

#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub dtype: Dtype,
    pub shape: Vec<usize>,
    /// Where it lies, from the beginning of the data.
    pub range: Range<usize>,
}

/// A checked header: every tensor that the configuration calls for, none else, without overlap or gap.
#[derive(Debug)]
pub(crate) struct Header {
    pub config: Config,
    pub attention: Attention,
    pub kv_scale: bool,
    pub tensors: BTreeMap<String, Entry>,
    pub data: usize,
}

impl Header {
    /// Checks a header's text, for data of `data` bytes.
    pub fn parse(text: &[u8], data: usize) -> Result<Self> {
        let raw: RawHeader =
            serde_json::from_slice(text).map_err(|e| Error::caused(Kind::Header, "header", e))?;
        let (config, attention) = metadata(&raw.metadata)?;
        config.check()?;
        let tensors = raw
            .tensors
            .into_iter()
            .map(|(name, raw)| Ok((name.clone(), entry(&name, raw)?)));
        let tensors = tensors.collect::<Result<BTreeMap<_, _>>>()?;
        contiguous(&tensors, data)?;
        let kv_scale = tensors.contains_key("layers.0.kv_scale");
        complete(&config, &tensors, kv_scale)?;
        if attention == Attention::Int8 && !kv_scale {
            return Err(Error::new(Kind::Missing, tensor("layers.0.kv_scale")));
        }
        Ok(Self {
            config,
            attention,
            kv_scale,
            tensors,
            data,
        })
    }
}

fn metadata(map: &BTreeMap<String, String>) -> Result<(Config, Attention)> {
    let get = |key: &str| {
        map.get(key)
            .map(String::as_str)
            .ok_or_else(|| Error::new(Kind::Metadata, format!("metadata `{key}`")))
    };
    for (key, expected) in [("format", "foveate-decoder"), ("version", "1")] {
        if get(key)? != expected {
            return Err(Error::new(Kind::Metadata, format!("metadata `{key}`")));
        }
    }
    let attention = match get("attention")? {
        "int8" => Attention::Int8,
        "f32" => Attention::F32,
        _ => return Err(Error::new(Kind::Metadata, "metadata `attention`")),
    };
    let config = serde_json::from_str(get("config")?)
        .map_err(|e| Error::caused(Kind::Config, "metadata `config`", e))?;
    Ok((config, attention))
}

/// Type, shape, length and alignment of one tensor, all by checked arithmetic.
fn entry(name: &str, raw: RawEntry) -> Result<Entry> {
    let error = |kind| Error::new(kind, tensor(name));
    let dtype = match raw.dtype.as_str() {
        "U8" => Dtype::U8,
        "F32" => Dtype::F32,
        _ => return Err(error(Kind::Dtype)),
    };
    let bytes = raw
        .shape
        .iter()
        .try_fold(dtype.size(), |n, &d| n.checked_mul(d));
    let [begin, end] = raw.data_offsets;
    if bytes.is_none() || end.checked_sub(begin) != bytes {
        return Err(error(Kind::Shape));
    }
    if !begin.is_multiple_of(dtype.align()) {
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

/// Every tensor called for is there in its shape, and no other.
fn complete(config: &Config, tensors: &BTreeMap<String, Entry>, kv_scale: bool) -> Result<()> {
    let mut seen = 0;
    for (name, rows, cols) in matrices(config) {
        seen += matrix(tensors, &name, rows, cols)?;
    }
    for (name, n) in vectors(config, kv_scale) {
        let entry = tensors
            .get(&name)
            .ok_or_else(|| Error::new(Kind::Missing, tensor(&name)))?;
        expect(&name, entry, Dtype::F32, &[n])?;
        seen += 1;
    }
    if seen == tensors.len() {
        return Ok(());
    }
    let stem = |name: &str| {
        FORMS
            .iter()
            .chain(&["scale"])
            .find_map(|f| name.strip_suffix(&format!(".{f}")).map(str::to_owned))
    };
    let known: std::collections::BTreeSet<String> = matrices(config).map(|(n, ..)| n).collect();
    let wanted: std::collections::BTreeSet<String> =
        vectors(config, kv_scale).map(|(n, _)| n).collect();
    let unknown = |name: &&String| {
        let form = stem(name).filter(|s| known.contains(s));
        let extra =
            |s: String| name.ends_with(".scale") && tensors.contains_key(&format!("{s}.f32"));
        !wanted.contains(*name) && form.is_none_or(extra)
    };
    let name = tensors.keys().find(unknown).map_or("?", String::as_str);
    Err(Error::new(Kind::Unknown, tensor(name)))
}

const FORMS: [&str; 4] = ["w2", "w4", "w8", "f32"];

/// Checks the one form a matrix comes in, and gives the number of its tensors.
fn matrix(
    tensors: &BTreeMap<String, Entry>,
    name: &str,
    rows: usize,
    cols: usize,
) -> Result<usize> {
    let mut forms = FORMS.iter().filter_map(|form| {
        tensors
            .get_key_value(&format!("{name}.{form}"))
            .map(|e| (form, e))
    });
    let Some((form, (full, entry))) = forms.next() else {
        return Err(Error::new(Kind::Missing, tensor(name)));
    };
    if let Some((_, (other, _))) = forms.next() {
        return Err(Error::new(Kind::Unknown, tensor(other)));
    }
    let Some(bits) = form_bits(form) else {
        expect(full, entry, Dtype::F32, &[rows, cols])?;
        return Ok(1);
    };
    let tiles = rows.div_ceil(TILE);
    expect(full, entry, Dtype::U8, &[tiles, bits.blocks(cols), BLOCK])?;
    let scale = format!("{name}.scale");
    let entry = tensors
        .get(&scale)
        .ok_or_else(|| Error::new(Kind::Missing, tensor(&scale)))?;
    let groups = *entry.shape.get(1).unwrap_or(&0);
    expect(&scale, entry, Dtype::F32, &[tiles, groups, TILE])?;
    if groups_fit(cols, groups) {
        Ok(2)
    } else {
        Err(Error::new(Kind::Shape, tensor(&scale)))
    }
}

pub(crate) fn form_bits(form: &str) -> Option<Bits> {
    match form {
        "w2" => Some(Bits::Two),
        "w4" => Some(Bits::Four),
        "w8" => Some(Bits::Eight),
        _ => None,
    }
}

fn expect(name: &str, entry: &Entry, dtype: Dtype, shape: &[usize]) -> Result<()> {
    if entry.dtype != dtype {
        return Err(Error::new(Kind::Dtype, tensor(name)));
    }
    if entry.shape != shape {
        Err(Error::new(Kind::Shape, tensor(name)))
    } else {
        Ok(())
    }
}

/// The header as JSON has it; naming a tensor twice is an error.
struct RawHeader {
    metadata: BTreeMap<String, String>,
    tensors: BTreeMap<String, RawEntry>,
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct RawEntry {
    dtype: String,
    shape: Vec<usize>,
    data_offsets: [usize; 2],
}

impl<'de> Deserialize<'de> for RawHeader {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        struct Names;
        impl<'de> Visitor<'de> for Names {
            type Value = RawHeader;

            fn expecting(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
                f.write_str("an object of tensors")
            }

            fn visit_map<A: MapAccess<'de>>(
                self,
                mut map: A,
            ) -> std::result::Result<RawHeader, A::Error> {
                let mut header = RawHeader {
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
