//! A JSON Schema made ready to be enforced: every keyword is either kept or refused by name, never
//! ignored.
mod anything;
mod constants;
mod described;
mod field_list;
mod limits;
mod numbers;
mod objects;
mod refs;
mod strings;
mod unions;

use crate::{Error, Result};
use anything::{define_anything, name_anything};
use constants::check_constants;
use described::{describe, worded};
use field_list::list_fields;
use limits::{check_least, check_size};
use numbers::{bound_numbers, bounds_of_format, split_at_zero, take_not_zero};
use objects::{check_patterns, close_object, sort_properties};
use refs::check_refs;
use serde_json::{Map, Value, json};
use strings::check_format;
use unions::one_of;

/// Keywords that are enforced.
const ENFORCED: [&str; 28] = [
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
    "uniqueItems",
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
/// Properties are written in declaration order (or that of `x-order`), compactly. Some things
/// differ from what the same schema would merely accept, so that every answer can be read back into
/// the type:
///
/// - Objects hold no properties beyond the declared ones unless `additionalProperties` says so, and
///   those that may be `null` are always written. No key is written twice.
/// - Numbers have at most 15 significant digits and 15 decimals; whole ones stay within 2^53 - 1,
///   others within 1e15.
/// - `oneOf` is taken where its branches exclude each other.
///
/// # Limits
/// A schema has at most 20,000 values, 1,000 entries in one object, 1 MiB of text and 64 levels of
/// schemas within schemas, references followed. Larger ones are refused by name.
#[derive(Debug, Clone, PartialEq)]
pub struct Schema {
    prepared: Value,
    described: String,
    worded: Vec<String>,
}

impl Schema {
    /// Checks `schema` and makes it ready; a keyword that cannot be enforced is an error that names
    /// it.
    pub fn new(schema: &Value) -> Result<Self> {
        check_size(schema)?;
        let mut prepared = schema.clone();
        prepare(&mut prepared, schema, "#")?;
        if prepared.as_object().is_some_and(Map::is_empty) {
            prepared = json!({"$ref": "#/$defs/(anything)", "$defs": {}});
            define_anything(&mut prepared);
        } else if name_anything(&mut prepared) {
            define_anything(&mut prepared);
        }
        check_refs(&prepared)?;
        Ok(Self {
            prepared,
            described: describe(schema),
            worded: worded(schema),
        })
    }

    /// The schema as it is enforced.
    #[must_use]
    pub fn value(&self) -> &Value {
        &self.prepared
    }

    /// The properties as lines of a prompt, with what is said of them: `?` marks what may be
    /// missing, two spaces stand before what lies within another.
    ///
    /// ```text
    /// title
    /// date?: Its day.
    /// items: (list)
    ///   name
    /// ```
    #[must_use]
    pub fn described(&self) -> &str {
        &self.described
    }

    /// Names of the properties whose strings are no free text: they are of a list, a pattern or a
    /// format.
    #[must_use]
    pub fn worded(&self) -> &[String] {
        &self.worded
    }

    /// The names of the properties in declaration order, as prompts list them: `{"title","date"}`,
    /// with the names of nested objects after a colon: `{"items":[{"name","price"}],"total"}`.
    /// Nested objects are listed four deep; where that makes more than 256 names, as of types that
    /// hold themselves many times, less deep.
    #[must_use]
    pub fn field_list(&self) -> String {
        list_fields(&self.prepared)
    }
}

fn unsupported(path: &str, keyword: &str, why: impl Into<String>) -> Error {
    Error::UnsupportedSchema {
        path: path.into(),
        keyword: keyword.into(),
        why: why.into(),
    }
}

/// Makes a schema ready, and all within it. `root` is the whole schema as it was given.
fn prepare(schema: &mut Value, root: &Value, path: &str) -> Result<()> {
    let Value::Object(map) = schema else {
        return match schema {
            Value::Bool(true) => {
                *schema = json!({});
                Ok(())
            }
            Value::Bool(false) => Ok(()),
            _ => Err(unsupported(
                path,
                "(schema)",
                "is neither an object nor a boolean",
            )),
        };
    };
    let order = map.remove("x-order");
    let not_zero = take_not_zero(map);
    check_keywords(map, path)?;
    infer_type(map);
    relocate_ref(map, path)?;
    if !bounds_of_format(map) {
        check_format(map, path)?;
    }
    check_constants(map, path)?;
    bound_numbers(map, path)?;
    split_at_zero(map, not_zero);
    sort_properties(map, order.as_ref());
    check_patterns(map, path)?;
    one_of(map, root, path)?;
    prepare_children(map, root, path)?;
    close_object(map);
    Ok(())
}

/// Refuses what should hold several schemas and does not.
fn check_holders(map: &Map<String, Value>, path: &str) -> Result<()> {
    let named = ["properties", "patternProperties", "$defs", "definitions"];
    for key in named {
        if map.get(key).is_some_and(|held| !held.is_object()) {
            return Err(unsupported(path, key, "is not an object"));
        }
    }
    for key in ["allOf", "anyOf", "oneOf", "prefixItems"] {
        if map.get(key).is_some_and(|held| !held.is_array()) {
            return Err(unsupported(path, key, "is not an array"));
        }
    }
    Ok(())
}

/// Refuses what is not known, and drops what says nothing about values.
fn check_keywords(map: &mut Map<String, Value>, path: &str) -> Result<()> {
    check_holders(map, path)?;
    check_least(map, path)?;
    if let Some(Value::Object(more)) = map.remove("definitions") {
        let definitions = map.entry("$defs").or_insert_with(|| json!({}));
        let definitions = definitions.as_object_mut();
        definitions.into_iter().for_each(|d| d.extend(more.clone()));
    }
    map.retain(|key, _| !NOTES.contains(&key.as_str()) && !key.starts_with("x-"));
    if let Some(key) = map.keys().find(|k| !ENFORCED.contains(&k.as_str())) {
        return Err(unsupported(path, key, "is not supported"));
    }
    match map.get("uniqueItems") {
        Some(Value::Bool(false)) => drop(map.remove("uniqueItems")),
        None | Some(Value::Bool(true)) => {}
        Some(_) => return Err(unsupported(path, "uniqueItems", "is not a boolean")),
    }
    Ok(())
}

fn prepare_children(map: &mut Map<String, Value>, root: &Value, path: &str) -> Result<()> {
    for key in ["items", "additionalProperties"] {
        if let Some(child) = map.get_mut(key) {
            prepare(child, root, &format!("{path}/{key}"))?;
        }
    }
    for key in ["allOf", "anyOf", "prefixItems"] {
        let children = map.get_mut(key).and_then(Value::as_array_mut);
        for (i, child) in children.into_iter().flatten().enumerate() {
            prepare(child, root, &format!("{path}/{key}/{i}"))?;
        }
    }
    for key in ["properties", "patternProperties", "$defs"] {
        let children = map.get_mut(key).and_then(Value::as_object_mut);
        for (name, child) in children.into_iter().flatten() {
            prepare(child, root, &format!("{path}/{key}/{name}"))?;
        }
    }
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
        (
            "array",
            &[
                "items",
                "prefixItems",
                "minItems",
                "maxItems",
                "uniqueItems",
            ],
        ),
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
    let moved = match target {
        "#/" => "#".to_owned(),
        _ => target.replace("#/definitions/", "#/$defs/"),
    };
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
                json!({"properties": {"a": {"uniqueItems": 3}}}),
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
            (
                json!({"items": {"minLength": 1e300}}),
                "minLength",
                "#/items",
            ),
            (
                json!({"minItems": 72_057_594_037_927_935_u64}),
                "minItems",
                "#",
            ),
            (json!({"$defs": 3, "items": {}}), "$defs", "#"),
            (json!({"$defs": [], "items": true}), "$defs", "#"),
            (json!({"definitions": null}), "definitions", "#"),
            (json!({"properties": [{}]}), "properties", "#"),
            (json!({"items": {"anyOf": {}}}), "anyOf", "#/items"),
            (json!({"oneOf": {"a": {}}}), "oneOf", "#"),
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
