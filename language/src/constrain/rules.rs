//! What an answer must obey beside its grammar, which has no memory and counts nothing.
//!
//! - No key is written twice in an object, by whatever escapes.
//! - Items of an array that are to differ (`uniqueItems`) differ.
//! - A number ends: it has at most 15 significant digits and 15 behind the point, an `f64` holds
//!   it, and none is `-0`.
//! - Values nest at most 100 deep, so that every JSON reader takes them.
use super::scan::{Event, Open, Place, Scanner};
use serde_json::Value;
use std::collections::BTreeSet;
use std::sync::Arc;

/// Significant digits of a number with a point. Every decimal of 15 digits survives the way through
/// an `f64` and back (`f64::DIGITS`).
const DIGITS: usize = f64::DIGITS as usize;
/// Digits behind the point: zeros before the first significant digit count too.
const DECIMALS: usize = 15;
/// Most digits of an exponent: that of the largest `f64` is 308.
const EXPONENT: usize = 3;
/// Deepest nesting of values; readers commonly stop at 128 (serde_json does).
const NESTING: usize = 100;

/// Which rules hold, and where a schema wants the items of an array to differ.
#[derive(Debug)]
pub(crate) struct Rules {
    schema: Value,
    differ: bool,
}

impl Rules {
    /// The rules of a prepared schema.
    pub(crate) fn new(schema: &Value) -> Self {
        let differ = has_unique(schema);
        let schema = if differ { schema.clone() } else { Value::Null };
        Self { schema, differ }
    }

    /// Whether the array at the end of a path is one of different items by any reading of the
    /// schema. `path` are the values that are open around it.
    fn differ_at(&self, path: &[Open]) -> bool {
        let mut here = self.expand(vec![&self.schema]);
        for open in path {
            let next = here.iter().flat_map(|schema| children(schema, open));
            here = self.expand(next.collect());
        }
        here.iter().any(|s| s["uniqueItems"] == true)
    }

    /// The schemas themselves and all that they refer to in place.
    fn expand<'a>(&'a self, mut schemas: Vec<&'a Value>) -> Vec<&'a Value> {
        let mut i = 0;
        while let Some(schema) = schemas.get(i).copied() {
            let target = schema["$ref"].as_str().and_then(|r| r.strip_prefix('#'));
            let target = target.and_then(|r| self.schema.pointer(r));
            let branches = ["anyOf", "oneOf", "allOf"].iter();
            let branches = branches.filter_map(|k| schema[*k].as_array()).flatten();
            for next in target.into_iter().chain(branches) {
                if !schemas.iter().any(|s| std::ptr::eq(*s, next)) {
                    schemas.push(next);
                }
            }
            i += 1;
        }
        schemas
    }
}

fn has_unique(schema: &Value) -> bool {
    match schema {
        Value::Object(map) => {
            map.get("uniqueItems") == Some(&Value::Bool(true)) || map.values().any(has_unique)
        }
        Value::Array(items) => items.iter().any(has_unique),
        _ => false,
    }
}

/// What a schema says of the value that stands last in an open one.
fn children<'a>(schema: &'a Value, open: &Open) -> Vec<&'a Value> {
    if !open.is_object {
        let item = schema["prefixItems"].get(open.count.saturating_sub(1));
        return item.or(schema.get("items")).into_iter().collect();
    }
    if let Some(declared) = schema["properties"].get(unescaped(&open.key)) {
        return vec![declared];
    }
    let patterns = schema["patternProperties"].as_object();
    let patterns = patterns.into_iter().flat_map(|map| map.values());
    patterns.chain(schema.get("additionalProperties")).collect()
}

/// The text that stands in quotes.
fn unescaped(quoted: &str) -> String {
    serde_json::from_str(&format!("\"{quoted}\"")).unwrap_or_else(|_| quoted.to_owned())
}

/// What was written in an open object or array and may not be written again.
#[derive(Debug, Clone, Default)]
struct Seen {
    values: Arc<BTreeSet<String>>,
    /// Whether it is an array of different items.
    differ: bool,
    /// Where its last item begins in the text.
    from: usize,
}

impl Seen {
    /// Notes a value; whether it is new.
    fn note(&mut self, value: String) -> bool {
        !self.values.contains(&value) && Arc::make_mut(&mut self.values).insert(value)
    }
}

/// The text of an answer so far, as the rules see it.
#[derive(Debug, Clone)]
pub(crate) struct Written {
    rules: Arc<Rules>,
    scanner: Scanner,
    /// For each open value.
    seen: Vec<Seen>,
    /// The whole text, if items are to differ anywhere.
    text: Vec<u8>,
}

impl Written {
    pub(crate) fn new(rules: Arc<Rules>) -> Self {
        Self {
            rules,
            scanner: Scanner::default(),
            seen: Vec::new(),
            text: Vec::new(),
        }
    }

    pub(crate) fn in_string(&self) -> bool {
        self.scanner.in_string()
    }

    /// How many objects and arrays are open.
    pub(crate) fn depth(&self) -> usize {
        self.scanner.open().len()
    }

    /// Writes `bytes`; `false` where they break a rule, and then this is of no more use.
    #[must_use]
    pub(crate) fn push(&mut self, bytes: &[u8]) -> bool {
        bytes.iter().all(|&b| self.push_byte(b))
    }

    /// Whether `bytes` could be written next.
    pub(crate) fn accepts(&self, bytes: &[u8]) -> bool {
        !self.may_break(bytes) || self.clone().push(bytes)
    }

    /// Whether `bytes` could break a rule at all: most cannot, which is cheap to tell.
    fn may_break(&self, bytes: &[u8]) -> bool {
        match self.scanner.place() {
            Place::String { .. } => bytes.contains(&b'"'),
            Place::Word => true,
            _ => bytes.len() > 1 || self.depth() + 1 >= NESTING,
        }
    }

    fn push_byte(&mut self, byte: u8) -> bool {
        if self.scanner.place() == Place::Word && !number_goes_on(self.scanner.text(), byte) {
            return false;
        }
        let event = self.scanner.push(byte);
        if self.rules.differ {
            self.text.push(byte);
        }
        let end = self.text.len();
        match event {
            Event::Inside => true,
            Event::Began => self.began(byte),
            Event::Quoted { key: true } => self.key(),
            Event::Quoted { key: false } => self.item(end),
            Event::Closed => self.closed(end),
            Event::WordEnded { closed } => {
                self.item(end.saturating_sub(1)) && (!closed || self.closed(end))
            }
        }
    }

    fn began(&mut self, byte: u8) -> bool {
        if let Some(seen) = self.seen.last_mut() {
            seen.from = self.text.len().saturating_sub(1);
        }
        if matches!(byte, b'{' | b'[') {
            let (_, around) = self
                .scanner
                .open()
                .split_last()
                .unwrap_or_else(|| unreachable!("it has just begun"));
            let differ = byte == b'[' && self.rules.differ && self.rules.differ_at(around);
            self.seen.push(Seen {
                differ,
                ..Seen::default()
            });
        }
        self.depth() <= NESTING
    }

    fn key(&mut self) -> bool {
        let key = self.scanner.open().last().map(|o| unescaped(&o.key));
        let seen = self.seen.last_mut().zip(key);
        seen.is_none_or(|(seen, key)| seen.note(key))
    }

    fn closed(&mut self, end: usize) -> bool {
        self.seen.pop();
        self.item(end)
    }

    /// Notes the value that ends at `end`, where items are to differ.
    fn item(&mut self, end: usize) -> bool {
        let Some(seen) = self.seen.last_mut().filter(|s| s.differ) else {
            return true;
        };
        let item = self.text.get(seen.from..end).unwrap_or_default();
        match serde_json::from_slice(item) {
            Ok(value) => seen.note(canonical(&value)),
            Err(_) => true,
        }
    }
}

/// Whether `byte` may follow the beginning of a number or literal.
fn number_goes_on(word: &[u8], byte: u8) -> bool {
    if byte.is_ascii_digit() && !stays_finite(word, byte) {
        return false;
    }
    let digits = word.iter().filter(|b| b.is_ascii_digit());
    let significant = digits.skip_while(|b| **b == b'0').count();
    let decimals = word.iter().rev().position(|b| *b == b'.');
    match (byte, decimals) {
        (b'0'..=b'9', Some(decimals)) => {
            let more = usize::from(significant > 0 || byte != b'0');
            decimals < DECIMALS && significant + more <= DIGITS
        }
        (b'.', _) => significant < DIGITS,
        (b',' | b'}' | b']', _) => word != b"-0",
        _ => true,
    }
}

/// Whether a number with a digit more is one that an `f64` holds, its exponent of at most
/// [`EXPONENT`] digits.
fn stays_finite(word: &[u8], digit: u8) -> bool {
    let exponent = word.iter().position(|b| matches!(b, b'e' | b'E'));
    let written = exponent.map_or(&[][..], |at| &word[at..]);
    let digits = written.iter().filter(|b| b.is_ascii_digit()).count();
    let whole = [word, &[digit]].concat();
    let number = std::str::from_utf8(&whole)
        .ok()
        .and_then(|n| n.parse().ok());
    digits < EXPONENT && number.is_some_and(f64::is_finite)
}

/// A text that is the same for values that JSON Schema holds equal: keys in order, numbers by what
/// they are worth.
fn canonical(value: &Value) -> String {
    match value {
        Value::Number(n) => n
            .as_f64()
            .map_or_else(|| n.to_string(), |x| (x + 0.0).to_string()),
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(canonical).collect();
            format!("[{}]", items.join(","))
        }
        Value::Object(map) => {
            let fields = map
                .iter()
                .map(|(k, v)| format!("{}:{}", Value::from(k.as_str()), canonical(v)));
            let fields: BTreeSet<String> = fields.collect();
            format!("{{{}}}", fields.into_iter().collect::<Vec<_>>().join(","))
        }
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn numbers_are_those_that_an_f64_holds() {
        let goes_on = |number: &str| {
            let (word, last) = number.as_bytes().split_at(number.len() - 1);
            number_goes_on(word, last[0])
        };
        let long = "9".repeat(309);
        for number in [
            "2e30",
            "1e308",
            "-1.5E-12",
            "1e-999",
            "0",
            "-7",
            &long[..308],
        ] {
            assert!(goes_on(number), "{number}");
        }
        for number in ["2e309", "2.0E2123", "0e0000", "1e-9999", &long] {
            assert!(!goes_on(number), "{number}");
        }
    }

    fn takes(schema: &Value, text: &str) -> bool {
        Written::new(Arc::new(Rules::new(schema))).push(text.as_bytes())
    }

    #[test]
    fn keys_are_written_once_by_whatever_escapes() {
        for (text, taken) in [
            (r#"{"a":1,"b":{"a":1},"c":[{"a":1},{"a":2}]}"#, true),
            (r#"{"a":1,"a":2}"#, false),
            (r#"{"a":1,"\u0061""#, false),
            (r#"{"a\"":1,"a\\":2,"a":3}"#, true),
            (r#"{"x":{"a":1,"a""#, false),
        ] {
            assert_eq!(takes(&json!({}), text), taken, "{text}");
        }
    }

    #[test]
    fn numbers_end() {
        for (text, taken) in [
            ("[123456789012.345]", true),
            ("[123456789012.3456", false),
            ("[1234567890123456,", true),
            ("[123456789012345.", false),
            ("[0.000000000000001]", true),
            ("[0.0000000000000000", false),
            ("[-0]", false),
            ("[-0,", false),
            ("[-0.5,0]", true),
        ] {
            assert_eq!(takes(&json!({}), text), taken, "{text}");
        }
    }

    #[test]
    fn items_differ_where_the_schema_says_so() {
        let tags = json!({"$ref": "#/$defs/T", "$defs": {"T": {"type": "object", "properties": {
            "tags": {"anyOf": [{"type": "null"},
                {"type": "array", "items": {}, "uniqueItems": true}]},
            "free": {"type": "array", "items": {}}}}}});
        for (text, taken) in [
            (r#"{"tags":["a","b","aa"]}"#, true),
            (r#"{"tags":["a","b","a""#, false),
            (r#"{"free":["a","a"]}"#, true),
            (r#"{"tags":[1,2,1.0"#, true),
            (r#"{"tags":[1,2,1.0]"#, false),
            (r#"{"tags":[true,true]"#, false),
            (r#"{"tags":[[1,1],[1]]}"#, true),
            (r#"{"tags":[{"a":1,"b":2},{"b":2,"a":1}"#, false),
        ] {
            assert_eq!(takes(&tags, text), taken, "{text}");
        }
    }

    #[test]
    fn nesting_ends() {
        assert!(takes(&json!({}), &"[".repeat(NESTING)));
        assert!(!takes(&json!({}), &"[".repeat(NESTING + 1)));
    }
}
