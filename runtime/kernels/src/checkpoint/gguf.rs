//! GGUF files. Keys and names: llama.cpp, `gguf-py/gguf/constants.py`.

use std::collections::BTreeSet;
use std::io::{Read, Seek};

use foveate_gguf::{Directory, ErrorKind, File, Kind as Element, Value};

use super::OpenOptions;
use super::family::Family;
use super::import::{Shape, Tensors, tensor};
use crate::config::Config;
use crate::error::{Error, Kind, Result};
use crate::weights::Weights;

pub(super) fn refused(e: foveate_gguf::Error) -> Error {
    let kind = match e.kind() {
        ErrorKind::Io => Kind::Io,
        ErrorKind::TooLarge => Kind::TooLarge,
        ErrorKind::Truncated => Kind::Truncated,
        ErrorKind::Missing => Kind::Missing,
        ErrorKind::Kind => Kind::Dtype,
        ErrorKind::Shape => Kind::Shape,
        ErrorKind::Misaligned => Kind::Misaligned,
        ErrorKind::Overlap => Kind::Overlap,
        _ => Kind::Header,
    };
    Error::caused(kind, "GGUF file", e)
}

/// The weights of a file, which must hold one family's tensors and no others.
pub(super) fn weights<R: Read + Seek>(file: File<R>, options: &OpenOptions) -> Result<Weights> {
    let shape = shape(file.directory(), options)?;
    let used = BTreeSet::new();
    super::import::weights(Source { file, used }, shape, options)
}

/// The file, and which of its tensors were used.
struct Source<R> {
    file: File<R>,
    used: BTreeSet<String>,
}

impl<R: Read + Seek> Tensors for Source<R> {
    fn has(&self, name: &str) -> bool {
        self.file.directory().tensors.contains_key(name)
    }

    fn take(&mut self, name: &str, sizes: &[usize]) -> Result<(Element, Vec<u8>)> {
        let found = self.file.directory().tensors.get(name).cloned();
        let found = found.ok_or_else(|| Error::new(Kind::Missing, tensor(name)))?;
        if found.sizes != sizes {
            let place = format!("{} of {:?}, expected {sizes:?}", tensor(name), found.sizes);
            return Err(Error::new(Kind::Shape, place));
        }
        self.used.insert(name.to_owned());
        let bytes = self.file.bytes(&found).map_err(refused)?;
        Ok((found.kind, bytes))
    }

    fn replace(&mut self, name: &str) {
        self.used.insert(name.to_owned());
    }

    fn left(&self) -> Option<String> {
        let mut names = self.file.directory().tensors.keys();
        names.find(|name| !self.used.contains(*name)).cloned()
    }
}

/// Sizes and variants, from the metadata.
fn shape(d: &Directory, options: &OpenOptions) -> Result<Shape> {
    let name = d.text("general.architecture").map_err(refused)?;
    let family = Family::named(name).ok_or_else(|| {
        let known = Family::ALL.map(Family::name).join(", ");
        Error::new(
            Kind::Config,
            format!("architecture `{name}`, not of {known}"),
        )
    })?;
    let key = |key: &str| format!("{name}.{key}");
    let size = |k: &str| d.size(&key(k)).map_err(refused);
    let size_or = |k: &str, other: usize| if d.has(&key(k)) { size(k) } else { Ok(other) };
    let number = |k: &str| d.number(&key(k)).map_err(refused);
    let (dim, n_heads) = (size("embedding_length")?, size("attention.head_count")?);
    let vocab_size = match d
        .tensors
        .get("token_embd.weight")
        .map(|t| t.sizes.as_slice())
    {
        Some(&[_, rows]) => rows,
        _ => return Err(Error::new(Kind::Missing, tensor("token_embd.weight"))),
    };
    let theta = "rope.freq_base";
    let config = Config {
        dim,
        n_layers_kv: size("block_count")?,
        n_layers_shared: 0,
        n_heads,
        n_kv_heads: size_or("attention.head_count_kv", n_heads)?,
        head_dim: size_or("attention.key_length", dim / n_heads.max(1))?,
        ffn_dim: size("feed_forward_length")?,
        vocab_size,
        rope_theta: if d.has(&key(theta)) {
            number(theta)?
        } else {
            1e4
        },
        norm_eps: number("attention.layer_norm_rms_epsilon")? as f32,
        context: size("context_length")?.min(options.context).min(65_536),
    };
    config.check()?;
    for (k, only) in [
        ("attention.value_length", config.head_dim),
        ("rope.dimension_count", config.head_dim),
        ("expert_count", 0),
    ] {
        if size_or(k, only)? != only {
            let place = format!("key `{}` of {}, only {only} is known", key(k), size(k)?);
            return Err(Error::new(Kind::Config, place));
        }
    }
    let window = match size_or("attention.sliding_window", 0)? {
        0 => None,
        n => family.is_gemma().then_some(n),
    };
    // The 27B model of 62 layers alone: llama.cpp, `llama-model.cpp`, `f_attention_scale`.
    let q_scale = if family.is_gemma() && config.n_layers_kv == 62 {
        ((config.head_dim * n_heads) as f32 / dim as f32).sqrt()
    } else {
        1.0
    };
    Ok(Shape {
        family,
        config,
        window,
        pattern: family.pattern(),
        stretch: stretch(d, name)?,
        half_split: family.half_split(),
        one_plus: false,
        q_scale,
    })
}

/// RoPE's scaling: none or linear.
fn stretch(d: &Directory, name: &str) -> Result<f64> {
    let key = |key: &str| format!("{name}.rope.scaling.{key}");
    let kind = match d.metadata.get(&key("type")) {
        Some(Value::Text(kind)) => kind.as_str(),
        Some(_) => "of another type than text",
        None if d.has(&key("factor")) => "linear",
        None => "none",
    };
    let factor = match kind {
        "none" => return Ok(1.0),
        "linear" => d.number(&key("factor")).map_err(refused)?,
        _ => f64::NAN,
    };
    if factor.is_finite() && factor >= 1.0 {
        return Ok(factor);
    }
    let place = format!(
        "key `{}` `{kind}`, {factor}; known: none, linear",
        key("type")
    );
    Err(Error::new(Kind::Config, place))
}
