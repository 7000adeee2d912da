//! Any bytes are a tokenizer or an error; a tokenizer gives every text back, but for bytes that its
//! vocabulary may lack.
//!
//! `cargo fuzz run tokenizer` in this folder's parent; the corpus holds a tokenizer of bytes.
#![no_main]

use foveate_language::Tokenizer;
use libfuzzer_sys::fuzz_target;

/// Of bytes that every vocabulary has.
const KEPT: [&str; 3] = ["", "hello  world\n\n", "\t<|end|> {\"a\": ~1}"];
/// Of others too.
const OTHERS: [&str; 2] = ["Café – 日本 🎉", "\u{0}\u{7f}e\u{301}"];

fuzz_target!(|data: &[u8]| {
    let Ok(tokenizer) = Tokenizer::from_json(data) else {
        return;
    };
    for text in KEPT.into_iter().chain(OTHERS) {
        if let Ok(ids) = tokenizer.encode(text) {
            let back = tokenizer.decode(&ids);
            assert!(back == text || OTHERS.contains(&text), "{text:?} came back as {back:?}");
        }
    }
});
