//! Unions: `oneOf` is taken where its branches exclude each other, and is `anyOf` then.
use super::refs::resolve;
use super::unsupported;
use crate::Result;
use serde_json::{Map, Value, json};
use std::cell::Cell;

/// References and unions within each other that are followed to tell two branches apart.
const HOPS: usize = 8;
/// Comparisons made for one union, far more than published schemas need: unions within unions
/// multiply them.
const COMPARISONS: usize = 100_000;

/// Replaces `oneOf` by `anyOf`, or refuses it: what it must not be, both of two branches, no
/// grammar can say.
///
/// Answers are written by branches with their objects closed (no properties but the declared ones),
/// and are read by the branches as they stand. So each closed branch must exclude every other open
/// one.
pub(super) fn one_of(map: &mut Map<String, Value>, root: &Value, path: &str) -> Result<()> {
    let Some(Value::Array(branches)) = map.get("oneOf") else {
        return Ok(());
    };
    let excluder = Excluder {
        root,
        left: Cell::new(COMPARISONS),
    };
    for (i, a) in branches.iter().enumerate() {
        for (j, b) in branches.iter().enumerate() {
            if i != j && !excluder.excludes(a, b, HOPS) {
                let why = format!(
                    "branches {i} and {j} could both hold for one value; tell them apart by a \
                     required                     property with a `const`, or say `anyOf`"
                );
                return Err(unsupported(path, "oneOf", why));
            }
        }
    }
    if let Some(branches) = map.remove("oneOf") {
        match map.get_mut("anyOf") {
            None => drop(map.insert("anyOf".into(), branches)),
            Some(_) => {
                let both = map.entry("allOf").or_insert_with(|| json!([]));
                both.as_array_mut()
                    .into_iter()
                    .for_each(|all| all.push(json!({"anyOf": branches.clone()})));
            }
        }
    }
    Ok(())
}

/// Tells branches of a union apart.
struct Excluder<'a> {
    root: &'a Value,
    /// Comparisons that may still be made.
    left: Cell<usize>,
}

impl Excluder<'_> {
    /// Whether no value that is written by `a` is valid by `b`, as far as can be seen.
    fn excludes(&self, a: &Value, b: &Value, hops: usize) -> bool {
        let Some(left) = self.left.get().checked_sub(1).filter(|_| hops > 0) else {
            return false;
        };
        self.left.set(left);
        if let Some(target) = a.get("$ref").and_then(Value::as_str) {
            let a = resolve(self.root, target);
            return a.is_some_and(|a| self.excludes(a, b, hops - 1));
        }
        if let Some(target) = b.get("$ref").and_then(Value::as_str) {
            let b = resolve(self.root, target);
            return b.is_some_and(|b| self.excludes(a, b, hops - 1));
        }
        for key in ["anyOf", "oneOf"] {
            if let Some(branches) = a.get(key).and_then(Value::as_array) {
                return branches.iter().all(|a| self.excludes(a, b, hops - 1));
            }
            if let Some(branches) = b.get(key).and_then(Value::as_array) {
                return branches.iter().all(|b| self.excludes(a, b, hops - 1));
            }
        }
        a == &Value::Bool(false)
            || b == &Value::Bool(false)
            || kinds_differ(a, b)
            || constants_differ(a, b)
            || self.properties_differ(a, b, hops)
    }

    /// Whether a property keeps two objects apart: one that must be there and may not be, or must
    /// be two different things.
    fn properties_differ(&self, a: &Value, b: &Value, hops: usize) -> bool {
        let is_object = |s: &Value| kinds(s).is_some_and(|k| k == ["object"]);
        if !is_object(a) || !is_object(b) {
            return false;
        }
        let required = |s: &Value, name: &str| {
            let names = s.get("required").and_then(Value::as_array);
            names.is_some_and(|r| r.iter().any(|n| n == name))
        };
        let names = [a, b]
            .into_iter()
            .filter_map(|s| s.get("required").and_then(Value::as_array));
        names.flatten().filter_map(Value::as_str).any(|name| {
            let (pa, pb) = (property(a, name, true), property(b, name, false));
            match (pa, pb) {
                (Property::Forbidden, _) => required(b, name),
                (_, Property::Forbidden) => required(a, name),
                (Property::Is(pa), Property::Is(pb)) => {
                    // One side requires it: then it is there in whatever both could hold for.
                    self.excludes(pa, pb, hops - 1)
                }
                _ => false,
            }
        })
    }
}

/// The types that a value may have, numbers of both sorts as one; `None` for any.
fn kinds(schema: &Value) -> Option<Vec<&str>> {
    let kind = |name: &'static str, keys: &[&str]| {
        let said = keys.iter().any(|k| schema.get(k).is_some());
        said.then_some(vec![name])
    };
    let plain = |t| if t == "integer" { "number" } else { t };
    match schema.get("type") {
        Some(Value::String(t)) => return Some(vec![plain(t.as_str())]),
        Some(Value::Array(types)) => {
            return Some(types.iter().filter_map(Value::as_str).map(plain).collect());
        }
        _ => {}
    }
    if let Some(constants) = constants(schema) {
        return Some(constants.into_iter().map(kind_of).collect());
    }
    if schema.get("allOf").is_some() {
        return None;
    }
    // The schema is prepared so as to write this type only.
    kind("object", &["properties", "required"]).or_else(|| kind("array", &["items", "prefixItems"]))
}

fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

fn kinds_differ(a: &Value, b: &Value) -> bool {
    // What `b` does not say, it allows: only the type that it names counts.
    let named = b.get("type").is_some() || constants(b).is_some();
    match (kinds(a), kinds(b).filter(|_| named)) {
        (Some(a), Some(b)) => !a.iter().any(|kind| b.contains(kind)),
        _ => false,
    }
}

fn constants(schema: &Value) -> Option<Vec<&Value>> {
    let one = schema.get("const").map(|c| vec![c]);
    one.or_else(|| {
        schema
            .get("enum")
            .and_then(Value::as_array)
            .map(|e| e.iter().collect())
    })
}

fn constants_differ(a: &Value, b: &Value) -> bool {
    let same = |a: &Value, b: &Value| match (a.as_f64(), b.as_f64()) {
        (Some(a), Some(b)) => a == b,
        _ => a == b,
    };
    match (constants(a), constants(b)) {
        (Some(a), Some(b)) => !a.iter().any(|a| b.iter().any(|b| same(a, b))),
        _ => false,
    }
}

/// What a schema says of a property.
enum Property<'a> {
    Forbidden,
    Any,
    Is(&'a Value),
}

fn property<'a>(schema: &'a Value, name: &str, closed: bool) -> Property<'a> {
    if let Some(declared) = schema.get("properties").and_then(|p| p.get(name)) {
        return Property::Is(declared);
    }
    let open = schema.get("patternProperties").is_some();
    let closed = closed && schema.get("properties").is_some();
    match schema.get("additionalProperties") {
        _ if open => Property::Any,
        Some(Value::Bool(false)) => Property::Forbidden,
        None if closed => Property::Forbidden,
        Some(other) if !other.is_boolean() => Property::Is(other),
        _ => Property::Any,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Schema;

    fn taken(branches: Value) -> bool {
        let whole = json!({"oneOf": branches, "$defs": {
            "A": {"type": "object", "properties": {"kind": {"const": "a"}},
                "required": ["kind"]}}});
        let schema = Schema::new(&whole);
        schema.is_ok_and(|s| s.value().get("anyOf").is_some())
    }

    #[test]
    fn branches_that_exclude_each_other_are_a_plain_union() {
        let object = |name: &str| {
            json!({"type": "object", "properties": {name: {"type": "string"}},
            "required": [name]})
        };
        for branches in [
            json!([{"$ref": "#/$defs/A"},
                {"type": "object", "properties": {"kind": {"const": "b"}}, "required": ["kind"]}]),
            json!([{"type": "string", "const": "a"}, {"type": "string", "const": "b"},
                {"type": "null"}]),
            json!([{"const": "c"}, {"type": "number"}, {"type": "object"}]),
            json!([{"type": "string", "enum": ["x", "y"]}, object("z")]),
            // Closed, each lacks what the other requires.
            json!([object("x"), object("y")]),
        ] {
            assert!(taken(branches.clone()), "{branches}");
        }
    }

    #[test]
    fn branches_that_could_both_hold_are_refused_by_name() {
        let open = |name: &str| json!({"type": "object", "properties": {name: {"type": "string"}}});
        for branches in [
            json!([open("x"), open("y")]),
            json!([{"type": "integer"}, {"type": "number"}]),
            json!([{"type": "string"}, {"type": "string", "maxLength": 3}]),
            json!([{"type": "string"}, {}]),
        ] {
            assert!(!taken(branches.clone()), "{branches}");
            let error = Schema::new(&json!({"oneOf": branches})).unwrap_err();
            assert!(error.to_string().contains("could both hold"), "{error}");
        }
    }
}
