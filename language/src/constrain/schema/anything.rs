//! Places where any JSON value may stand.
use super::numbers::LARGEST_REAL;
use serde_json::{Map, Value, json};

/// Where any JSON value may stand, a reference to [`define_anything`]; whether there is such a
/// place.
pub(super) fn name_anything(schema: &mut Value) -> bool {
    let Value::Object(map) = schema else {
        return false;
    };
    let mut found = false;
    let mut visit = |child: &mut Value| {
        let anything = child == &Value::Bool(true) || child.as_object().is_some_and(Map::is_empty);
        if anything {
            *child = json!({"$ref": "#/$defs/(anything)"});
        }
        found |= anything || name_anything(child);
    };
    for key in ["items", "additionalProperties"] {
        map.get_mut(key).into_iter().for_each(&mut visit);
    }
    for key in ["allOf", "anyOf", "oneOf", "prefixItems"] {
        map.get_mut(key)
            .and_then(Value::as_array_mut)
            .into_iter()
            .flatten()
            .for_each(&mut visit);
    }
    for key in ["properties", "patternProperties", "$defs"] {
        map.get_mut(key)
            .and_then(Value::as_object_mut)
            .into_iter()
            .flatten()
            .for_each(|p| visit(p.1));
    }
    found
}

/// Any JSON value whose numbers an `f64` can hold.
pub(super) fn define_anything(root: &mut Value) {
    let again = json!({"$ref": "#/$defs/(anything)"});
    let number = json!({"type": "number", "minimum": -LARGEST_REAL, "maximum": LARGEST_REAL});
    let anything = json!({"anyOf": [{"type": ["null", "boolean", "string"]}, number,
        {"type": "array", "items": again}, {"type": "object", "additionalProperties": again}]});
    root["$defs"]["(anything)"] = anything;
}
