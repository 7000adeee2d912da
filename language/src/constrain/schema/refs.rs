//! References: each leads somewhere, no deeper than the limit allows, and to itself only with a
//! value between.
use super::limits::DEPTH;
use super::unsupported;
use crate::{Error, Result};
use serde_json::Value;
use std::collections::{HashMap, HashSet};

/// The schema that a reference names: a path from the root, as it is written.
pub(super) fn resolve<'a>(root: &'a Value, target: &str) -> Option<&'a Value> {
    if target == "#" {
        return Some(root);
    }
    // As the compiler does, which knows no escapes in paths.
    target
        .strip_prefix("#/")?
        .split('/')
        .try_fold(root, |value, step| match value {
            Value::Array(items) => items.get(step.parse::<usize>().ok()?),
            other => other.get(step),
        })
}

/// Refuses references that lead nowhere, in a circle, or deeper than [`DEPTH`].
pub(super) fn check_refs(root: &Value) -> Result<()> {
    let mut depths = Depths {
        root,
        seen: HashSet::new(),
    };
    depths.schema(root, "#", 0)?;
    let mut circles = Circles {
        root,
        open: HashMap::new(),
    };
    circles.target("#", 0)?;
    depths.seen.iter().try_for_each(|t| circles.target(t, 0))
}

fn too_deep(path: &str) -> Error {
    let why = format!("schemas nest deeper than {DEPTH} levels, references followed");
    unsupported(path, "$ref", why)
}

fn reference(schema: &Value) -> Option<&str> {
    schema.get("$ref").and_then(Value::as_str)
}

fn branches(schema: &Value) -> impl Iterator<Item = &Value> {
    let keys = ["allOf", "anyOf", "oneOf"].into_iter();
    keys.filter_map(|key| schema.get(key).and_then(Value::as_array))
        .flatten()
}

/// Follows every reference once, as the compiler does, and counts how deep that leads.
struct Depths<'a> {
    root: &'a Value,
    seen: HashSet<&'a str>,
}

impl<'a> Depths<'a> {
    fn schema(&mut self, schema: &'a Value, path: &str, depth: usize) -> Result<()> {
        if depth > DEPTH {
            return Err(too_deep(path));
        }
        if let Some(target) = reference(schema) {
            let Some(found) = resolve(self.root, target) else {
                let why = format!("{target} is not in the schema");
                return Err(unsupported(path, "$ref", why));
            };
            if self.seen.insert(target) {
                self.schema(found, target, depth + 1)?;
            }
        }
        let mut child = |child, path: String| self.schema(child, &path, depth + 1);
        for (i, branch) in branches(schema).enumerate() {
            child(branch, format!("{path}/({i})"))?;
        }
        for key in ["items", "additionalProperties"] {
            if let Some(inner) = schema.get(key) {
                child(inner, format!("{path}/{key}"))?;
            }
        }
        let prefix = schema.get("prefixItems").and_then(Value::as_array);
        for (i, item) in prefix.into_iter().flatten().enumerate() {
            child(item, format!("{path}/prefixItems/{i}"))?;
        }
        for key in ["properties", "patternProperties"] {
            let map = schema.get(key).and_then(Value::as_object);
            for (name, inner) in map.into_iter().flatten() {
                child(inner, format!("{path}/{key}/{name}"))?;
            }
        }
        Ok(())
    }
}

/// Follows references to what stands in the same place of an answer.
struct Circles<'a> {
    root: &'a Value,
    /// Targets that were followed: `true` while they are.
    open: HashMap<&'a str, bool>,
}

impl<'a> Circles<'a> {
    fn target(&mut self, target: &'a str, depth: usize) -> Result<()> {
        match self.open.get(target) {
            Some(true) => {
                let why = format!("{target} refers to itself with no value between");
                return Err(unsupported(target, "$ref", why));
            }
            Some(false) => return Ok(()),
            None => {}
        }
        if depth > DEPTH {
            return Err(too_deep(target));
        }
        self.open.insert(target, true);
        let mut left: Vec<&Value> = resolve(self.root, target).into_iter().collect();
        while let Some(schema) = left.pop() {
            if let Some(next) = reference(schema) {
                self.target(next, depth + 1)?;
            }
            left.extend(branches(schema));
        }
        self.open.insert(target, false);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use crate::Schema;
    use serde_json::{Value, json};

    fn refused(schema: &Value) -> String {
        Schema::new(schema).map_or_else(|e| e.to_string(), |_| String::new())
    }

    #[test]
    fn circles_without_a_value_are_refused_and_recursive_types_are_not() {
        for circle in [
            json!({"$ref": "#"}),
            json!({"$ref": "#/$defs/A",
                "$defs": {"A": {"$ref": "#/$defs/B"}, "B": {"$ref": "#/$defs/A"}}}),
            json!({"items": {"$ref": "#/$defs/A"},
                "$defs": {"A": {"anyOf": [{"type": "null"}, {"allOf": [{"$ref": "#/$defs/A"}]}]}}}),
        ] {
            assert!(refused(&circle).contains("refers to itself"), "{circle}");
        }
        let list = json!({"type": "object",
            "properties": {"next": {"anyOf": [{"$ref": "#"}, {"type": "null"}]}}});
        assert_eq!(refused(&list), "");
        assert!(refused(&json!({"$ref": "#/$defs/None"})).contains("not in the schema"));
    }

    #[test]
    fn chains_are_refused_by_their_length() {
        let chain = |n: usize, in_place: bool| {
            let next = |i| json!({"$ref": format!("#/$defs/A{i}")});
            let wrap = |i| {
                if in_place {
                    next(i)
                } else {
                    json!({"type": "array", "items": next(i)})
                }
            };
            let mut defs: serde_json::Map<String, Value> =
                (0..n).map(|i| (format!("A{i}"), wrap(i + 1))).collect();
            defs.insert(format!("A{n}"), json!({"type": "null"}));
            json!({"$ref": "#/$defs/A0", "$defs": defs})
        };
        for in_place in [false, true] {
            assert_eq!(refused(&chain(20, in_place)), "");
            for n in [80, 1000, 9000] {
                let why = refused(&chain(n, in_place));
                assert!(
                    why.contains("nest deeper than 64") || why.contains("too large"),
                    "{why}"
                );
            }
        }
    }
}
