//! The examples in the help of each command: every line is run, in a folder as a reader would have
//! it, with the models of the checkout.
use crate::{root, text};
use std::fs;
use std::path::Path;
use std::process::Command;

const SCHEMA: &str = r#"{"type": "object", "properties": {"title": {"type": ["string", "null"]}}}"#;

/// A folder with a flyer, some more, and a schema.
fn folder() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    let flyers = root().join("examples/flyers");
    fs::copy(flyers.join("jazz.png"), dir.path().join("flyer.png")).unwrap();
    fs::create_dir(dir.path().join("flyers")).unwrap();
    for name in ["jazz.png", "market.png"] {
        fs::copy(flyers.join(name), dir.path().join("flyers").join(name)).unwrap();
    }
    fs::write(dir.path().join("event.json"), SCHEMA).unwrap();
    dir
}

fn help(arguments: &[&str]) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_foveate"));
    let out = command.args(arguments).arg("--help").output().unwrap();
    assert!(out.status.success(), "{}", text(&out.stderr));
    text(&out.stdout)
}

/// The indented lines under `Examples:`.
fn examples(help: &str) -> Vec<String> {
    let lines = help.lines().skip_while(|line| line.trim() != "Examples:");
    let examples = lines
        .skip(1)
        .take_while(|line| line.is_empty() || line.starts_with("  "));
    let examples = examples.filter(|line| !line.is_empty());
    examples.map(|line| line.trim().to_owned()).collect()
}

/// A shell that runs a line in `dir`, with the command in its path.
fn shell(dir: &Path, line: &str) -> Command {
    let binary = Path::new(env!("CARGO_BIN_EXE_foveate"));
    let path = std::env::var("PATH").unwrap();
    let path = format!("{}:{path}", binary.parent().unwrap().display());
    let mut shell = Command::new("sh");
    shell.current_dir(dir).env("PATH", path).args(["-ec", line]);
    shell
}

/// Every command that the help lists.
fn commands() -> Vec<String> {
    let help = help(&[]);
    let lines = help.lines().skip_while(|line| *line != "Commands:").skip(1);
    let lines = lines.take_while(|line| !line.is_empty());
    // What a command does may go on below, farther in.
    let lines = lines.filter(|line| !line.starts_with("   "));
    let names = lines.filter_map(|line| line.split_whitespace().next());
    names
        .filter(|name| *name != "help")
        .map(str::to_owned)
        .collect()
}

#[test]
#[cfg(unix)]
fn every_example_runs() {
    let dir = folder();
    let commands = commands();
    assert!(commands.len() >= 9, "{commands:?}");
    // Those of the server do not end.
    for command in commands.iter().filter(|name| *name != "serve") {
        let examples = examples(&help(&[command]));
        assert!(!examples.is_empty(), "{command} has no example");
        for line in examples {
            let out = shell(dir.path(), &line).output().unwrap();
            assert!(out.status.success(), "{line}: {}", text(&out.stderr));
        }
    }
    for written in [
        "event.ics",
        "events.html",
        "boxes/jazz.png",
        "man/foveate-ocr.1",
    ] {
        assert!(
            dir.path().join(written).metadata().unwrap().len() > 100,
            "{written}"
        );
    }
}

/// Examples of the server begin one, on a port that is free, and the line of curl asks the first.
#[test]
#[cfg(all(unix, feature = "serve"))]
fn every_example_of_the_server_runs() {
    use std::io::{BufRead, BufReader};
    let dir = folder();
    let lines = examples(&help(&["serve"]));
    let (asks, begins): (Vec<_>, Vec<_>) = lines.iter().partition(|l| l.starts_with("curl"));
    assert_eq!((asks.len(), begins.len()), (1, 3), "{lines:?}");
    for (i, line) in begins.iter().enumerate() {
        let line = match line.contains("--listen") {
            true => line.replace(":8080", ":0"),
            false => format!("{line} --listen 127.0.0.1:0"),
        };
        // However busy the machine is.
        let line = format!("{line} --deadline 600");
        // So that the server itself is killed, not a shell around it.
        let line = line.replacen("foveate ", "exec foveate ", 1);
        let mut server = shell(dir.path(), &line);
        let mut child = server.stderr(std::process::Stdio::piped()).spawn().unwrap();
        let mut said = String::new();
        BufReader::new(child.stderr.as_mut().unwrap())
            .read_line(&mut said)
            .unwrap();
        let address = said
            .trim_end()
            .split_once("http://")
            .map(|(_, address)| address);
        let ask = address.map(|address| asks[0].replace("127.0.0.1:8080", address));
        let answer = (i == 0).then(|| ask.map(|ask| shell(dir.path(), &ask).output()));
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(said.contains("is served at"), "{line}: {said}");
        if let Some(Some(Ok(out))) = answer {
            assert!(
                text(&out.stdout).contains("SUMMARY:Summer Jazz Night"),
                "{}",
                text(&out.stderr)
            );
        }
    }
}
