//! The places that are looked in, in their order.
use std::{
    env,
    ffi::OsString,
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use super::{RuntimeOptions, library::file_name};

/// Names a checkout of foveate, in whose `.cache/onnxruntime` and `.venv` is looked. The
/// repository's `.cargo/config.toml` sets it for everything that cargo starts.
pub(super) const CHECKOUT: &str = "FOVEATE_CHECKOUT";

/// A place to look in.
#[derive(Default)]
pub(super) struct Place {
    /// What it is called in messages.
    pub(super) name: &'static str,
    /// The files or folders there.
    paths: Vec<PathBuf>,
    /// Whether the user named it, so that nothing else may be loaded instead, and whoever can write
    /// there.
    pub(super) named: bool,
    /// Whether it was named in the environment.
    pub(super) variable: bool,
    /// Whether it is the system's own: the loader takes code from there for every program.
    pub(super) system: bool,
    /// Asked only when everything before had nothing: a `python3` has to be started.
    python: bool,
}

impl Place {
    fn new(name: &'static str, paths: impl IntoIterator<Item = PathBuf>) -> Self {
        Self {
            name,
            paths: paths.into_iter().collect(),
            ..Self::default()
        }
    }

    fn named(name: &'static str, path: PathBuf) -> Self {
        Self {
            named: true,
            ..Self::new(name, [path])
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
    var: impl Fn(&str) -> Option<OsString>,
) -> Vec<Place> {
    let var = |name: &'static str| {
        var(name)
            .filter(|value| !value.is_empty())
            .map(PathBuf::from)
    };
    if let Some(library) = &options.library {
        return vec![Place::named("the path given", library.clone())];
    }
    if let Some(library) = var("ORT_DYLIB_PATH") {
        return vec![Place {
            variable: true,
            ..Place::named("ORT_DYLIB_PATH", library)
        }];
    }
    let executable = env::current_exe().ok();
    let beside = executable.as_deref().and_then(Path::parent);
    let checkout = var(CHECKOUT).filter(|root| root.is_absolute());
    let cache = checkout.iter().map(|root| root.join(".cache/onnxruntime"));
    let user_cache = user_cache(&var).map(|cache| cache.join("foveate/onnxruntime"));
    let venvs = var("VIRTUAL_ENV")
        .into_iter()
        .chain(checkout.iter().map(|root| root.join(".venv")));
    let system = |name, paths| Place {
        system: true,
        ..Place::new(name, paths)
    };
    vec![
        Place::new("ORT_DYLIB_PATH", []),
        Place::new("beside the executable", beside.map(Path::to_owned)),
        Place::new("the checkout's cache", cache),
        Place::new("the user's cache", user_cache),
        system("the system's folders", system_folders(&var)),
        system("the system's loader", vec![file_name().into()]),
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

/// The folders that the system's loader looks in: those of its variable, then those that packages
/// put libraries in.
pub(super) fn system_folders(var: &impl Fn(&'static str) -> Option<PathBuf>) -> Vec<PathBuf> {
    if cfg!(windows) {
        return Vec::new();
    }
    let (variable, folders) = if cfg!(target_os = "macos") {
        let folders = ["/opt/homebrew/lib", "/usr/local/lib"].map(str::to_owned);
        ("DYLD_LIBRARY_PATH", folders.to_vec())
    } else {
        let machine = format!("/usr/lib/{}-linux-gnu", env::consts::ARCH);
        let folders = ["/usr/local/lib", &machine, "/usr/lib64", "/usr/lib"];
        ("LD_LIBRARY_PATH", folders.map(str::to_owned).to_vec())
    };
    let listed = var(variable).map(|list| env::split_paths(&list).collect::<Vec<_>>());
    let listed = listed.into_iter().flatten().filter(|p| p.is_absolute());
    listed
        .chain(folders.into_iter().map(PathBuf::from))
        .collect()
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

/// Asks `python3` where it has the package, without importing it. The current folder is taken off
/// Python's path first.
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
        assert_eq!(empty.len(), 8);
    }

    #[test]
    fn without_either_the_documented_order() {
        let var = |name: &str| match name {
            "XDG_CACHE_HOME" => Some("/cache".into()),
            "LOCALAPPDATA" | "HOME" => Some("/home".into()),
            "VIRTUAL_ENV" => Some("/venv".into()),
            CHECKOUT => Some("/code/foveate".into()),
            "LD_LIBRARY_PATH" | "DYLD_LIBRARY_PATH" => Some("/opt/ort:here".into()),
            _ => None,
        };
        let places = places(&RuntimeOptions::default(), var);
        let expected = [
            "ORT_DYLIB_PATH",
            "beside the executable",
            "the checkout's cache",
            "the user's cache",
            "the system's folders",
            "the system's loader",
            "pip, in a virtual environment",
            "pip, where python3 looks",
        ];
        assert_eq!(names(&places), expected);
        assert!(places[2].paths[0].starts_with("/code/foveate"));
        assert!(places[3].paths[0].ends_with("foveate/onnxruntime"));
        if cfg!(unix) {
            assert_eq!(places[4].paths[0], Path::new("/opt/ort"));
            assert!(places[4].paths.iter().all(|p| p.is_absolute()));
        }
        assert!(places[6].paths[0].starts_with("/venv"));
        assert!(places.iter().all(|place| !place.named));
    }

    #[test]
    fn without_a_wish_no_checkout_is_looked_in() {
        for checkout in [None, Some("relative")] {
            let places = places(&RuntimeOptions::default(), |name| {
                checkout.filter(|_| name == CHECKOUT).map(OsString::from)
            });
            assert!(places[2].paths.is_empty() && places[6].paths.is_empty());
        }
    }
}
