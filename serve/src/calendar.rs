//! `/v1/calendar`: fields of an event, as they are printed or were corrected, to a calendar. No
//! model is asked.
use crate::error::Refusal;
use crate::work::Shared;
use crate::{accept, body};
use axum::Json;
use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use foveate_events::{
    CalendarEvent, Confidence, Date, Entry, Flyer, NoEvent, Options, Reading, ics,
};
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;

pub(crate) const JSON: &str = "application/json";
pub(crate) const TEXT: &str = "text/plain";
pub(crate) const CALENDAR: &str = "text/calendar";

/// Most letters of a field: five times the longest title that was seen on a flyer.
const MAX_FIELD: usize = 500;

/// The fields of an event.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Fields {
    title: Option<String>,
    date: Option<String>,
    start: Option<String>,
    end: Option<String>,
    venue: Option<String>,
    today: Option<String>,
}

pub(crate) async fn calendar(
    State(shared): State<Arc<Shared>>,
    request: Request,
) -> Result<Response, Refusal> {
    let form = accept::chosen(request.headers(), &[JSON, TEXT, CALENDAR])?;
    let (headers, held) = body::read(&shared, request).await?;
    let fields: Fields = body::json(&headers, &held)?;
    let today = day(fields.today.as_deref())?;
    let event = fields.checked()?;
    let told = Told::of(event.as_flyer(None), today);
    match form {
        CALENDAR => calendar_of(&told, today),
        TEXT => text_of(&told),
        _ => Ok(Json(told.json(&event)).into_response()),
    }
}

impl Fields {
    fn checked(self) -> Result<CalendarEvent, Refusal> {
        let Self {
            title,
            date,
            start,
            end,
            venue,
            ..
        } = self;
        let named = [
            ("title", &title),
            ("date", &date),
            ("start", &start),
            ("end", &end),
            ("venue", &venue),
        ];
        for (name, field) in named {
            if field
                .as_ref()
                .is_some_and(|f| f.chars().count() > MAX_FIELD)
            {
                let message = format!("{name} has more than {MAX_FIELD} letters");
                return Err(Refusal::value(name, message));
            }
        }
        Ok(CalendarEvent {
            title,
            date,
            start,
            end,
            venue,
        })
    }
}

/// The day named, or the current one.
pub(crate) fn day(named: Option<&str>) -> Result<Date, Refusal> {
    let Some(named) = named else {
        return Ok(Date::today());
    };
    named
        .parse()
        .map_err(|e: String| Refusal::value("today", e))
}

/// What the fields of an event mean.
pub(crate) struct Told {
    entry: Result<Entry, NoEvent>,
    place: Option<String>,
    confidence: &'static str,
    unexplained: String,
}

impl Told {
    /// As of `today`.
    pub fn of(flyer: Flyer<'_>, today: Date) -> Self {
        let entry = Entry::from_flyer(flyer, today);
        let reading = Reading::of(flyer.when, Options::new(today));
        let sure = |e: &Entry| reading.schedules.contains(&e.schedule);
        let confidence = match reading.confidence {
            // A day that the fields do not name is as good as a guess.
            _ if !entry.as_ref().is_ok_and(sure) => "low",
            Confidence::High => "high",
            Confidence::Medium => "medium",
            Confidence::Low => "low",
        };
        Self {
            entry,
            place: flyer.place(),
            confidence,
            unexplained: reading.unexplained,
        }
    }

    /// As JSON, beside the fields as they are printed; title and place as the calendar has them.
    pub fn json(&self, event: &CalendarEvent) -> Value {
        let entry = self.entry.as_ref().ok();
        let event = entry.map_or_else(|| event.clone(), |e| e.fields(event.clone()));
        json!({
            "event": event,
            "place": self.place,
            "address": entry.and_then(|e| e.address.as_deref()),
            "starts": entry.map(Entry::starts),
            "ends": entry.and_then(Entry::ends),
            "repeats": entry.and_then(|e| e.schedule.repeat).map(|r| r.rule()),
            "confidence": self.confidence,
            "unexplained": self.unexplained,
            "problem": self.entry.as_ref().err().map(NoEvent::to_string),
        })
    }

    fn entry(&self) -> Result<&Entry, Refusal> {
        let none =
            |e: &NoEvent| Refusal::new(StatusCode::UNPROCESSABLE_ENTITY, "no_event", e.to_string());
        self.entry.as_ref().map_err(none)
    }
}

/// As iCalendar.
pub(crate) fn calendar_of(told: &Told, today: Date) -> Result<Response, Refusal> {
    let calendar = ics(std::slice::from_ref(told.entry()?), today);
    let headers = [
        (header::CONTENT_TYPE, "text/calendar; charset=utf-8"),
        (
            header::CONTENT_DISPOSITION,
            "attachment; filename=\"event.ics\"",
        ),
    ];
    Ok((headers, calendar).into_response())
}

/// As text for people: the title, when, where, a line each.
pub(crate) fn text_of(told: &Told) -> Result<Response, Refusal> {
    let entry = told.entry()?;
    let ends = entry
        .ends()
        .map(|ends| format!(" - {ends}"))
        .unwrap_or_default();
    let mut text = format!("{}\n{}{ends}\n", entry.summary, entry.starts());
    if let Some(location) = entry.whole_location() {
        text += &location;
        text.push('\n');
    }
    let media = [(header::CONTENT_TYPE, "text/plain; charset=utf-8")];
    Ok((media, text).into_response())
}
