//! The bundle of random weights that `training/tiny.py` makes, and copies of it to be spoilt.
#![allow(dead_code, reason = "each test file uses a part of it")]

pub mod packed;

use foveate::model::DecoderFile;
use foveate::readers::glyph::Rules;
use foveate::{Model, Options};
use safetensors::{Dtype, SafeTensors, tensor::TensorView};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// The files of the bundle that a model cannot do without.
pub const FILES: [&str; 7] = [
    "config.json",
    "tokenizer.json",
    "vision.onnx",
    "adapter.onnx",
    "mixer.onnx",
    "decoder.onnx",
    "fusion.safetensors",
];

/// Its folder.
pub fn tiny() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/tiny")
}

/// The bundle in `dir` with one of its decoders, on one thread.
pub fn model(dir: &Path, decoder: DecoderFile) -> Model {
    let options = Options {
        threads: 1,
        decoder,
        // Random weights are sure of no letter.
        rules: Rules::default().without("legible").unwrap(),
        ..Options::default()
    };
    Model::load_with(dir, &options).unwrap()
}

/// A copy of it, with its adapter.
pub fn copy() -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    fs::create_dir_all(dir.path().join("adapters/loud")).unwrap();
    let adapter = [
        "adapters/loud/adapter.json",
        "adapters/loud/adapter.safetensors",
    ];
    for name in FILES.iter().chain(&adapter) {
        fs::copy(tiny().join(name), dir.path().join(name)).unwrap();
    }
    dir
}

/// Writes a file of JSON again after `edit`.
pub fn edited(file: &Path, edit: impl FnOnce(&mut Value)) {
    let mut json: Value = serde_json::from_slice(&fs::read(file).unwrap()).unwrap();
    edit(&mut json);
    fs::write(file, json.to_string()).unwrap();
}

/// Writes the `adapter.json` of the adapter in `dir` again after `edit`.
pub fn described(dir: &Path, edit: impl FnOnce(&mut Value)) {
    edited(&dir.join("adapter.json"), edit);
}

/// The tensors of an adapter by name: element type, shape, bytes.
pub type Tensors = BTreeMap<String, (Dtype, Vec<usize>, Vec<u8>)>;

/// Writes the tensors of the adapter in `dir` again after `edit`.
pub fn rewritten(dir: &Path, edit: impl FnOnce(&mut Tensors)) {
    let file = dir.join("adapter.safetensors");
    let bytes = fs::read(&file).unwrap();
    let read = SafeTensors::deserialize(&bytes).unwrap();
    let mut tensors = read
        .iter()
        .map(|(name, t)| {
            let parts = (t.dtype(), t.shape().to_vec(), t.data().to_vec());
            (name.to_owned(), parts)
        })
        .collect();
    edit(&mut tensors);
    let views = tensors.iter().map(|(name, (dtype, shape, data))| {
        (name, TensorView::new(*dtype, shape.clone(), data).unwrap())
    });
    fs::write(file, safetensors::serialize(views, None).unwrap()).unwrap();
}
