//! `/v1/ocr`: the text of a picture.
use crate::error::Refusal;
use crate::work::{Job, Shared, run};
use crate::{accept, body, regions};
use axum::Json;
use axum::extract::{Request, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use foveate::{Reading, Session, StopReason};
use serde_json::json;
use std::sync::Arc;

const JSON: &str = "application/json";
const TEXT: &str = "text/plain";

pub(crate) async fn ocr(
    State(shared): State<Arc<Shared>>,
    request: Request,
) -> Result<Response, Refusal> {
    let form = accept::chosen(request.headers(), &[JSON, TEXT])?;
    let (headers, held) = body::read(&shared, request).await?;
    let bytes = body::picture(&headers, &held).await?;
    let (reading, picture) = run(&shared, move |job| {
        let image = job.decode(&bytes)?;
        drop((bytes, held));
        let mut session = job.shared.model.session()?;
        job.show(&mut session, &image, None)?;
        let picture = regions::picture(&image);
        Ok((read(job, &mut session, usize::MAX)?, picture))
    })
    .await?;
    if form == TEXT {
        let media = [(header::CONTENT_TYPE, "text/plain; charset=utf-8")];
        return Ok((media, reading.text + "\n").into_response());
    }
    let answer = json!({
        "text": reading.text,
        "lines": regions::lines_with_words(&reading.lines),
        "left_out": regions::lines(&reading.left_out),
        "picture": picture,
        "stop": reading.stop.as_str(),
    });
    Ok(Json(answer).into_response())
}

/// The text of the pictures that were shown, in so many tokens at most.
pub(crate) fn read(
    job: &Job<'_>,
    session: &mut Session,
    max_tokens: usize,
) -> Result<Reading, Refusal> {
    let mut request = job.request();
    request.max_tokens = (max_tokens < usize::MAX).then_some(max_tokens);
    let reading = session.ocr().with(&request).run()?;
    job.shared.metrics.answer(&reading.timing, 1);
    match reading.stop {
        StopReason::TimeLimit | StopReason::Cancelled => Err(Refusal::late()),
        _ => Ok(reading),
    }
}
