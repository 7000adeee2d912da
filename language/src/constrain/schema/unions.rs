//! Unions whose branches exclude each other.
use serde_json::{Map, Value};

/// Branches that differ in the constant of a property cannot both hold, so that `oneOf` is `anyOf`.
pub(super) fn one_of_disjoint(map: &mut Map<String, Value>) {
    let Some(Value::Array(branches)) = map.get("oneOf") else {
        return;
    };
    let tags: Vec<Vec<(String, String)>> = branches.iter().map(tags).collect();
    let differ = |a: &[(String, String)], b: &[(String, String)]| {
        a.iter()
            .any(|(key, value)| b.iter().any(|(k, v)| k == key && v != value))
    };
    let disjoint = (0..tags.len()).all(|i| (0..i).all(|j| differ(&tags[i], &tags[j])));
    if disjoint
        && !map.contains_key("anyOf")
        && let Some(branches) = map.remove("oneOf")
    {
        map.insert("anyOf".into(), branches);
    }
}

/// What tells a branch from others: its own constant, its required properties' constants, or being a string or an object.
fn tags(branch: &Value) -> Vec<(String, String)> {
    let constant = |v: &Value| {
        let one = v
            .get("enum")
            .and_then(Value::as_array)
            .filter(|e| e.len() == 1)
            .map(|e| &e[0]);
        v.get("const").or(one).map(Value::to_string)
    };
    let mut tags: Vec<(String, String)> = constant(branch)
        .map(|c| (String::new(), c))
        .into_iter()
        .collect();
    if let Some(kind) = branch.get("type").and_then(Value::as_str) {
        tags.push((
            "type".into(),
            if kind == "integer" {
                "number".into()
            } else {
                kind.into()
            },
        ));
    }
    let required = |name: &String| {
        branch
            .get("required")
            .and_then(Value::as_array)
            .is_some_and(|r| r.iter().any(|x| x == name))
    };
    for (name, property) in branch
        .get("properties")
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
    {
        if let Some(value) = constant(property).filter(|_| required(name)) {
            tags.push((format!("/{name}"), value));
        }
    }
    tags
}

#[cfg(test)]
mod tests {
    use crate::Schema;
    use serde_json::json;

    #[test]
    fn tagged_branches_are_a_plain_union() {
        let tagged = json!({"oneOf": [
            {"type": "object", "properties": {"kind": {"const": "a"}}, "required": ["kind"]},
            {"type": "object", "properties": {"kind": {"const": "b"}}, "required": ["kind"]}, {"const": "c"}, {"type": "number"}]});
        // A constant without a type cannot be told from an object by tags alone.
        assert!(Schema::new(&tagged).unwrap().value().get("oneOf").is_some());
        let typed = json!({"oneOf": [{"type": "string", "const": "a"}, {"type": "string", "const": "b"}, {"type": "null"}]});
        assert!(Schema::new(&typed).unwrap().value().get("anyOf").is_some());
    }
}
