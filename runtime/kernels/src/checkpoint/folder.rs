//! Hugging Face folders: `config.json`, and weights in one safetensors file or several.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

use foveate_gguf::Kind as Element;
use serde::Deserialize;
use serde_json::Value;

use super::OpenOptions;
use super::family::{Family, WINDOW_THETA};
use super::import::{Shape, Tensors, tensor};
use crate::config::Config;
use crate::error::{Error, Kind, Result};
use crate::file::Limits;
use crate::safetensors::{Dtype, Entry, Raw, header_text};
use crate::weights::Weights;

/// The weights of a folder, which must hold one family's tensors and no others.
pub(super) fn weights(folder: &Path, options: &OpenOptions) -> Result<Weights> {
    let text = read(&folder.join("config.json"))?;
    let json: Json =
        serde_json::from_slice(&text).map_err(|e| Error::caused(Kind::Config, "config.json", e))?;
    let shape = json.shape(options)?;
    let tensors = Files::open(folder, shape.family, json.tied())?;
    super::import::weights(tensors, shape, options)
}

/// Longest JSON file taken: the index of a model of 1,000 files takes a megabyte.
const MAX_JSON: u64 = 16 << 20;

fn read(path: &Path) -> Result<Vec<u8>> {
    let io = |e| Error::caused(Kind::Io, path.display().to_string(), e);
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(io)?;
    file.take(MAX_JSON + 1)
        .read_to_end(&mut bytes)
        .map_err(io)?;
    if bytes.len() as u64 > MAX_JSON {
        return Err(Error::new(Kind::TooLarge, path.display().to_string()));
    }
    Ok(bytes)
}

/// What is read of `config.json`.
#[derive(Deserialize)]
struct Json {
    model_type: String,
    hidden_size: usize,
    intermediate_size: usize,
    num_hidden_layers: usize,
    num_attention_heads: usize,
    num_key_value_heads: Option<usize>,
    head_dim: Option<usize>,
    vocab_size: usize,
    max_position_embeddings: usize,
    rms_norm_eps: f32,
    rope_theta: Option<f64>,
    rope_local_base_freq: Option<f64>,
    rope_scaling: Option<Value>,
    rope_parameters: Option<Value>,
    tie_word_embeddings: Option<bool>,
    sliding_window: Option<usize>,
    #[serde(alias = "_sliding_window_pattern")]
    sliding_window_pattern: Option<usize>,
    query_pre_attn_scalar: Option<f64>,
    attention_bias: Option<bool>,
    final_logit_softcapping: Option<f64>,
    attn_logit_softcapping: Option<f64>,
}

impl Json {
    fn family(&self) -> Result<Family> {
        let name = self.model_type.trim_end_matches("_text");
        Family::named(name).ok_or_else(|| {
            let known = Family::ALL.map(Family::name).join(", ");
            let found = format!("`model_type` {}, not of {known}", self.model_type);
            Error::new(Kind::Config, found)
        })
    }

    /// Whether logits are made with the embedding: by default in Gemma, not in the others.
    fn tied(&self) -> bool {
        let gemma = self.model_type.starts_with("gemma");
        self.tie_word_embeddings.unwrap_or(gemma)
    }

    fn shape(&self, options: &OpenOptions) -> Result<Shape> {
        let (family, n_heads) = (self.family()?, self.num_attention_heads);
        let (rope_theta, stretch) = self.rope(family)?;
        let head_dim = self.head_dim.unwrap_or(self.hidden_size / n_heads.max(1));
        let config = Config {
            dim: self.hidden_size,
            n_layers_kv: self.num_hidden_layers,
            n_layers_shared: 0,
            n_heads,
            n_kv_heads: self.num_key_value_heads.unwrap_or(n_heads),
            head_dim,
            ffn_dim: self.intermediate_size,
            vocab_size: self.vocab_size,
            rope_theta,
            norm_eps: self.rms_norm_eps,
            context: self
                .max_position_embeddings
                .min(options.context)
                .min(65_536),
        };
        config.check()?;
        let caps = self.final_logit_softcapping.or(self.attn_logit_softcapping);
        if caps.is_some() || self.attention_bias == Some(true) && !family.biases() {
            let place = "`attention_bias` or a soft cap of logits, unknown here";
            return Err(Error::new(Kind::Config, place));
        }
        let scalar = self.query_pre_attn_scalar.unwrap_or(head_dim as f64);
        if !(scalar.is_finite() && scalar > 0.0) {
            let place = format!("`query_pre_attn_scalar` of {scalar}");
            return Err(Error::new(Kind::Config, place));
        }
        let pattern = self.sliding_window_pattern.unwrap_or(family.pattern());
        Ok(Shape {
            family,
            window: self.sliding_window.filter(|&w| w > 0 && family.is_gemma()),
            pattern: if family.is_gemma() { pattern } else { 0 },
            stretch,
            half_split: true,
            one_plus: family.is_gemma(),
            q_scale: (head_dim as f64 / scalar).sqrt() as f32,
            config,
        })
    }

    /// Base and stretch of RoPE, in the words of both generations of `config.json`.
    fn rope(&self, family: Family) -> Result<(f64, f64)> {
        let set = |name: &str| self.rope_parameters.as_ref().and_then(|p| p.get(name));
        let all = set("full_attention").or(self.rope_parameters.as_ref());
        let number = |v: Option<&Value>, key: &str| v.and_then(|v| v.get(key)?.as_f64());
        let scaling = all.or(self.rope_scaling.as_ref());
        let kind = scaling.and_then(|s| s.get("rope_type").or(s.get("type"))?.as_str());
        let stretch = match kind.unwrap_or("default") {
            "default" => 1.0,
            "linear" => number(scaling, "factor").unwrap_or(f64::NAN),
            _ => f64::NAN,
        };
        let local = number(set("sliding_attention"), "rope_theta").or(self.rope_local_base_freq);
        let foreign = family.is_gemma() && local.is_some_and(|theta| theta != WINDOW_THETA);
        if !(stretch.is_finite() && stretch >= 1.0) || foreign {
            let place = format!("RoPE scaling {kind:?} with window base {local:?}");
            return Err(Error::new(Kind::Config, place));
        }
        let base = number(all, "rope_theta").or(self.rope_theta);
        Ok((
            base.unwrap_or(if family.is_gemma() { 1e6 } else { 1e4 }),
            stretch,
        ))
    }
}

/// One file of weights.
struct Part {
    file: File,
    /// Where the data begin.
    data: u64,
    tensors: BTreeMap<String, Entry>,
}

impl Part {
    fn open(path: &Path) -> Result<Self> {
        let io = |e| Error::caused(Kind::Io, path.display().to_string(), e);
        let mut file = File::open(path).map_err(io)?;
        let (len, limits) = (file.metadata().map_err(io)?.len(), Limits::default());
        if len > limits.file {
            return Err(Error::new(Kind::TooLarge, path.display().to_string()));
        }
        let text = header_text(&mut file, len, limits.header)?;
        let data = 8 + text.len() as u64;
        let size = usize::try_from(len - data)
            .map_err(|_| Error::new(Kind::TooLarge, path.display().to_string()))?;
        let allowed = [Dtype::F32, Dtype::F16, Dtype::BF16];
        Ok(Self {
            file,
            data,
            tensors: Raw::parse(&text)?.entries(size, &allowed, |_| 1)?,
        })
    }
}

/// The files of a folder, and which of their tensors were used.
struct Files {
    family: Family,
    tied: bool,
    parts: Vec<Part>,
    used: BTreeSet<String>,
}

impl Files {
    fn open(folder: &Path, family: Family, tied: bool) -> Result<Self> {
        #[derive(Deserialize)]
        struct Index {
            weight_map: BTreeMap<String, String>,
        }
        let index = folder.join("model.safetensors.index.json");
        let names: BTreeSet<String> = if index.exists() {
            let index: Index = serde_json::from_slice(&read(&index)?)
                .map_err(|e| Error::caused(Kind::Header, "model.safetensors.index.json", e))?;
            index.weight_map.into_values().collect()
        } else {
            BTreeSet::from(["model.safetensors".to_owned()])
        };
        let plain = |name: &String| Path::new(name).file_name() == Some(name.as_ref());
        if let Some(name) = names.iter().find(|name| !plain(name)) {
            let place = format!("file `{name}` of the index, not in the folder itself");
            return Err(Error::new(Kind::Header, place));
        }
        let parts = names.iter().map(|name| Part::open(&folder.join(name)));
        Ok(Self {
            family,
            tied,
            parts: parts.collect::<Result<_>>()?,
            used: BTreeSet::new(),
        })
    }

    /// A tensor's name in these files.
    fn name(&self, gguf: &str) -> Option<String> {
        let (stem, suffix) = gguf.rsplit_once('.')?;
        let plain = match stem {
            "token_embd" => "model.embed_tokens",
            "output_norm" => "model.norm",
            "output" if self.tied => return None,
            "output" => "lm_head",
            _ => "",
        };
        if !plain.is_empty() {
            return Some(format!("{plain}.{suffix}"));
        }
        let (layer, part) = stem.strip_prefix("blk.")?.split_once('.')?;
        let part = match part {
            "attn_norm" => "input_layernorm",
            "attn_q" => "self_attn.q_proj",
            "attn_k" => "self_attn.k_proj",
            "attn_v" => "self_attn.v_proj",
            "attn_output" => "self_attn.o_proj",
            "attn_q_norm" => "self_attn.q_norm",
            "attn_k_norm" => "self_attn.k_norm",
            "post_attention_norm" => "post_attention_layernorm",
            "ffn_norm" if self.family.is_gemma() => "pre_feedforward_layernorm",
            "ffn_norm" => "post_attention_layernorm",
            "post_ffw_norm" => "post_feedforward_layernorm",
            "ffn_gate" => "mlp.gate_proj",
            "ffn_up" => "mlp.up_proj",
            "ffn_down" => "mlp.down_proj",
            _ => return None,
        };
        Some(format!("model.layers.{layer}.{part}.{suffix}"))
    }
}

impl Tensors for Files {
    fn has(&self, name: &str) -> bool {
        let there = |name: &String| self.parts.iter().any(|p| p.tensors.contains_key(name));
        self.name(name).as_ref().is_some_and(there)
    }

    fn take(&mut self, name: &str, sizes: &[usize]) -> Result<(Element, Vec<u8>)> {
        let name = self.name(name).unwrap_or_else(|| name.to_owned());
        let mut parts = self.parts.iter_mut();
        let found = parts.find_map(|p| Some((&mut p.file, p.data, p.tensors.get(&name)?)));
        let Some((file, data, entry)) = found else {
            return Err(Error::new(Kind::Missing, tensor(&name)));
        };
        if !entry.shape.iter().rev().eq(sizes) {
            let place = format!("{} of {:?}, expected {sizes:?}", tensor(&name), entry.shape);
            return Err(Error::new(Kind::Shape, place));
        }
        let mut bytes = vec![0; entry.range.len()]; // no more than the file has
        file.seek(SeekFrom::Start(data + entry.range.start as u64))?;
        file.read_exact(&mut bytes)?;
        let kind = match entry.dtype {
            Dtype::F16 => Element::F16,
            Dtype::BF16 => Element::BF16,
            _ => Element::F32,
        };
        self.used.insert(name);
        Ok((kind, bytes))
    }

    fn replace(&mut self, name: &str) {
        self.used.extend(self.name(name));
    }

    fn left(&self) -> Option<String> {
        let mut names = self.parts.iter().flat_map(|p| p.tensors.keys());
        let copy = |name: &str| self.tied && name == "lm_head.weight";
        let unused = |name: &&String| !(self.used.contains(*name) || copy(name.as_str()));
        names.find(unused).cloned()
    }
}
