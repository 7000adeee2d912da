//! The server on a free port, with the real model.
mod chat;
mod ends;
mod limits;
mod pictures;
mod tools;
mod watch;

use foveate::Model;
use foveate_serve::{Options, Server};
use serde_json::Value;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::LazyLock;
use std::thread::JoinHandle;
use std::time::Duration;
use tokio::sync::mpsc::{Sender, channel};

static NANO: LazyLock<Model> = LazyLock::new(|| nano(16));
/// Encodes every picture anew, so that requests take their time.
static FORGETFUL: LazyLock<Model> = LazyLock::new(|| nano(0));

fn nano(remembered_images: usize) -> Model {
    let options = foveate::Options {
        remembered_images,
        ..foveate::Options::default()
    };
    Model::load_with(root().join("models/nano"), &options).unwrap()
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

fn flyer(name: &str) -> Vec<u8> {
    file(root().join("examples/flyers").join(name))
}

fn file(path: PathBuf) -> Vec<u8> {
    std::fs::read(path).unwrap()
}

/// A server that is stopped when it is dropped.
struct Served {
    address: SocketAddr,
    stop: Sender<()>,
    thread: Option<JoinHandle<()>>,
}

/// What was answered.
#[derive(Debug)]
struct Answered {
    status: u16,
    headers: ureq::http::HeaderMap,
    body: String,
}

impl Served {
    fn new() -> Self {
        Self::with(|_| ())
    }

    fn with(change: impl FnOnce(&mut Options)) -> Self {
        Self::of(&NANO, change)
    }

    fn of(model: &Model, change: impl FnOnce(&mut Options)) -> Self {
        let mut options = Options {
            address: ([127, 0, 0, 1], 0).into(),
            deadline: Duration::from_secs(3600), // a busy machine is slow
            ..Options::default()
        };
        change(&mut options);
        let server = Server::bind(model.clone(), options).unwrap();
        let address = server.address().unwrap();
        let (stop, mut stops) = channel(2);
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .unwrap();
        let thread = std::thread::spawn(move || {
            let stopped = async move || {
                stops.recv().await;
            };
            runtime.block_on(server.serve(stopped)).unwrap();
            runtime.shutdown_background();
        });
        Self {
            address,
            stop,
            thread: Some(thread),
        }
    }

    fn get(&self, path: &str) -> Answered {
        answered(agent().get(self.url(path)).call())
    }

    fn post(&self, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Answered {
        let mut request = agent().post(self.url(path));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        answered(request.send(body))
    }

    fn post_json(&self, path: &str, body: &Value) -> Answered {
        let json = [("Content-Type", "application/json")];
        self.post(path, &json, body.to_string().as_bytes())
    }

    fn post_picture(&self, path: &str, accept: &str, picture: &[u8]) -> Answered {
        let headers = [("Content-Type", "image/png"), ("Accept", accept)];
        self.post(path, &headers, picture)
    }

    fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// What is answered to these bytes, until the server closes the connection.
    fn raw(&self, bytes: &[u8]) -> String {
        let mut stream = self.sent(bytes);
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer); // a reset ends it as well
        String::from_utf8_lossy(&answer).into_owned()
    }

    /// A connection on which these bytes were sent.
    fn sent(&self, bytes: &[u8]) -> TcpStream {
        let mut stream = TcpStream::connect(self.address).unwrap();
        let _ = stream.write_all(bytes); // who refuses them does not read on
        stream
    }

    /// The value of a counter, named as `/metrics` has it.
    fn metric(&self, name: &str) -> f64 {
        let text = self.get("/metrics").body;
        let line = text
            .lines()
            .find_map(|l| l.strip_prefix(name)?.strip_prefix(' '));
        line.map_or(0.0, |value| value.parse().unwrap())
    }

    fn wait_for(&self, name: &str, value: f64) {
        while self.metric(name) < value {
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// Tells it to stop.
    fn stop(&self) {
        self.stop.blocking_send(()).unwrap();
    }

    /// Waits until it has ended.
    fn join(&mut self) {
        if let Some(thread) = self.thread.take() {
            thread.join().unwrap();
        }
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        // Twice: what is in hand is not waited for.
        let _ = self.stop.try_send(());
        let _ = self.stop.try_send(());
        self.join();
    }
}

impl Answered {
    fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|e| panic!("{e}: {}", self.body))
    }

    /// The name of an error.
    #[track_caller]
    fn refused(&self, status: u16, code: &str) {
        assert_eq!(self.status, status, "{}", self.body);
        let error = &self.json()["error"];
        assert_eq!(error["code"], code, "{}", self.body);
        assert!(error["message"].as_str().is_some_and(|m| m.len() > 10));
        assert!(error["type"].is_string());
    }

    #[track_caller]
    fn fine(self) -> Self {
        assert_eq!(self.status, 200, "{}", self.body);
        self
    }

    fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().unwrap())
    }
}

/// Waits for answers: tests run on busy machines.
fn agent() -> ureq::Agent {
    let config = ureq::Agent::config_builder();
    config.http_status_as_error(false).build().into()
}

fn answered(response: Result<ureq::http::Response<ureq::Body>, ureq::Error>) -> Answered {
    let mut response = response.unwrap();
    Answered {
        status: response.status().as_u16(),
        headers: response.headers().clone(),
        body: response.body_mut().read_to_string().unwrap(),
    }
}
