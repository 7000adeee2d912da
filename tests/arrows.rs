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

/// What a file's `use` of this crate's modules name: paths from the root, groups taken apart.
fn used(own: &str, code: &str) -> Vec<String> {
    let uses = code
        .split("use ")
        .skip(1)
        .filter_map(|rest| rest.split(';').next());
    let mut paths = Vec::new();
    for path in uses.flat_map(|tree| apart(&tree.split_whitespace().collect::<String>())) {
        let mut at: Vec<&str> = own.split("::").filter(|part| !part.is_empty()).collect();
        let mut rest = path.as_str();
        if let Some(inner) = rest.strip_prefix("crate::") {
            (at, rest) = (Vec::new(), inner);
        } else if !rest.starts_with("super::") {
            continue;
        }
        while let Some(inner) = rest.strip_prefix("super::") {
            at.pop();
            rest = inner;
        }
        at.push(rest);
        paths.push(at.join("::"));
    }
    paths
}

/// `a::{b, c::{d, e}}` as `a::b`, `a::c::d` and `a::c::e`; without spaces.
fn apart(tree: &str) -> Vec<String> {
    let Some((before, group)) = tree.split_once('{') else {
        return vec![tree.to_owned()];
    };
    let group = group.strip_suffix('}').unwrap_or(group);
    let (mut depth, mut parts) = (0, vec![String::new()]);
    for c in group.chars() {
        depth += i32::from(c == '{') - i32::from(c == '}');
        match (c, depth) {
            (',', 0) => parts.push(String::new()),
            _ => parts.last_mut().unwrap().push(c),
        }
    }
    let inner = parts.iter().flat_map(|part| apart(part));
    inner.map(|part| format!("{before}{part}")).collect()
}

/// The files of a folder that each file imports from, by their modules' paths.
fn imports(folder: &Path) -> BTreeMap<String, Vec<String>> {
    let module = |path: &Path| {
        let inside = path.strip_prefix(folder).unwrap().with_extension("");
        let parts: Vec<_> = inside.iter().map(|p| p.to_str().unwrap()).collect();
        parts.join("::").trim_end_matches("::mod").to_owned()
    };
    let files: BTreeMap<_, _> = sources(folder)
        .into_iter()
        .map(|(path, text)| (module(&path), text))
        .collect();
    let home = |path: &String| {
        let mut path = path.as_str();
        loop {
            if files.contains_key(path) {
                return Some(path.to_owned());
            }
            path = path.rsplit_once("::")?.0;
        }
    };
    let of = |(own, text): (&String, &String)| {
        let code = text.split("#[cfg(test)]").next().unwrap_or_default();
        let mut others: Vec<_> = used(own, code).iter().filter_map(home).collect();
        others.retain(|other| other != own && other != "lib");
        (own.clone(), others)
    };
    files.iter().map(of).collect()
}

/// Whether imports lead from `at` to `to`.
fn leads(
    imports: &BTreeMap<String, Vec<String>>,
    at: &str,
    to: &str,
    seen: &mut Vec<String>,
) -> bool {
    imports[at].iter().any(|next| {
        next == to
            || !seen.contains(next) && {
                seen.push(next.clone());
                leads(imports, next, to, seen)
            }
    })
}

/// Files of the library lie in layers: none imports one that leads back to it. The modules that a
/// file declares are part of it: it may name them, and they it.
#[test]
fn no_files_of_the_library_import_each_other_in_a_circle() {
    let imports = imports(&root().join("fusion/src"));
    let known = |file: &str, other: &str| imports[file].iter().any(|one| one == other);
    assert!(known("batch::list", "batch::name") && known("readers::glyph", "readers"));
    for file in imports.keys() {
        let back = leads(&imports, file, file, &mut Vec::new());
        assert!(!back, "{file} stands in a circle of imports");
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
