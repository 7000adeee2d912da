//! Conversations with a server: our own `foveate serve` as a process on this machine, on the tiny
//! bundle, and small servers that misbehave.
#![cfg(all(unix, feature = "remote", feature = "serve"))]

mod asks;
mod fails;
mod leaves;
mod writes;

use foveate::engine::{Remote, RemoteOptions};
use foveate::readers::glyph::Rules;
use foveate::{Image, Mode, Model, Options, Request};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::time::Duration;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

/// A `foveate serve` that runs; it is ended with the test.
struct Serving {
    child: Child,
    address: String,
}

/// `foveate` on the tiny bundle.
fn foveate() -> Command {
    on_tiny(Command::new(env!("CARGO_BIN_EXE_foveate")))
}

fn on_tiny(mut command: Command) -> Command {
    command.current_dir(root()).env_remove("FOVEATE_TOKEN");
    command.args([
        "--model",
        "tests/data/tiny",
        "--rules",
        "off",
        "--mode",
        "rapid",
    ]);
    command
}

impl Serving {
    fn start(command: Command, arguments: &[&str]) -> Self {
        let mut command = command;
        command
            .args(["serve", "--listen", "127.0.0.1:0"])
            .args(arguments);
        let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
        let mut said = String::new();
        let mut errors = BufReader::new(child.stderr.as_mut().unwrap());
        errors.read_line(&mut said).unwrap();
        let (_, address) = said.trim_end().split_once("http://").expect(&said);
        let address = address.to_owned();
        Self { child, address }
    }

    fn new() -> Self {
        Self::start(foveate(), &[])
    }

    fn options(&self) -> RemoteOptions {
        options(&format!("http://{}", self.address))
    }

    fn remote(&self) -> Remote {
        Remote::new(&self.options()).unwrap()
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn options(url: &str) -> RemoteOptions {
    RemoteOptions {
        url: url.to_owned(),
        model: "tiny".to_owned(),
        backoff: Duration::from_millis(20),
        ..RemoteOptions::default()
    }
}

/// The same model here.
fn model() -> Model {
    let options = Options {
        rules: Rules::off(),
        mode: Some(Mode::Rapid),
        ..Options::default()
    };
    Model::load_with(root().join("tests/data/tiny"), &options).unwrap()
}

fn picture() -> Image {
    Image::open(root().join("tests/data/tiny/picture.png")).unwrap()
}

/// Random weights would go on for long.
fn brief() -> Request {
    Request {
        max_tokens: Some(8),
        ..Request::default()
    }
}

/// A server of one's own: what it does with each connection, and how many there were.
struct Odd {
    url: String,
    connections: Arc<AtomicUsize>,
}

impl Odd {
    fn new(answer: impl Fn(TcpStream) + Send + Sync + 'static) -> Self {
        Self::on(TcpListener::bind("127.0.0.1:0").unwrap(), answer)
    }

    fn on(listener: TcpListener, answer: impl Fn(TcpStream) + Send + Sync + 'static) -> Self {
        let url = format!("http://{}", listener.local_addr().unwrap());
        let connections = Arc::<AtomicUsize>::default();
        let (counted, answer) = (connections.clone(), Arc::new(answer));
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                counted.fetch_add(1, SeqCst);
                let answer = answer.clone();
                std::thread::spawn(move || answer(stream));
            }
        });
        Self { url, connections }
    }

    fn count(&self) -> usize {
        self.connections.load(SeqCst)
    }
}

/// Reads a request with its body.
fn received(stream: &mut impl Read) -> String {
    let mut reader = BufReader::new(stream);
    let (mut head, mut length) = (String::new(), 0);
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        if let Some(value) = line.to_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
        head += &line;
        if line.trim().is_empty() {
            break;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    head + &String::from_utf8(body).unwrap()
}

const EVENTS: &str =
    "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n";

fn piece(text: &str) -> String {
    format!("data: {{\"choices\":[{{\"delta\":{{\"content\":\"{text}\"}}}}]}}\n\n")
}

const ENDED: &str =
    "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n";

/// Answers `Hello` in two pieces.
fn polite(mut stream: impl Read + Write) {
    received(&mut stream);
    let answer = format!("{EVENTS}: hi\n\n{}{}{ENDED}", piece("Hel"), piece("lo"));
    stream.write_all(answer.as_bytes()).unwrap();
}

/// Passes bytes on to `address`, and counts those that come from the client.
fn counting(address: String) -> (Odd, Arc<AtomicUsize>) {
    let bytes = Arc::<AtomicUsize>::default();
    let counted = bytes.clone();
    let proxy = Odd::new(move |mut client| {
        let mut server = TcpStream::connect(&address).unwrap();
        let (mut back, mut to) = (server.try_clone().unwrap(), client.try_clone().unwrap());
        std::thread::spawn(move || {
            let _ = std::io::copy(&mut back, &mut to);
            let _ = to.shutdown(Shutdown::Both);
        });
        let mut buffer = [0; 4096];
        while let Ok(n @ 1..) = client.read(&mut buffer) {
            counted.fetch_add(n, SeqCst);
            if server.write_all(&buffer[..n]).is_err() {
                break;
            }
        }
    });
    (proxy, bytes)
}
