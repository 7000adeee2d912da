//! What is asked, and how it is to be answered.
use crate::Failure;
use foveate::{CancelHandle, Limits, Mode, Request};
use foveate_events::Date;
use serde_json::Value;
use std::time::{Duration, Instant};

/// What is asked of a picture.
#[derive(Debug, Clone)]
pub enum Question {
    /// All its text.
    Ocr,
    /// A question in words.
    Ask(String),
    /// A value of a JSON Schema.
    Read(Value),
    /// The event that it announces, as of this day.
    Event(Date),
}

impl Question {
    /// A value of a JSON Schema that is written out.
    pub fn read(schema: &str) -> Result<Self, Failure> {
        let schema = serde_json::from_str(schema);
        let schema =
            schema.map_err(|e| Failure::argument(format!("the schema is no JSON: {e}")))?;
        Ok(Self::Read(schema))
    }

    /// The event as of a day written `YYYY-MM-DD`; of today where there is none.
    pub fn event(today: Option<&str>) -> Result<Self, Failure> {
        let today = today.map_or_else(|| Ok(Date::today()), str::parse);
        Ok(Self::Event(today.map_err(Failure::argument)?))
    }
}

/// How it is to be answered.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// Most tokens of the answer; as many as the context holds by default, 1024 of typed ones.
    pub max_tokens: Option<usize>,
    /// Longest time for everything, from decoding the picture on. None by default.
    pub time_limit: Option<Duration>,
    /// What a picture's file may take.
    pub limits: Limits,
    /// Whether pieces are wanted as they are written.
    pub stream: bool,
    /// What ends the work; one of its own by default.
    pub cancel: Option<CancelHandle>,
}

/// How closely pictures are looked at, by its word.
pub fn mode_of(word: &str) -> Result<Mode, Failure> {
    match word {
        "auto" => Ok(Mode::Auto),
        "rapid" => Ok(Mode::Rapid),
        "balanced" => Ok(Mode::Balanced),
        "high" => Ok(Mode::High),
        _ => Err(Failure::argument(format!(
            "{word:?} is no mode; it is auto, rapid, balanced or high"
        ))),
    }
}

/// A time limit of so many seconds; none where they are none.
pub fn time_limit_of(seconds: Option<f64>) -> Result<Option<Duration>, Failure> {
    let limit = |s| {
        Duration::try_from_secs_f64(s)
            .map_err(|e| Failure::argument(format!("a time limit of {s} seconds: {e}")))
    };
    seconds.map(limit).transpose()
}

/// What is left of the time when a stage begins.
pub(crate) struct Clock {
    deadline: Option<Instant>,
    request: Request,
}

impl Clock {
    pub fn start(settings: &Settings, cancel: CancelHandle) -> Self {
        let limit = settings.time_limit;
        Self {
            deadline: limit.and_then(|limit| Instant::now().checked_add(limit)),
            request: Request {
                max_tokens: settings.max_tokens,
                cancel: Some(cancel),
                ..Request::default()
            },
        }
    }

    /// The request of a stage that begins now.
    pub fn request(&self) -> Request {
        let left = |end: Instant| end.saturating_duration_since(Instant::now());
        Request {
            time_limit: self.deadline.map(left),
            ..self.request.clone()
        }
    }
}
