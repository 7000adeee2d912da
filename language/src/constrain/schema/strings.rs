//! Formats of strings: those that the compiler enforces, and those that are patterns here.
use super::unsupported;
use crate::Result;
use serde_json::{Map, Value, json};

/// Formats that the compiler enforces as they stand.
const FORMATS: [&str; 7] = [
    "duration", "email", "hostname", "ipv6", "uuid", "uri", "unknown",
];

/// Days that are there: 29 February in leap years alone (every fourth year, of full centuries every
/// fourth).
const DATE: &str = "([0-9]{4}-((0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])\
    |(0[469]|11)-(0[1-9]|[12][0-9]|30)|02-(0[1-9]|1[0-9]|2[0-8]))\
    |([0-9]{2}(0[48]|[2468][048]|[13579][26])|([02468][048]|[13579][26])00)-02-29)";
/// No leap seconds: they are there on few days, and few programs read them.
const TIME: &str =
    "([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\\.[0-9]{1,9})?(Z|[+-]([01][0-9]|2[0-3]):[0-5][0-9])";
const IPV4: &str = "((25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])\\.){3}\
     (25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])";

/// Replaces a format by its pattern where there is one, and refuses one that is not known.
pub(super) fn check_format(map: &mut Map<String, Value>, path: &str) -> Result<()> {
    let Some(format) = map.get("format").and_then(Value::as_str).map(str::to_owned) else {
        return Ok(());
    };
    let pattern = match format.as_str() {
        "date" => format!("^{DATE}$"),
        "time" => format!("^{TIME}$"),
        "date-time" => format!("^{DATE}T{TIME}$"),
        "ipv4" => format!("^{IPV4}$"),
        // schemars' word for an address of either kind.
        "ip" => return either(map, path),
        known if FORMATS.contains(&known) => return Ok(()),
        other => {
            let why = format!("{other:?} is not supported; a `pattern` may say the same");
            return Err(unsupported(path, "format", why));
        }
    };
    map.remove("format");
    also(map, "pattern", pattern.into());
    Ok(())
}

/// Adds a keyword, beside one of the same name that is there.
fn also(map: &mut Map<String, Value>, key: &str, value: Value) {
    if map.contains_key(key) {
        let all = map.entry("allOf").or_insert_with(|| json!([]));
        if let Some(all) = all.as_array_mut() {
            all.push(json!({"type": "string", key: value}));
        }
    } else {
        map.insert(key.into(), value);
    }
}

fn either(map: &mut Map<String, Value>, path: &str) -> Result<()> {
    if map.contains_key("anyOf") {
        let why = "\"ip\" beside `anyOf` is not supported";
        return Err(unsupported(path, "format", why));
    }
    map.remove("format");
    let four = json!({"type": "string", "pattern": format!("^{IPV4}$")});
    map.insert(
        "anyOf".into(),
        json!([four, {"type": "string", "format": "ipv6"}]),
    );
    // Other types that the schema allows beside the address.
    if let Some(Value::Array(types)) = map.get("type") {
        let others: Vec<Value> = types.iter().filter(|t| *t != "string").cloned().collect();
        if let Some(Value::Array(branches)) = map.get_mut("anyOf") {
            branches.push(json!({"type": others}));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::Schema;
    use serde_json::json;

    #[test]
    fn formats_are_known_or_named() {
        for format in [
            "date",
            "time",
            "date-time",
            "ipv4",
            "ipv6",
            "ip",
            "uuid",
            "email",
        ] {
            assert!(Schema::new(&json!({"type": "string", "format": format})).is_ok());
        }
        let error = Schema::new(&json!({"type": "string", "format": "iban"})).unwrap_err();
        assert!(error.to_string().contains("iban"), "{error}");
    }
}
