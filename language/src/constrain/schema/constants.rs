//! Constants: what an answer cannot say, or would say otherwise, is refused.
use super::numbers::{LARGEST, LARGEST_REAL};
use super::unsupported;
use crate::Result;
use serde_json::{Map, Number, Value};

/// Refuses constants that do not come back as they are: numbers of many digits, and strings with
/// control characters that have no short escape (the compiler leaves those characters out).
pub(super) fn check_constants(map: &Map<String, Value>, path: &str) -> Result<()> {
    for key in ["const", "enum"] {
        let Some(value) = map.get(key) else { continue };
        if let Some(bad) = find(value, &|v| v.as_number().is_some_and(inexact)) {
            let why = format!(
                "{bad} has more digits than JSON readers agree on (15, whole numbers {LARGEST})"
            );
            return Err(unsupported(path, key, why));
        }
        if let Some(bad) = find(value, &|v| v.as_str().is_some_and(unwritable)) {
            let why = format!("{bad} holds a control character, which answers do not");
            return Err(unsupported(path, key, why));
        }
    }
    Ok(())
}

/// The first value in a constant that is bad, keys aside.
fn find<'a>(value: &'a Value, bad: &impl Fn(&Value) -> bool) -> Option<&'a Value> {
    match value {
        Value::Array(items) => items.iter().find_map(|item| find(item, bad)),
        Value::Object(map) => map.values().find_map(|item| find(item, bad)),
        other => bad(other).then_some(other),
    }
}

/// Whether another reader would take a number for another.
fn inexact(n: &Number) -> bool {
    let x = n.as_f64().unwrap_or(f64::INFINITY);
    if n.is_f64() {
        x.abs() >= LARGEST_REAL || format!("{x:.14e}").parse() != Ok(x)
    } else {
        x.abs() > LARGEST as f64
    }
}

fn unwritable(text: &str) -> bool {
    let short = ['\u{8}', '\u{c}', '\n', '\r', '\t'];
    text.chars()
        .any(|c| c.is_ascii_control() && !short.contains(&c))
}

#[cfg(test)]
mod tests {
    use crate::Schema;
    use serde_json::json;

    #[test]
    fn constants_that_would_change_are_refused() {
        for bad in [
            json!({"const": 0.300_000_000_000_000_04}),
            json!({"enum": [[{"a": 9_007_199_254_740_993_i64}]]}),
            json!({"const": u64::MAX}),
            json!({"enum": ["ok", {"k": "\u{1}"}]}),
            json!({"const": "\u{7f}"}),
        ] {
            assert!(Schema::new(&bad).is_err(), "{bad}");
        }
        for good in [
            json!({"const": "\n\t\"é"}),
            json!({"enum": [1.5, -7, 1e10, null]}),
        ] {
            assert!(Schema::new(&good).is_ok(), "{good}");
        }
    }
}
