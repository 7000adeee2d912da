//! Every exit code, and what is said with it.
use crate::{PICTURE, command, fed, foveate, foveate_on, root, short, text};
use std::process::Output;

/// The exit code, and what was said on standard error.
fn told(out: &Output) -> (Option<i32>, String) {
    (out.status.code(), text(&out.stderr))
}

#[test]
fn zero_every_picture_was_answered() {
    let out = foveate(&short(&[PICTURE]));
    assert_eq!(told(&out), (Some(0), String::new()));
}

#[test]
fn one_some_picture_was_not() {
    for picture in ["tests/bad/empty.png", "/nowhere.png", "tests/data/no*.png"] {
        let (code, said) = told(&foveate(&short(&[picture, PICTURE])));
        assert_eq!(code, Some(1), "{said}");
        assert!(
            said.starts_with(picture) && said.lines().count() == 1,
            "{said}"
        );
    }
}

#[test]
fn one_too_large_for_the_limits() {
    for limit in ["--max-pixels", "--max-bytes"] {
        let (code, said) = told(&foveate(&[limit, "100", "ocr", PICTURE]));
        assert_eq!(code, Some(1), "{said}");
        assert!(said.starts_with(PICTURE) && said.contains("100"), "{said}");
    }
}

#[test]
fn one_out_of_time() {
    let event = ["event", PICTURE];
    let (ask, ocr) = (["ask", "What?", PICTURE], ["ocr", PICTURE]);
    for arguments in [&short(&[PICTURE])[..], &event, &ask, &ocr] {
        let out = foveate(&[&["--timeout", "0.000001"], arguments].concat());
        let (code, said) = told(&out);
        assert_eq!(code, Some(1), "{arguments:?}: {said}");
        assert!(said.contains("the time limit was reached"), "{said}");
        assert!(out.stdout.is_empty());
    }
    let out = foveate_on(b"What?\n", &["--timeout", "0.000001", "chat", PICTURE]);
    assert_eq!(told(&out).0, Some(1));
    let enough = [&["--timeout", "3600"][..], &short(&[PICTURE])].concat();
    assert_eq!(told(&foveate(&enough)), (Some(0), String::new()));
}

#[test]
#[cfg(unix)]
fn an_interrupt_ends_quietly() {
    // What runs in the background of a shell ignores interrupts, and so do its children.
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status.lines().find_map(|l| l.strip_prefix("SigIgn:"));
    let ignored = ignored.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    if ignored.is_some_and(|mask| mask & 0b10 != 0) {
        return eprintln!("skipped: interrupts are ignored here");
    }
    use std::io::{BufRead, BufReader, Read, Write};
    use std::os::unix::process::ExitStatusExt;
    use std::process::Stdio;
    let mut command = command(&["--mode", "rapid", "--json", "chat", PICTURE]);
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // It has answered, and waits for a second question.
    child.stdin.as_mut().unwrap().write_all(b"What?\n").unwrap();
    let mut output = BufReader::new(child.stdout.take().unwrap());
    output.read_line(&mut String::new()).unwrap();
    let id = child.id().to_string();
    let sent = std::process::Command::new("kill")
        .args(["-INT", &id])
        .status();
    assert!(sent.unwrap().success());
    assert_eq!(child.wait().unwrap().signal(), Some(2));
    let mut said = String::new();
    child.stderr.unwrap().read_to_string(&mut said).unwrap();
    // At most how the first answer ended: the weights are random.
    let about = |line: &str| line.starts_with(PICTURE) && line.contains("not complete");
    assert!(said.lines().all(about), "{said}");
}

#[test]
fn two_wrong_usage() {
    let schema = "tests/data/title.schema.json";
    for (arguments, said) in [
        (&["read", PICTURE][..], "--schema"),
        (&["nonsense"], "nonsense"),
        (&["ocr"], "PICTURE"),
        (&["ask", " ", PICTURE], "the question is empty"),
        (&["--threads", "5000", "info"], "from 0 to 1024"),
        (&["--mode", "odd", "info"], "auto, rapid"),
        (&["--timeout", "0", "info"], "seconds over 0"),
        (&["--timeout", "1e30", "info"], "seconds over 0"),
        (&["ocr", "--null", PICTURE], "--files-from"),
        (&["read", "--schema", "/nowhere", PICTURE], "/nowhere: "),
        (
            &["read", "--schema", PICTURE, PICTURE],
            "a JSON Schema is expected",
        ),
        (&["ocr", "--files-from", "/nowhere"], "/nowhere: "),
        (
            &["ocr", "--files-from", PICTURE, "--max-pixels", "x"],
            "--max-pixels",
        ),
        (&["ocr", "--files-from", "tests"], "tests: a folder"),
        (&["chat", "-"], "name its file"),
        (&["ocr", "--overlay", "x.png", PICTURE, PICTURE], "a folder"),
        (&["read", "--schema", schema, "-", "-"], "several times"),
    ] {
        let out = foveate_on(b"", arguments);
        let (code, stderr) = told(&out);
        assert_eq!(code, Some(2), "{arguments:?}: {stderr}");
        assert!(stderr.contains(said), "{arguments:?}: {stderr}");
        assert!(out.stdout.is_empty());
    }
}

#[test]
#[cfg(target_os = "linux")]
fn what_never_ends_is_not_read_for_ever() {
    let read = ["read", "--schema", "/dev/zero", PICTURE];
    let (code, said) = told(&foveate(&read));
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("/dev/zero: more than"), "{said}");
    for null in [&[][..], &["--null"]] {
        let list = [&["ocr", "--files-from", "/dev/zero"][..], null].concat();
        let (code, said) = told(&foveate(&list));
        assert_eq!(code, Some(1), "{said}");
        assert!(said.starts_with("/dev/zero: "), "{said}");
    }
}

#[test]
fn three_the_model_or_its_adapter_cannot_be_loaded() {
    let tiny = root().join("tests/data/tiny").display().to_string();
    let with = |arguments: &[&str]| {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_foveate"));
        command.current_dir(root()).args(arguments);
        fed(command, b"")
    };
    for (arguments, said) in [
        (&["--model", "/nowhere", "info"][..], "config.json"),
        (&["--model", "./tests", "ocr", PICTURE], "config.json"),
        (&["--model", "no-such-model", "info"], "FOVEATE_MODELS"),
        (
            &["--model", &tiny, "--adapter", "quiet", "info"],
            "it has loud",
        ),
        (
            &["--model", &tiny, "--adapter", "./quiet", "info"],
            "adapter.json",
        ),
        (
            &["--model", &tiny, "--runtime", "/nowhere.so", "info"],
            "/nowhere.so",
        ),
    ] {
        let out = with(arguments);
        let (code, stderr) = told(&out);
        assert_eq!(code, Some(3), "{arguments:?}: {stderr}");
        assert!(stderr.contains(said), "{arguments:?}: {stderr}");
        assert!(out.stdout.is_empty());
    }
}

#[test]
fn help_tells_them() {
    for arguments in [&["--help"][..], &["ocr", "--help"]] {
        let help = text(&foveate(arguments).stdout);
        assert!(help.contains("Exit codes: 0 every picture"), "{help}");
    }
}

#[test]
#[cfg(target_os = "linux")]
fn one_output_that_cannot_be_written() {
    for arguments in [&short(&[PICTURE])[..], &["info"], &["completions", "bash"]] {
        let full = std::fs::OpenOptions::new().write(true).open("/dev/full");
        let mut command = command(arguments);
        let out = command.stdout(full.unwrap()).output().unwrap();
        let (code, said) = told(&out);
        assert_eq!(code, Some(1), "{arguments:?}: {said}");
        assert!(said.contains("No space left"), "{said}");
    }
}
