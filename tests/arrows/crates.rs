//! Crates, read from their manifests.

use std::{
    collections::{BTreeMap, BTreeSet},
    env, fs,
    path::PathBuf,
    process::Command,
};

use serde_json::Value;

use crate::{root, sources};

/// The crates of this workspace, each with those of them that it may name.
const ARROWS: &[(&str, &[&str])] = &[
    ("foveate-onnx", &[]),
    ("foveate-kernels", &["foveate-gguf"]),
    ("foveate-gguf", &[]),
    ("foveate-events", &[]),
    (
        "foveate-cli",
        &["foveate", "foveate-events", "foveate-serve"],
    ),
    ("foveate-serve", &["foveate", "foveate-events"]),
    ("foveate-bindings", &["foveate", "foveate-events"]),
    ("foveate-capi", &["foveate", "foveate-bindings"]),
    ("foveate-vision", &["foveate-onnx", "foveate-kernels"]),
    (
        "foveate-language",
        &["foveate-onnx", "foveate-kernels", "foveate-gguf"],
    ),
    (
        "foveate",
        &[
            "foveate-cli",    // its examples
            "foveate-events", // its examples and tests
            "foveate-vision",
            "foveate-language",
            "foveate-onnx",
            "foveate-kernels",
        ],
    ),
    (
        "foveate-datasets",
        &[
            "foveate",
            "foveate-events",
            "foveate-vision",
            "foveate-language",
            "foveate-onnx",
            "foveate-kernels",
        ],
    ),
];

struct Package {
    /// (name, whether only for tests, examples and benches)
    dependencies: Vec<(String, bool)>,
    /// The root files of its libraries and binaries.
    libraries: Vec<PathBuf>,
    binaries: Vec<PathBuf>,
    published: bool,
}

/// What cargo says of the workspace.
fn metadata() -> Value {
    let cargo = env::var("CARGO").unwrap_or("cargo".to_owned());
    let mut command = Command::new(cargo);
    command.args([
        "metadata",
        "--no-deps",
        "--format-version",
        "1",
        "--offline",
        "--manifest-path",
    ]);
    let output = command.arg(root().join("Cargo.toml")).output().unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    serde_json::from_slice(&output.stdout).unwrap()
}

fn packages() -> BTreeMap<String, Package> {
    let metadata = metadata();
    let packages = metadata["packages"].as_array().unwrap();
    packages
        .iter()
        .map(|package| (text(&package["name"]), read(package)))
        .collect()
}

fn read(package: &Value) -> Package {
    let dependencies = package["dependencies"].as_array().unwrap();
    let targets = |kind: &str| -> Vec<PathBuf> {
        let targets = package["targets"].as_array().unwrap().iter();
        let of_kind =
            targets.filter(|target| target["kind"].as_array().unwrap().iter().any(|k| k == kind));
        of_kind
            .map(|target| text(&target["src_path"]).into())
            .collect()
    };
    Package {
        dependencies: dependencies
            .iter()
            .map(|one| (text(&one["name"]), one["kind"] == "dev"))
            .collect(),
        libraries: ["lib", "cdylib"].into_iter().flat_map(targets).collect(),
        binaries: targets("bin"),
        published: package["publish"] != Value::Array(Vec::new()),
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

#[test]
fn the_library_opens_no_connection_unless_it_is_asked_to() {
    let metadata = metadata();
    let named = |of: &Value, name: &str| of["name"] == name;
    let packages = metadata["packages"].as_array().unwrap();
    let library = packages.iter().find(|p| named(p, "foveate")).unwrap();
    let dependencies = library["dependencies"].as_array().unwrap();
    let client = dependencies.iter().find(|d| named(d, "ureq")).unwrap();
    assert_eq!(client["optional"], true);
    let features = library["features"].as_object().unwrap();
    assert!(!features.contains_key("default"));
    let enabling = features
        .iter()
        .filter(|(_, on)| on.to_string().contains("dep:ureq"));
    let enabling: Vec<_> = enabling.map(|(name, _)| name).collect();
    assert_eq!(enabling, ["remote"]);
}

#[test]
fn crates_name_only_those_below_them() {
    let packages = packages();
    let known: Vec<_> = packages.keys().map(String::as_str).collect();
    let mut listed: Vec<_> = ARROWS.iter().map(|(name, _)| *name).collect();
    listed.sort_unstable();
    assert_eq!(known, listed, "a crate of the workspace has no arrows here");
    for (name, allowed) in ARROWS {
        for (dependency, _) in &packages[*name].dependencies {
            // A crate's own tests may ask for its feature `testing`.
            let ours = listed.contains(&dependency.as_str()) && dependency != name;
            assert!(
                !ours || allowed.contains(&dependency.as_str()),
                "{name} must not name {dependency}"
            );
        }
    }
}

#[test]
fn only_the_runtime_names_ort() {
    for (name, package) in packages() {
        let names_it = package
            .dependencies
            .iter()
            .any(|(one, _)| one == "ort" || one == "ort-sys");
        assert_eq!(names_it, name == "foveate-onnx", "{name}");
    }
}

#[test]
fn vision_and_language_do_not_speak_of_each_other() {
    for (folder, other) in [
        ("vision/src", "foveate_language"),
        ("language/src", "foveate_vision"),
    ] {
        for (path, text) in sources(&root().join(folder)) {
            assert!(!text.contains(other), "{} names {other}", path.display());
        }
    }
}

#[test]
fn unsafe_code_lives_in_the_kernels_and_at_the_border_to_c() {
    let held = ["foveate-kernels", "foveate-capi"];
    for (name, package) in packages() {
        for file in package.libraries.iter().chain(&package.binaries) {
            let forbids = fs::read_to_string(file)
                .unwrap()
                .contains("#![forbid(unsafe_code)]");
            assert!(
                forbids || held.contains(&&*name),
                "{} does not forbid unsafe code",
                file.display()
            );
        }
    }
}

/// A library gives errors of its own; `anyhow` is for binaries, examples and tests.
#[test]
fn libraries_do_not_name_anyhow() {
    for (name, package) in packages() {
        let named = package
            .dependencies
            .iter()
            .any(|(one, dev)| one == "anyhow" && !dev);
        assert!(
            !named || !package.binaries.is_empty(),
            "{name} has no binary that needs anyhow"
        );
        if !package.binaries.is_empty() {
            continue;
        }
        let folders = package.libraries.iter().filter_map(|file| file.parent());
        for (path, text) in folders.flat_map(sources) {
            let names_it = text.contains("anyhow::") || text.contains("use anyhow");
            assert!(!names_it, "{} names anyhow", path.display());
        }
    }
}

#[test]
fn datasets_and_bindings_are_not_published() {
    let unpublished: Vec<_> = packages()
        .into_iter()
        .filter(|(_, one)| !one.published)
        .map(|(name, _)| name)
        .collect();
    let expected = ["bindings", "capi", "datasets"].map(|n| format!("foveate-{n}"));
    assert_eq!(unpublished, expected);
}

/// Names of the packages that `cargo tree` lists.
fn tree(arguments: &[&str]) -> BTreeSet<String> {
    let mut command = Command::new(env::var("CARGO").unwrap_or("cargo".to_owned()));
    command.args(["tree", "--offline", "--edges", "normal", "--prefix", "none"]);
    command.args(["--package", "foveate", "--all-features"]);
    let output = command
        .args(arguments)
        .current_dir(root())
        .output()
        .unwrap();
    let [said, why] = [output.stdout, output.stderr].map(|b| String::from_utf8(b).unwrap());
    assert!(output.status.success(), "{why}");
    let names = said.lines().filter_map(|line| line.split(' ').next());
    names
        .filter(|name| !name.is_empty())
        .map(str::to_owned)
        .collect()
}

/// What serves the command alone is not compiled with the library. Only crates under the grammar
/// compiler bring in anyhow.
#[test]
fn the_library_compiles_nothing_of_the_command() {
    let all = tree(&[]);
    assert!(all.contains("llguidance"), "{all:?}");
    for name in [
        "clap",
        "indicatif",
        "icalendar",
        "foveate-events",
        "foveate-cli",
    ] {
        assert!(!all.contains(name), "foveate compiles {name}");
    }
    let mut over = tree(&["--invert", "anyhow", "--depth", "1"]);
    over.remove("anyhow");
    assert_eq!(
        over,
        ["derivre", "llguidance", "toktrie"]
            .map(str::to_owned)
            .into()
    );
}
