//! The model that is served, in OpenAI's form.
use crate::error::Refusal;
use crate::work::Shared;
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde_json::{Value, json};
use std::sync::Arc;

fn described(shared: &Shared) -> Value {
    let name = shared.model.name();
    json!({"id": name, "object": "model", "created": shared.started, "owned_by": "foveate"})
}

pub(crate) async fn list(State(shared): State<Arc<Shared>>) -> Json<Value> {
    Json(json!({"object": "list", "data": [described(&shared)]}))
}

pub(crate) async fn one(
    State(shared): State<Arc<Shared>>,
    Path(model): Path<String>,
) -> Result<Json<Value>, Refusal> {
    check(&shared, &model)?;
    Ok(Json(described(&shared)))
}

/// Refuses any model but the one that is served.
pub(crate) fn check(shared: &Shared, model: &str) -> Result<(), Refusal> {
    let served = shared.model.name();
    if model == served {
        return Ok(());
    }
    let message = format!("no model {model:?} is served; there is {served:?}");
    Err(Refusal::new(StatusCode::NOT_FOUND, "model_not_found", message).at("model"))
}
