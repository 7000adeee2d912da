//! What goes wrong with a request, in OpenAI's form, and with the server itself.
use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use foveate::ErrorKind;
use serde_json::{Value, json};
use std::net::SocketAddr;

/// Most letters of a message: what a parser quotes may be a whole picture.
const MAX_MESSAGE: usize = 500;

/// Why the server does not run.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// An address that others can reach, and no token.
    #[error(
        "{0} can be reached from other machines, so a token is needed; give one, or listen on \
         127.0.0.1"
    )]
    NoToken(SocketAddr),
    /// A token that no header can carry.
    #[error("the token must be one or more visible ASCII letters, without spaces")]
    BadToken,
    /// The address is taken or is none of this machine.
    #[error("cannot listen on {address}: {source}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// What the system says of it.
        source: std::io::Error,
    },
    /// Threads or signals are not to be had.
    #[error("the server cannot start: {0}")]
    System(#[from] std::io::Error),
}

/// Why a request is not answered.
#[derive(Debug)]
pub(crate) struct Refusal {
    pub status: StatusCode,
    code: &'static str,
    message: String,
    param: Option<String>,
    retry_after: Option<u64>,
}

impl Refusal {
    /// A refusal under a name (`code`) that programs choose by.
    pub fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self {
            status,
            code,
            message: message.into(),
            param: None,
            retry_after: None,
        }
    }

    /// The most usual one: 400.
    pub fn bad(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, code, message)
    }

    /// A wrong value of a request's member.
    pub fn value(param: impl Into<String>, message: impl Into<String>) -> Self {
        Self::bad("invalid_value", message).at(param)
    }

    /// Something that the server does not do.
    pub fn unsupported(param: impl Into<String>, message: impl Into<String>) -> Self {
        Self::bad("unsupported_parameter", message).at(param)
    }

    /// The member of the request that is at fault.
    pub fn at(mut self, param: impl Into<String>) -> Self {
        self.param = Some(param.into());
        self
    }

    /// The same, with another member at fault where it names `from`.
    pub fn moved(mut self, from: &str, to: &str) -> Self {
        if self.param.as_deref() == Some(from) {
            self.param = Some(to.to_owned());
        }
        self
    }

    /// Too much at once; it may be tried again after so many seconds.
    pub fn busy(message: &str, seconds: u64) -> Self {
        let mut busy = Self::new(StatusCode::TOO_MANY_REQUESTS, "overloaded", message);
        busy.retry_after = Some(seconds);
        busy
    }

    /// The deadline passed.
    pub fn late() -> Self {
        let message = "the deadline passed before the answer was complete; try a smaller picture";
        Self::new(StatusCode::REQUEST_TIMEOUT, "deadline_exceeded", message)
    }

    /// The server is to stop.
    pub fn stopping() -> Self {
        let message = "the server is stopping; try again once it runs";
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "stopping", message)
    }

    /// A worker or the model failed.
    pub fn lost() -> Self {
        let message = "the server has a fault and could not carry out the request";
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal_error", message)
    }

    fn kind(&self) -> &'static str {
        match self.status.as_u16() {
            401 => "authentication_error",
            408 => "timeout_error",
            429 => "rate_limit_error",
            500.. => "server_error",
            _ => "invalid_request_error",
        }
    }

    /// The error as it is sent.
    pub fn json(&self) -> Value {
        let message: String = self.message.chars().take(MAX_MESSAGE).collect();
        json!({"error": {"message": message, "type": self.kind(), "param": self.param,
            "code": self.code}})
    }
}

impl From<foveate::Error> for Refusal {
    fn from(error: foveate::Error) -> Self {
        let unprocessable = StatusCode::UNPROCESSABLE_ENTITY;
        let message = error.to_string();
        match error.kind() {
            ErrorKind::InvalidImage => Self::bad("invalid_image", message),
            ErrorKind::ContextFull => Self::bad("context_length_exceeded", message),
            ErrorKind::UnsupportedSchema => {
                Self::bad("unsupported_schema", message).at("response_format")
            }
            ErrorKind::BudgetTooSmall => Self::bad("budget_too_small", message).at("max_tokens"),
            ErrorKind::Timeout | ErrorKind::Cancelled => Self::late(),
            ErrorKind::NothingRead => Self::new(unprocessable, "nothing_read", message),
            ErrorKind::Decoding | ErrorKind::Incomplete => {
                Self::new(unprocessable, "no_usable_answer", message)
            }
            // The message may name files of this machine.
            _ => Self::lost(),
        }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let mut response = (self.status, Json(self.json())).into_response();
        let headers = response.headers_mut();
        if let Some(seconds) = self.retry_after {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if self.status == StatusCode::UNAUTHORIZED {
            let bearer = HeaderValue::from_static("Bearer");
            headers.insert(header::WWW_AUTHENTICATE, bearer);
        }
        response
    }
}
