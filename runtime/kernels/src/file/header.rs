//! The header of the file: parsed, and checked against its own configuration and the length of the
//! data.

use std::collections::BTreeMap;

use super::{Attention, matrices, vectors};
use crate::config::Config;
use crate::error::{Error, Kind, Result};
use crate::packed::{BLOCK, Bits, TILE, groups_fit};
use crate::safetensors::{self, Dtype, Entry, tensor};

/// A checked header: every tensor that the configuration calls for, none else, without overlap or
/// gap.
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
        let raw = safetensors::Raw::parse(text)?;
        let (config, attention) = metadata(&raw.metadata)?;
        config.check()?;
        // Packed weights are read where they lie, a register at a time.
        let align = |dtype| if dtype == Dtype::U8 { BLOCK } else { 4 };
        let tensors = raw.entries(data, &[Dtype::U8, Dtype::F32], align)?;
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
