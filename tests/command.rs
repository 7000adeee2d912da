//! The command line on the tiny bundle: what goes where, and the exit codes.
use std::path::Path;
use std::process::{Command, Output};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn foveate(arguments: &[&str]) -> Output {
    let tiny = root().join("tests/data/tiny");
    Command::new(env!("CARGO_BIN_EXE_foveate"))
        .current_dir(root())
        .arg("--model")
        .arg(tiny)
        .args(arguments)
        .output()
        .unwrap()
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
