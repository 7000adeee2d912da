//! The server as a process: how it begins and ends.
use crate::{command, text};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Output, Stdio};

fn serve(arguments: &[&str]) -> Command {
    let mut command = command(&["serve"]);
    command.args(arguments).env_remove("FOVEATE_TOKEN");
    command
}

/// A server that runs, and its address.
fn started(arguments: &[&str]) -> (Child, String) {
    let mut child = serve(&["--listen", "127.0.0.1:0"])
        .args(arguments)
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut said = String::new();
    let mut errors = BufReader::new(child.stderr.as_mut().unwrap());
    errors.read_line(&mut said).unwrap();
    let (_, address) = said.trim_end().split_once("http://").expect(&said);
    let address = address.to_owned();
    (child, address)
}

fn asked(address: &str, path: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    write!(stream, "GET {path} HTTP/1.0\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

fn refused(out: &Output, code: i32, said: &str) {
    let told = text(&out.stderr);
    assert_eq!(out.status.code(), Some(code), "{told}");
    assert!(told.contains(said), "{told}");
}

#[test]
fn signals_end_it_in_order_and_nothing_is_logged() {
    for signal in ["-TERM", "-INT"] {
        let (child, address) = started(&["--grace", "60"]);
        assert!(asked(&address, "/healthz").starts_with("HTTP/1.0 200 "));
        let id = child.id().to_string();
        assert!(
            Command::new("kill")
                .args([signal, &id])
                .status()
                .unwrap()
                .success()
        );
        let out = child.wait_with_output().unwrap();
        assert_eq!(out.status.code(), Some(0), "{signal}");
        assert_eq!(text(&out.stderr), "", "{signal}");
    }
}

#[test]
fn a_token_comes_from_a_file_or_the_environment() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("token");
    std::fs::write(&file, "secret\n").unwrap();
    let (mut child, address) = started(&["--token-file", file.to_str().unwrap()]);
    let bare = asked(&address, "/v1/models");
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(bare.starts_with("HTTP/1.0 401 "), "{bare}");
    let mut spaced = serve(&["--listen", "127.0.0.1:0"]);
    let out = spaced.env("FOVEATE_TOKEN", "two words").output().unwrap();
    refused(&out, 2, "the token must be");
}

#[test]
fn wrong_usage_is_told() {
    let run = |arguments: &[&str]| serve(arguments).output().unwrap();
    let open = run(&["--listen", "0.0.0.0:0"]);
    refused(&open, 2, "a token is needed");
    refused(&run(&["--token-file", "/nowhere"]), 2, "/nowhere");
    refused(&run(&["--listen", "nowhere"]), 2, "--listen");
    refused(&run(&["--workers", "0"]), 2, "--workers");
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    refused(&run(&["--listen", &address]), 1, "cannot listen on");
}
