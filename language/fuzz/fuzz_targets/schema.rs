//! Any JSON is a schema or an error; what is written within its constraint is JSON and ends.
//!
//! `cargo fuzz run schema` in this folder's parent. An input is a schema, a zero byte, and the
//! choices among the tokens that may come next, a byte each.
#![no_main]

use foveate_language::{Constraint, Grammars, Schema, TokenId, Tokenizer, fake};
use libfuzzer_sys::fuzz_target;
use std::sync::{Arc, LazyLock};

/// Tokens of an answer: enough for nested values, few enough for thousands of inputs a second.
const BUDGET: usize = 60;

/// Tokens that cut JSON in inconvenient places.
const WORDS: [&str; 6] = ["null", "\":", "\",\"", "\"}", "00", "\\\""];

static TOKENIZER: LazyLock<Arc<Tokenizer>> =
    LazyLock::new(|| Arc::new(fake::byte_tokenizer(&WORDS)));

fuzz_target!(|data: &[u8]| {
    let mut parts = data.splitn(2, |&byte| byte == 0);
    let json = parts.next().unwrap_or_default();
    let choices = parts.next().unwrap_or_default();
    let Ok(value) = serde_json::from_slice(json) else {
        return;
    };
    let Ok(schema) = Schema::new(&value) else {
        return;
    };
    let _ = (schema.field_list(), schema.described());
    let tokenizer = &*TOKENIZER;
    let Some(end) = tokenizer.special("<|end|>") else {
        return;
    };
    let grammars = Grammars::new(tokenizer.clone(), tokenizer.len(), end).unwrap();
    if let Ok(mut constraint) = grammars.json(&schema, BUDGET) {
        let ids = walk(&mut constraint, choices, tokenizer.len());
        let answer = tokenizer.decode(&ids);
        assert!(serde_json::from_str::<serde_json::Value>(&answer).is_ok(), "{answer}");
    }
});

/// An answer that takes, of the tokens that may come next, the one that each choice says.
fn walk(constraint: &mut dyn Constraint, choices: &[u8], vocabulary: usize) -> Vec<TokenId> {
    let mut ids = constraint.start().unwrap();
    let mut choices = choices.iter();
    while !constraint.is_done() {
        let mut logits = vec![0.0; vocabulary];
        constraint.mask(&mut logits).unwrap();
        let allowed = logits.iter().enumerate().filter(|(_, logit)| **logit == 0.0);
        let allowed: Vec<TokenId> = allowed.map(|(id, _)| id as TokenId).collect();
        let choice = usize::from(*choices.next().unwrap_or(&0));
        let id = allowed[choice % allowed.len()];
        let commit = constraint.commit(id).unwrap();
        ids.extend(commit.taken.then_some(id));
        ids.extend(commit.forced);
    }
    ids
}
