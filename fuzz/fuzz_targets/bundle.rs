//! Any `config.json` and `fusion.safetensors` open or are refused.
//!
//! `cargo fuzz run bundle` in the root. An input is a `config.json`, a zero byte, and a
//! `fusion.safetensors`; the graphs are not read here.
#![no_main]

use foveate::bundle::{Bundle, signature};
use libfuzzer_sys::fuzz_target;
use std::path::PathBuf;
use std::sync::LazyLock;

/// A folder with every file that a bundle must have.
static FOLDER: LazyLock<PathBuf> = LazyLock::new(|| {
    let dir = std::env::temp_dir().join(format!("foveate-fuzz-{}", std::process::id()));
    std::fs::create_dir_all(&dir).unwrap();
    let names = ["tokenizer.json", "vision.onnx", "adapter.onnx", "mixer.onnx", "decoder.onnx"];
    names.iter().for_each(|name| std::fs::write(dir.join(name), "").unwrap());
    dir
});

fuzz_target!(|data: &[u8]| {
    let mut parts = data.splitn(2, |&byte| byte == 0);
    let [config, weights] = [(); 2].map(|()| parts.next().unwrap_or_default());
    std::fs::write(FOLDER.join("config.json"), config).unwrap();
    std::fs::write(FOLDER.join("fusion.safetensors"), weights).unwrap();
    let Ok(bundle) = Bundle::open(&*FOLDER) else {
        return;
    };
    if let Ok(weights) = bundle.fusion_weights() {
        assert_eq!(signature(&bundle.config().decoder, &weights).len(), 64);
    }
});
