//! Any bytes are a GGUF file or an error; the bytes of every tensor are there.
//!
//! `cargo fuzz run gguf` in this folder's parent; the corpus holds one matrix of every kind.
#![no_main]

use foveate_gguf::{File, Limits};
use libfuzzer_sys::fuzz_target;
use std::io::Cursor;

fuzz_target!(|data: &[u8]| {
    let len = data.len() as u64;
    let Ok(mut file) = File::read(Cursor::new(data), len, Limits::default()) else {
        return;
    };
    let tensors: Vec<_> = file.directory().tensors.values().cloned().collect();
    for tensor in tensors {
        assert_eq!(file.bytes(&tensor).unwrap().len(), tensor.len);
    }
});
