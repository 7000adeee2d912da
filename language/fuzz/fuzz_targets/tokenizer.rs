//! Any bytes are a tokenizer or an error; a tokenizer gives every text back.
//!
//! `cargo fuzz run tokenizer` in this folder's parent; the corpus holds a tokenizer of bytes.
#![no_main]

use foveate_language::Tokenizer;
use libfuzzer_sys::fuzz_target;

const TEXTS: [&str; 4] = ["", "hello  world\n\n", "Café – 日本 🎉 <|end|>", "\u{0}\u{7f}e\u{301}"];

fuzz_target!(|data: &[u8]| {
    let Ok(tokenizer) = Tokenizer::from_json(data) else {
        return;
    };
    for text in TEXTS {
        if let Ok(ids) = tokenizer.encode(text) {
            assert_eq!(tokenizer.decode(&ids), text);
        }
    }
});
