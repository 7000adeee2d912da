//! One request and its events, on a thread of its own.
use super::{RemoteOptions, broken};
use crate::engine::RemoteError;
use crate::{Error, Result};
use foveate_language::CancelHandle;
use serde_json::Value;
use std::io::{BufRead, BufReader, Read};
use std::net::IpAddr;
use std::path::Path;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};
use ureq::http::{Response, Uri};
use ureq::tls::{Certificate, PemItem, RootCerts, TlsConfig, parse_pem};
use ureq::{Agent, Body};

/// Longest event taken: pieces of an answer are some hundred bytes.
const MOST_EVENT: u64 = 1 << 20;
/// Longest body of a refusal that is read.
const MOST_REFUSAL: u64 = 1 << 14;
/// Characters of it that an error repeats.
const MOST_MESSAGE: usize = 500;
/// Most attempts, whatever the options say.
const MOST_RETRIES: u32 = 16;
/// How often a waiting caller checks whether it was cancelled.
const POLL: Duration = Duration::from_millis(20);
/// Longest time for an answer, whatever is asked for: a day.
const LONGEST: Duration = Duration::from_secs(24 * 3600);

/// A server, and how it is asked.
#[derive(Debug)]
pub(super) struct Client {
    options: RemoteOptions,
    url: String,
    agent: Agent,
}

/// What comes of a request, in this order.
pub(super) enum Event {
    /// The server has begun to answer.
    Open,
    /// An event of the answer.
    Data(Value),
    /// Its last one.
    Done,
    Failed(Error),
}

impl Client {
    pub fn new(options: &RemoteOptions) -> Result<Self> {
        let url = format!("{}/v1/chat/completions", options.url.trim_end_matches('/'));
        let refused = |why: String| RemoteError::Options {
            url: options.url.clone(),
            why,
        };
        check(&url).map_err(refused)?;
        let token = options.token.as_deref().unwrap_or_default();
        if !token.bytes().all(|byte| byte.is_ascii_graphic()) {
            let why = "the token must be of printable characters without spaces".to_owned();
            return Err(refused(why).into());
        }
        let roots = match &options.authority {
            Some(file) => authority(file).map_err(refused)?,
            None => RootCerts::WebPki,
        };
        let config = Agent::config_builder()
            .tls_config(TlsConfig::builder().root_certs(roots).build())
            .timeout_connect(Some(options.connect))
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .max_idle_connections(0)
            .proxy(None)
            .user_agent(concat!("foveate/", env!("CARGO_PKG_VERSION")))
            .build();
        Ok(Self {
            options: options.clone(),
            url,
            agent: config.into(),
        })
    }

    pub fn url(&self) -> &str {
        &self.url
    }

    pub fn model(&self) -> &str {
        &self.options.model
    }

    pub fn time_limit(&self) -> Duration {
        self.options.time_limit
    }

    pub fn longest(&self) -> Duration {
        LONGEST
    }

    /// Sends a body. Letting go of what is given ends the request, with the next bytes that come
    /// of it or at the deadline.
    pub fn post(
        self: &Arc<Self>,
        body: Vec<u8>,
        deadline: Instant,
        cancel: CancelHandle,
    ) -> Waiting {
        let (send, events) = sync_channel(16);
        let (client, wanted) = (self.clone(), Arc::new(()));
        let listened = Arc::downgrade(&wanted);
        std::thread::spawn(move || {
            let done = client
                .connected(&body, deadline, &send)
                .and_then(|response| client.events(response, &send, &listened));
            if let Err(e) = done {
                let _ = send.send(Event::Failed(e)); // nobody has to listen
            }
        });
        Waiting {
            events,
            deadline,
            cancel,
            _wanted: wanted,
        }
    }

    /// The server's response; `None` where nobody waits for it any more.
    fn connected(
        &self,
        body: &[u8],
        deadline: Instant,
        send: &SyncSender<Event>,
    ) -> Result<Option<Response<Body>>> {
        let retries = self.options.retries.min(MOST_RETRIES);
        let mut pause = self.options.backoff;
        let mut attempt = 1;
        loop {
            let error = match self.sent(body, deadline) {
                Ok(response) if response.status().is_success() => {
                    return Ok(send.send(Event::Open).ok().map(|()| response));
                }
                Ok(response) => return Err(self.status(response)),
                Err(error) => error,
            };
            let left = deadline.saturating_duration_since(Instant::now());
            if attempt > retries || !is_unconnected(&error) || pause >= left {
                return Err(self.failed(&error, attempt));
            }
            std::thread::sleep(pause);
            pause = pause.saturating_mul(2);
            attempt += 1;
        }
    }

    fn sent(&self, body: &[u8], deadline: Instant) -> Result<Response<Body>, ureq::Error> {
        let left = deadline.saturating_duration_since(Instant::now());
        let mut post = self.agent.post(&self.url);
        if let Some(token) = &self.options.token {
            post = post.header("authorization", format!("Bearer {token}"));
        }
        post.header("accept", "text/event-stream")
            .content_type("application/json")
            .config()
            // 0 would be none.
            .timeout_global(Some(left.max(Duration::from_millis(1))))
            .build()
            .send(body)
    }

    /// Passes the events of a response on.
    fn events(
        &self,
        response: Option<Response<Body>>,
        send: &SyncSender<Event>,
        listened: &Weak<()>,
    ) -> Result<()> {
        let Some(response) = response else {
            return Ok(());
        };
        let mut lines = BufReader::new(response.into_body().into_reader());
        let mut data = String::new();
        loop {
            let mut line = String::new();
            let read = lines.by_ref().take(MOST_EVENT).read_line(&mut line);
            if listened.strong_count() == 0 {
                return Ok(());
            }
            if read.map_err(|e| self.cut(&e))? == 0 {
                let why = "the connection ended before the answer did";
                return Err(broken(&self.url, why));
            }
            if (data.len() + line.len()) as u64 >= MOST_EVENT {
                let why = format!("an event of more than {MOST_EVENT} bytes");
                return Err(broken(&self.url, why));
            }
            match line.trim_end().strip_prefix("data:") {
                Some(part) => data += part.trim_start(),
                None if line.trim_end().is_empty() && !data.is_empty() => {
                    let event = std::mem::take(&mut data);
                    if event == "[DONE]" {
                        let _ = send.send(Event::Done); // nobody has to listen
                        return Ok(());
                    }
                    if send.send(Event::Data(self.parsed(&event)?)).is_err() {
                        return Ok(());
                    }
                }
                // Comments, and fields that this form does not use.
                None => {}
            }
        }
    }

    /// The error of an answer that cannot be read on.
    fn cut(&self, e: &std::io::Error) -> Error {
        let inner = e.get_ref().and_then(|inner| inner.downcast_ref());
        match inner {
            Some(ureq::Error::Timeout(_)) => Error::Timeout {
                so_far: String::new(),
            },
            _ => broken(&self.url, format!("the answer broke off: {e}")),
        }
    }

    fn parsed(&self, event: &str) -> Result<Value> {
        serde_json::from_str(event).map_err(|e| broken(&self.url, format!("an event: {e}")))
    }

    fn status(&self, response: Response<Body>) -> Error {
        let status = response.status().as_u16();
        let mut said = Vec::new();
        let body = response.into_body().into_reader();
        // As far as it can be read.
        let _ = body.take(MOST_REFUSAL).read_to_end(&mut said);
        let said = String::from_utf8_lossy(&said);
        let message = match serde_json::from_str::<Value>(&said) {
            Ok(json) => json["error"]["message"]
                .as_str()
                .unwrap_or(&said)
                .to_owned(),
            Err(_) => said.trim().to_owned(),
        };
        Error::Remote(RemoteError::Status {
            url: self.url.clone(),
            status,
            message: message.chars().take(MOST_MESSAGE).collect(),
        })
    }

    fn failed(&self, error: &ureq::Error, attempts: u32) -> Error {
        let (url, why) = (self.url.clone(), error.to_string());
        let so_far = String::new();
        match error {
            ureq::Error::Timeout(ureq::Timeout::Global) => Error::Timeout { so_far },
            e if is_unconnected(e) => RemoteError::Unreachable { url, attempts, why }.into(),
            e if is_untrusted(e) => RemoteError::Untrusted { url, why }.into(),
            _ => RemoteError::Broken { url, why }.into(),
        }
    }
}

/// Whether no connection was made, so that nothing can have been sent.
fn is_unconnected(error: &ureq::Error) -> bool {
    use std::io::ErrorKind;
    match error {
        ureq::Error::HostNotFound | ureq::Error::ConnectionFailed => true,
        ureq::Error::Timeout(ureq::Timeout::Connect | ureq::Timeout::Resolve) => true,
        ureq::Error::Io(e) => matches!(
            e.kind(),
            ErrorKind::ConnectionRefused
                | ErrorKind::HostUnreachable
                | ErrorKind::NetworkUnreachable
                | ErrorKind::AddrNotAvailable
        ),
        _ => false,
    }
}

fn is_untrusted(error: &ureq::Error) -> bool {
    match error {
        ureq::Error::Tls(_) | ureq::Error::Rustls(_) => true,
        // The handshake's errors come so.
        ureq::Error::Io(e) => e.kind() == std::io::ErrorKind::InvalidData,
        _ => false,
    }
}

/// Why an address cannot be used.
fn check(url: &str) -> std::result::Result<(), String> {
    let uri: Uri = url.parse().map_err(|e| format!("no address: {e}"))?;
    let host = uri.host().unwrap_or_default();
    if uri.authority().is_some_and(|a| a.as_str().contains('@')) {
        return Err("names and passwords do not belong in an address; give a token".to_owned());
    }
    match uri.scheme_str() {
        Some("https") if !host.is_empty() => Ok(()),
        Some("http") if is_here(host) => Ok(()),
        Some("http") => Err("plain http is for this machine alone; https is expected".to_owned()),
        _ => Err("an address such as https://example.org is expected".to_owned()),
    }
}

fn is_here(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || address.parse().is_ok_and(|ip: IpAddr| ip.is_loopback())
}

/// The certificates in a PEM file.
fn authority(file: &Path) -> std::result::Result<RootCerts, String> {
    let named = |why: String| {
        format!(
            "{}: {why}; certificates in PEM are expected",
            file.display()
        )
    };
    let pem = std::fs::read(file).map_err(|e| named(e.to_string()))?;
    let items: std::result::Result<Vec<_>, _> = parse_pem(&pem).collect();
    let certificates = items.map_err(|e| named(e.to_string()))?.into_iter();
    let certificates: Vec<Certificate<'static>> = certificates
        .filter_map(|item| match item {
            PemItem::Certificate(certificate) => Some(certificate),
            _ => None,
        })
        .collect();
    match certificates.is_empty() {
        true => Err(named("no certificate".to_owned())),
        false => Ok(RootCerts::new_with_certs(&certificates)),
    }
}

/// A caller that waits for events.
pub(super) struct Waiting {
    events: Receiver<Event>,
    deadline: Instant,
    cancel: CancelHandle,
    /// The request goes on for as long as this is there.
    _wanted: Arc<()>,
}

/// Why nothing came.
pub(super) enum Ended {
    Late,
    Cancelled,
    Failed(Error),
}

impl Waiting {
    /// Waits until the server begins to answer.
    pub fn opened(&mut self) -> Result<()> {
        let so_far = String::new();
        match self.next() {
            Ok(_) => Ok(()),
            Err(Ended::Late) => Err(Error::Timeout { so_far }),
            Err(Ended::Cancelled) => Err(Error::Cancelled { so_far }),
            Err(Ended::Failed(e)) => Err(e),
        }
    }

    /// The next event but `Failed`.
    pub fn next(&mut self) -> std::result::Result<Event, Ended> {
        loop {
            if self.cancel.is_cancelled() {
                return Err(Ended::Cancelled);
            }
            let left = self.deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(Ended::Late);
            }
            match self.events.recv_timeout(left.min(POLL)) {
                Ok(Event::Failed(Error::Timeout { .. })) => return Err(Ended::Late),
                Ok(Event::Failed(e)) => return Err(Ended::Failed(e)),
                Ok(event) => return Ok(event),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => {
                    return Err(Ended::Failed(broken("the server", "the answer broke off")));
                }
            }
        }
    }
}
