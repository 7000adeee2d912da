//! Bounds of numbers: what the answer's type and every JSON reader can hold.
use super::{has_type, unsupported};
use crate::Result;
use serde_json::{Map, Value, json};

/// Formats of strings that the grammar enforces.
const FORMATS: [&str; 11] = [
    "date-time",
    "time",
    "date",
    "duration",
    "email",
    "hostname",
    "ipv4",
    "ipv6",
    "uuid",
    "uri",
    "unknown",
];

/// Largest whole number that every JSON reader takes (2^53 - 1), and the bound of numbers that name none: digits without
/// end would be valid JSON that no `f64` or `i64` can hold.
const LARGEST: i64 = 9_007_199_254_740_991;
pub(super) const LARGEST_REAL: f64 = 1e15;

/// Formats of numbers become bounds; formats of strings must be known.
pub(super) fn check_format(map: &mut Map<String, Value>, path: &str) -> Result<()> {
    let Some(format) = map.get("format").and_then(Value::as_str).map(str::to_owned) else {
        return Ok(());
    };
    let bounds = match format.as_str() {
        "int8" => Some((-128, 127)),
        "int16" => Some((-32_768, 32_767)),
        "int32" => Some((-2_147_483_648, 2_147_483_647)),
        "int" | "int64" | "int128" => Some((-LARGEST, LARGEST)),
        "uint8" => Some((0, 255)),
        "uint16" => Some((0, 65_535)),
        "uint32" => Some((0, 4_294_967_295)),
        "uint" | "uint64" | "uint128" => Some((0, LARGEST)),
        "float" | "double" => None,
        text if FORMATS.contains(&text) => return Ok(()),
        other => {
            return Err(unsupported(
                path,
                "format",
                format!("{other:?} is not supported"),
            ));
        }
    };
    map.remove("format");
    if let Some((low, high)) = bounds {
        map.entry("minimum").or_insert(low.into());
        map.entry("maximum").or_insert(high.into());
    }
    Ok(())
}

pub(super) fn bound_numbers(map: &mut Map<String, Value>) {
    let (low, high) = if has_type(map, "integer") && !has_type(map, "number") {
        (json!(-LARGEST), json!(LARGEST))
    } else if has_type(map, "number") {
        (json!(-LARGEST_REAL), json!(LARGEST_REAL))
    } else {
        return;
    };
    if !map.contains_key("minimum") && !map.contains_key("exclusiveMinimum") {
        map.insert("minimum".into(), low);
    }
    if !map.contains_key("maximum") && !map.contains_key("exclusiveMaximum") {
        map.insert("maximum".into(), high);
    }
}

/// Whole numbers on both sides of zero become a union of those below it and the rest: a plain range would allow `-0`,
/// which is a real number to JSON readers.
pub(super) fn split_at_zero(map: &mut Map<String, Value>) {
    let unions = ["anyOf", "oneOf", "allOf", "enum", "const", "$ref"];
    let bound = |key: &str| map.get(key).and_then(Value::as_f64);
    let below = bound("minimum").is_some_and(|b| b < 0.0)
        || bound("exclusiveMinimum").is_some_and(|b| b < 0.0);
    let zero = bound("maximum").is_none_or(|b| b >= 0.0)
        && bound("exclusiveMaximum").is_none_or(|b| b > 0.0);
    if !has_type(map, "integer")
        || has_type(map, "number")
        || !below
        || !zero
        || unions.iter().any(|k| map.contains_key(*k))
    {
        return;
    }
    let mut rest = map.clone();
    rest.remove("$defs");
    rest.insert("type".into(), "integer".into());
    let mut negative = rest.clone();
    negative.insert("maximum".into(), json!(-1));
    negative.remove("exclusiveMaximum");
    rest.insert("minimum".into(), json!(0));
    rest.remove("exclusiveMinimum");
    let mut branches = vec![Value::Object(negative), Value::Object(rest)];
    if let Some(Value::Array(types)) = map.get("type") {
        let others: Vec<Value> = types.iter().filter(|t| *t != "integer").cloned().collect();
        let mut other = map.clone();
        other.remove("$defs");
        other.insert("type".into(), others.into());
        branches.push(Value::Object(other));
    }
    let definitions = map.remove("$defs");
    map.clear();
    map.insert("anyOf".into(), branches.into());
    map.extend(definitions.map(|d| ("$defs".to_owned(), d)));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Schema;

    #[test]
    fn numbers_stay_within_their_type() {
        let bounds = |schema: Value| {
            let s = Schema::new(&schema).unwrap();
            (s.value()["minimum"].clone(), s.value()["maximum"].clone())
        };
        assert_eq!(
            bounds(json!({"type": "integer", "format": "uint8", "minimum": 0})),
            (json!(0), json!(255))
        );
        assert_eq!(
            bounds(json!({"type": "integer", "minimum": 0})),
            (json!(0), json!(LARGEST))
        );
        let both = Schema::new(&json!({"type": ["integer", "null"]})).unwrap();
        assert_eq!(both.value()["anyOf"][0]["minimum"], json!(-LARGEST));
        assert_eq!(both.value()["anyOf"][1]["maximum"], json!(LARGEST));
        assert_eq!(
            bounds(json!({"type": ["number", "null"], "maximum": 5})),
            (json!(-LARGEST_REAL), json!(5))
        );
    }
}
