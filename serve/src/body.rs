//! The body of a request, read within its limits: bytes, time, and what all bodies may take.
use crate::error::Refusal;
use crate::work::{Shared, full};
use axum::body::{Body, Bytes};
use axum::extract::Request;
use axum::http::{HeaderMap, StatusCode, header};
use futures_util::stream;
use http_body_util::BodyExt;
use std::convert::Infallible;
use std::time::Duration;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::{Instant, timeout, timeout_at};

/// How long the rest of a refused body is read, so that its sender gets to read why: a connection
/// that is closed on unread bytes is reset.
const LINGER: Duration = Duration::from_secs(2);

/// A body, and its share of what all bodies may take.
pub(crate) struct Held {
    pub bytes: Bytes,
    _share: Option<OwnedSemaphorePermit>,
}

/// The head of a request and its body.
pub(crate) async fn read(shared: &Shared, request: Request) -> Result<(HeaderMap, Held), Refusal> {
    let (parts, mut body) = request.into_parts();
    let read = match acceptable(shared, &parts.headers) {
        Ok(()) => collect(shared, &mut body).await,
        Err(refusal) => Err(refusal),
    };
    if read.is_err() && !parts.headers.contains_key(header::EXPECT) {
        tokio::spawn(timeout(LINGER, discard(body)));
    }
    Ok((parts.headers, read?))
}

async fn discard(mut body: Body) {
    while let Some(Ok(_)) = body.frame().await {}
}

/// Refuses a body before it is read.
fn acceptable(shared: &Shared, headers: &HeaderMap) -> Result<(), Refusal> {
    let length = headers.get(header::CONTENT_LENGTH);
    let length: Option<u64> = length.and_then(|l| l.to_str().ok()?.parse().ok());
    if length.is_some_and(|length| length > shared.options.max_body as u64) {
        return Err(too_large(shared));
    }
    if shared.queue.is_full() {
        return Err(full(shared));
    }
    Ok(())
}

fn too_large(shared: &Shared) -> Refusal {
    let most = shared.options.max_body;
    let message = format!("the body is larger than {most} bytes; send a smaller picture");
    Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, "body_too_large", message)
}

async fn collect(shared: &Shared, body: &mut Body) -> Result<Held, Refusal> {
    let until = Instant::now() + shared.options.body_timeout;
    let mut bytes = Vec::new();
    let mut share: Option<OwnedSemaphorePermit> = None;
    loop {
        let frame = timeout_at(until, body.frame()).await.map_err(|_| slow())?;
        let Some(frame) = frame else {
            let bytes = bytes.into();
            return Ok(Held {
                bytes,
                _share: share,
            });
        };
        let Ok(data) = frame.map_err(|_| broken())?.into_data() else {
            continue; // trailers
        };
        if bytes.len() + data.len() > shared.options.max_body {
            return Err(too_large(shared));
        }
        let part = taken(shared, data.len())?;
        match &mut share {
            Some(share) => share.merge(part),
            None => share = Some(part),
        }
        bytes.extend_from_slice(&data);
    }
}

fn taken(shared: &Shared, bytes: usize) -> Result<OwnedSemaphorePermit, Refusal> {
    let bytes = u32::try_from(bytes).map_err(|_| too_large(shared))?;
    let part = shared.room.clone().try_acquire_many_owned(bytes);
    part.map_err(|_| Refusal::busy("too many large requests at once; try again later", 1))
}

fn slow() -> Refusal {
    let message = "the body did not come in time";
    Refusal::new(StatusCode::REQUEST_TIMEOUT, "body_timeout", message)
}

fn broken() -> Refusal {
    Refusal::bad("broken_body", "the body broke off or is malformed")
}

/// The picture in a body: the body itself, or the field `image` of a form.
pub(crate) async fn picture(headers: &HeaderMap, held: &Held) -> Result<Bytes, Refusal> {
    let media = media_type(headers);
    let bytes = match media.split(';').next().unwrap_or_default().trim() {
        "multipart/form-data" => form(&media, held.bytes.clone()).await?,
        "" | "application/octet-stream" => held.bytes.clone(),
        one if one.starts_with("image/") => held.bytes.clone(),
        other => {
            return Err(wrong_media(
                other,
                "multipart/form-data, image/* or octet-stream",
            ));
        }
    };
    if bytes.is_empty() {
        return Err(Refusal::bad("no_image", "the request holds no picture"));
    }
    Ok(bytes)
}

/// A body that must be JSON.
pub(crate) fn json<T: serde::de::DeserializeOwned>(
    headers: &HeaderMap,
    held: &Held,
) -> Result<T, Refusal> {
    let media = media_type(headers);
    let media = media.split(';').next().unwrap_or_default().trim();
    if media != "application/json" {
        return Err(wrong_media(media, "application/json"));
    }
    serde_json::from_slice(&held.bytes).map_err(|e| Refusal::bad("invalid_json", e.to_string()))
}

fn media_type(headers: &HeaderMap) -> String {
    let named = headers.get(header::CONTENT_TYPE);
    let named = named.map_or("", |m| m.to_str().unwrap_or("unreadable"));
    // The boundary of a form keeps its letters.
    let (media, rest) = named.split_once(';').unwrap_or((named, ""));
    format!("{};{rest}", media.trim().to_ascii_lowercase())
}

fn wrong_media(found: &str, expected: &str) -> Refusal {
    let message = format!("Content-Type is {found:?}, expected {expected}");
    Refusal::new(
        StatusCode::UNSUPPORTED_MEDIA_TYPE,
        "unsupported_media_type",
        message,
    )
}

/// The field `image` of a form.
async fn form(media: &str, bytes: Bytes) -> Result<Bytes, Refusal> {
    let malformed = |e: multer::Error| Refusal::bad("invalid_form", format!("the form: {e}"));
    let boundary = multer::parse_boundary(media).map_err(malformed)?;
    let whole = stream::iter([Ok::<_, Infallible>(bytes)]);
    let mut form = multer::Multipart::new(whole, boundary);
    while let Some(field) = form.next_field().await.map_err(malformed)? {
        if field.name() == Some("image") {
            return field.bytes().await.map_err(malformed);
        }
    }
    Err(Refusal::bad("no_image", "the form has no field \"image\"").at("image"))
}
