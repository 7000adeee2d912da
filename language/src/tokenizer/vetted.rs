//! What a `tokenizer.json` may say: a file is data, and some of what the format knows is a program.
//!
//! Taken is byte-level byte-pair encoding with what its published forms need. What has no use here
//! is dropped (padding, truncation, templates, decoders); what could grow, lose or endlessly search
//! text is refused by name.
use crate::{Error, Result};
use serde_json::{Map, Value};

/// Longest file taken; the largest published one (a vocabulary of 262,144) has 33 MB.
const MAX_BYTES: u64 = 64 << 20;
/// Longest pattern; the longest published one (o200k) has some 300 bytes.
const MAX_PATTERN: usize = 1024;
/// Repetitions without end in one alternative of a pattern, and in published patterns.
const MAX_REPEATS: usize = 2;
/// Steps of a sequence.
const MAX_STEPS: usize = 16;

fn refused(what: impl Into<String>) -> Error {
    Error::Tokenizer(what.into())
}

/// Refuses a file by its length.
pub(super) fn check_length(length: u64) -> Result<()> {
    if length > MAX_BYTES {
        return Err(refused(format!(
            "has {length} bytes, at most {MAX_BYTES} are read"
        )));
    }
    Ok(())
}

/// The file again with only what is used of it.
pub(super) fn vetted(json: &[u8]) -> Result<Vec<u8>> {
    check_length(json.len() as u64)?;
    let file: Value =
        serde_json::from_slice(json).map_err(|e| refused(format!("is not JSON: {e}")))?;
    let Value::Object(mut file) = file else {
        return Err(refused("is not a JSON object"));
    };
    for unused in ["padding", "truncation", "post_processor", "decoder"] {
        file.insert(unused.into(), Value::Null);
    }
    check_normalizer(file.get("normalizer").unwrap_or(&Value::Null))?;
    let Some(pre_tokenizer) = file.get("pre_tokenizer").filter(|p| !p.is_null()) else {
        return Err(refused(
            "has no `pre_tokenizer`; a `ByteLevel` one is expected",
        ));
    };
    check_pre_tokenizer(pre_tokenizer)?;
    check_model(file.get("model").and_then(Value::as_object))?;
    serde_json::to_vec(&file).map_err(|e| refused(e.to_string()))
}

/// The steps of a part: those of a sequence, or itself alone.
fn steps<'a>(part: &'a Value, of: &str) -> Result<Vec<&'a Value>> {
    if part.is_null() {
        return Ok(Vec::new());
    }
    match (part["type"].as_str(), part[of].as_array()) {
        (Some("Sequence"), Some(steps)) if steps.len() <= MAX_STEPS => Ok(steps.iter().collect()),
        (Some("Sequence"), _) => Err(refused(format!(
            "a sequence has no `{of}`, or more than {MAX_STEPS}"
        ))),
        _ => Ok(vec![part]),
    }
}

fn check_normalizer(normalizer: &Value) -> Result<()> {
    for step in steps(normalizer, "normalizers")? {
        if !matches!(step["type"].as_str(), Some("NFC" | "NFD" | "NFKC" | "NFKD")) {
            let why = "a normalizer may be NFC, NFD, NFKC or NFKD: others grow or lose text";
            return Err(refused(format!("{why}; it is {}", short(&step["type"]))));
        }
    }
    Ok(())
}

fn check_pre_tokenizer(pre_tokenizer: &Value) -> Result<()> {
    for step in steps(pre_tokenizer, "pretokenizers")? {
        match step["type"].as_str() {
            Some("ByteLevel" | "Digits") => {}
            Some("Split") => check_split(step)?,
            _ => {
                let why = "a pre-tokenizer may be ByteLevel, Digits or Split";
                return Err(refused(format!("{why}; it is {}", short(&step["type"]))));
            }
        }
    }
    Ok(())
}

fn check_split(split: &Value) -> Result<()> {
    if split["behavior"] == "Removed" {
        return Err(refused(
            "a Split that removes what it finds would lose text",
        ));
    }
    let Some(pattern) = split["pattern"]["Regex"].as_str() else {
        return Ok(());
    };
    check_pattern(pattern).map_err(|why| {
        refused(format!(
            "the Split pattern {why}, and could take time without end on some texts: {}",
            short(&split["pattern"]["Regex"])
        ))
    })
}

/// Takes patterns whose search takes at most the square of a text's length, by their form.
fn check_pattern(pattern: &str) -> std::result::Result<(), &'static str> {
    if pattern.len() > MAX_PATTERN {
        return Err("is longer than 1,024 bytes");
    }
    let (mut depth, mut in_class, mut repeats) = (0_usize, 0_usize, 0);
    let mut before = '\0';
    let mut chars = pattern.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\\' => {
                let escaped = chars.next().unwrap_or('\\');
                let back = escaped.is_ascii_digit() || matches!(escaped, 'k' | 'g' | 'X' | 'R');
                if in_class == 0 && back {
                    return Err("refers back to what it found");
                }
                if matches!(escaped, 'p' | 'P') && chars.peek() == Some(&'{') {
                    chars.by_ref().find(|c| *c == '}');
                }
                before = 'x';
                continue;
            }
            '[' => in_class += 1,
            ']' => in_class = in_class.saturating_sub(1),
            _ if in_class > 0 => {}
            '(' => {
                depth += 1;
                if chars.peek() == Some(&'?') {
                    chars.next();
                    // (?: (?i: (?! (?= are taken; names, conditions and looking back are not.
                    if !chars.peek().is_some_and(|c| ":i!=".contains(*c)) {
                        return Err("has a group of an unusual kind");
                    }
                }
            }
            ')' => depth = depth.saturating_sub(1),
            '|' if depth == 0 => repeats = 0,
            '*' | '+' | '{' => {
                if before == ')' {
                    return Err("repeats a group");
                }
                let count: String = match c {
                    '{' => chars.by_ref().take_while(|c| *c != '}').collect(),
                    _ => String::new(),
                };
                // Behind another repetition it only says how greedy that is.
                let greed = matches!(before, '*' | '+' | '?' | '{');
                let bounded = c == '{' && !count.ends_with(',') && count.len() < 4;
                repeats += usize::from(!greed && !bounded);
                if repeats > MAX_REPEATS {
                    return Err("repeats more than twice in one alternative");
                }
            }
            _ => {}
        }
        before = c;
    }
    Ok(())
}

fn check_model(model: Option<&Map<String, Value>>) -> Result<()> {
    let Some(model) = model else {
        return Err(refused("has no `model`"));
    };
    let kind = model.get("type").unwrap_or(&Value::Null);
    if kind != "BPE" && !(kind.is_null() && model.contains_key("merges")) {
        return Err(refused(format!(
            "the model is {}, BPE is expected",
            short(kind)
        )));
    }
    let empty = |v: &Value| v.is_null() || v == "" || v.as_f64() == Some(0.0);
    for key in ["dropout", "continuing_subword_prefix", "end_of_word_suffix"] {
        if let Some(value) = model.get(key).filter(|v| !empty(v)) {
            let why = format!("the model's `{key}` is {}, null is expected", short(value));
            return Err(refused(why));
        }
    }
    Ok(())
}

fn short(value: &Value) -> String {
    value.to_string().chars().take(80).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Tokenizer, fake};
    use serde_json::json;

    /// Patterns of GPT-2, Llama 3, Qwen 2 and o200k.
    const PUBLISHED: [&str; 4] = [
        r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+",
        concat!(
            r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}",
            r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+",
        ),
        concat!(
            r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}",
            r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+",
        ),
        concat!(
            r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+",
            r"(?i:'s|'t|'re|'ve|'m|'ll|'d)?|\p{N}{1,3}",
        ),
    ];

    #[test]
    fn published_patterns_are_taken_and_backtracking_ones_are_not() {
        for pattern in PUBLISHED {
            assert_eq!(check_pattern(pattern), Ok(()), "{pattern}");
        }
        for pattern in [
            "(a+)+$",
            "(a|aa)+$",
            "(a*)*b",
            "a*a*a*b",
            r"(a)\1",
            "(?<=a)b",
            "(a{1,9}){1,9}",
            "(?>a+)b",
            r"(?:\s|\w)*x",
        ] {
            assert!(check_pattern(pattern).is_err(), "{pattern}");
        }
    }

    fn changed(pointer: &str, key: &str, value: Value) -> Result<Tokenizer> {
        let mut file: Value = serde_json::from_slice(&fake::tokenizer_json(&["he"])).unwrap();
        file.pointer_mut(pointer).unwrap()[key] = value;
        Tokenizer::from_json(file.to_string().as_bytes())
    }

    #[test]
    fn what_could_grow_or_lose_text_is_refused_by_name() {
        for (pointer, key, value, word) in [
            (
                "",
                "normalizer",
                json!({"type": "Prepend", "prepend": "x"}),
                "Prepend",
            ),
            (
                "",
                "normalizer",
                json!({"type": "Sequence", "normalizers": [{"type": "NFC"}, {"type": "Replace",
                "pattern": {"String": "a"}, "content": "aaaa"}]}),
                "Replace",
            ),
            (
                "",
                "pre_tokenizer",
                json!({"type": "Metaspace"}),
                "Metaspace",
            ),
            (
                "",
                "pre_tokenizer",
                json!({"type": "Split", "pattern": {"Regex": "(a+)+$"}, "behavior": "Isolated",
                "invert": false}),
                "(a+)+$",
            ),
            ("/model", "dropout", json!(0.5), "dropout"),
            ("/model", "type", json!("Unigram"), "Unigram"),
        ] {
            let error = changed(pointer, key, value).unwrap_err().to_string();
            assert!(error.contains(word), "{error}");
        }
    }

    #[test]
    fn padding_and_templates_change_nothing() {
        let padding = json!({"strategy": {"Fixed": 1_000_000_000}, "direction": "Right",
            "pad_to_multiple_of": null, "pad_id": 0, "pad_type_id": 0, "pad_token": "<|pad|>"});
        let tokenizer = changed("", "padding", padding).unwrap();
        assert_eq!(tokenizer.encode("hello").unwrap().len(), 4);
        let truncation =
            json!({"direction": "Right", "max_length": 1, "strategy": "LongestFirst", "stride": 0});
        let tokenizer = changed("", "truncation", truncation).unwrap();
        assert_eq!(tokenizer.encode("hello").unwrap().len(), 4);
        let nfc = changed("", "normalizer", json!({"type": "NFC"})).unwrap();
        assert_eq!(nfc.decode(&nfc.encode("e\u{301}").unwrap()), "e\u{301}");
    }
}
