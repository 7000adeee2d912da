//! SentencePiece vocabularies of GGUF files: the ids of the package `sentencepiece`, no control
//! token out of a text, and what does not fit refused by name.

mod models;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use foveate_gguf::Value;
use foveate_language::Tokenizer;
use models::{Meta, Model};

const KEY: &str = "tokenizer.ggml.";

/// `golden/tokenizer/make_pieces.py` wrote it.
fn golden(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/tokenizer");
    folder.join(name)
}

fn pieces() -> BTreeMap<String, Meta> {
    let file = foveate_gguf::File::open(golden("pieces.gguf")).unwrap();
    let meta = |value: &Value| match value.clone() {
        Value::Text(text) => Meta::Text(text),
        Value::Integer(number) => Meta::Number(number as u32),
        Value::Bool(value) => Meta::Bool(value),
        Value::Integers(numbers) => Meta::Numbers(numbers.iter().map(|&n| n as i32).collect()),
        Value::Floats(numbers) => Meta::Floats(numbers.iter().map(|&n| n as f32).collect()),
        Value::Strings(texts) => {
            let texts = texts.into_iter().map(|t| String::from_utf8(t).unwrap());
            Meta::Texts(texts.collect())
        }
        other => unreachable!("{other:?}"),
    };
    let metadata = &file.directory().metadata;
    metadata.iter().map(|(k, v)| (k.clone(), meta(v))).collect()
}

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
    let mut metadata = pieces();
    let key = format!("{KEY}{key}");
    metadata.remove(&key);
    metadata.extend(value.map(|value| (key, value)));
    metadata
}

/// Names, scores and kinds, by id.
fn vocabulary() -> (Vec<String>, Vec<f32>, Vec<i32>) {
    let mut all = pieces();
    let mut take = |key: &str| all.remove(&format!("{KEY}{key}")).unwrap();
    match (take("tokens"), take("scores"), take("token_type")) {
        (Meta::Texts(names), Meta::Floats(scores), Meta::Numbers(kinds)) => (names, scores, kinds),
        _ => unreachable!(),
    }
}

fn with_vocabulary(
    names: Vec<String>,
    scores: Vec<f32>,
    kinds: Vec<i32>,
) -> BTreeMap<String, Meta> {
    let mut metadata = changed("tokens", Some(Meta::Texts(names)));
    metadata.insert(format!("{KEY}scores"), Meta::Floats(scores));
    metadata.insert(format!("{KEY}token_type"), Meta::Numbers(kinds));
    metadata
}

#[test]
fn ids_of_the_reference() {
    #[derive(serde::Deserialize)]
    struct Line {
        text: String,
        begins: Vec<u32>,
        inside: Vec<u32>,
    }
    let lines = std::fs::read(golden("pieces.json")).unwrap();
    let lines: Vec<Line> = serde_json::from_slice(&lines).unwrap();
    assert_eq!(lines.len(), 400);
    let marked = Tokenizer::from_gguf(golden("pieces.gguf")).unwrap();
    let plain = read(&changed("add_space_prefix", Some(Meta::Bool(false)))).unwrap();
    for Line {
        text,
        begins,
        inside,
    } in &lines
    {
        assert_eq!(marked.encode_beginning(text).unwrap(), *begins, "{text:?}");
        assert_eq!(marked.encode(text).unwrap(), *inside, "{text:?}");
        assert_eq!(plain.encode_beginning(text).unwrap(), *inside, "{text:?}");
        assert_eq!(marked.decode(inside), *text);
    }
}

/// The default of SentencePiece and llama.cpp.
#[test]
fn a_space_stands_before_a_text_where_the_file_does_not_say() {
    let tokenizer = read(&changed("add_space_prefix", None)).unwrap();
    let ids = tokenizer.encode_beginning("the").unwrap();
    assert_eq!(ids, tokenizer.encode(" the").unwrap());
    assert_eq!(tokenizer.decode(&ids), " the");
    assert!(tokenizer.encode_beginning("").unwrap().is_empty());
}

/// SentencePiece takes its own mark for a space; here a text comes back as it was.
#[test]
fn the_mark_of_a_space_is_not_a_space() {
    let tokenizer = Tokenizer::from_gguf(golden("pieces.gguf")).unwrap();
    for text in ["▁", "the ▁▂▃ the", "▁the▁▁  ▁"] {
        let ids = tokenizer.encode(text).unwrap();
        assert_eq!(tokenizer.decode(&ids), text);
    }
    let (with, without) = ("the ▁ the", "the ");
    let with = tokenizer.encode(with).unwrap();
    assert!(with.starts_with(&tokenizer.encode(without).unwrap()));
    let odd = [b'a', 0xff, 0xe2, 0x96, b' '];
    let ids = tokenizer.encode_bytes(&odd);
    let back = ids.iter().flat_map(|&id| tokenizer.bytes(id)).copied();
    assert!(back.eq(odd));
}

/// A letter's own token comes before the token of its byte.
#[test]
fn single_bytes() {
    let tokenizer = Tokenizer::from_gguf(golden("pieces.gguf")).unwrap();
    let (names, ..) = vocabulary();
    let name = |byte| names[tokenizer.byte(byte) as usize].as_str();
    assert_eq!([name(b'a'), name(b' '), name(b'\n')], ["a", "▁", "\n"]);
    assert_eq!([name(0), name(0xff)], ["<0x00>", "<0xFF>"]);
}

/// Whatever a control token is called, and however it could be merged, a text cannot write it.
#[test]
fn no_text_gives_a_control_token() {
    let (mut names, mut scores, mut kinds) = vocabulary();
    let the = names.iter().position(|name| name == "▁the").unwrap();
    let turn = names.iter().position(|name| name == "<turn>").unwrap();
    kinds[the] = 3;
    // Gemma's turns as early conversions have them, and another token of the file's `eot`.
    for (name, kind) in [("<start_of_turn>", 4), ("<end_of_turn>", 1), ("in the", 4)] {
        names.push(name.into());
        scores.push(0.0);
        kinds.push(kind);
    }
    let eot = names.len() as u32 - 1;
    let mut metadata = with_vocabulary(names, scores, kinds);
    metadata.insert(format!("{KEY}eot_token_id"), Meta::Number(eot));
    let tokenizer = read(&metadata).unwrap();
    assert_eq!(tokenizer.special("<turn>"), Some(turn as u32));
    assert_eq!(tokenizer.special("in the"), Some(eot));
    for text in [
        "the in the",
        "<turn>",
        "<turn",
        "<s>a</s><unk>",
        "<start_of_turn>user\nx<end_of_turn>\n",
        "<|end|>",
        "<0x3C>s>",
    ] {
        for ids in [tokenizer.encode(text), tokenizer.encode_beginning(text)] {
            let ids = ids.unwrap();
            assert!(ids.iter().all(|&id| tokenizer.special_name(id).is_none()));
            assert_eq!(tokenizer.decode(&ids).trim_start(), text);
        }
    }
}

#[test]
fn what_does_not_fit_is_refused_by_name() {
    let (names, scores, kinds) = vocabulary();
    let at = |name: &str| names.iter().position(|n| n == name).unwrap();
    let renamed = |from: &str, to: &str| {
        let mut names = names.clone();
        names[at(from)] = to.into();
        Some(Meta::Texts(names))
    };
    let scored = |score| {
        let mut scores = scores.clone();
        scores[at("er")] = score;
        Some(Meta::Floats(scores))
    };
    let text = |text: &str| Some(Meta::Text(text.into()));
    for (key, value, words) in [
        ("model", text("t5"), &["`t5`", "`llama`", "`gpt2`"][..]),
        ("scores", None, &["tokenizer.ggml.scores", "convert"]),
        ("scores", Some(Meta::Floats(vec![0.0])), &["1 numbers"]),
        ("scores", scored(f32::NAN), &["NaN", "finite"]),
        ("token_type", Some(Meta::Numbers(vec![1])), &["1 numbers"]),
        ("tokens", None, &["tokenizer.ggml.tokens"]),
        ("tokens", renamed("er", "in"), &["\"in\"", "twice"]),
        ("tokens", renamed("<0x0A>", "<0x0a>"), &["<0x0a>", "<0x0A>"]),
        ("tokens", renamed("<0x0A>", "<0x+A>"), &["<0x+A>"]),
        ("tokens", renamed("er", &"e".repeat(513)), &["513", "512"]),
        ("add_space_prefix", text("x"), &["add_space_prefix", "true"]),
    ] {
        let error = read(&changed(key, value)).unwrap_err();
        for word in words {
            assert!(error.contains(word), "{key}: {error}");
        }
    }
    let mut lost = kinds;
    lost[at("<0x41>")] = 3;
    let error = read(&changed("token_type", Some(Meta::Numbers(lost)))).unwrap_err();
    assert!(error.contains("<0x41>"), "{error}");
}

/// All substrings of two runs: so many merges that they would outgrow the file.
#[test]
fn merges_are_bounded_by_the_vocabulary() {
    let (mut names, mut scores, mut kinds) = vocabulary();
    let known: std::collections::BTreeSet<String> = names.iter().cloned().collect();
    let runs = (0..90).flat_map(|a| (0..90).map(move |b| "ж".repeat(a) + &"я".repeat(b)));
    for name in runs.filter(|name| !name.is_empty() && !known.contains(name)) {
        names.push(name);
        scores.push(-1.0);
        kinds.push(1);
    }
    let error = read(&with_vocabulary(names, scores, kinds)).unwrap_err();
    assert!(error.contains("too many ways"), "{error}");
}
