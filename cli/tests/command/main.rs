//! The command line on the tiny bundle.
mod codes;
mod help;
mod models;
mod names;
mod pictures;
mod pipes;
mod reports;
#[cfg(all(unix, feature = "serve"))]
mod serve;

use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_foveate"));
    let tiny = root().join("tests/data/tiny");
    command.current_dir(root()).arg("--model").arg(tiny);
    command.args(["--rules", "off"]); // random weights are sure of no letter
    command.args(arguments);
    command
}

fn foveate(arguments: &[&str]) -> Output {
    command(arguments).output().unwrap()
}

/// As `foveate`, with `input` on standard input.
fn foveate_on(input: &[u8], arguments: &[&str]) -> Output {
    fed(command(arguments), input)
}

/// Runs a command with `input` on standard input.
fn fed(mut command: Command, input: &[u8]) -> Output {
    command.stdin(Stdio::piped());
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // Who refuses its arguments does not read.
    let _ = child.stdin.take().unwrap().write_all(input);
    child.wait_with_output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

const PICTURE: &str = "tests/data/tiny/picture.png";

/// A short typed answer about each picture, as JSON lines.
fn short<'a>(arguments: &[&'a str]) -> Vec<&'a str> {
    let options = ["--mode", "rapid", "--json", "read", "--max-tokens", "40"];
    let schema = ["--schema", "tests/data/title.schema.json"];
    [&options[..], &schema[..], arguments].concat()
}

/// The `file` of every JSON line on standard output.
fn files(out: &Output) -> Vec<String> {
    let stdout = text(&out.stdout);
    let line = |line: &str| serde_json::from_str::<serde_json::Value>(line).unwrap();
    stdout
        .lines()
        .map(|l| line(l)["file"].as_str().unwrap().to_owned())
        .collect()
}

/// A folder of copies of the picture under these names.
fn album(names: &[&str]) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    for name in names {
        std::fs::copy(root().join(PICTURE), dir.path().join(name)).unwrap();
    }
    dir
}
