//! ONNX Runtime keeps to itself: official builds from 1.29 on would write to the user's cache folder, and send what they wrote.

use std::{env, fs, process::Command};

use foveate_onnx::{Graph, GraphOptions};

#[test]
#[ignore = "run by the test below, in a process of its own"]
fn child() {
    let add = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/add.onnx");
    Graph::open(add, &GraphOptions::default()).unwrap();
}

#[test]
fn nothing_is_written_for_sending() {
    let home = env::temp_dir().join(format!("foveate-telemetry-{}", std::process::id()));
    fs::create_dir_all(&home).unwrap();
    let output = Command::new(env::current_exe().unwrap())
        .args(["--exact", "child", "--ignored"])
        .env("HOME", &home)
        .env("XDG_CACHE_HOME", home.join("cache"))
        .env_remove("CI") // would silence it as well
        .env_remove("ORT_DISABLE_TELEMETRY")
        .output()
        .unwrap();
    let left: Vec<_> = fs::read_dir(&home).unwrap().collect();
    fs::remove_dir_all(&home).unwrap();
    assert!(output.status.success(), "{output:?}");
    assert!(left.is_empty(), "{left:?}");
}
