//! What a typed answer is where nothing was read: null, or a named error, never an invention.
use serde_json::{Map, Value};

/// How deep references are followed.
const DEPTH: usize = 16;

/// The value of a part of `root` that says nothing. `at` is the part's JSON pointer.
pub(super) fn within(schema: &Value, root: &Value, at: &str) -> Result<Value, String> {
    of(schema, root, at, DEPTH)
}

/// What `schema` refers to, or itself.
pub(super) fn target<'s>(mut schema: &'s Value, root: &'s Value) -> &'s Value {
    for _ in 0..DEPTH {
        match referred(schema, root) {
            Some(Some(target)) => schema = target,
            _ => break,
        }
    }
    schema
}

/// What a reference stands for, if `schema` is one; `None` within where it leads nowhere.
fn referred<'s>(schema: &Value, root: &'s Value) -> Option<Option<&'s Value>> {
    let pointer = schema["$ref"].as_str()?.strip_prefix('#');
    let pointer = pointer.filter(|pointer| !pointer.is_empty());
    Some(pointer.and_then(|pointer| root.pointer(pointer)))
}

/// The value of `schema` that says nothing: `null`, an object of such values, an empty list. The
/// JSON pointer of a part that must say something where there is no such value.
pub(super) fn blank(schema: &Value) -> Result<Value, String> {
    of(schema, schema, "", DEPTH)
}

fn of(schema: &Value, root: &Value, at: &str, depth: usize) -> Result<Value, String> {
    let must = || Err(at.to_owned());
    if depth == 0 {
        return must();
    }
    if let Some(target) = referred(schema, root) {
        return target.map_or_else(must, |target| of(target, root, at, depth - 1));
    }
    if may_be_null(schema) {
        return Ok(Value::Null);
    }
    if let Some(branches) = schema["anyOf"].as_array().or(schema["oneOf"].as_array()) {
        let mut says_nothing = branches.iter().map(|one| of(one, root, at, depth - 1));
        return says_nothing.find(Result::is_ok).unwrap_or_else(must);
    }
    match schema["type"].as_str() {
        Some("object") => object(schema, root, at, depth),
        Some("array") if schema["minItems"].as_u64().unwrap_or(0) == 0 => Ok(Value::Array(vec![])),
        None if schema["properties"].is_object() => object(schema, root, at, depth),
        _ => must(),
    }
}

fn may_be_null(schema: &Value) -> bool {
    let is_null = |one: &Value| *one == "null";
    let by_type = match &schema["type"] {
        Value::Array(types) => types.iter().any(is_null),
        one => is_null(one),
    };
    by_type
        || schema["enum"]
            .as_array()
            .is_some_and(|e| e.contains(&Value::Null))
}

/// Whether an object of `schema` must hold `name`.
pub(super) fn is_required(schema: &Value, name: &str) -> bool {
    let names = schema["required"].as_array();
    names.is_some_and(|names| names.iter().any(|one| one == name))
}

fn object(schema: &Value, root: &Value, at: &str, depth: usize) -> Result<Value, String> {
    let mut value = Map::new();
    for (name, property) in schema["properties"].as_object().into_iter().flatten() {
        match of(property, root, &format!("{at}/{name}"), depth - 1) {
            Ok(nothing) => drop(value.insert(name.clone(), nothing)),
            Err(must) if is_required(schema, name) => return Err(must),
            Err(_) => {}
        }
    }
    Ok(Value::Object(value))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn optional_parts_say_nothing_and_required_ones_are_named() {
        let text = json!({"type": "string"});
        let maybe = json!({"type": ["string", "null"]});
        let object = |title: &Value, required: &[&str]| {
            json!({"type": "object", "properties": {"title": title, "tags": {"type": "array"}},
                "required": required})
        };
        let nothing = json!({"title": null, "tags": []});
        assert_eq!(blank(&object(&maybe, &["title"])), Ok(nothing));
        assert_eq!(blank(&object(&text, &[])), Ok(json!({"tags": []})));
        assert_eq!(blank(&object(&text, &["title"])), Err("/title".into()));
        assert_eq!(blank(&json!({"type": "number"})), Err(String::new()));
        let nested = json!({"anyOf": [{"$ref": "#/$defs/a"}, {"type": "null"}],
            "$defs": {"a": {"type": "string"}}});
        assert_eq!(blank(&nested), Ok(Value::Null));
    }

    #[test]
    fn references_in_circles_end() {
        let circle = json!({"$ref": "#/$defs/a", "$defs": {"a": {"$ref": "#/$defs/a"}}});
        assert_eq!(blank(&circle), Err(String::new()));
    }
}
