//! Bounds of numbers: what the answer's type and every JSON reader can hold.
use super::{has_type, unsupported};
use crate::Result;
use serde_json::{Map, Number, Value, json};

/// Largest whole number that every JSON reader takes (2^53 - 1).
pub(super) const LARGEST: i64 = 9_007_199_254_740_991;
/// Bound of real numbers that name none: digits without end would be valid JSON that no `f64`
/// holds.
pub(super) const LARGEST_REAL: f64 = 1e15;

const BOUNDS: [&str; 4] = ["minimum", "exclusiveMinimum", "maximum", "exclusiveMaximum"];

/// Formats of numbers become bounds.
pub(super) fn bounds_of_format(map: &mut Map<String, Value>) -> bool {
    let bounds = match map.get("format").and_then(Value::as_str) {
        Some("int8") => Some((-128, 127)),
        Some("int16") => Some((-32_768, 32_767)),
        Some("int32") => Some((-2_147_483_648, 2_147_483_647)),
        Some("int" | "int64" | "int128") => Some((-LARGEST, LARGEST)),
        Some("uint8") => Some((0, 255)),
        Some("uint16") => Some((0, 65_535)),
        Some("uint32") => Some((0, 4_294_967_295)),
        Some("uint" | "uint64" | "uint128") => Some((0, LARGEST)),
        Some("float" | "double") => None,
        _ => return false,
    };
    map.remove("format");
    if let Some((low, high)) = bounds {
        tighten(map, "minimum", low as f64, f64::max);
        tighten(map, "maximum", high as f64, f64::min);
    }
    true
}

/// Puts a bound where none is, or the stricter of the two.
fn tighten(map: &mut Map<String, Value>, key: &str, bound: f64, stricter: fn(f64, f64) -> f64) {
    let there = map.get(key).and_then(Value::as_f64);
    let bound = there.map_or(bound, |there| stricter(there, bound));
    map.insert(key.into(), number(bound));
}

/// A number as JSON writes it: whole ones without a point.
fn number(x: f64) -> Value {
    if x.fract() == 0.0 && x.abs() <= LARGEST as f64 {
        return json!(x as i64);
    }
    Number::from_f64(x).map_or(Value::Null, Value::Number)
}

/// Gives every number two bounds that hold together, and refuses what no number meets.
pub(super) fn bound_numbers(map: &mut Map<String, Value>, path: &str) -> Result<()> {
    for key in BOUNDS.into_iter().chain(["multipleOf"]) {
        if map.get(key).is_some_and(|v| !v.is_number()) {
            return Err(unsupported(path, key, "is not a number"));
        }
    }
    if map
        .get("multipleOf")
        .and_then(Value::as_f64)
        .is_some_and(|m| m <= 0.0)
    {
        return Err(unsupported(path, "multipleOf", "is not above 0"));
    }
    if has_type(map, "number") {
        tighten(map, "minimum", -LARGEST_REAL, f64::max);
        tighten(map, "maximum", LARGEST_REAL, f64::min);
    } else if has_type(map, "integer") {
        whole_bounds(map);
    } else {
        return Ok(());
    }
    let bound = |key: &str| map.get(key).and_then(Value::as_f64);
    let above = |low: &str, high: &str, equal: bool| {
        let pair = bound(low).zip(bound(high));
        pair.is_some_and(|(low, high)| low > high || (equal && low == high))
    };
    if above("minimum", "maximum", false)
        || above("exclusiveMinimum", "maximum", true)
        || above("minimum", "exclusiveMaximum", true)
        || above("exclusiveMinimum", "exclusiveMaximum", true)
    {
        let why = format!(
            "no number of at most 15 digits lies between the bounds ({LARGEST} for whole ones)"
        );
        return Err(unsupported(path, "minimum", why));
    }
    Ok(())
}

/// The strictest of the bounds of whole numbers, as whole numbers that are themselves allowed.
fn whole_bounds(map: &mut Map<String, Value>) {
    let bound = |key: &str| map.get(key).and_then(Value::as_f64);
    let low = bound("minimum").map(f64::ceil).into_iter();
    let low = low.chain(bound("exclusiveMinimum").map(|x| x.floor() + 1.0));
    let low = low.fold(-LARGEST as f64, f64::max);
    let high = bound("maximum").map(f64::floor).into_iter();
    let high = high.chain(bound("exclusiveMaximum").map(|x| x.ceil() - 1.0));
    let high = high.fold(LARGEST as f64, f64::min);
    map.retain(|key, _| !BOUNDS.contains(&key.as_str()));
    map.insert("minimum".into(), number(low));
    map.insert("maximum".into(), number(high));
}

/// Takes `not: {const: 0}`, by which schemars says that a whole number is not zero, for what it
/// says.
pub(super) fn take_not_zero(map: &mut Map<String, Value>) -> bool {
    let zero = |not: &Value| not == &json!({"const": 0}) || not == &json!({"enum": [0]});
    let taken = map.get("type").is_some_and(|t| t == "integer") && map.get("not").is_some_and(zero);
    if taken {
        map.remove("not");
    }
    taken
}

/// Whole numbers on both sides of zero become a union of those below it and the rest: a plain range
/// would allow `-0`, which is a real number to JSON readers. Zero itself is left out if it is
/// `barred`.
pub(super) fn split_at_zero(map: &mut Map<String, Value>, barred: bool) {
    let unions = ["anyOf", "oneOf", "allOf", "enum", "const", "$ref"];
    let bound = |key: &str| map.get(key).and_then(Value::as_f64);
    let below = bound("minimum").is_some_and(|b| b < 0.0);
    let above = bound("maximum").is_some_and(|b| b >= 0.0);
    if !has_type(map, "integer")
        || has_type(map, "number")
        || unions.iter().any(|k| map.contains_key(*k))
    {
        return;
    }
    if !below || !above {
        if barred && bound("minimum") == Some(0.0) {
            map.insert("minimum".into(), json!(1));
        }
        return;
    }
    let mut rest = map.clone();
    rest.remove("$defs");
    rest.insert("type".into(), "integer".into());
    let mut negative = rest.clone();
    negative.insert("maximum".into(), json!(-1));
    let least = i64::from(barred);
    let mut branches = vec![Value::Object(negative)];
    if rest
        .get("maximum")
        .and_then(Value::as_i64)
        .is_none_or(|most| most >= least)
    {
        rest.insert("minimum".into(), json!(least));
        branches.push(Value::Object(rest));
    }
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
            (json!(-1_000_000_000_000_000_i64), json!(5))
        );
    }

    #[test]
    fn every_bound_holds() {
        let bounds = |schema: Value| {
            let s = Schema::new(&schema).unwrap();
            let bound = |key: &str| s.value()[key].as_f64();
            (bound("minimum").unwrap(), bound("maximum").unwrap())
        };
        let both = json!({"type": "integer", "minimum": 1e15, "exclusiveMinimum": -0.5});
        assert_eq!(bounds(both), (1e15, LARGEST as f64));
        let fractions = json!({"type": "integer", "minimum": 0.5, "exclusiveMinimum": 1,
            "exclusiveMaximum": 9.5});
        assert_eq!(bounds(fractions), (2.0, 9.0));
        let huge = json!({"type": "integer", "minimum": 3, "maximum": 1e300});
        assert_eq!(bounds(huge), (3.0, LARGEST as f64));
        for nothing in [
            json!({"type": "integer", "minimum": 1e17}),
            json!({"type": "integer", "exclusiveMinimum": 1, "exclusiveMaximum": 2}),
            json!({"type": "number", "minimum": 3, "exclusiveMaximum": 3}),
            json!({"type": "number", "minimum": "3"}),
            json!({"type": "number", "multipleOf": 0}),
        ] {
            assert!(Schema::new(&nothing).is_err(), "{nothing}");
        }
    }

    #[test]
    fn numbers_that_are_not_zero() {
        let not = json!({"type": "integer", "format": "int8", "not": {"const": 0}});
        let got = Schema::new(&not).unwrap();
        assert_eq!(got.value()["anyOf"][0]["maximum"], json!(-1));
        assert_eq!(got.value()["anyOf"][1]["minimum"], json!(1));
    }
}
