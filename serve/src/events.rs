//! `/v1/events`: the event that a flyer announces.
use crate::calendar::{CALENDAR, JSON, TEXT, Told, calendar_of, text_of};
use crate::error::Refusal;
use crate::work::{Job, Shared, run};
use crate::{accept, body, calendar, ocr, regions};
use axum::Json;
use axum::extract::{Query, Request, State};
use axum::response::{IntoResponse, Response};
use foveate::{Image, StopReason, Typed};
use foveate_events::{CalendarEvent, Date};
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;

/// Rows kept free for the question about the fields and its answer, beside the text of a picture.
const FIELDS: usize = 1400;

/// What stands behind the `?`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Asked {
    /// The day that dates without a year come after.
    today: Option<String>,
}

/// What was read off a picture.
struct Read {
    typed: Typed<CalendarEvent>,
    lines: Vec<Value>,
    picture: Value,
}

pub(crate) async fn events(
    State(shared): State<Arc<Shared>>,
    asked: Result<Query<Asked>, axum::extract::rejection::QueryRejection>,
    request: Request,
) -> Result<Response, Refusal> {
    let Query(asked) = asked.map_err(|e| Refusal::value("today", e.body_text()))?;
    let today = calendar::day(asked.today.as_deref())?;
    let form = accept::chosen(request.headers(), &[JSON, TEXT, CALENDAR])?;
    let (headers, held) = body::read(&shared, request).await?;
    let bytes = body::picture(&headers, &held).await?;
    let read = run(&shared, move |job| {
        let image = job.decode(&bytes)?;
        drop((bytes, held));
        read(job, &image)
    });
    answered(&read.await?, today, form)
}

/// Reads the text, then the fields from it.
fn read(job: &Job<'_>, image: &Image) -> Result<Read, Refusal> {
    let mut session = job.shared.model.session()?;
    job.show(&mut session, image, None)?;
    let room = session.room().saturating_sub(FIELDS);
    let reading = ocr::read(job, &mut session, room)?;
    let typed: Typed<CalendarEvent> = session.read().with(&job.request()).run()?;
    job.shared.metrics.spent(&typed.timing);
    if typed.stop == StopReason::Repetition {
        let message = "the answer went round in circles and was stopped";
        let status = axum::http::StatusCode::UNPROCESSABLE_ENTITY;
        return Err(Refusal::new(status, "no_usable_answer", message));
    }
    Ok(Read {
        typed,
        lines: regions::lines(&reading.lines),
        picture: regions::picture(image),
    })
}

fn answered(read: &Read, today: Date, form: &str) -> Result<Response, Refusal> {
    let event = &read.typed.value;
    let flyer = event.as_flyer(read.typed.transcript.as_deref());
    let told = Told::of(flyer.with_headlines(&read.typed.headlines), today);
    match form {
        CALENDAR => calendar_of(&told, today),
        TEXT => text_of(&told),
        _ => {
            let mut answer = told.json(event);
            answer["fields"] = json!(regions::fields(&read.typed.fields));
            answer["lines"] = json!(read.lines);
            answer["picture"] = read.picture.clone();
            answer["stop"] = json!(read.typed.stop.as_str());
            Ok(Json(answer).into_response())
        }
    }
}
