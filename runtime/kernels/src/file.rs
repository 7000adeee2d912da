//! The reader of `decoder.safetensors`: checks everything that `FORMAT.md` says before it lends a view.
//!
//! The header is checked against the configuration and the file's real length before memory is taken for the data;
//! the data are then read once into one aligned block, and weights are used where they lie.

use std::collections::BTreeMap;
use std::io::Read;
use std::ops::Range;
use std::sync::Arc;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};

use crate::bytes::{Bytes, as_f32};
use crate::config::Config;
use crate::error::{Error, Kind, Result};
use crate::packed::{BLOCK, Bits, TILE, groups_fit};

/// What a file may ask for.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Bytes of the whole file. Default 16 GiB: the largest published on-device shape takes under 1.
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
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dtype {
    U8,
    F32,
}

impl Dtype {
    fn size(self) -> usize {
        if self == Self::U8 { 1 } else { 4 }
    }

    fn align(self) -> usize {
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
        let mut prefix = [0; 8];
        if len < 8 {
            return Err(Error::new(Kind::HeaderLength, "file"));
        }
        from.read_exact(&mut prefix)?;
        let n = u64::from_le_bytes(prefix);
        if n > limits.header || n > len - 8 {
            return Err(Error::new(Kind::HeaderLength, "file"));
        }
        let fits = |_| Error::new(Kind::TooLarge, "file");
        let mut text = vec![0; usize::try_from(n).map_err(fits)?];
        from.read_exact(&mut text)?;
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

fn tensor(name: &str) -> String {
    format!("tensor `{name}`")
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

/// Every matrix of a decoder: name, rows, columns.
pub(crate) fn matrices(c: &Config) -> impl Iterator<Item = (String, usize, usize)> {
    let (dim, q, kv, ffn) = (c.dim, c.q_dim(), c.kv_dim(), c.ffn_dim);
    let own = c.n_layers_kv;
    let layers = (0..c.n_layers()).flat_map(move |i| {
        let all = [
            ("q", q, dim),
            ("o", dim, q),
            ("gate", ffn, dim),
            ("up", ffn, dim),
            ("down", dim, ffn),
            ("k", kv, dim),
            ("v", kv, dim),
        ];
        let n = if i < own { 7 } else { 5 };
        all.into_iter()
            .take(n)
            .map(move |(name, rows, cols)| (format!("layers.{i}.{name}"), rows, cols))
    });
    std::iter::once(("embed".to_owned(), c.vocab_size, c.dim)).chain(layers)
}

/// Every vector of a decoder: name, length.
pub(crate) fn vectors(c: &Config, kv_scale: bool) -> impl Iterator<Item = (String, usize)> {
    let (dim, head, own) = (c.dim, c.head_dim, c.n_layers_kv);
    let layers = (0..c.n_layers()).flat_map(move |i| {
        let all = [
            ("attn_norm", dim),
            ("ffn_norm", dim),
            ("q_norm", head),
            ("k_norm", head),
            ("kv_scale", 2),
        ];
        let n = if i < own {
            4 + usize::from(kv_scale)
        } else {
            3
        };
        all.into_iter()
            .take(n)
            .map(move |(name, n)| (format!("layers.{i}.{name}"), n))
    });
    std::iter::once(("norm".to_owned(), c.dim)).chain(layers)
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
