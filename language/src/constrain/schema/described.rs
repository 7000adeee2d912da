//! A schema as a prompt in plain lines, for decoders that were taught to read them
//! (`training/page/tasks.py`).
use super::field_list::resolve;
use serde_json::Value;

/// Nested objects are described down to this depth; recursive types go no further.
const DEPTH: usize = 4;
/// Most lines: what a prompt can spare.
const LINES: usize = 128;
/// Longest note, in characters: a description beyond it is cut.
const NOTE: usize = 80;
/// Most values of an enumeration that are listed.
const LISTED: usize = 8;

/// The lines of a schema: one for each property, `?` where it may be missing, two spaces of
/// indentation for each level, and what is said of it after a colon.
///
/// ```text
/// title
/// date?: Its day.
/// items: (list)
///   name
///   price?: (number)
/// ```
pub(super) fn describe(root: &Value) -> String {
    let mut lines = Vec::new();
    let object = target(root, root);
    if !list(root, object, 0, &mut lines) {
        lines.push(line("value", false, note(root, object), 0));
    }
    lines.truncate(LINES);
    lines.join("\n")
}

/// Lists the properties of an object, or of the objects of a list; whether there are any.
fn list(root: &Value, schema: &Value, depth: usize, lines: &mut Vec<String>) -> bool {
    let inner = schema
        .get("items")
        .map_or(schema, |items| target(root, items));
    let Some(properties) = inner["properties"].as_object() else {
        return false;
    };
    if depth > DEPTH || lines.len() > LINES {
        return true;
    }
    let required = |name: &str| {
        let names = inner["required"].as_array();
        names.is_some_and(|names| names.iter().any(|one| one == name))
    };
    for (name, property) in properties {
        let optional = !required(name) || may_be_null(root, property);
        let found = target(root, property);
        let said = property["description"].as_str();
        let said = said.map_or_else(|| note(root, found), shortened);
        lines.push(line(name, optional, said, depth));
        list(root, found, depth + 1, lines);
    }
    true
}

fn line(name: &str, optional: bool, note: String, depth: usize) -> String {
    let mark = if optional { "?" } else { "" };
    let colon = if note.is_empty() { "" } else { ": " };
    format!("{}{name}{mark}{colon}{note}", "  ".repeat(depth))
}

/// What a schema without a description says of itself: nothing for a string.
fn note(root: &Value, schema: &Value) -> String {
    if let Some(said) = schema["description"].as_str() {
        return shortened(said);
    }
    if let Some(values) = schema["enum"].as_array() {
        let words = values.iter().take(LISTED).map(|v| match v {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        });
        return format!("(one of {})", words.collect::<Vec<_>>().join(", "));
    }
    let kind = match &schema["type"] {
        Value::Array(kinds) => kinds.iter().find(|kind| *kind != "null"),
        one => Some(one),
    };
    match kind.and_then(Value::as_str) {
        Some("number") => "(number)",
        Some("integer") => "(whole number)",
        Some("boolean") => "(yes or no)",
        Some("array") => "(list)",
        _ if target(root, schema).get("items").is_some() => "(list)",
        _ => "",
    }
    .to_owned()
}

/// One line of at most [`NOTE`] characters.
fn shortened(text: &str) -> String {
    let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
    words.chars().take(NOTE).collect()
}

/// Follows references and unions with null until neither is left.
fn target<'a>(root: &'a Value, mut schema: &'a Value) -> &'a Value {
    for _ in 0..DEPTH {
        schema = resolve(root, schema);
    }
    schema
}

fn is_null(schema: &Value) -> bool {
    schema["type"] == "null"
}

fn may_be_null(root: &Value, schema: &Value) -> bool {
    let branches = schema["anyOf"].as_array().or(schema["oneOf"].as_array());
    let found = target(root, schema);
    branches.is_some_and(|all| all.iter().any(is_null))
        || is_null(found)
        || found["type"]
            .as_array()
            .is_some_and(|kinds| kinds.iter().any(|k| k == "null"))
}

/// The names of properties anywhere in `schema` whose strings are not free text: they are of a
/// list, a pattern or a format.
pub(super) fn worded(schema: &Value) -> Vec<String> {
    let mut names = Vec::new();
    collect(schema, schema, &mut names, 0);
    names
}

fn collect(root: &Value, schema: &Value, names: &mut Vec<String>, depth: usize) {
    if depth > 64 {
        return;
    }
    let fixed = |s: &Value| {
        ["enum", "const", "pattern", "format"]
            .iter()
            .any(|k| s.get(*k).is_some())
    };
    match schema {
        Value::Object(map) => {
            for (name, property) in map
                .get("properties")
                .and_then(Value::as_object)
                .into_iter()
                .flatten()
            {
                let found = target(root, property);
                let items = found.get("items").map(|items| target(root, items));
                if fixed(property) || fixed(found) || items.is_some_and(fixed) {
                    names.push(name.clone());
                }
            }
            map.values()
                .for_each(|one| collect(root, one, names, depth + 1));
        }
        Value::Array(all) => all
            .iter()
            .for_each(|one| collect(root, one, names, depth + 1)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_line_says_what_is_known_of_a_property() {
        let schema = json!({"type": "object", "required": ["title", "items", "kind"],
            "properties": {
            "title": {"type": "string"},
            "date": {"type": ["string", "null"], "description": "Its\n day."},
            "total": {"type": "number"},
            "kind": {"enum": ["a", "b"]},
            "when": {"anyOf": [{"$ref": "#/$defs/time"}, {"type": "null"}]},
            "items": {"type": "array", "items": {"$ref": "#/$defs/item"}}},
            "$defs": {"time": {"type": "string"}, "item": {"type": "object",
                "required": ["name"],
                "properties": {"name": {"type": "string"}, "n": {"type": "integer"}}}}});
        let lines = [
            "title",
            "date?: Its day.",
            "total?: (number)",
            "kind: (one of a, b)",
            "when?",
            "items: (list)",
            "  name",
            "  n?: (whole number)",
        ];
        assert_eq!(describe(&schema), lines.join("\n"));
        assert_eq!(worded(&schema), ["kind"]);
    }

    #[test]
    fn what_is_no_object_is_one_value_and_circles_end() {
        assert_eq!(describe(&json!({"type": "number"})), "value: (number)");
        let circle = json!({"$ref": "#/$defs/a", "$defs": {"a": {"type": "object",
            "properties": {"next": {"$ref": "#/$defs/a"}}}}});
        assert_eq!(describe(&circle).lines().count(), DEPTH + 1);
    }
}
