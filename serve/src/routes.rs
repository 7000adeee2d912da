//! What is served where.
use crate::error::Refusal;
use crate::guard::guard;
use crate::work::Shared;
use crate::{calendar, chat, events, models, ocr, openapi, page};
use axum::Router;
use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::{from_fn_with_state, map_response};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, get, post};
use std::sync::Arc;

/// Every path, the method it takes, and what answers.
pub(crate) fn routes() -> [(&'static str, &'static str, MethodRouter<Arc<Shared>>); 10] {
    [
        ("get", "/", get(page::page)),
        ("get", "/openapi.json", get(openapi::openapi)),
        ("get", "/healthz", get(async || "ok\n")),
        ("get", "/metrics", get(metrics)),
        ("get", "/v1/models", get(models::list)),
        ("get", "/v1/models/{model}", get(models::one)),
        ("post", "/v1/chat/completions", post(chat::completions)),
        ("post", "/v1/ocr", post(ocr::ocr)),
        ("post", "/v1/events", post(events::events)),
        ("post", "/v1/calendar", post(calendar::calendar)),
    ]
}

/// The whole service.
pub(crate) fn router(shared: Arc<Shared>) -> Router {
    let mut router = Router::new();
    for (_, path, answers) in routes() {
        router = router.route(path, answers);
    }
    router
        .fallback(unknown)
        .method_not_allowed_fallback(not_allowed)
        .layer(from_fn_with_state(shared.clone(), guard))
        .layer(map_response(careful))
        .with_state(shared)
}

async fn unknown() -> Refusal {
    let message = "there is nothing at this address; GET /openapi.json lists what there is";
    Refusal::new(StatusCode::NOT_FOUND, "not_found", message)
}

async fn not_allowed() -> Refusal {
    let message = "this address does not take this method; Allow names those it takes";
    Refusal::new(
        StatusCode::METHOD_NOT_ALLOWED,
        "method_not_allowed",
        message,
    )
}

/// Browsers keep no answers and guess no types.
async fn careful(mut response: Response) -> Response {
    let headers = response.headers_mut();
    let no_store = HeaderValue::from_static("no-store");
    headers.entry(header::CACHE_CONTROL).or_insert(no_store);
    let nosniff = HeaderValue::from_static("nosniff");
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, nosniff);
    response
}

async fn metrics(State(shared): State<Arc<Shared>>) -> Response {
    let media = [(
        header::CONTENT_TYPE,
        "text/plain; version=0.0.4; charset=utf-8",
    )];
    (media, shared.metrics.text(&shared.queue)).into_response()
}
