//! Models by their names.
use crate::{PICTURE, root, text};
use std::fs;
use std::path::Path;
use std::process::{Command, Output};

/// Copies the files right in a folder, and of those in it the ones of `adapters`.
fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            fs::copy(&path, to.join(path.file_name().unwrap())).unwrap();
        }
    }
}

/// A machine with the binary alone, a user with a data folder, and an empty folder to work in.
struct Machine(tempfile::TempDir);

impl Machine {
    fn new() -> Self {
        let machine = Self(tempfile::tempdir().unwrap());
        for folder in ["bin", "home", "work"] {
            fs::create_dir(machine.path(folder)).unwrap();
        }
        let binary = env!("CARGO_BIN_EXE_foveate");
        fs::copy(binary, machine.path("bin/foveate")).unwrap();
        machine
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        self.0.path().join(name)
    }

    /// Where the user's models are.
    fn models(&self) -> std::path::PathBuf {
        self.path(if cfg!(windows) {
            "home/foveate/models"
        } else if cfg!(target_os = "macos") {
            "home/Library/Application Support/foveate/models"
        } else {
            "home/.local/share/foveate/models"
        })
    }

    /// Runs the binary in the folder. FOVEATE_CHECKOUT stays, since ONNX Runtime is there.
    fn run(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(self.path("bin/foveate"));
        command.current_dir(self.path("work")).args(arguments);
        for name in ["XDG_DATA_HOME", "FOVEATE_MODELS"] {
            command.env_remove(name);
        }
        let home = self.path("home");
        command.env("HOME", &home).env("LOCALAPPDATA", &home);
        command.output().unwrap()
    }
}

#[test]
fn the_binary_alone_finds_the_users_model_from_any_folder() {
    let machine = Machine::new();
    copy(
        &root().join("tests/data/tiny"),
        &machine.models().join("nano"),
    );
    let out = machine.run(&["info"]);
    let stdout = text(&out.stdout);
    assert_eq!(out.status.code(), Some(0), "{}", text(&out.stderr));
    // The checkout's model of this name calls itself nano.
    assert!(stdout.contains("name           tiny"), "{stdout}");
    assert!(stdout.contains(&machine.models().display().to_string()));
}

#[test]
fn an_event_is_read_by_the_binary_alone_with_the_model_in_the_users_data_folder() {
    let nano = root().join("models/nano");
    if !nano.join("config.json").is_file() {
        eprintln!("skipped: {} is not in this checkout", nano.display());
        return;
    }
    let machine = Machine::new();
    copy(&nano, &machine.models().join("nano"));
    let flyer = root()
        .join("examples/flyers/jazz.png")
        .display()
        .to_string();
    let out = machine.run(&["event", "--today", "2027-01-01", &flyer]);
    let (stdout, said) = (text(&out.stdout), text(&out.stderr));
    assert_eq!(out.status.code(), Some(0), "{said}");
    assert!(stdout.contains("BEGIN:VEVENT"), "{stdout}");
}

/// One byte for each of 64 channels of keys and of values, in 2 heads of the 5 layers that have
/// some.
#[test]
fn info_says_what_a_row_of_a_conversation_takes() {
    let nano = root().join("models/nano").display().to_string();
    let mut command = Command::new(env!("CARGO_BIN_EXE_foveate"));
    let out = command.args(["--model", &nano, "--json", "info"]).output();
    let line: serde_json::Value = serde_json::from_slice(&out.unwrap().stdout).unwrap();
    assert_eq!(line["row_bytes"], 2 * 64 * 2 * 5);
}

#[test]
fn a_model_in_the_current_folder_is_loaded_by_its_path_alone() {
    let machine = Machine::new();
    let tiny = root().join("tests/data/tiny");
    for folder in ["work/strange", "work/models/strange"] {
        copy(&tiny, &machine.path(folder));
    }
    let out = machine.run(&["--model", "strange", "info"]);
    let said = text(&out.stderr);
    assert_eq!(out.status.code(), Some(3), "{said}");
    let place = machine.models().join("strange").display().to_string();
    for part in [&place, "FOVEATE_MODELS", "./strange"] {
        assert!(said.contains(part), "{part}: {said}");
    }
    for path in ["./strange", "models/strange"] {
        let out = machine.run(&["--model", path, "info"]);
        assert_eq!(out.status.code(), Some(0), "{}", text(&out.stderr));
    }
}

#[test]
fn an_adapter_is_taken_by_its_path_too() {
    let tiny = root().join("tests/data/tiny").display().to_string();
    let run = |adapter: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_foveate"));
        command.current_dir(root());
        command.args(["--model", &tiny, "--adapter", adapter, "--mode", "rapid"]);
        command.args([
            "--rules",
            "off",
            "--json",
            "read",
            "--max-tokens",
            "40",
            "--schema",
        ]);
        command.args(["tests/data/title.schema.json", PICTURE]);
        command.output().unwrap()
    };
    let (named, path) = (run("loud"), run("tests/data/tiny/adapters/loud"));
    assert_eq!(path.status.code(), Some(0), "{}", text(&path.stderr));
    assert_eq!(text(&named.stdout), text(&path.stdout));
}
