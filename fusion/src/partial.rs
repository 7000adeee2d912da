//! What is complete of a JSON value that is still being written.
use serde_json::Value;

/// The value that `json` begins, with only what is complete in it; `None` while nothing is.
///
/// Strings count once closed, numbers once something follows them, objects and arrays as soon as they are opened.
#[must_use]
pub fn complete_part(json: &str) -> Option<Value> {
    if let Ok(whole) = serde_json::from_str::<Value>(json)
        && !whole.is_number()
    {
        return Some(whole);
    }
    let (cut, closers) = last_complete(json.as_bytes())?;
    let closed = format!(
        "{}{}",
        &json[..cut],
        closers
            .iter()
            .rev()
            .map(|&b| char::from(b))
            .collect::<String>()
    );
    serde_json::from_str(&closed).ok()
}

/// Where the last complete value or opened bracket ends, and the brackets that are open there.
fn last_complete(json: &[u8]) -> Option<(usize, Vec<u8>)> {
    let mut open: Vec<u8> = Vec::new();
    let mut best = None;
    // Whether the next string is a key.
    let mut key = false;
    let mut i = 0;
    while i < json.len() {
        match json[i] {
            b'{' | b'[' => {
                key = json[i] == b'{';
                open.push(if key { b'}' } else { b']' });
                best = Some((i + 1, open.clone()));
            }
            b'}' | b']' => {
                open.pop();
                best = Some((i + 1, open.clone()));
            }
            b',' => key = open.last() == Some(&b'}'),
            b':' => key = false,
            b'"' => {
                i = string_end(json, i + 1);
                if i >= json.len() {
                    return best;
                }
                if !key {
                    best = Some((i + 1, open.clone()));
                }
            }
            _ => {
                let end = (i..json.len()).find(|&j| matches!(json[j], b',' | b'}' | b']'));
                let Some(end) = end else {
                    let word = matches!(&json[i..], b"true" | b"false" | b"null");
                    return if word { Some((json.len(), open)) } else { best };
                };
                best = Some((end, open.clone()));
                i = end - 1;
            }
        }
        i += 1;
    }
    best
}

/// The closing quote of a string whose contents begin at `from`; the length of `json` where there is none.
fn string_end(json: &[u8], from: usize) -> usize {
    let mut i = from;
    while i < json.len() {
        match json[i] {
            b'\\' => i += 2,
            b'"' => return i,
            _ => i += 1,
        }
    }
    json.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_complete_shows() {
        for (json, expected) in [
            ("", "-"),
            ("{", "{}"),
            (r#"{"a"#, "{}"),
            (r#"{"a":"#, "{}"),
            (r#"{"a":"x"#, "{}"),
            (r#"{"a":"x""#, r#"{"a":"x"}"#),
            (r#"{"a":"x","b":nul"#, r#"{"a":"x"}"#),
            (r#"{"a":"x","b":null"#, r#"{"a":"x","b":null}"#),
            (r#"{"a":"x","b":[1"#, r#"{"a":"x","b":[]}"#),
            (r#"{"a":"x","b":[1,2"#, r#"{"a":"x","b":[1]}"#),
            (
                r#"{"a":"x","b":[1,2],"c":{"d":"\"}"#,
                r#"{"a":"x","b":[1,2],"c":{}}"#,
            ),
            (
                r#"{"a":"x","b":[1,2],"c":{"d":"é"}}"#,
                r#"{"a":"x","b":[1,2],"c":{"d":"é"}}"#,
            ),
            ("12", "-"),
            (r#""ab"#, "-"),
            (r#""ab""#, r#""ab""#),
            ("tru", "-"),
        ] {
            let got = complete_part(json).map_or("-".into(), |v| v.to_string());
            assert_eq!(got, expected, "{json}");
        }
    }

    #[test]
    fn every_prefix_of_a_value_agrees_with_it() {
        let json = r#"{"a":"x\"y","b":[{"c":1.5,"d":null},{"c":-2,"d":true}],"e":"日本","f":{}}"#;
        let whole: Value = serde_json::from_str(json).unwrap();
        for (i, _) in json.char_indices() {
            if let Some(Value::Object(part)) = complete_part(&json[..i]) {
                for (key, value) in part {
                    assert!(
                        value == whole[&key] || value.is_array() || value.is_object(),
                        "{i}: {key}"
                    );
                }
            }
        }
    }
}
