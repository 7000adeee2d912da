//! A JSON Schema made ready to be enforced: every keyword is either kept or refused by name, never ignored.
mod anything;
mod field_list;
mod numbers;
mod objects;
mod unions;

use crate::{Error, Result};
use anything::{define_anything, name_anything};
use field_list::list_fields;
use numbers::{bound_numbers, check_format, split_at_zero};
use objects::{close_object, sort_properties};
use serde_json::{Map, Value, json};
use unions::one_of_disjoint;

/// Keywords that the grammar enforces.
const ENFORCED: [&str; 27] = [
    "$ref",
    "additionalProperties",
    "allOf",
    "anyOf",
    "const",
    "enum",
    "exclusiveMaximum",
    "exclusiveMinimum",
    "format",
    "items",
    "maxItems",
    "maxLength",
    "maxProperties",
    "maximum",
    "minItems",
    "minLength",
    "minProperties",
    "minimum",
    "multipleOf",
    "oneOf",
    "pattern",
    "patternProperties",
    "prefixItems",
    "properties",
    "required",
    "type",
    "$defs",
];

/// Keywords that say nothing about which values are valid.
const NOTES: [&str; 12] = [
    "$schema",
    "$id",
    "$comment",
    "title",
    "description",
    "default",
    "examples",
    "deprecated",
    "readOnly",
    "writeOnly",
    "contentMediaType",
    "contentEncoding",
];

/// A JSON Schema in the form that generation obeys.
///
/// Properties are written in declaration order (or that of `x-order`), compactly. Three things differ from what the same
/// schema would merely accept, so that every answer can be read back into the type: objects hold no properties beyond the
/// declared ones unless `additionalProperties` says so, properties that may be `null` are always written, and numbers
/// without bounds stay within what the type can hold.
#[derive(Debug, Clone, PartialEq)]
pub struct Schema {
    prepared: Value,
}

impl Schema {
    /// Checks `schema` and makes it ready; a keyword that cannot be enforced is an error that names it.
    pub fn new(schema: &Value) -> Result<Self> {
        let mut prepared = schema.clone();
        prepare(&mut prepared, "#")?;
        if prepared.as_object().is_some_and(Map::is_empty) {
            prepared = json!({"$ref": "#/$defs/(anything)", "$defs": {}});
            define_anything(&mut prepared);
        } else if name_anything(&mut prepared) {
            define_anything(&mut prepared);
        }
        Ok(Self { prepared })
    }

    /// The schema as it is enforced.
    #[must_use]
    pub fn value(&self) -> &Value {
        &self.prepared
    }

    /// The names of the properties in declaration order, as prompts list them: `{"title","date"}`, with the names of
    /// nested objects after a colon: `{"items":[{"name","price"}],"total"}`.
    #[must_use]
    pub fn field_list(&self) -> String {
        let mut out = String::new();
        list_fields(&self.prepared, &self.prepared, 0, &mut out);
        out
    }
}

fn unsupported(path: &str, keyword: &str, why: impl Into<String>) -> Error {
    Error::UnsupportedSchema {
        path: path.into(),
        keyword: keyword.into(),
        why: why.into(),
    }
}

fn prepare(schema: &mut Value, path: &str) -> Result<()> {
    let Value::Object(map) = schema else {
        if schema == &Value::Bool(true) {
            *schema = json!({});
        }
        return if schema.is_object() || schema.is_boolean() {
            Ok(())
        } else {
            Err(unsupported(
                path,
                "(schema)",
                "is neither an object nor a boolean",
            ))
        };
    };
    if let Some(definitions) = map.remove("definitions") {
        map.insert("$defs".into(), definitions);
    }
    let order = map.remove("x-order");
    map.retain(|key, _| !NOTES.contains(&key.as_str()) && !key.starts_with("x-"));
    if let Some(key) = map.keys().find(|k| !ENFORCED.contains(&k.as_str())) {
        return Err(unsupported(path, key, "is not supported"));
    }
    infer_type(map);
    relocate_ref(map, path)?;
    check_format(map, path)?;
    bound_numbers(map);
    split_at_zero(map);
    sort_properties(map, order.as_ref());
    for key in ["items", "additionalProperties"] {
        if let Some(child) = map.get_mut(key) {
            prepare(child, &format!("{path}/{key}"))?;
        }
    }
    for key in ["allOf", "anyOf", "oneOf", "prefixItems"] {
        for (i, child) in map
            .get_mut(key)
            .and_then(Value::as_array_mut)
            .into_iter()
            .flatten()
            .enumerate()
        {
            prepare(child, &format!("{path}/{key}/{i}"))?;
        }
    }
    for key in ["properties", "patternProperties", "$defs"] {
        for (name, child) in map
            .get_mut(key)
            .and_then(Value::as_object_mut)
            .into_iter()
            .flatten()
        {
            prepare(child, &format!("{path}/{key}/{name}"))?;
        }
    }
    close_object(map);
    one_of_disjoint(map);
    Ok(())
}

/// A schema that constrains one type without naming it means that type.
fn infer_type(map: &mut Map<String, Value>) {
    const SAYS: [(&str, &[&str]); 4] = [
        (
            "object",
            &[
                "properties",
                "required",
                "additionalProperties",
                "patternProperties",
                "minProperties",
                "maxProperties",
            ],
        ),
        ("array", &["items", "prefixItems", "minItems", "maxItems"]),
        (
            "number",
            &[
                "minimum",
                "maximum",
                "exclusiveMinimum",
                "exclusiveMaximum",
                "multipleOf",
            ],
        ),
        ("string", &["pattern", "format", "minLength", "maxLength"]),
    ];
    let typed = ["type", "$ref", "const", "enum", "anyOf", "oneOf", "allOf"];
    let says = SAYS
        .iter()
        .find(|(_, keys)| keys.iter().any(|k| map.contains_key(*k)));
    if let Some((kind, _)) = says
        && !typed.iter().any(|k| map.contains_key(*k))
    {
        map.insert("type".into(), (*kind).into());
    }
    if has_type(map, "array") && !map.contains_key("items") && !map.contains_key("prefixItems") {
        map.insert("items".into(), json!({}));
    }
    if has_type(map, "object")
        && !map.contains_key("properties")
        && !map.contains_key("patternProperties")
    {
        map.entry("additionalProperties")
            .or_insert_with(|| json!({}));
    }
}

fn relocate_ref(map: &mut Map<String, Value>, path: &str) -> Result<()> {
    let Some(target) = map.get("$ref") else {
        return Ok(());
    };
    let Some(target) = target.as_str() else {
        return Err(unsupported(path, "$ref", "is not a string"));
    };
    if !target.starts_with('#') {
        return Err(unsupported(
            path,
            "$ref",
            format!("points outside the schema: {target}"),
        ));
    }
    let moved = target.replace("#/definitions/", "#/$defs/");
    map.insert("$ref".into(), moved.into());
    Ok(())
}

fn has_type(map: &Map<String, Value>, name: &str) -> bool {
    match map.get("type") {
        Some(Value::String(t)) => t == name,
        Some(Value::Array(types)) => types.iter().any(|t| t == name),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_enforced_is_named() {
        for (schema, keyword, path) in [
            (json!({"not": {}}), "not", "#"),
            (
                json!({"properties": {"a": {"uniqueItems": true}}}),
                "uniqueItems",
                "#/properties/a",
            ),
            (
                json!({"anyOf": [{"type": "string", "format": "iban"}]}),
                "format",
                "#/anyOf/0",
            ),
            (json!({"$ref": "other.json"}), "$ref", "#"),
            (json!({"items": 3}), "(schema)", "#/items"),
        ] {
            match Schema::new(&schema).unwrap_err() {
                Error::UnsupportedSchema {
                    path: p,
                    keyword: k,
                    ..
                } => assert_eq!((p.as_str(), k.as_str()), (path, keyword)),
                other => panic!("{other}"),
            }
        }
    }
}
