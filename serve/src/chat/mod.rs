//! `/v1/chat/completions`, in OpenAI's form.
mod answer;
mod conversation;
mod form;
mod request;
mod stream;
mod tools;

use crate::error::Refusal;
use crate::work::{Shared, begin, run};
use crate::{body, models};
use axum::Json;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use form::Form;
use request::{Asked, ChatRequest};
use std::sync::Arc;

pub(crate) async fn completions(
    State(shared): State<Arc<Shared>>,
    request: Request,
) -> Result<Response, Refusal> {
    let (headers, held) = body::read(&shared, request).await?;
    let request: ChatRequest = body::json(&headers, &held)?;
    drop(held.bytes); // the request has its own copy; the share is kept until the answer
    models::check(&shared, &request.model)?;
    let asked = Asked::of(request, shared.options.max_pictures)?;
    let form = Form::new(&shared);
    if asked.streams {
        let include_usage = asked.include_usage;
        let waiting = begin(&shared, move |job, send| answer::stream(job, &asked, send))?;
        return stream::events(waiting, form, include_usage).await;
    }
    let answer = run(&shared, move |job| answer::whole(job, &asked)).await?;
    Ok(Json(form.completion(&answer)).into_response())
}
