//! What schemas of most of training were like: the names of their fields, and no lists of strings.
use super::rules::MISSING;
use foveate_language::Schema;
use serde_json::Value;
use std::collections::HashSet;

/// Names of fields that the decoder knows; of others it leaves too little out.
pub(super) struct Taught(Option<HashSet<String>>);

impl Taught {
    /// Names joined by commas; without any list every name is as good as taught.
    pub(super) fn parse(names: Option<&str>) -> Self {
        Self(names.map(|names| names.split(',').map(plain).collect()))
    }

    /// Whether a schema is of a kind that was taught: no property by another name, no list of
    /// strings.
    pub(super) fn covers(&self, schema: &Schema) -> bool {
        let root = schema.value();
        let properties = root["properties"].as_object();
        let mut properties = properties.into_iter().flatten();
        !lists_strings(root)
            && !properties.any(|(name, one)| self.lacks(name) || lists_strings(one))
    }

    fn lacks(&self, name: &str) -> bool {
        let Self(taught) = self;
        taught
            .as_ref()
            .is_some_and(|all| !all.contains(&plain(name)))
    }

    /// The logit bias of `null` for a property of this name.
    pub(super) fn missing(&self, name: &str) -> f32 {
        if self.lacks(name) { MISSING } else { 0.0 }
    }
}

/// Whether a schema is that of a list of strings, which may be null.
fn lists_strings(schema: &Value) -> bool {
    let mut ways = schema["anyOf"].as_array().into_iter().flatten();
    schema["items"]["type"] == "string" || ways.any(|one| one["items"]["type"] == "string")
}

/// A name without what the ways to write it differ in: `start_time`, `startTime`, `Start time`.
fn plain(name: &str) -> String {
    let letters = name.chars().filter(|c| c.is_alphanumeric());
    letters.flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn names_that_were_taught_have_no_bias_however_they_are_written() {
        let taught = Taught::parse(Some("starttime,title"));
        let bias = ["title", "startTime", "Start time", "commences"].map(|n| taught.missing(n));
        assert_eq!(bias, [0.0, 0.0, 0.0, MISSING]);
        assert!(Taught::parse(None).missing("commences").abs() < f32::EPSILON);
    }

    #[test]
    fn other_names_and_lists_of_strings_were_not_taught() {
        let taught = Taught::parse(Some("starttime,title"));
        let covers = |schema| taught.covers(&Schema::new(&schema).unwrap());
        let of =
            |name: &str, kind: &Value| covers(json!({"properties": {"title": {}, name: kind}}));
        let (text, list) = (
            json!({"type": "string"}),
            json!({"type": "array", "items": {"type": "string"}}),
        );
        assert!(of("start_time", &text) && !of("commences", &text));
        assert!(!of("start_time", &list) && !covers(list.clone()));
        assert!(!of(
            "start_time",
            &json!({"anyOf": [list, {"type": "null"}]})
        ));
        let rows = json!({"type": "array", "items": {"type": "object", "properties": {"a": text}}});
        assert!(of("title", &rows));
    }
}
