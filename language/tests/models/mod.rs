//! Tiny decoders of random weights, written as Hugging Face folders and as GGUF files.
#![allow(dead_code, reason = "every test program uses a part of it")]

use std::collections::BTreeMap;
use std::path::Path;

use foveate_language::fake;
use serde_json::{Value, json};

pub const DIM: usize = 32;
pub const HEADS: usize = 4;
pub const KV_HEADS: usize = 2;
pub const FFN: usize = 64;
pub const LAYERS: usize = 2;
pub const CONTEXT: usize = 128;
/// Words of the vocabulary beside the bytes.
pub const WORDS: [&str; 5] = ["he", "hello", " the", "Paris", "\n\n"];

/// A decoder's weights, by their names in `transformers`.
#[derive(Clone)]
pub struct Model {
    pub family: &'static str,
    pub head_dim: usize,
    pub vocab: usize,
    /// Shape and values, row-major.
    pub tensors: BTreeMap<String, (Vec<usize>, Vec<f32>)>,
}

/// Numbers in -1..1, by a multiplicative generator.
pub struct Random(pub u64);

impl Random {
    pub fn next(&mut self) -> f32 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (self.0 >> 40) as f32 / (1u64 << 23) as f32 - 1.0
    }

    pub fn values(&mut self, n: usize, scale: f32) -> Vec<f32> {
        (0..n).map(|_| scale * self.next()).collect()
    }
}

/// The number of tokens of [`tokenizer_json`].
pub fn vocab() -> usize {
    let json: Value = serde_json::from_slice(&tokenizer_json()).unwrap();
    json["model"]["vocab"].as_object().unwrap().len()
}

pub fn tokenizer_json() -> Vec<u8> {
    fake::tokenizer_json(&WORDS)
}

impl Model {
    /// Random weights of a family; Qwen 3 has heads wider than its share.
    pub fn new(family: &'static str) -> Self {
        let head_dim = if family == "qwen3" { 16 } else { 8 };
        let mut model = Self {
            family,
            head_dim,
            vocab: vocab(),
            tensors: BTreeMap::new(),
        };
        let mut random = Random(7);
        let (q, kv) = (HEADS * head_dim, KV_HEADS * head_dim);
        let mut matrix = |name: String, rows: usize, cols: usize| {
            let values = random.values(rows * cols, 2.5 / (cols as f32).sqrt());
            model.tensors.insert(name, (vec![rows, cols], values));
        };
        matrix("model.embed_tokens.weight".into(), model.vocab, DIM);
        for i in 0..LAYERS {
            let name = |part: &str| format!("model.layers.{i}.{part}_proj.weight");
            matrix(name("self_attn.q"), q, DIM);
            matrix(name("self_attn.k"), kv, DIM);
            matrix(name("self_attn.v"), kv, DIM);
            matrix(name("self_attn.o"), DIM, q);
            matrix(name("mlp.gate"), FFN, DIM);
            matrix(name("mlp.up"), FFN, DIM);
            matrix(name("mlp.down"), DIM, FFN);
        }
        let mut vector = |name: String, n: usize, base: f32| {
            let values = random.values(n, 0.3).iter().map(|x| base + x).collect();
            model.tensors.insert(name, (vec![n], values));
        };
        vector("model.norm.weight".into(), DIM, 1.0);
        for i in 0..LAYERS {
            let name = |part: &str| format!("model.layers.{i}.{part}");
            vector(name("input_layernorm.weight"), DIM, 1.0);
            vector(name("post_attention_layernorm.weight"), DIM, 1.0);
            if family == "qwen3" {
                vector(name("self_attn.q_norm.weight"), head_dim, 1.0);
                vector(name("self_attn.k_norm.weight"), head_dim, 1.0);
            }
            if family == "qwen2" {
                vector(name("self_attn.q_proj.bias"), q, 0.0);
                vector(name("self_attn.k_proj.bias"), kv, 0.0);
                vector(name("self_attn.v_proj.bias"), kv, 0.0);
            }
        }
        model
    }

    pub fn config(&self) -> Value {
        json!({
            "model_type": self.family, "hidden_size": DIM, "intermediate_size": FFN,
            "num_hidden_layers": LAYERS, "num_attention_heads": HEADS,
            "num_key_value_heads": KV_HEADS, "head_dim": self.head_dim, "vocab_size": self.vocab,
            "max_position_embeddings": CONTEXT, "rms_norm_eps": 1e-5, "rope_theta": 10_000.0,
            "tie_word_embeddings": true,
        })
    }

    /// `config.json`, `model.safetensors` and `tokenizer.json`.
    pub fn write_folder(&self, folder: &Path) {
        let (mut header, mut data) = (serde_json::Map::new(), Vec::new());
        for (name, (shape, values)) in &self.tensors {
            let begin = data.len();
            data.extend(values.iter().flat_map(|x| x.to_le_bytes()));
            let place = [begin, data.len()];
            let entry = json!({"dtype": "F32", "shape": shape, "data_offsets": place});
            header.insert(name.clone(), entry);
        }
        let mut header = serde_json::to_vec(&header).unwrap();
        header.resize(header.len().next_multiple_of(8), b' ');
        let mut file = (header.len() as u64).to_le_bytes().to_vec();
        file.extend(header);
        file.extend(data);
        std::fs::write(folder.join("model.safetensors"), file).unwrap();
        std::fs::write(folder.join("config.json"), self.config().to_string()).unwrap();
        std::fs::write(folder.join("tokenizer.json"), tokenizer_json()).unwrap();
    }

    /// Name and values of a tensor as GGUF has them: rows of q and k of Llama are reordered so that
    /// rotary pairs lie beside each other.
    fn in_gguf(&self, name: &str, values: &[f32]) -> (String, Vec<f32>) {
        let rotated = name.contains("q_proj") || name.contains("k_proj");
        let mut values = values.to_vec();
        if rotated && self.family == "llama" {
            let half = self.head_dim / 2;
            let ours = values.clone();
            for (row, to) in values.chunks_exact_mut(DIM).enumerate() {
                let (head, i) = (row / self.head_dim, row % self.head_dim);
                let from = head * self.head_dim + (i % 2) * half + i / 2;
                to.copy_from_slice(&ours[from * DIM..][..DIM]);
            }
        }
        let mut name = name.replace("model.layers", "blk");
        for (from, to) in [
            ("model.embed_tokens", "token_embd"),
            ("model.norm", "output_norm"),
            ("input_layernorm", "attn_norm"),
            ("post_attention_layernorm", "ffn_norm"),
            ("self_attn.o_proj", "attn_output"),
            ("self_attn.", "attn_"),
            ("mlp.", "ffn_"),
            ("_proj", ""),
        ] {
            name = name.replace(from, to);
        }
        (name, values)
    }

    /// The metadata of [`Model::write_gguf`].
    pub fn metadata(&self) -> BTreeMap<String, Meta> {
        let mut all: BTreeMap<String, Meta> = tokenizer_metadata();
        all.insert(
            "general.architecture".into(),
            Meta::Text(self.family.into()),
        );
        for (key, value) in [
            ("context_length", CONTEXT),
            ("embedding_length", DIM),
            ("block_count", LAYERS),
            ("feed_forward_length", FFN),
            ("attention.head_count", HEADS),
            ("attention.head_count_kv", KV_HEADS),
            ("attention.key_length", self.head_dim),
            ("attention.value_length", self.head_dim),
        ] {
            let key = format!("{}.{key}", self.family);
            all.insert(key, Meta::Number(value as u32));
        }
        for (key, value) in [
            ("attention.layer_norm_rms_epsilon", 1e-5),
            ("rope.freq_base", 1e4),
        ] {
            all.insert(format!("{}.{key}", self.family), Meta::Float(value));
        }
        all
    }

    /// A GGUF file of float32 tensors.
    pub fn write_gguf(&self, path: &Path, metadata: &BTreeMap<String, Meta>) {
        let tensors: Vec<_> = self
            .tensors
            .iter()
            .map(|(name, (shape, values))| (self.in_gguf(name, values), shape.clone()))
            .collect();
        let mut file = b"GGUF".to_vec();
        file.extend(3u32.to_le_bytes());
        file.extend((tensors.len() as u64).to_le_bytes());
        file.extend((metadata.len() as u64).to_le_bytes());
        for (key, value) in metadata {
            text(&mut file, key.as_bytes());
            value.write(&mut file);
        }
        let mut data: Vec<u8> = Vec::new();
        for ((name, values), shape) in &tensors {
            text(&mut file, name.as_bytes());
            file.extend((shape.len() as u32).to_le_bytes());
            file.extend(shape.iter().rev().flat_map(|&n| (n as u64).to_le_bytes()));
            file.extend(0u32.to_le_bytes());
            file.extend((data.len() as u64).to_le_bytes());
            data.extend(values.iter().flat_map(|x| x.to_le_bytes()));
            data.resize(data.len().next_multiple_of(32), 0);
        }
        file.resize(file.len().next_multiple_of(32), 0);
        file.extend(data);
        std::fs::write(path, file).unwrap();
    }
}

/// A metadata value.
#[derive(Clone)]
pub enum Meta {
    Text(String),
    Number(u32),
    Float(f32),
    Bool(bool),
    Texts(Vec<String>),
    Numbers(Vec<i32>),
    Floats(Vec<f32>),
}

impl Meta {
    fn write(&self, to: &mut Vec<u8>) {
        let mut kind = |numbers: &[u32]| to.extend(numbers.iter().flat_map(|n| n.to_le_bytes()));
        match self {
            Self::Text(value) => {
                kind(&[8]);
                text(to, value.as_bytes());
            }
            Self::Number(value) => kind(&[4, *value]),
            Self::Float(value) => kind(&[6, value.to_bits()]),
            Self::Bool(value) => {
                kind(&[7]);
                to.push(u8::from(*value));
            }
            Self::Texts(values) => {
                kind(&[9, 8, values.len() as u32, 0]);
                values.iter().for_each(|v| text(to, v.as_bytes()));
            }
            Self::Numbers(values) => {
                kind(&[9, 5, values.len() as u32, 0]);
                to.extend(values.iter().flat_map(|v| v.to_le_bytes()));
            }
            Self::Floats(values) => {
                kind(&[9, 6, values.len() as u32, 0]);
                to.extend(values.iter().flat_map(|v| v.to_le_bytes()));
            }
        }
    }
}

fn text(to: &mut Vec<u8>, bytes: &[u8]) {
    to.extend((bytes.len() as u64).to_le_bytes());
    to.extend(bytes);
}

/// The tokenizer of [`tokenizer_json`] as GGUF has it.
pub fn tokenizer_metadata() -> BTreeMap<String, Meta> {
    let json: Value = serde_json::from_slice(&tokenizer_json()).unwrap();
    let vocab = json["model"]["vocab"].as_object().unwrap();
    let mut names = vec![String::new(); vocab.len()];
    for (name, id) in vocab {
        names[id.as_u64().unwrap() as usize].clone_from(name);
    }
    let control = |name: &String| fake::SPECIALS.contains(&name.as_str());
    let kinds = names.iter().map(|name| if control(name) { 3 } else { 1 });
    let merges = json["model"]["merges"].as_array().unwrap().iter();
    let merges = merges.map(|m| m.as_str().unwrap().to_owned());
    [
        ("model", Meta::Text("gpt2".into())),
        ("pre", Meta::Text("gpt-2".into())),
        ("token_type", Meta::Numbers(kinds.collect())),
        ("merges", Meta::Texts(merges.collect())),
        ("tokens", Meta::Texts(names)),
        ("bos_token_id", Meta::Number(1)),
        ("eos_token_id", Meta::Number(5)),
    ]
    .into_iter()
    .map(|(key, value)| (format!("tokenizer.ggml.{key}"), value))
    .collect()
}
