//! Tokenizers of GGUF files: the same ids as of `tokenizer.json`, no control token out of a text,
//! and what does not fit refused by name.

mod models;

use std::collections::BTreeMap;
use std::path::Path;

use foveate_language::{Tokenizer, fake};
use models::{Meta, Model, tokenizer_json, tokenizer_metadata};

fn read(metadata: &BTreeMap<String, Meta>) -> Result<Tokenizer, String> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.gguf");
    let mut empty = Model::new("llama");
    empty.tensors.clear();
    empty.write_gguf(&path, metadata);
    Tokenizer::from_gguf(&path).map_err(|e| e.to_string())
}

/// The metadata with one changed, or left out.
fn changed(key: &str, value: Option<Meta>) -> BTreeMap<String, Meta> {
    let mut metadata = tokenizer_metadata();
    let key = format!("tokenizer.ggml.{key}");
    metadata.remove(&key);
    metadata.extend(value.map(|value| (key, value)));
    metadata
}

fn names() -> Vec<String> {
    match &tokenizer_metadata()["tokenizer.ggml.tokens"] {
        Meta::Texts(names) => names.clone(),
        _ => unreachable!(),
    }
}

fn kinds() -> Vec<i32> {
    match &tokenizer_metadata()["tokenizer.ggml.token_type"] {
        Meta::Numbers(kinds) => kinds.clone(),
        _ => unreachable!(),
    }
}

#[test]
fn the_same_ids_as_the_json() {
    let json = Tokenizer::from_json(&tokenizer_json()).unwrap();
    let gguf = read(&tokenizer_metadata()).unwrap();
    assert_eq!(json.len(), gguf.len());
    for text in [
        "hello",
        "",
        "Café\u{301} 7.30pm\r\n",
        "日本語 🎉",
        "<|end|>",
        "\0\u{7f}",
    ] {
        assert_eq!(gguf.decode(&gguf.encode(text).unwrap()), text);
        assert_eq!(
            gguf.encode(text).unwrap(),
            json.encode(text).unwrap(),
            "{text:?}"
        );
    }
    assert!(gguf.specials().eq(json.specials()));
    assert_eq!(gguf.special("<|end|>"), json.special("<|end|>"));
}

/// Whatever a control token is called, a text cannot write it.
#[test]
fn no_text_gives_a_control_token() {
    let (mut kinds, names) = (kinds(), names());
    let hello = names.iter().position(|n| n == "hello").unwrap();
    let paris = names.iter().position(|n| n == "Paris").unwrap();
    kinds[hello] = 3;
    let mut metadata = changed("token_type", Some(Meta::Numbers(kinds)));
    metadata.insert(
        "tokenizer.ggml.eot_token_id".into(),
        Meta::Number(paris as u32),
    );
    let merges = |without: &str| match &tokenizer_metadata()["tokenizer.ggml.merges"] {
        Meta::Texts(all) => all
            .iter()
            .filter(|m| m.replace(' ', "") != without)
            .cloned()
            .collect::<Vec<_>>(),
        _ => unreachable!(),
    };
    // A merge that would give one is refused.
    assert!(read(&metadata).unwrap_err().contains("merges"));
    let mut kept = merges("hello");
    kept.retain(|m| m.replace(' ', "") != "Paris");
    metadata.insert("tokenizer.ggml.merges".into(), Meta::Texts(kept));
    for pre in ["gpt-2", "llama-bpe", "qwen2", "smollm", "tekken"] {
        metadata.insert("tokenizer.ggml.pre".into(), Meta::Text(pre.into()));
        let tokenizer = read(&metadata).unwrap();
        for text in [
            "hello",
            "Paris",
            "<|end|>",
            "a<|begin|>hello Paris",
            "<|pad|><|end|>",
        ] {
            let ids = tokenizer.encode(text).unwrap();
            assert!(
                ids.iter().all(|&id| tokenizer.special_name(id).is_none()),
                "{text}"
            );
            assert_eq!(tokenizer.decode(&ids), text);
        }
        assert_eq!(tokenizer.special("hello"), Some(hello as u32));
    }
}

/// A user-defined token is found before anything else, and is text.
#[test]
fn user_defined_tokens_are_text() {
    let (mut kinds, mut names, mut metadata) = (kinds(), names(), tokenizer_metadata());
    names.push("<tool é>".into());
    kinds.push(4);
    metadata.insert("tokenizer.ggml.tokens".into(), Meta::Texts(names.clone()));
    metadata.insert("tokenizer.ggml.token_type".into(), Meta::Numbers(kinds));
    let tokenizer = read(&metadata).unwrap();
    let ids = tokenizer.encode("x<tool é>y").unwrap();
    assert_eq!(ids[1] as usize, names.len() - 1);
    assert_eq!(tokenizer.decode(&ids), "x<tool é>y");
}

#[test]
fn what_does_not_fit_is_refused_by_name() {
    let (mut twice, mut odd) = (names(), names());
    let a = twice.iter().position(|n| n == "A").unwrap();
    twice[a + 1] = "A".into();
    odd[a] = "日".into();
    let broken = vec!["he".to_owned()];
    let text = |t: &str| Some(Meta::Text(t.into()));
    for (key, value, words) in [
        ("model", text("rwkv"), &["`rwkv`", "`gpt2`", "`llama`"][..]),
        ("model", None, &["tokenizer.ggml.model"]),
        ("pre", text("klingon"), &["`klingon`", "qwen2", "smollm"]),
        ("pre", None, &["pre-tokenizer", "convert"]),
        ("tokens", None, &["tokenizer.ggml.tokens"]),
        ("tokens", Some(Meta::Texts(twice)), &["\"A\"", "twice"]),
        ("tokens", Some(Meta::Texts(odd)), &["日", "byte-level"]),
        ("token_type", None, &["token_type", "convert"]),
        ("token_type", Some(Meta::Numbers(vec![1])), &["1 numbers"]),
        ("merges", None, &["tokenizer.ggml.merges"]),
        ("merges", Some(Meta::Texts(broken)), &["merge 0"]),
        (
            "merges",
            Some(Meta::Texts(vec!["z q".into()])),
            &["merges", "zq"],
        ),
    ] {
        let error = read(&changed(key, value)).unwrap_err();
        for word in words {
            assert!(error.contains(word), "{key}: {error}");
        }
    }
    let bytes: Vec<String> = names().into_iter().filter(|n| n != "A").collect();
    let kinds = bytes.iter().map(|n| {
        if fake::SPECIALS.contains(&n.as_str()) {
            3
        } else {
            1
        }
    });
    let mut metadata = changed("token_type", Some(Meta::Numbers(kinds.collect())));
    metadata.insert("tokenizer.ggml.tokens".into(), Meta::Texts(bytes));
    let error = read(&metadata).unwrap_err();
    assert!(error.contains("0x41"), "{error}");
}

/// Ids by the package `tokenizers` (`golden/tokenizer/make.py`), for every pre-tokenizer.
#[test]
fn ids_of_the_reference() {
    #[derive(serde::Deserialize)]
    struct Vocabulary {
        tokens: Vec<String>,
        token_type: Vec<i32>,
        merges: Vec<String>,
    }
    #[derive(serde::Deserialize)]
    struct Line {
        text: String,
        ids: BTreeMap<String, Vec<u32>>,
    }
    let golden = |name: &str| {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/tokenizer");
        std::fs::read(folder.join(name)).unwrap()
    };
    let vocabulary: Vocabulary = serde_json::from_slice(&golden("vocabulary.json")).unwrap();
    let lines: Vec<Line> = serde_json::from_slice(&golden("lines.json")).unwrap();
    assert_eq!(lines.len(), 400);
    let mut metadata = changed("tokens", Some(Meta::Texts(vocabulary.tokens)));
    let key = |key: &str| format!("tokenizer.ggml.{key}");
    metadata.insert(key("token_type"), Meta::Numbers(vocabulary.token_type));
    metadata.insert(key("merges"), Meta::Texts(vocabulary.merges));
    for pre in ["gpt-2", "smollm", "qwen2", "llama-bpe", "tekken"] {
        metadata.insert(key("pre"), Meta::Text(pre.into()));
        let tokenizer = read(&metadata).unwrap();
        for Line { text, ids } in &lines {
            assert_eq!(tokenizer.encode(text).unwrap(), ids[pre], "{pre}: {text:?}");
        }
    }
}
