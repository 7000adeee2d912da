//! Where a model is looked for by its name.
use super::Bundle;
use crate::{Error, Result};
use std::env;
use std::ffi::OsString;
use std::fmt::Write;
use std::path::{Path, PathBuf};

/// Folders of models, as many as the system's path variables take.
const MODELS: &str = "FOVEATE_MODELS";
/// Names a checkout of foveate, in whose `models` is looked. The repository's `.cargo/config.toml`
/// sets it for everything that cargo starts, as for the ONNX Runtime.
const CHECKOUT: &str = "FOVEATE_CHECKOUT";
/// What makes a folder a model.
const CONFIG: &str = "config.json";

/// A place to look in.
struct Place {
    /// What it is called in messages.
    name: &'static str,
    /// The folders there that hold models, each under its name.
    folders: Vec<PathBuf>,
}

impl Bundle {
    /// The folder of a model. `model` is a path to it, or its name.
    ///
    /// A path has a separator in it (`models/nano`, `/opt/nano`) or begins with a dot: it is taken
    /// as it is. A name is looked for, in this order, in the folders that `FOVEATE_MODELS` lists,
    /// in `models` beside the executable, in the user's data folder
    /// (`~/.local/share/foveate/models`, or as `XDG_DATA_HOME` says; `~/Library/Application
    /// Support/foveate/models` on macOS; `%LOCALAPPDATA%\foveate\models` on Windows), in `models`
    /// of the checkout that cargo works in, and where packages put them: on Linux and the like in
    /// `foveate/models` of the folders of `XDG_DATA_DIRS` (`/usr/local/share` and `/usr/share`). It
    /// is never looked for in the current folder, which may be somebody else's.
    ///
    /// # Errors
    /// [`Error::ModelUnfound`], which says where was looked and what fixes it.
    pub fn find(model: impl AsRef<Path>) -> Result<PathBuf> {
        let executable = env::current_exe().ok();
        found(model.as_ref(), executable.as_deref(), |name| {
            env::var_os(name)
        })
    }

    /// Whether `model` is a path, as [`find`](Self::find) tells paths from names.
    #[must_use]
    pub fn is_path(model: &Path) -> bool {
        let bytes = model.as_os_str().as_encoded_bytes();
        let separated = bytes.iter().any(|&b| std::path::is_separator(b.into()));
        // On Windows `c:nano` has a prefix, too.
        separated || bytes.starts_with(b".") || model.components().count() != 1
    }
}

/// As [`Bundle::find`] for an executable and the variables of an environment.
fn found(
    model: &Path,
    executable: Option<&Path>,
    var: impl Fn(&'static str) -> Option<OsString>,
) -> Result<PathBuf> {
    if model.as_os_str().is_empty() {
        return Err(Error::ModelUnfound {
            name: model.to_owned(),
            looked: "Give a model's name or the path of its folder.".into(),
        });
    }
    if Bundle::is_path(model) {
        return Ok(model.to_owned());
    }
    let places = places(executable, &var);
    let folders = places.iter().flat_map(|place| &place.folders);
    let mut candidates = folders.map(|folder| folder.join(model));
    candidates
        .find(|dir| dir.join(CONFIG).is_file())
        .ok_or_else(|| Error::ModelUnfound {
            name: model.to_owned(),
            looked: looked(model, &places),
        })
}

/// The places in their order.
fn places(
    executable: Option<&Path>,
    var: &impl Fn(&'static str) -> Option<OsString>,
) -> Vec<Place> {
    let set = |name| var(name).filter(|value| !value.is_empty());
    let listed = set(MODELS).map(|list| env::split_paths(&list).collect::<Vec<_>>());
    let beside = executable.and_then(Path::parent);
    let place = |name, folders: Vec<PathBuf>| Place { name, folders };
    let models = |dir: PathBuf| dir.join("models");
    // A relative folder would be one of wherever the program happens to be started.
    let absolute = |dirs: Vec<PathBuf>| dirs.into_iter().filter(|d| d.is_absolute()).collect();
    let one = |dir: Option<PathBuf>| absolute(dir.map(models).into_iter().collect());
    vec![
        place(MODELS, absolute(listed.unwrap_or_default())),
        place("beside the executable", one(beside.map(Path::to_owned))),
        place("the user's data folder", one(user_data(&set))),
        place("the checkout", one(set(CHECKOUT).map(PathBuf::from))),
        place("the system's data folders", absolute(system_data(&set))),
    ]
}

/// Where the platform keeps this program's data for the user.
fn user_data(set: &impl Fn(&'static str) -> Option<OsString>) -> Option<PathBuf> {
    let home = || set("HOME").map(PathBuf::from);
    let data = if cfg!(windows) {
        set("LOCALAPPDATA").map(PathBuf::from)
    } else if cfg!(target_os = "macos") {
        home().map(|home| home.join("Library/Application Support"))
    } else {
        let named = set("XDG_DATA_HOME").map(PathBuf::from);
        // As the XDG base directory specification has it: relative paths are ignored.
        let named = named.filter(|data| data.is_absolute());
        named.or_else(|| home().map(|home| home.join(".local/share")))
    };
    data.map(|data| data.join("foveate"))
}

/// Folders of models that packages install; none where the platform has no place for them.
fn system_data(set: &impl Fn(&'static str) -> Option<OsString>) -> Vec<PathBuf> {
    if cfg!(any(windows, target_os = "macos")) {
        return Vec::new();
    }
    // The default is the XDG base directory specification's.
    let dirs = set("XDG_DATA_DIRS").unwrap_or_else(|| "/usr/local/share:/usr/share".into());
    let models = |dir: PathBuf| dir.join("foveate/models");
    env::split_paths(&dirs).map(models).collect()
}

/// Where was looked, and what fixes it.
fn looked(model: &Path, places: &[Place]) -> String {
    let mut text = "Looked for its config.json in:".to_owned();
    for place in places {
        for folder in &place.folders {
            let dir = folder.join(model);
            let _ = write!(text, "\n  {} ({})", dir.display(), place.name);
        }
        if place.folders.is_empty() {
            let _ = write!(text, "\n  {}: not set, or not an absolute path", place.name);
        }
    }
    text.push_str(
        "\nPut the model's folder in one of these, set FOVEATE_MODELS to the folder that holds it, \
         or give its path",
    );
    if model.join(CONFIG).is_file() {
        let _ = write!(
            text,
            ": {} in the current folder is taken only as {}",
            model.display(),
            Path::new(".").join(model).display()
        );
    }
    text.push('.');
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    /// A folder with a model of this name.
    fn with_model(folder: &Path, name: &str) -> PathBuf {
        let dir = folder.join(name);
        fs::create_dir_all(&dir).unwrap();
        fs::write(dir.join(CONFIG), "{}").unwrap();
        dir
    }

    fn environment(
        pairs: &[(&'static str, &Path)],
    ) -> impl Fn(&'static str) -> Option<OsString> + use<> {
        let pairs: Vec<_> = pairs.iter().map(|(n, p)| (*n, p.into())).collect();
        move |name| {
            let pair = pairs.iter().find(|(known, _)| *known == name);
            pair.map(|(_, value): &(_, OsString)| value.clone())
        }
    }

    #[test]
    fn paths_are_told_from_names() {
        for path in ["./nano", "models/nano", "/x", ".", "..", "nano/", ".x"] {
            assert!(Bundle::is_path(Path::new(path)), "{path}");
        }
        for name in ["nano", "nano-server", "a b", "a.b"] {
            assert!(!Bundle::is_path(Path::new(name)), "{name}");
        }
        let nowhere = |_| None;
        let path = found(Path::new("./nano"), None, nowhere).unwrap();
        assert_eq!(path, Path::new("./nano"));
        assert!(found(Path::new(""), None, nowhere).is_err());
    }

    #[test]
    #[cfg(not(any(windows, target_os = "macos")))]
    fn the_places_are_looked_in_in_their_order() {
        let dir = tempfile::tempdir().unwrap();
        let at = |name: &str| dir.path().join(name);
        let executable = at("bin/foveate");
        let data = at("data");
        let lists = env::join_paths([at("none"), at("listed")]).unwrap();
        let var = environment(&[
            (MODELS, Path::new(&lists)),
            ("XDG_DATA_HOME", &data),
            ("XDG_DATA_DIRS", &at("share")),
            (CHECKOUT, &at("code")),
        ]);
        let find = || found(Path::new("nano"), Some(&executable), &var);
        assert!(find().is_err());
        // From the last to the first: each comes before those that are there already.
        for folder in [
            "share/foveate/models",
            "code/models",
            "data/foveate/models",
            "bin/models",
            "listed",
        ] {
            let model = with_model(&at(folder), "nano");
            assert_eq!(find().unwrap(), model);
        }
        let home = environment(&[("HOME", dir.path())]);
        let model = with_model(&at(".local/share/foveate/models"), "nano");
        assert_eq!(found(Path::new("nano"), None, home).unwrap(), model);
    }

    #[test]
    fn relative_folders_are_not_looked_in() {
        let dir = Path::new("models");
        let var = environment(&[
            (MODELS, dir),
            (CHECKOUT, Path::new("src")),
            ("XDG_DATA_HOME", dir),
            ("XDG_DATA_DIRS", dir),
        ]);
        let places = places(Some(Path::new("bin/foveate")), &var);
        assert!(places.iter().all(|place| place.folders.is_empty()));
    }

    #[test]
    fn the_error_says_where_was_looked_and_what_fixes_it() {
        let dir = tempfile::tempdir().unwrap();
        let var = environment(&[(MODELS, dir.path())]);
        let e = found(Path::new("nano"), None, var).unwrap_err();
        assert_eq!(e.kind(), crate::ErrorKind::AssetsMissing);
        let told = e.to_string();
        let tried = dir.path().join("nano").display().to_string();
        for part in [&tried, MODELS, "beside the executable", "give its path"] {
            assert!(told.contains(part), "{part}: {told}");
        }
    }
}
