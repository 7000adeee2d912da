//! ONNX Runtime keeps to itself: official builds from 1.29 on would write to the user's cache
//! folder, and send what they wrote.

use std::{env, fs, path::Path, process::Command};

use foveate_onnx::{Graph, GraphOptions};

/// Set in the process that this test starts of itself.
const CHILD: &str = "FOVEATE_TELEMETRY_CHILD";

#[test]
fn nothing_is_written_for_sending() {
    if env::var_os(CHILD).is_some() {
        let add = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/add.onnx");
        Graph::open(add, &GraphOptions::default()).unwrap();
        return;
    }
    // Whatever the variable says: only `1` turns it off in the runtime itself.
    for value in [None, Some("0"), Some("")] {
        silent(value);
    }
}

fn silent(value: Option<&str>) {
    let name = format!("telemetry-{}", std::process::id());
    let home = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    fs::create_dir_all(&home).unwrap();
    let mut child = Command::new(env::current_exe().unwrap());
    child
        .args(["--exact", "nothing_is_written_for_sending"])
        .env(CHILD, "1")
        .env("HOME", &home)
        .env("XDG_CACHE_HOME", home.join("cache"))
        .env_remove("CI") // would silence it as well
        .env_remove("ORT_DISABLE_TELEMETRY");
    let output = child
        .envs(value.map(|v| ("ORT_DISABLE_TELEMETRY", v)))
        .output()
        .unwrap();
    let left: Vec<_> = fs::read_dir(&home).unwrap().collect();
    fs::remove_dir_all(&home).unwrap();
    assert!(output.status.success(), "{output:?}");
    assert!(left.is_empty(), "{value:?}: {left:?}");
}
