//! The names of a schema's properties, as prompts list them.
use serde_json::Value;

/// Nested objects are listed down to this depth; recursive types go no further.
const LISTED_DEPTH: usize = 4;

pub(super) fn list_fields(root: &Value, schema: &Value, depth: usize, out: &mut String) {
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

#[cfg(test)]
mod tests {
    use crate::Schema;
    use serde_json::json;

    #[test]
    fn order_and_nesting_show_in_the_field_list() {
        let schema = json!({"type": "object", "x-order": ["total", "items"], "properties": {
            "items": {"type": "array", "items": {"$ref": "#/definitions/I"}}, "total": {"type": "number"}},
            "definitions": {"I": {"type": "object", "properties": {"name": {"type": "string"}, "price": {}}}}});
        let got = Schema::new(&schema).unwrap();
        assert_eq!(got.field_list(), r#"{"total","items":[{"name","price"}]}"#);
    }
}
