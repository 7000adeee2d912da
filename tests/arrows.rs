//! The arrows between the crates, read from their manifests, and the rules that no compiler holds.
//!
//! `foveate -> {vision, language} -> runtime/*`; `datasets -> foveate`, never back; `vision` and
//! `language` never name each other.

use std::{
    collections::BTreeMap,
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::Value;

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
    let targets = |kind: &str| {
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
        libraries: targets("lib"),
        binaries: targets("bin"),
        published: package["publish"] != Value::Array(Vec::new()),
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every Rust file of a folder and those in it.
fn sources(folder: &Path) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push((path.clone(), fs::read_to_string(path).unwrap()));
        }
    }
    found
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
fn unsafe_code_lives_in_the_kernels_alone() {
    for (name, package) in packages() {
        for file in package.libraries.iter().chain(&package.binaries) {
            let forbids = fs::read_to_string(file)
                .unwrap()
                .contains("#![forbid(unsafe_code)]");
            assert!(
                forbids || name == "foveate-kernels",
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
fn datasets_is_not_published() {
    let unpublished: Vec<_> = packages()
        .into_iter()
        .filter(|(_, one)| !one.published)
        .map(|(name, _)| name)
        .collect();
    assert_eq!(unpublished, ["foveate-datasets"]);
}

/// The model-free half knows tokens and sources; what a source is, only a reader knows.
#[test]
fn language_knows_nothing_of_pictures() {
    for (path, text) in sources(&root().join("language/src")) {
        let text = text.to_lowercase();
        for word in ["glyph", "em size", "picture", "canvas"] {
            assert!(
                !text.contains(word),
                "{} speaks of a {word}",
                path.display()
            );
        }
    }
}

/// Thresholds of reading stand in `Rules`, each with its measurement; what training shares stands
/// in `models/rules.json`. Other files of the glyph reader hold no numbers of their own but these.
#[test]
fn thresholds_of_reading_stand_in_one_place() {
    let known = ["TILE", "FILE", "ARCHITECTURE"];
    for (path, text) in sources(&root().join("fusion/src/readers/glyph")) {
        if path.ends_with("rules.rs") || path.ends_with("tests.rs") {
            continue;
        }
        let code = text.split("#[cfg(test)]").next().unwrap_or_default();
        let named = code.lines().filter_map(|line| {
            let line = line
                .trim_start()
                .trim_start_matches("pub ")
                .trim_start_matches("(super) ");
            line.strip_prefix("const ")?.split(':').next()
        });
        for name in named.filter(|name| !name.starts_with("fn ")) {
            assert!(
                known.contains(&name),
                "{}: {name} belongs in Rules",
                path.display()
            );
        }
    }
}

/// The files of `fusion/` that a file names by `crate::` or `super::`, by their module's path.
fn imports(folder: &Path) -> BTreeMap<String, Vec<String>> {
    let module = |path: &Path| {
        let inside = path.strip_prefix(folder).unwrap().with_extension("");
        let parts: Vec<_> = inside
            .iter()
            .map(|p| p.to_str().unwrap().to_owned())
            .collect();
        parts.join("::").trim_end_matches("::mod").to_owned()
    };
    let files: Vec<_> = sources(folder)
        .into_iter()
        .map(|(path, text)| (module(&path), text))
        .collect();
    let known: Vec<String> = files.iter().map(|(name, _)| name.clone()).collect();
    let named = |own: &str, text: &str| {
        let code = text
            .split("#[cfg(test)]")
            .next()
            .unwrap_or_default()
            .to_owned();
        let is_named = |other: &&String| {
            let parent = own.rsplit_once("::").map_or("", |(parent, _)| parent);
            let sibling = other
                .strip_prefix(parent)
                .unwrap_or(other)
                .trim_start_matches("::");
            let super_path = format!("use super::{sibling}::");
            code.contains(&format!("use crate::{other}::")) || code.contains(&super_path)
        };
        known
            .iter()
            .filter(is_named)
            .filter(|other| *other != own)
            .cloned()
            .collect()
    };
    files
        .iter()
        .map(|(name, text)| (name.clone(), named(name, text)))
        .collect()
}

/// Files of the glyph reader lie in layers: none imports one that imports it.
#[test]
fn no_two_files_of_the_reader_import_each_other() {
    let imports = imports(&root().join("fusion/src/readers/glyph"));
    for (file, others) in &imports {
        for other in others {
            let back = imports.get(other).is_some_and(|back| back.contains(file));
            assert!(!back, "{file} and {other} import each other");
        }
    }
}

/// The root of the library is a table of contents.
#[test]
fn the_library_has_few_files_at_its_root() {
    let files = fs::read_dir(root().join("fusion/src")).unwrap();
    let n = files
        .filter(|file| file.as_ref().unwrap().path().is_file())
        .count();
    assert!(n <= 20, "{n} files in fusion/src");
}
