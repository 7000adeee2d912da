//! Pipes that nobody reads: no command complains, none panics.
use crate::{PICTURE, command, fed, short, text};
use std::io::pipe;
use std::process::{Output, Stdio};

/// The commands, each with something to write.
fn commands() -> Vec<Vec<&'static str>> {
    vec![
        vec!["info"],
        vec!["--json", "info"],
        vec!["completions", "bash"],
        vec!["--help"],
        vec!["--mode", "rapid", "ask", "What is it?", PICTURE],
        vec!["--mode", "rapid", "ocr", PICTURE],
        vec!["--mode", "rapid", "--json", "ocr", PICTURE, PICTURE],
        vec!["--mode", "rapid", "bench", "--runs", "1", PICTURE],
        vec!["--mode", "rapid", "chat", PICTURE],
        short(&[PICTURE]),
    ]
}

/// Runs a command whose standard output nobody reads; chat is asked two questions.
fn unread(arguments: &[&str]) -> Output {
    let (reader, writer) = pipe().unwrap();
    drop(reader);
    let mut command = command(arguments);
    command
        .stdin(Stdio::piped())
        .stdout(writer)
        .stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    drop(command);
    let mut input = child.stdin.take().unwrap();
    let _ = std::io::Write::write_all(&mut input, b"What?\nWhere?\n");
    drop(input);
    child.wait_with_output().unwrap()
}

#[test]
fn a_closed_output_ends_every_command_quietly() {
    for arguments in commands() {
        let out = unread(&arguments);
        let said = text(&out.stderr);
        // Whether random weights go round in circles is another matter.
        let circles = said.contains("repetition");
        let expected = Some(i32::from(circles));
        assert_eq!(out.status.code(), expected, "{arguments:?}: {said}");
        assert!(
            !said.contains("panicked") && !said.contains("pipe"),
            "{said}"
        );
    }
}

#[test]
fn failures_until_then_are_told_in_the_code() {
    let out = unread(&short(&["/nowhere.png", PICTURE, PICTURE]));
    assert_eq!(out.status.code(), Some(1));
}

#[test]
fn a_closed_standard_error_changes_no_code() {
    let missing = vec!["ocr", "/nowhere/1.png", "/nowhere/2.png"];
    let timing = [&["--timing"][..], &short(&[PICTURE])].concat();
    for (arguments, code) in [
        (missing, 1),
        (vec!["--adapter", "quiet", "info"], 3),
        (vec!["ocr", "--files-from", "/nowhere"], 2),
        (vec!["nonsense"], 2),
        (timing, 0),
    ] {
        let (reader, writer) = pipe().unwrap();
        drop(reader);
        let mut command = command(&arguments);
        command.stdout(Stdio::null()).stderr(writer);
        let status = command.status().unwrap();
        assert_eq!(status.code(), Some(code), "{arguments:?}");
    }
}

#[test]
fn chat_answers_line_by_line_and_passes_over_blank_ones() {
    let mut chat = command(&["--mode", "rapid", "--json", "chat", PICTURE]);
    chat.stdin(Stdio::piped());
    let out = fed(chat, b"\nWhat is it?\r\n  \n");
    let (stdout, said) = (text(&out.stdout), text(&out.stderr));
    assert_eq!(stdout.lines().count(), 1, "{stdout}{said}");
    let line: serde_json::Value = serde_json::from_str(&stdout).unwrap();
    assert_eq!(line["question"], "What is it?");
    assert!(line["stop"].is_string() && line["notes"].is_array());
    let chat = command(&["--mode", "rapid", "chat", PICTURE]);
    let out = fed(chat, b"");
    assert_eq!(out.status.code(), Some(0), "no question, no answer");
    assert!(out.stdout.is_empty());
}
