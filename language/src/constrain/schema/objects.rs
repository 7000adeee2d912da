//! Objects: the order of their properties, which must be written, and that there are no others.
use super::{has_type, unsupported};
use crate::Result;
use serde_json::{Map, Value, json};

pub(super) fn sort_properties(map: &mut Map<String, Value>, order: Option<&Value>) {
    let (Some(order), Some(Value::Object(properties))) =
        (order.and_then(Value::as_array), map.get_mut("properties"))
    else {
        return;
    };
    let mut sorted = Map::new();
    for name in order.iter().filter_map(Value::as_str) {
        if let Some(child) = properties.shift_remove(name) {
            sorted.insert(name.into(), child);
        }
    }
    sorted.append(properties);
    *properties = sorted;
}

/// Refuses patterns for names that may be those of declared properties: such a property would have
/// to obey both.
pub(super) fn check_patterns(map: &Map<String, Value>, path: &str) -> Result<()> {
    let object = |key: &str| map.get(key).and_then(Value::as_object);
    let (Some(names), Some(patterns)) = (object("properties"), object("patternProperties")) else {
        return Ok(());
    };
    // The keys of maps by number, as schemars writes them.
    let number = |p: &String| {
        ["^\\d", "^-?\\d", "^[0-9]"]
            .iter()
            .any(|n| p.starts_with(n))
    };
    let word = |n: &String| n.starts_with(|c: char| c != '-' && !c.is_numeric());
    if patterns.keys().all(number) && names.keys().all(word) {
        return Ok(());
    }
    let why = "beside `properties` only patterns of numbers are supported";
    Err(unsupported(path, "patternProperties", why))
}

/// No properties beyond the declared ones, and those that may be null always written.
pub(super) fn close_object(map: &mut Map<String, Value>) {
    let Some(Value::Object(properties)) = map.get("properties") else {
        return;
    };
    let nullable: Vec<Value> = properties
        .iter()
        .filter(|p| may_be_null(p.1))
        .map(|p| p.0.as_str().into())
        .collect();
    if let Value::Array(required) = map.entry("required").or_insert_with(|| json!([])) {
        for name in nullable {
            if !required.contains(&name) {
                required.push(name);
            }
        }
    }
    if !map.contains_key("patternProperties") {
        map.entry("additionalProperties")
            .or_insert(Value::Bool(false));
    }
}

fn may_be_null(schema: &Value) -> bool {
    let Value::Object(map) = schema else {
        return false;
    };
    let branch = |key: &str| {
        map.get(key)
            .and_then(Value::as_array)
            .is_some_and(|b| b.iter().any(may_be_null))
    };
    has_type(map, "null")
        || map.get("const").is_some_and(Value::is_null)
        || map
            .get("enum")
            .and_then(Value::as_array)
            .is_some_and(|e| e.contains(&Value::Null))
        || branch("anyOf")
        || branch("oneOf")
}

#[cfg(test)]
mod tests {
    use crate::Schema;
    use serde_json::json;

    #[test]
    fn objects_are_closed_and_nullable_fields_written() {
        let schema = json!({"title": "E", "type": "object", "required": ["b"], "properties": {
            "b": {"type": "string", "description": "x"}, "a": {"type": ["string", "null"]},
            "c": {"type": "string"}}});
        let got = Schema::new(&schema).unwrap();
        assert_eq!(got.value()["required"], json!(["b", "a"]));
        assert_eq!(got.value()["additionalProperties"], json!(false));
        assert_eq!(got.value()["properties"]["b"], json!({"type": "string"}));
        assert_eq!(got.field_list(), r#"{"b","a","c"}"#);
    }
}
