//! Any `adapter.json` and `adapter.safetensors` load or are refused.
//!
//! `cargo fuzz run adapter` in the root. An input is an `adapter.json`, a zero byte, and an
//! `adapter.safetensors`.
#![no_main]

use foveate::Adapter;
use libfuzzer_sys::fuzz_target;
use std::path::PathBuf;
use std::sync::LazyLock;

static FOLDER: LazyLock<PathBuf> = LazyLock::new(|| {
    let dir = std::env::temp_dir().join(format!("foveate-fuzz-{}", std::process::id()));
    std::fs::create_dir_all(&dir).unwrap();
    dir
});

fuzz_target!(|data: &[u8]| {
    let mut parts = data.splitn(2, |&byte| byte == 0);
    let [card, weights] = [(); 2].map(|()| parts.next().unwrap_or_default());
    std::fs::write(FOLDER.join("adapter.json"), card).unwrap();
    std::fs::write(FOLDER.join("adapter.safetensors"), weights).unwrap();
    if let Ok(adapter) = Adapter::load(&*FOLDER) {
        let lora = adapter.lora();
        assert!(lora.updates().iter().all(|one| one.a.nrows() == lora.rank()));
    }
});
