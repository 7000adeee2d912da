//! Any bytes are a picture or an error.
//!
//! `cargo fuzz run picture corpus/picture ../../tests/bad` in this folder's parent: what
//! is found goes into the first folder, the pictures of the second are the seeds. A decoder's panic
//! is an error to callers, and a finding here.
#![no_main]

use foveate_vision::{ErrorKind, Limits, Pixels};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let limits = Limits {
        max_pixels: 1_000_000,
        ..Limits::default()
    };
    match Pixels::decode(data, &limits) {
        Ok(pixels) => {
            let [width, height] = [pixels.width(), pixels.height()].map(|side| side as usize);
            assert_eq!(pixels.rgb().len(), width * height * 3);
        }
        Err(error) => assert_ne!(error.kind(), ErrorKind::DecoderPanicked, "{error}"),
    }
});
