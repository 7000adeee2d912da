//! The command line on the tiny bundle: what goes where, and the exit codes.
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
    let mut child = command(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input).unwrap();
    child.wait_with_output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

const PICTURE: &str = "tests/data/tiny/picture.png";

#[test]
fn a_schema_is_answered_and_a_bad_picture_named() {
    let dir = tempfile::tempdir().unwrap();
    let schema = dir.path().join("schema.json");
    std::fs::write(
        &schema,
        r#"{"type":"object","properties":{"title":{"type":["string","null"],"maxLength":20}}}"#,
    )
    .unwrap();
    let schema = schema.display().to_string();
    let bad = "tests/bad/empty.png";
    let out = foveate(&[
        "--mode",
        "rapid",
        "read",
        "--schema",
        &schema,
        "--max-tokens",
        "60",
        bad,
        PICTURE,
    ]);
    assert_eq!(out.status.code(), Some(1), "{}", text(&out.stderr));
    assert!(text(&out.stderr).contains(bad), "{}", text(&out.stderr));
    let stdout = text(&out.stdout);
    assert_eq!(stdout.lines().count(), 1, "{stdout}");
    assert!(
        serde_json::from_str::<serde_json::Value>(&stdout)
            .unwrap()
            .is_object(),
        "{stdout}"
    );
}

#[test]
fn wrong_usage_and_missing_models_have_their_codes() {
    assert_eq!(foveate(&["read", PICTURE]).status.code(), Some(2));
    assert_eq!(foveate(&["nonsense"]).status.code(), Some(2));
    let out = foveate(&["--model", "/nowhere", "info"]);
    // Given twice, or missing: either way nothing is on standard output.
    assert!(matches!(out.status.code(), Some(2 | 3)) && out.stdout.is_empty());
    let out = Command::new(env!("CARGO_BIN_EXE_foveate"))
        .args(["--model", "/nowhere", "info"])
        .output()
        .unwrap();
    assert_eq!(out.status.code(), Some(3));
    assert!(
        text(&out.stderr).contains("config.json"),
        "{}",
        text(&out.stderr)
    );
}

#[test]
fn info_and_completions() {
    let out = foveate(&["info"]);
    assert!(out.status.success() && text(&out.stdout).contains("tiny"));
    let out = foveate(&["completions", "bash"]);
    assert!(out.status.success() && text(&out.stdout).contains("foveate"));
}

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

#[test]
fn many_pictures_keep_their_order_around_a_bad_one() {
    let dir = album(&["a.png", "b.png", "c.png", "e.png", "f.png"]);
    let folder = dir.path().display().to_string();
    std::fs::write(dir.path().join("d.png"), b"no picture").unwrap();
    for threads in ["0", "1", "64"] {
        let out = foveate(&short(&["--threads", threads, &folder, PICTURE]));
        let stderr = text(&out.stderr);
        assert_eq!(out.status.code(), Some(1), "{stderr}");
        let mut expected: Vec<String> = ["a.png", "b.png", "c.png", "e.png", "f.png"]
            .iter()
            .map(|name| format!("{folder}/{name}"))
            .collect();
        expected.push(PICTURE.into());
        assert_eq!(files(&out), expected);
        assert_eq!(
            stderr.lines().count(),
            1,
            "no bar, one bad picture: {stderr}"
        );
        assert!(stderr.starts_with(&format!("{folder}/d.png: ")), "{stderr}");
    }
}

#[test]
fn pictures_come_from_lists_patterns_and_standard_input() {
    let dir = album(&["x1.png", "x2.png", "y.png"]);
    let folder = dir.path().display().to_string();
    let pattern = format!("{folder}/x?.png");
    let list = dir.path().join("list.txt");
    std::fs::write(&list, format!("{folder}/y.png\n\n{PICTURE}\n")).unwrap();
    let list = list.display().to_string();
    let expected = [
        format!("{folder}/x1.png"),
        format!("{folder}/x2.png"),
        format!("{folder}/y.png"),
        PICTURE.to_owned(),
    ];
    let out = foveate(&short(&[&pattern, "--files-from", &list]));
    assert_eq!(files(&out), expected, "{}", text(&out.stderr));
    assert!(out.status.success());

    let names = format!("{folder}/y.png\n/nowhere.png\n{PICTURE}\n");
    let out = foveate_on(names.as_bytes(), &short(&["--files-from", "-"]));
    assert_eq!(files(&out), expected[2..], "{}", text(&out.stderr));
    assert_eq!(out.status.code(), Some(1));
    assert!(text(&out.stderr).contains("/nowhere.png"));

    let picture = std::fs::read(root().join(PICTURE)).unwrap();
    let out = foveate_on(&picture, &short(&["-"]));
    assert_eq!(files(&out), ["-"], "{}", text(&out.stderr));
    let out = foveate_on(b"no picture", &short(&["-"]));
    assert_eq!(out.status.code(), Some(1));
    assert!(
        text(&out.stderr).starts_with("-: "),
        "{}",
        text(&out.stderr)
    );
}

#[test]
fn names_that_stand_for_nothing_are_told() {
    let dir = tempfile::tempdir().unwrap();
    let empty = dir.path().display().to_string();
    let out = foveate(&short(&[&empty, "/nowhere/*.png", PICTURE]));
    assert_eq!((out.status.code(), files(&out).len()), (Some(1), 1));
    let stderr = text(&out.stderr);
    assert!(stderr.contains(&format!("{empty}: no picture in this folder")));
    assert!(stderr.contains("/nowhere"), "{stderr}");
    // Standard input is one picture, or one list.
    let out = foveate_on(b"", &short(&["-", "--files-from", "-"]));
    assert_eq!(out.status.code(), Some(2), "{}", text(&out.stderr));
    assert_eq!(foveate(&short(&[])).status.code(), Some(2));
}

#[test]
fn exit_codes_are_told() {
    for arguments in [&["--help"][..], &["ocr", "--help"]] {
        let help = text(&foveate(arguments).stdout);
        assert!(help.contains("Exit codes: 0 every picture"), "{help}");
    }
}

#[test]
fn an_adapter_is_named_and_changes_answers() {
    let with = |adapter: &'static str| foveate(&short(&["--adapter", adapter, PICTURE]));
    let (plain, loud) = (foveate(&short(&[PICTURE])), with("loud"));
    for out in [&plain, &loud] {
        assert!(out.status.success(), "{}", text(&out.stderr));
    }
    assert_ne!(text(&plain.stdout), text(&loud.stdout));
    let quiet = with("quiet");
    assert_eq!(quiet.status.code(), Some(3));
    let stderr = text(&quiet.stderr);
    assert!(stderr.contains("quiet") && stderr.contains("it has loud"));
    assert!(text(&foveate(&["info"]).stdout).contains("adapters       loud"));
}

#[test]
fn guesses_second_questions_and_adapters_are_measured() {
    let bench = ["--mode", "rapid", "bench", "--runs", "1", "--speculation"];
    let out = foveate(&[&bench[..], &["--adapter", "loud", PICTURE]].concat());
    let stdout = text(&out.stdout);
    assert!(out.status.success(), "{}", text(&out.stderr));
    for told in [
        "guesses right",
        "the same answer",
        "second question: ",
        "adapter loud (rank 4): loaded in ",
    ] {
        assert!(stdout.contains(told), "{told} in {stdout}");
    }
    assert_eq!(stdout.lines().count(), 4, "{stdout}");
}
