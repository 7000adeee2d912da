//! Packed weights of the tiny decoder, made of those of its graph.
use super::{copy, tiny};
use foveate_kernels::packed::{Bits, pack, pack_scale};
use foveate_onnx::GraphFile;
use serde_json::{Map, Value, json};
use std::fs;
use tempfile::TempDir;

/// A copy of the bundle with a `decoder.safetensors` of its graph's weights, in float or at 8 bits.
pub fn packed(eight_bits: bool) -> TempDir {
    let dir = copy();
    let graph = GraphFile::read(tiny().join("decoder.onnx")).unwrap();
    let config = fs::read(tiny().join("config.json")).unwrap();
    let config: Value = serde_json::from_slice(&config).unwrap();
    let config = &config["decoder"];
    let size = |name: &str| usize::try_from(config[name].as_u64().unwrap()).unwrap();
    let (own, all) = (
        size("n_layers_kv"),
        size("n_layers_kv") + size("n_layers_shared"),
    );
    let mut file = Packed::default();
    file.matrix("embed", &graph, "embed", eight_bits);
    for i in 0..all {
        let layer = if i < own {
            format!("block1.{i}")
        } else {
            format!("block2.{}", i - own)
        };
        for part in ["q", "k", "v", "o", "ffn.gate", "ffn.up", "ffn.down"] {
            if i < own || !["k", "v"].contains(&part) {
                let name = format!("layers.{i}.{}", part.trim_start_matches("ffn."));
                file.matrix(&name, &graph, &format!("{layer}.{part}"), eight_bits);
            }
        }
        for (norm, n) in [
            ("attn", "dim"),
            ("ffn", "dim"),
            ("q", "head_dim"),
            ("k", "head_dim"),
        ] {
            if i < own || norm != "k" {
                file.ones(&format!("layers.{i}.{norm}_norm"), size(n));
            }
        }
    }
    file.ones("norm", size("dim"));
    fs::write(dir.path().join("decoder.safetensors"), file.written(config)).unwrap();
    dir
}

/// The tensors of a `decoder.safetensors`: element type, shape, bytes.
#[derive(Default)]
struct Packed(Vec<(String, &'static str, Vec<usize>, Vec<u8>)>);

impl Packed {
    fn floats(&mut self, name: String, shape: Vec<usize>, values: &[f32]) {
        let bytes = values.iter().flat_map(|v| v.to_le_bytes()).collect();
        self.0.push((name, "F32", shape, bytes));
    }

    /// Norms of the tiny model are all ones.
    fn ones(&mut self, name: &str, n: usize) {
        self.floats(name.to_owned(), vec![n], &vec![1.0; n]);
    }

    fn matrix(&mut self, name: &str, graph: &GraphFile, theirs: &str, eight_bits: bool) {
        let w = graph.matrix(&format!("d.{theirs}.weight.f16")).unwrap();
        let (rows, cols) = w.dim();
        if !eight_bits {
            let values = w.as_slice().unwrap();
            return self.floats(format!("{name}.f32"), vec![rows, cols], values);
        }
        let top = |row: ndarray::ArrayView1<f32>| row.iter().fold(1e-8f32, |m, v| m.max(v.abs()));
        let scale: Vec<f32> = w.outer_iter().map(|row| top(row) / 127.5).collect();
        let code = |(row, v): (usize, &f32)| (v / scale[row] + 128.0).floor().clamp(0.0, 255.0);
        let codes: Vec<u8> = w
            .iter()
            .enumerate()
            .map(|(i, v)| code((i / cols, v)) as u8)
            .collect();
        let bytes = pack(Bits::Eight, rows, cols, &codes);
        let tiles = rows.div_ceil(16);
        let shape = vec![tiles, bytes.len() / 64 / tiles, 64];
        self.0.push((format!("{name}.w8"), "U8", shape, bytes));
        let scale = pack_scale(rows, 1, &scale);
        self.floats(format!("{name}.scale"), vec![tiles, 1, 16], &scale);
    }

    /// The file: bytes that are packed first, so that they are aligned.
    fn written(mut self, config: &Value) -> Vec<u8> {
        self.0.sort_by_key(|t| t.1 == "F32");
        let mut header = Map::new();
        let metadata = json!({"format": "foveate-decoder", "version": "1",
            "config": config.to_string(), "attention": "f32"});
        header.insert("__metadata__".into(), metadata);
        let mut data = Vec::new();
        for (name, dtype, shape, bytes) in self.0 {
            let at = data.len();
            data.extend(bytes);
            let entry = json!({"dtype": dtype, "shape": shape, "data_offsets": [at, data.len()]});
            header.insert(name, entry);
        }
        let mut header = Value::Object(header).to_string().into_bytes();
        header.resize((header.len() + 8).next_multiple_of(64) - 8, b' ');
        let length = (header.len() as u64).to_le_bytes();
        [&length[..], &header, &data].concat()
    }
}
