//! How large a schema may be: compiling it takes time and memory that its length does not tell.
use super::unsupported;
use crate::{Error, Result};
use serde_json::{Map, Value};

/// Most values in a schema, keywords' values and all: 20 times the largest schema of a typed answer
/// seen (some 1,000).
const VALUES: usize = 20_000;
/// Most bytes of text in it: names, patterns, constants.
const TEXT: usize = 1 << 20;
/// Most entries of one object in it: the compiler goes through properties by recursion.
const ENTRIES: usize = 1_000;
/// Deepest nesting of its JSON: three levels for each of the schemas that [`DEPTH`] allows.
const NESTING: usize = 3 * DEPTH;
/// Deepest nesting of schemas within schemas, references followed. Answers nest no deeper either:
/// readers of JSON stop at 128 levels.
pub(super) const DEPTH: usize = 64;

/// Most items, characters or properties that a schema may ask for at least; set by hand. Of 2^56
/// different items it took minutes to find that no answer holds them.
const LEAST: f64 = 10_000.0;

/// Refuses a schema by its size, before anything is copied or followed.
pub(super) fn check_size(schema: &Value) -> Result<()> {
    let (mut values, mut text) = (0, 0);
    let mut left = vec![(schema, 0)];
    while let Some((value, depth)) = left.pop() {
        values += 1;
        let wide = value.as_object().is_some_and(|map| map.len() > ENTRIES);
        if values > VALUES || text > TEXT || depth > NESTING || wide {
            return Err(too_large());
        }
        match value {
            Value::Object(map) => {
                text += map.keys().map(String::len).sum::<usize>();
                left.extend(map.values().map(|v| (v, depth + 1)));
            }
            Value::Array(items) => left.extend(items.iter().map(|v| (v, depth + 1))),
            Value::String(s) => text += s.len(),
            _ => {}
        }
    }
    if text > TEXT {
        Err(too_large())
    } else {
        Ok(())
    }
}

/// Refuses what must hold more than [`LEAST`].
pub(super) fn check_least(map: &Map<String, Value>, path: &str) -> Result<()> {
    for key in ["minItems", "minLength", "minProperties"] {
        let least = map.get(key).and_then(Value::as_f64);
        if least.is_some_and(|least| least > LEAST) {
            let why = format!("is more than {LEAST}, the most that is taken");
            return Err(unsupported(path, key, why));
        }
    }
    Ok(())
}

fn too_large() -> Error {
    let why = format!(
        "is too large: more than {VALUES} values, {ENTRIES} in one object, {TEXT} bytes of text or \
        {NESTING} levels; name fewer properties or constants"
    );
    unsupported("#", "(schema)", why)
}
