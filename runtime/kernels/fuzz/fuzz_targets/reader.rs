//! Any bytes open or are refused; what opens can be run.
//!
//! `cargo fuzz run reader` in this folder's parent; the corpus holds small golden
//! decoders.
#![no_main]

use foveate_kernels::{Cpu, Decoder, Input, Limits};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let len = data.len() as u64;
    let Ok(decoder) = Decoder::read(data, len, Limits::default(), Cpu::scalar(), 1) else {
        return;
    };
    let config = decoder.config();
    // A header of a few hundred bytes may truthfully describe a wide cache: reading is under test
    // here, not patience.
    if decoder.kv_bytes_per_token() > 1 << 16 || config.dim * config.vocab_size > 1 << 20 {
        return;
    }
    let mut cache = decoder.cache();
    let _ = decoder.run(&mut cache, Input { ids: &[0, 1], select: &[1], ..Input::default() });
});
