//! The names of a schema's properties, as prompts list them.
use serde_json::Value;

/// Nested objects are listed down to this depth; recursive types go no further.
const LISTED_DEPTH: usize = 4;
/// Most names listed: what a prompt can spare. Where deeper listing makes more, less deep is
/// listed.
const LISTED_NAMES: usize = 256;

/// The list of a schema, as deep as it may be.
pub(super) fn list_fields(root: &Value) -> String {
    let deepest = (0..=LISTED_DEPTH).rev();
    let lists = deepest.map(|depth| {
        let mut list = List {
            root,
            depth,
            names: if depth == 0 { usize::MAX } else { LISTED_NAMES },
            out: String::new(),
        };
        list.add(root, 0).then_some(list.out)
    });
    lists.flatten().next().unwrap_or_default()
}

struct List<'a> {
    root: &'a Value,
    depth: usize,
    /// Names that may still be listed.
    names: usize,
    out: String,
}

impl List<'_> {
    /// Adds what a schema lists; `false` where that is too much.
    fn add(&mut self, schema: &Value, depth: usize) -> bool {
        let schema = resolve(self.root, resolve(self.root, schema));
        if depth > self.depth {
            return true;
        }
        if let Some(properties) = schema.get("properties").and_then(Value::as_object) {
            self.out.push('{');
            for (i, (name, child)) in properties.iter().enumerate() {
                let Some(left) = self.names.checked_sub(1) else {
                    return false;
                };
                self.names = left;
                self.out.push_str(if i > 0 { "," } else { "" });
                self.out.push_str(&Value::from(name.as_str()).to_string());
                let end = self.out.len();
                self.out.push(':');
                if !self.add(child, depth + 1) {
                    return false;
                }
                if self.out.len() == end + 1 {
                    self.out.truncate(end);
                }
            }
            self.out.push('}');
        } else if let Some(items) = schema.get("items") {
            let start = self.out.len();
            self.out.push('[');
            if !self.add(items, depth + 1) {
                return false;
            }
            if self.out.len() == start + 1 && depth > 0 {
                self.out.truncate(start);
            } else {
                self.out.push(']');
            }
        }
        true
    }
}

/// Follows `$ref` and the one branch of a union that is not null.
pub(super) fn resolve<'a>(root: &'a Value, schema: &'a Value) -> &'a Value {
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
            "items": {"type": "array", "items": {"$ref": "#/definitions/I"}},
            "total": {"type": "number"}},
            "definitions": {"I": {"type": "object",
                "properties": {"name": {"type": "string"}, "price": {}}}}});
        let got = Schema::new(&schema).unwrap();
        assert_eq!(got.field_list(), r#"{"total","items":[{"name","price"}]}"#);
    }

    #[test]
    fn a_type_that_holds_itself_many_times_is_listed_less_deep() {
        for (properties, deep) in [(3, true), (20, false), (300, false)] {
            let names = (0..properties).map(|i| (format!("p{i}"), json!({"$ref": "#"})));
            let schema =
                json!({"type": "object", "properties": names.collect::<serde_json::Map<_, _>>()});
            let list = Schema::new(&schema).unwrap().field_list();
            assert!(list.len() < 4000 && list.contains(r#""p2""#), "{list}");
            assert_eq!(list.contains(":{"), deep, "{properties}: {list}");
        }
    }
}
