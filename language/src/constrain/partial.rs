//! What is complete of a JSON value that is still being written.
use super::scan::{Event, Place, Scanner};
use serde_json::Value;

/// The value that `json` begins, with only what is complete in it; `None` while nothing is.
///
/// Strings count once closed, numbers once something follows them, objects and arrays as soon as
/// they are opened.
#[must_use]
pub fn complete_part(json: &str) -> Option<Value> {
    if let Ok(whole) = serde_json::from_str::<Value>(json)
        && !whole.is_number()
    {
        return Some(whole);
    }
    let (cut, closers) = last_complete(json.as_bytes())?;
    let mut closed = json.get(..cut)?.to_owned();
    closed.extend(closers.iter().rev().map(|&b| char::from(b)));
    serde_json::from_str(&closed).ok()
}

/// Where the last complete value or opened bracket ends, and what closes the brackets that are open
/// there.
fn last_complete(json: &[u8]) -> Option<(usize, Vec<u8>)> {
    let mut scanner = Scanner::default();
    let mut best = None;
    for (i, &byte) in json.iter().enumerate() {
        match scanner.push(byte) {
            Event::Began if matches!(byte, b'{' | b'[') => best = Some((i + 1, closers(&scanner))),
            Event::Quoted { key: false } | Event::Closed => best = Some((i + 1, closers(&scanner))),
            Event::WordEnded { closed: true } => best = Some((i + 1, closers(&scanner))),
            Event::WordEnded { closed: false } => best = Some((i, closers(&scanner))),
            _ => {}
        }
    }
    let literal = matches!(scanner.text(), b"true" | b"false" | b"null");
    if scanner.place() == Place::Word && literal {
        best = Some((json.len(), closers(&scanner)));
    }
    best
}

fn closers(scanner: &Scanner) -> Vec<u8> {
    let closer = |is_object| if is_object { b'}' } else { b']' };
    scanner.open().iter().map(|o| closer(o.is_object)).collect()
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
            ("[[1]", "[[1]]"),
            ("]", "-"),
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
                    let open = value.is_array() || value.is_object();
                    assert!(value == whole[&key] || open, "{i}: {key}");
                }
            }
        }
    }
}
