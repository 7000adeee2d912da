//! Numbers and truth values that are read off pictures must stand there. One that does not is left
//! out where the type allows it, and a named error where it does not.
use super::blank::{self, is_required};
use crate::{Error, Result};
use serde_json::{Number, Value};

/// Groups of digits that may make up one number: `+49 (0) 30 123 456` has five.
const GROUPS: usize = 6;
/// Most characters between two of them: `) `.
const BETWEEN: usize = 2;
/// Letters that two forms of a word begin with at least: "outdoors", "outdoor".
const STEM: usize = 4;
/// Letters by which the ends of two forms of a word may differ.
const ENDING: usize = 3;
/// Words of field names that say nothing. Shorter ones are left out all the same.
const FILLERS: [&str; 8] = ["and", "are", "can", "does", "for", "has", "the", "was"];

/// What was read off the pictures, to hold an answer against.
#[derive(Debug, Clone)]
pub(super) struct Evidence {
    schema: Value,
    /// The numbers that may stand in the text, as [`bare`] digits.
    numbers: Vec<String>,
    words: Vec<String>,
}

impl Evidence {
    /// `schema` is the answer's, `text` what the pictures say.
    pub(super) fn new(schema: &Value, text: &str) -> Self {
        Self {
            schema: schema.clone(),
            numbers: numbers(text),
            words: words(text),
        }
    }

    /// Takes out of `value` what does not stand on the pictures. Whether anything was.
    ///
    /// # Errors
    /// [`Error::NoEvidence`] where the schema demands what does not stand there.
    pub(super) fn hold(&self, value: &mut Value) -> Result<bool> {
        self.hold_at(value, &self.schema, "", "")
    }

    /// `schema` is that of `value`, `at` its JSON pointer, `field` the name of the field it is in.
    fn hold_at(&self, value: &mut Value, schema: &Value, at: &str, field: &str) -> Result<bool> {
        let chosen = self.branch(schema, value);
        match value {
            Value::Object(_) => self.hold_object(value, chosen, at),
            Value::Array(_) => self.hold_array(value, chosen, at, field),
            _ if self.stands(value, chosen, field) => Ok(false),
            _ => match blank::within(schema, &self.schema, at) {
                Ok(nothing) => {
                    *value = nothing;
                    Ok(true)
                }
                Err(field) => Err(Error::NoEvidence {
                    field,
                    found: value.to_string(),
                }),
            },
        }
    }

    fn hold_object(&self, value: &mut Value, schema: &Value, at: &str) -> Result<bool> {
        let mut changed = false;
        let Some(members) = value.as_object_mut() else {
            return Ok(changed);
        };
        let names: Vec<String> = members.keys().cloned().collect();
        for name in names {
            let property = schema["properties"].get(&name);
            let property = property.unwrap_or(&schema["additionalProperties"]);
            let pointer = format!("{at}/{}", name.replace('~', "~0").replace('/', "~1"));
            let Some(member) = members.get_mut(&name) else {
                continue;
            };
            let may_go = is_scalar(member) && !is_required(schema, &name);
            match self.hold_at(member, property, &pointer, &name) {
                Ok(one) => changed |= one,
                Err(_) if may_go => changed = members.shift_remove(&name).is_some(),
                Err(e) => return Err(e),
            }
        }
        Ok(changed)
    }

    fn hold_array(&self, value: &mut Value, schema: &Value, at: &str, field: &str) -> Result<bool> {
        let mut changed = false;
        let Some(items) = value.as_array_mut() else {
            return Ok(changed);
        };
        let may_go = schema["minItems"].as_u64().unwrap_or(0) == 0;
        for (i, mut item) in std::mem::take(items).into_iter().enumerate() {
            let may_go = may_go && is_scalar(&item);
            match self.hold_at(&mut item, &schema["items"], &format!("{at}/{i}"), field) {
                Ok(one) => changed |= one,
                Err(_) if may_go => {
                    changed = true;
                    continue;
                }
                Err(e) => return Err(e),
            }
            items.push(item);
        }
        Ok(changed)
    }

    /// The part of `schema` that `value` is of: references followed, of several branches the first
    /// of its type.
    fn branch<'s>(&'s self, schema: &'s Value, value: &Value) -> &'s Value {
        let schema = blank::target(schema, &self.schema);
        let branches = schema["anyOf"].as_array().or(schema["oneOf"].as_array());
        let branches = branches.into_iter().flatten();
        let mut branches = branches.map(|one| blank::target(one, &self.schema));
        branches.find(|one| is_of(one, value)).unwrap_or(schema)
    }

    /// Whether `value` is no number and no truth value, stands on the pictures, or is one of those
    /// that the schema names.
    fn stands(&self, value: &Value, schema: &Value, field: &str) -> bool {
        let named = schema.get("enum").or(schema.get("const")).is_some();
        named
            || match value {
                Value::Number(number) => self.numbers.contains(&bare(number)),
                Value::Bool(_) => self.has_word_of(field),
                _ => true,
            }
    }

    fn has_word_of(&self, field: &str) -> bool {
        let names = words(&parted(field));
        let says = |word: &&String| word.len() > 2 && !FILLERS.contains(&word.as_str());
        let stands = |name: &String| self.words.iter().any(|word| alike(word, name));
        names.iter().filter(says).any(stands)
    }
}

fn is_scalar(value: &Value) -> bool {
    value.is_number() || value.is_boolean()
}

/// Whether a schema's `type` is that of `value`.
fn is_of(schema: &Value, value: &Value) -> bool {
    let names: &[&str] = match value {
        Value::Null => &["null"],
        Value::Bool(_) => &["boolean"],
        Value::Number(_) => &["number", "integer"],
        Value::String(_) => &["string"],
        Value::Array(_) => &["array"],
        Value::Object(_) => &["object"],
    };
    let is = |one: &Value| one.as_str().is_some_and(|one| names.contains(&one));
    match &schema["type"] {
        Value::Array(types) => types.iter().any(is),
        one => is(one),
    }
}

/// A number's digits without zeros before the first other one, and without those that end its
/// fraction.
fn bare(number: &Number) -> String {
    let number = number.to_string();
    let mut mantissa = number.split(['e', 'E']).next().unwrap_or_default();
    if mantissa.contains('.') {
        mantissa = mantissa.trim_end_matches('0');
    }
    let digits: String = mantissa.chars().filter(char::is_ascii_digit).collect();
    digits.trim_start_matches('0').to_owned()
}

/// Every number that groups of digits in a row may make up ([`bare`]); behind the first group may
/// be a fraction.
fn numbers(text: &str) -> Vec<String> {
    let mut numbers = Vec::new();
    for run in text.lines().flat_map(runs) {
        for first in 0..run.len() {
            let mut joined = String::new();
            for (i, group) in run[first..].iter().take(GROUPS).enumerate() {
                joined.push_str(group);
                let number = joined.trim_start_matches('0');
                numbers.push(number.to_owned());
                if i > 0 {
                    numbers.push(number.trim_end_matches('0').to_owned());
                }
            }
        }
    }
    numbers
}

/// Groups of digits, together where a few marks alone part them: `1,234.50` is three in a run.
fn runs(line: &str) -> Vec<Vec<&str>> {
    let (mut runs, mut rest) = (Vec::<Vec<&str>>::new(), line);
    while let Some(begin) = rest.find(|ch: char| ch.is_ascii_digit()) {
        let (between, digits) = rest.split_at(begin);
        let end = digits.find(|ch: char| !ch.is_ascii_digit());
        let (group, behind) = digits.split_at(end.unwrap_or(digits.len()));
        let apart = between.chars().count() > BETWEEN || between.contains(char::is_alphabetic);
        match runs.last_mut().filter(|_| !apart) {
            Some(run) => run.push(group),
            None => runs.push(vec![group]),
        }
        rest = behind;
    }
    runs
}

/// Lower-case words.
fn words(text: &str) -> Vec<String> {
    let words = text.split(|ch: char| !ch.is_alphanumeric());
    let words = words.filter(|word| !word.is_empty());
    words.map(str::to_lowercase).collect()
}

/// `isFree` as `is Free`; words that `_` parts are parted already.
fn parted(name: &str) -> String {
    let mut parted = String::with_capacity(name.len() + 4);
    for ch in name.chars() {
        if ch.is_uppercase() {
            parted.push(' ');
        }
        parted.push(if ch == '_' { ' ' } else { ch });
    }
    parted
}

/// Whether two words are one, or two forms of one.
fn alike(a: &str, b: &str) -> bool {
    let common = a.chars().zip(b.chars()).take_while(|(a, b)| a == b).count();
    let longer = a.chars().count().max(b.chars().count());
    a == b || (common >= STEM && longer - common <= ENDING)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const TEXT: &str = "Free entry, 1,234.50 EUR\nRoom 12 from 19:30\n0 30/90-18";

    fn held(schema: &Value, mut value: Value) -> Result<Value> {
        Evidence::new(schema, TEXT).hold(&mut value).map(|_| value)
    }

    #[test]
    fn numbers_stand_somewhere_however_they_are_written() {
        let number = json!({"type": "number"});
        for there in [
            json!(1234.5),
            json!(12),
            json!(19),
            json!(30),
            json!(30_9018),
        ] {
            assert_eq!(held(&number, there.clone()).unwrap(), there);
        }
        for made_up in [json!(2), json!(1219), json!(7)] {
            let told = held(&number, made_up).unwrap_err().to_string();
            assert!(told.contains("the value"), "{told}");
        }
        assert!(
            Evidence::new(&number, "no figure")
                .hold(&mut json!(0))
                .is_err()
        );
    }

    #[test]
    fn what_stands_nowhere_is_left_out_where_it_may_be() {
        let schema = json!({
            "type": "object",
            "properties": {
                "rooms": {"type": "array", "items": {"type": "integer"}},
                "price": {"anyOf": [{"$ref": "#/$defs/price"}, {"type": "null"}]},
                "seats": {"type": "integer"},
                "isFree": {"type": ["boolean", "null"]},
                "outdoors": {"type": ["boolean", "null"]},
                "stars": {"enum": [1, 2, 3]},
            },
            "required": ["rooms", "price", "isFree", "outdoors"],
            "$defs": {"price": {"type": "number"}},
        });
        let written = json!({"rooms": [12, 7], "price": 99, "seats": 5, "isFree": true,
            "outdoors": true, "stars": 3});
        let held = held(&schema, written).unwrap();
        let right = r#"{"rooms":[12],"price":null,"isFree":true,"outdoors":null,"stars":3}"#;
        assert_eq!(held.to_string(), right);
    }

    #[test]
    fn what_must_stand_there_is_named() {
        let item = json!({"type": "object", "properties": {"price": {"type": "number"}},
            "required": ["price"]});
        let schema = json!({"type": "object", "properties": {
            "items": {"type": "array", "items": item}}});
        let good = json!({"items": [{"price": 1234.5}]});
        assert_eq!(held(&schema, good.clone()).unwrap(), good);
        let e = held(&schema, json!({"items": [{"price": 12}, {"price": 3.5}]})).unwrap_err();
        let Error::NoEvidence { field, found } = e else {
            panic!("{e}")
        };
        assert_eq!((field.as_str(), found.as_str()), ("/items/1/price", "3.5"));
    }

    #[test]
    fn words_are_found_in_other_forms() {
        for (a, b, same) in [
            ("outdoors", "outdoor", true),
            ("accepts", "accepted", true),
            ("free", "freedom", true),
            ("free", "friday", false),
            ("bar", "barn", false),
        ] {
            assert_eq!(alike(a, b), same, "{a} {b}");
        }
    }
}
