//! A JSON Schema made ready to be enforced: every keyword is either kept or refused by name, never ignored.
use crate::{Error, Result};
use serde_json::{Map, Value, json};

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
const LARGEST_REAL: f64 = 1e15;

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

/// Where any JSON value may stand, a reference to [`define_anything`]; whether there is such a place.
fn name_anything(schema: &mut Value) -> bool {
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
fn define_anything(root: &mut Value) {
    let again = json!({"$ref": "#/$defs/(anything)"});
    let number = json!({"type": "number", "minimum": -LARGEST_REAL, "maximum": LARGEST_REAL});
    let anything = json!({"anyOf": [{"type": ["null", "boolean", "string"]}, number,
        {"type": "array", "items": again}, {"type": "object", "additionalProperties": again}]});
    root["$defs"]["(anything)"] = anything;
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

/// Formats of numbers become bounds; formats of strings must be known.
fn check_format(map: &mut Map<String, Value>, path: &str) -> Result<()> {
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

fn has_type(map: &Map<String, Value>, name: &str) -> bool {
    match map.get("type") {
        Some(Value::String(t)) => t == name,
        Some(Value::Array(types)) => types.iter().any(|t| t == name),
        _ => false,
    }
}

fn bound_numbers(map: &mut Map<String, Value>) {
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
fn split_at_zero(map: &mut Map<String, Value>) {
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

fn sort_properties(map: &mut Map<String, Value>, order: Option<&Value>) {
    let (Some(order), Some(Value::Object(properties))) =
        (order.and_then(Value::as_array), map.get_mut("properties"))
    else {
        return;
    };
    let mut sorted = Map::new();
    for name in order.iter().filter_map(Value::as_str) {
        if let Some(child) = properties.shift_remove(name) {
            sorted.insert(name.into(), child);
        }
    }
    sorted.append(properties);
    *properties = sorted;
}

/// No properties beyond the declared ones, and those that may be null always written.
fn close_object(map: &mut Map<String, Value>) {
    let Some(Value::Object(properties)) = map.get("properties") else {
        return;
    };
    let nullable: Vec<Value> = properties
        .iter()
        .filter(|p| may_be_null(p.1))
        .map(|p| p.0.as_str().into())
        .collect();
    if let Value::Array(required) = map.entry("required").or_insert_with(|| json!([])) {
        for name in nullable {
            if !required.contains(&name) {
                required.push(name);
            }
        }
    }
    if !map.contains_key("patternProperties") {
        map.entry("additionalProperties")
            .or_insert(Value::Bool(false));
    }
}

fn may_be_null(schema: &Value) -> bool {
    let Value::Object(map) = schema else {
        return false;
    };
    let branch = |key: &str| {
        map.get(key)
            .and_then(Value::as_array)
            .is_some_and(|b| b.iter().any(may_be_null))
    };
    has_type(map, "null")
        || map.get("const").is_some_and(Value::is_null)
        || map
            .get("enum")
            .and_then(Value::as_array)
            .is_some_and(|e| e.contains(&Value::Null))
        || branch("anyOf")
        || branch("oneOf")
}

/// Branches that differ in the constant of a property cannot both hold, so that `oneOf` is `anyOf`.
fn one_of_disjoint(map: &mut Map<String, Value>) {
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

/// Follows `$ref` and the one branch of a union that is not null.
fn resolve<'a>(root: &'a Value, schema: &'a Value) -> &'a Value {
    let target = schema
        .get("$ref")
        .and_then(Value::as_str)
        .and_then(|r| root.pointer(r.strip_prefix('#')?));
    if let Some(target) = target {
        return target;
    }
    for key in ["anyOf", "oneOf"] {
        let branches = schema
            .get(key)
            .and_then(Value::as_array)
            .into_iter()
            .flatten();
        let mut real = branches.filter(|b| b.get("type").and_then(Value::as_str) != Some("null"));
        if let (Some(only), None) = (real.next(), real.next()) {
            return only;
        }
    }
    schema
}

/// Nested objects are listed down to this depth; recursive types go no further.
const LISTED_DEPTH: usize = 4;

fn list_fields(root: &Value, schema: &Value, depth: usize, out: &mut String) {
    let schema = resolve(root, resolve(root, schema));
    if depth > LISTED_DEPTH {
        return;
    }
    if let Some(properties) = schema.get("properties").and_then(Value::as_object) {
        out.push('{');
        for (i, (name, child)) in properties.iter().enumerate() {
            out.push_str(if i > 0 { "," } else { "" });
            out.push_str(&Value::from(name.as_str()).to_string());
            let mut nested = String::new();
            list_fields(root, child, depth + 1, &mut nested);
            if !nested.is_empty() {
                out.push(':');
                out.push_str(&nested);
            }
        }
        out.push('}');
    } else if let Some(items) = schema.get("items") {
        let mut nested = String::new();
        list_fields(root, items, depth + 1, &mut nested);
        if !nested.is_empty() || depth == 0 {
            out.push_str(&format!("[{nested}]"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_are_closed_and_nullable_fields_written() {
        let schema = json!({"title": "E", "type": "object", "required": ["b"], "properties": {
            "b": {"type": "string", "description": "x"}, "a": {"type": ["string", "null"]}, "c": {"type": "string"}}});
        let got = Schema::new(&schema).unwrap();
        assert_eq!(got.value()["required"], json!(["b", "a"]));
        assert_eq!(got.value()["additionalProperties"], json!(false));
        assert_eq!(got.value()["properties"]["b"], json!({"type": "string"}));
        assert_eq!(got.field_list(), r#"{"b","a","c"}"#);
    }

    #[test]
    fn order_and_nesting_show_in_the_field_list() {
        let schema = json!({"type": "object", "x-order": ["total", "items"], "properties": {
            "items": {"type": "array", "items": {"$ref": "#/definitions/I"}}, "total": {"type": "number"}},
            "definitions": {"I": {"type": "object", "properties": {"name": {"type": "string"}, "price": {}}}}});
        let got = Schema::new(&schema).unwrap();
        assert_eq!(got.field_list(), r#"{"total","items":[{"name","price"}]}"#);
    }

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
