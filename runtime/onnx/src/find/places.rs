//! The places that are looked in, in their order.
use std::{
    env,
    ffi::OsStr,
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use super::RuntimeOptions;

/// A place to look in: what it is called in messages, the files or folders there, and whether it was named by the
/// user, so that nothing else may be loaded instead.
pub(super) struct Place {
    pub(super) name: &'static str,
    paths: Vec<PathBuf>,
    pub(super) named: bool,
    /// Asked only when everything before had nothing: a `python3` has to be started.
    python: bool,
}

impl Place {
    fn new(name: &'static str, paths: impl IntoIterator<Item = PathBuf>) -> Self {
        Self {
            name,
            paths: paths.into_iter().collect(),
            named: false,
            python: false,
        }
    }

    pub(super) fn paths(&self) -> Vec<PathBuf> {
        if self.python {
            python_package().into_iter().collect()
        } else {
            self.paths.clone()
        }
    }
}

/// The places in their order. `var` reads an environment variable.
pub(super) fn places(
    options: &RuntimeOptions,
    var: impl Fn(&str) -> Option<std::ffi::OsString>,
) -> Vec<Place> {
    let var = |name| {
        var(name)
            .filter(|value| !value.is_empty())
            .map(PathBuf::from)
    };
    if let Some(library) = &options.library {
        return vec![Place {
            named: true,
            ..Place::new("the path given", [library.clone()])
        }];
    }
    if let Some(library) = var("ORT_DYLIB_PATH") {
        return vec![Place {
            named: true,
            ..Place::new("ORT_DYLIB_PATH", [library])
        }];
    }
    let executable = env::current_exe().ok();
    let repositories = repositories(executable.as_deref());
    let beside = executable
        .as_deref()
        .and_then(Path::parent)
        .map(Path::to_owned);
    let repository_caches = repositories
        .iter()
        .map(|root| root.join(".cache/onnxruntime"));
    let user_cache = user_cache(&var).map(|cache| cache.join("foveate/onnxruntime"));
    let venvs = var("VIRTUAL_ENV")
        .into_iter()
        .chain(repositories.iter().map(|root| root.join(".venv")));
    vec![
        Place::new("ORT_DYLIB_PATH", []),
        Place::new("beside the executable", beside),
        Place::new("the repository's cache", repository_caches),
        Place::new("the user's cache", user_cache),
        Place::new(
            "pip, in a virtual environment",
            venvs.flat_map(|venv| site_packages(&venv)),
        ),
        Place {
            python: true,
            ..Place::new("pip, where python3 looks", [])
        },
    ]
}

/// The repository this crate was built in, and the one whose `target` folder the executable lies in.
pub(super) fn repositories(executable: Option<&Path>) -> Vec<PathBuf> {
    let built_in = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2);
    let target = executable.and_then(|path| {
        path.ancestors()
            .find(|folder| folder.file_name() == Some(OsStr::new("target")))
    });
    let mut roots: Vec<_> = built_in
        .into_iter()
        .chain(target.and_then(Path::parent))
        .map(Path::to_owned)
        .collect();
    roots.dedup();
    roots
}

fn user_cache(var: &impl Fn(&'static str) -> Option<PathBuf>) -> Option<PathBuf> {
    if cfg!(windows) {
        return var("LOCALAPPDATA");
    }
    let home = || var("HOME");
    if cfg!(target_os = "macos") {
        return home().map(|home| home.join("Library/Caches"));
    }
    var("XDG_CACHE_HOME").or_else(|| home().map(|home| home.join(".cache")))
}

/// The folders of a virtual environment in which pip puts the library.
fn site_packages(venv: &Path) -> Vec<PathBuf> {
    let pythons = fs::read_dir(venv.join("lib"))
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path());
    let pythons = pythons.filter(|path| {
        path.file_name()
            .is_some_and(|name| name.to_string_lossy().starts_with("python3"))
    });
    let mut folders: Vec<_> = pythons.map(|python| python.join("site-packages")).collect();
    folders.sort();
    if folders.is_empty() {
        let python = if cfg!(windows) { "Lib" } else { "lib/python3" };
        folders.push(venv.join(python).join("site-packages"));
    }
    folders
        .into_iter()
        .map(|folder| folder.join("onnxruntime").join("capi"))
        .collect()
}

/// Asks `python3` where it has the package, without importing it. The current folder is taken off Python's path first.
fn python_package() -> Option<PathBuf> {
    const ASK: &str = "import sys\nsys.path[:1] = []\nimport importlib.util\n\
        print(importlib.util.find_spec('onnxruntime').submodule_search_locations[0])";
    let python = if cfg!(windows) { "python" } else { "python3" };
    let mut command = Command::new(python);
    let output = command
        .args(["-c", ASK])
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output()
        .ok()?;
    let folder = String::from_utf8(output.stdout).ok()?;
    output
        .status
        .success()
        .then(|| Path::new(folder.trim()).join("capi"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(places: &[Place]) -> Vec<&'static str> {
        places.iter().map(|place| place.name).collect()
    }

    #[test]
    fn a_path_given_is_the_only_place() {
        let options = RuntimeOptions {
            library: Some("/x/libonnxruntime.so".into()),
        };
        let places = places(&options, |_| Some("/y".into()));
        assert_eq!(names(&places), ["the path given"]);
        assert_eq!(places[0].paths(), [PathBuf::from("/x/libonnxruntime.so")]);
    }

    #[test]
    fn the_variable_is_the_only_place_unless_it_is_empty() {
        let set = places(&RuntimeOptions::default(), |name| {
            (name == "ORT_DYLIB_PATH").then(|| "/y".into())
        });
        assert_eq!(names(&set), ["ORT_DYLIB_PATH"]);
        let empty = places(&RuntimeOptions::default(), |name| {
            (name == "ORT_DYLIB_PATH").then(|| "".into())
        });
        assert_eq!(empty.len(), 6);
    }

    #[test]
    fn without_either_the_documented_order() {
        let var = |name: &str| match name {
            "XDG_CACHE_HOME" => Some("/cache".into()),
            "LOCALAPPDATA" | "HOME" => Some("/home".into()),
            "VIRTUAL_ENV" => Some("/venv".into()),
            _ => None,
        };
        let places = places(&RuntimeOptions::default(), var);
        let expected = [
            "ORT_DYLIB_PATH",
            "beside the executable",
            "the repository's cache",
            "the user's cache",
            "pip, in a virtual environment",
            "pip, where python3 looks",
        ];
        assert_eq!(names(&places), expected);
        let repository = Path::new(env!("CARGO_MANIFEST_DIR"))
            .ancestors()
            .nth(2)
            .unwrap();
        assert_eq!(places[2].paths[0], repository.join(".cache/onnxruntime"));
        assert!(places[3].paths[0].ends_with("foveate/onnxruntime"));
        assert!(places[4].paths[0].starts_with("/venv"));
        assert!(places.iter().all(|place| !place.named));
    }

    #[test]
    fn the_folder_of_target_is_a_repository_and_its_parents_are_not() {
        let roots = repositories(Some(Path::new("/home/me/app/target/release/app")));
        assert_eq!(roots.last().unwrap(), Path::new("/home/me/app"));
        assert_eq!(repositories(Some(Path::new("/usr/bin/app"))).len(), 1);
    }
}
