//! The description of what is served: OpenAPI 3.1, written by hand. A test holds it against the
//! routes.
use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value};
use std::sync::LazyLock;

/// Paths and answers.
const PATHS: &str = include_str!("openapi/paths.json");
/// What requests and answers hold.
const SCHEMAS: &str = include_str!("openapi/schemas.json");

static DESCRIPTION: LazyLock<String> = LazyLock::new(|| described().to_string());

fn described() -> Value {
    let read = |text| serde_json::from_str(text).unwrap_or(Value::Object(Map::new()));
    let mut description: Value = read(PATHS);
    description["info"]["version"] = env!("CARGO_PKG_VERSION").into();
    description["components"]["schemas"] = read(SCHEMAS);
    description
}

pub(crate) async fn openapi() -> Response {
    let media = [(header::CONTENT_TYPE, "application/json")];
    (media, DESCRIPTION.as_str()).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::routes::routes;
    use std::collections::BTreeSet;

    #[test]
    fn the_description_and_the_routes_name_the_same_paths_and_methods() {
        let description = described();
        let paths = description["paths"].as_object().unwrap();
        let told: BTreeSet<(&str, &str)> = paths
            .iter()
            .flat_map(|(path, methods)| {
                let methods = methods.as_object().unwrap().keys();
                methods.map(move |method| (method.as_str(), path.as_str()))
            })
            .collect();
        let routes = routes();
        let served = routes.iter().map(|(method, path, _)| (*method, *path));
        assert_eq!(told, served.collect());
    }

    #[test]
    fn every_reference_leads_somewhere() {
        let description = described();
        let mut found = 0;
        each_reference(&description, &mut |reference| {
            found += 1;
            let pointer = reference.strip_prefix('#').unwrap();
            assert!(description.pointer(pointer).is_some(), "{reference}");
        });
        assert!(found > 50);
    }

    fn each_reference(value: &Value, see: &mut impl FnMut(&str)) {
        match value {
            Value::Object(members) => {
                if let Some(reference) = members.get("$ref").and_then(Value::as_str) {
                    see(reference);
                }
                members.values().for_each(|v| each_reference(v, see));
            }
            Value::Array(items) => items.iter().for_each(|v| each_reference(v, see)),
            _ => {}
        }
    }
}
