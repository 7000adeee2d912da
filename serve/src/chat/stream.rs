//! Answers as server-sent events.
use super::answer::{Piece, Said};
use super::form::Form;
use crate::error::Refusal;
use crate::work::{Sent, Waiting};
use axum::body::Body;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use futures_util::stream::unfold;
use serde_json::Value;
use std::convert::Infallible;

/// The answer that `waiting` brings. What is refused before its first piece is an error of its own
/// status; what fails later is an event.
pub(crate) async fn events(
    mut waiting: Waiting<Piece>,
    form: Form,
    include_usage: bool,
) -> Result<Response, Refusal> {
    let first = waiting.first().await?;
    let begin = event(&form.first()) + &told(Ok(first), &form, include_usage);
    let telling = Telling {
        begin: Some(begin),
        waiting: Some(waiting),
        form,
        include_usage,
    };
    let events = unfold(telling, |mut telling| async move {
        let text = telling.next().await?;
        Some((Ok::<_, Infallible>(text), telling))
    });
    let headers = [
        (header::CONTENT_TYPE, "text/event-stream"),
        (header::CACHE_CONTROL, "no-cache"),
    ];
    Ok((headers, Body::from_stream(events)).into_response())
}

/// An answer that is being told.
struct Telling {
    begin: Option<String>,
    /// `None` once it failed.
    waiting: Option<Waiting<Piece>>,
    form: Form,
    include_usage: bool,
}

impl Telling {
    async fn next(&mut self) -> Option<String> {
        if let Some(begin) = self.begin.take() {
            return Some(begin);
        }
        let piece = self.waiting.as_mut()?.next().await?;
        if piece.is_err() {
            self.waiting = None;
        }
        Some(told(piece, &self.form, self.include_usage))
    }
}

/// A piece of the answer as events.
fn told(piece: Sent<Piece>, form: &Form, include_usage: bool) -> String {
    match piece {
        Ok(Piece::Said(Said::Words(text))) => event(&form.piece(&text)),
        Ok(Piece::Said(Said::Call(call))) => event(&form.call(&call)),
        Ok(Piece::End(ending)) => {
            let mut last = event(&form.last(&ending));
            if include_usage {
                last += &event(&form.usage(&ending));
            }
            last + "data: [DONE]\n\n"
        }
        Err(refusal) => event(&refusal.json()),
    }
}

fn event(value: &Value) -> String {
    format!("data: {value}\n\n")
}
