use std::{
    env,
    ffi::OsStr,
    fmt, fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::{Mutex, OnceLock, PoisonError},
};

use ort::{LoadDynamicError, environment::Environment};

use crate::{Error, ErrorKind, Result};

/// ONNX Runtime 1.`OLDEST_MINOR` is the oldest that is accepted.
pub const OLDEST_MINOR: u32 = ort::MINOR_VERSION;

/// Which library to load.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RuntimeOptions {
    /// The library's file, or a folder that holds it. With one given nothing else is looked at; `None`, the default,
    /// looks in the places that [`Runtime::find`] lists.
    pub library: Option<PathBuf>,
}

/// The loaded ONNX Runtime library. There is one for a process, and it stays until the process ends.
#[derive(Debug)]
pub struct Runtime {
    library: PathBuf,
    environment: Environment,
}

static LOADED: OnceLock<Runtime> = OnceLock::new();
static LOADING: Mutex<()> = Mutex::new(());

impl Runtime {
    /// Finds and loads the library, in this order:
    ///
    /// 1. [`RuntimeOptions::library`];
    /// 2. the environment variable `ORT_DYLIB_PATH`: a file, or a folder that holds it;
    /// 3. beside the executable;
    /// 4. the repository's cache, `.cache/onnxruntime` (where `make runtime` puts it), then the user's,
    ///    `foveate/onnxruntime` in the system's folder for caches;
    /// 5. a pip-installed `onnxruntime`: in `VIRTUAL_ENV`, in the repository's `.venv`, then wherever `python3` has it.
    ///
    /// *The repository* is the one this crate was built in, and the folder whose `target` the executable lies in.
    /// The current folder is never looked at: it may be somebody else's, and a library is code.
    ///
    /// A file named by 1 or 2 must load; in the other places a library that is too old or broken is passed over, and
    /// the error tells of it if there is no better one. Once one is loaded, later calls give it back.
    pub fn find(options: &RuntimeOptions) -> Result<&'static Self> {
        // Only one thread may load: two at once would both try to make the process's one environment.
        let _turn = LOADING.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(runtime) = LOADED.get() {
            return runtime.is(options);
        }
        let runtime = load_first(&places(options, |name| env::var_os(name)))?;
        Ok(LOADED.get_or_init(|| runtime))
    }

    /// The library's file.
    pub fn library(&self) -> &Path {
        &self.library
    }

    /// What the library says of its build: commit, flags.
    pub fn build_info(&self) -> &'static str {
        ort::info()
    }

    pub(crate) fn environment(&self) -> &Environment {
        &self.environment
    }

    fn is(&'static self, options: &RuntimeOptions) -> Result<&'static Self> {
        let wanted = options
            .library
            .as_deref()
            .map(|path| library_in(path).unwrap_or(path.to_owned()));
        match wanted {
            Some(wanted) if !same_file(&wanted, &self.library) => {
                let (wanted, loaded) = (wanted.display(), self.library.display());
                let message = format!(
                    "{wanted} was asked for, but {loaded} is loaded in this process already"
                );
                Err(Error::new(ErrorKind::LibraryInUse, message))
            }
            _ => Ok(self),
        }
    }
}

/// A place to look in: what it is called in messages, the files or folders there, and whether it was named by the
/// user, so that nothing else may be loaded instead.
struct Place {
    name: &'static str,
    paths: Vec<PathBuf>,
    named: bool,
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

    fn paths(&self) -> Vec<PathBuf> {
        if self.python {
            python_package().into_iter().collect()
        } else {
            self.paths.clone()
        }
    }
}

/// The places in their order. `var` reads an environment variable.
fn places(
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
fn repositories(executable: Option<&Path>) -> Vec<PathBuf> {
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

/// The library's file name on this system.
fn file_name() -> String {
    format!(
        "{}onnxruntime{}",
        env::consts::DLL_PREFIX,
        env::consts::DLL_SUFFIX
    )
}

/// The library at a path: the file itself, or the one in the folder: first by its plain name, then the highest version
/// (`libonnxruntime.so.1.31.1`, as the wheels have it).
fn library_in(path: &Path) -> Option<PathBuf> {
    if !path.is_dir() {
        return path.exists().then(|| path.to_owned());
    }
    let plain = path.join(file_name());
    if plain.is_file() {
        return Some(plain);
    }
    let files = fs::read_dir(path).ok()?.flatten().map(|entry| entry.path());
    files
        .filter_map(|file| Some((version_in_name(&file)?, file)))
        .max()
        .map(|(_, file)| file)
}

/// `[1, 31, 1]` of `libonnxruntime.so.1.31.1` or `libonnxruntime.1.31.1.dylib`.
fn version_in_name(file: &Path) -> Option<Vec<u32>> {
    let rest = file.file_name()?.to_str()?.strip_prefix("libonnxruntime")?;
    let version = rest
        .strip_prefix(".so.")
        .or_else(|| rest.strip_prefix('.')?.strip_suffix(".dylib"))?;
    version.split('.').map(|part| part.parse().ok()).collect()
}

fn same_file(a: &Path, b: &Path) -> bool {
    let real = |path: &Path| fs::canonicalize(path).unwrap_or(path.to_owned());
    real(a) == real(b)
}

/// Why nothing was loaded: a line for each place.
#[derive(Debug, Default)]
struct Looked {
    lines: Vec<String>,
    worst: Option<ErrorKind>,
}

impl Looked {
    fn note(&mut self, place: &Place, path: &Path, kind: ErrorKind, why: impl fmt::Display) {
        self.lines
            .push(format!("{}: {}: {why}", place.name, path.display()));
        // A library that is there but too old says more than one that is broken, and both more than an empty folder.
        let weight = |kind| {
            [
                ErrorKind::LibraryMissing,
                ErrorKind::LibraryBroken,
                ErrorKind::LibraryTooOld,
            ]
            .iter()
            .position(|&k| k == kind)
        };
        if self.worst.is_none_or(|worst| weight(kind) > weight(worst)) {
            self.worst = Some(kind);
        }
    }

    fn error(self) -> Error {
        let kind = self.worst.unwrap_or(ErrorKind::LibraryMissing);
        let lines: String = self
            .lines
            .iter()
            .map(|line| format!("\n  {line}"))
            .collect();
        let mend = mend();
        let message = format!(
            "ONNX Runtime 1.{OLDEST_MINOR} or newer ({}) was not found; looked in:{lines}\nto mend it: {mend}",
            file_name()
        );
        Error::new(kind, message)
    }
}

/// The one command that mends it, here.
fn mend() -> String {
    let repository = repositories(env::current_exe().ok().as_deref())
        .into_iter()
        .find(|root| root.join(".ci/run").exists());
    match repository {
        Some(root) => format!(
            "`make -C {} runtime` (or set ORT_DYLIB_PATH)",
            root.display()
        ),
        None => "`pip install onnxruntime` (or set ORT_DYLIB_PATH)".to_owned(),
    }
}

fn load_first(places: &[Place]) -> Result<Runtime> {
    let mut looked = Looked::default();
    for place in places {
        let paths = place.paths();
        if paths.is_empty() && !place.named {
            looked.lines.push(format!("{}: none", place.name));
        }
        for path in paths {
            // A bare name that is no file here is left to the system's own search, if the user named it.
            let bare = place.named && path.components().count() == 1;
            let Some(library) = library_in(&path).or_else(|| bare.then(|| path.clone())) else {
                looked.note(place, &path, ErrorKind::LibraryMissing, "not there");
                continue;
            };
            match load(&library) {
                Ok(runtime) => return Ok(runtime),
                Err((kind, why)) => looked.note(place, &library, kind, why),
            }
        }
    }
    Err(looked.error())
}

/// Loads one library and checks its version before anything of it is used.
fn load(library: &Path) -> Result<Runtime, (ErrorKind, String)> {
    let broken = |why: String| (ErrorKind::LibraryBroken, why);
    let library = if library.exists() {
        fs::canonicalize(library).map_err(|error| broken(error.to_string()))?
    } else {
        library.to_owned()
    };
    whole(&library).map_err(broken)?;
    let builder = ort::init_from(&library).map_err(|error| match error {
        LoadDynamicError::BadVersion { version_str, .. } => (
            ErrorKind::LibraryTooOld,
            format!("is version {version_str}, 1.{OLDEST_MINOR} is needed"),
        ),
        error => broken(error.to_string()),
    })?;
    let builder = builder.with_name("foveate").with_telemetry(false);
    let environment = builder.build().map_err(|error| broken(error.to_string()))?;
    Ok(Runtime {
        library,
        environment,
    })
}

/// Refuses a 64-bit little-endian ELF file that is shorter than its own section table says. The system's loader maps
/// such a file (a broken download) and the process dies of SIGBUS when it touches the missing part.
fn whole(library: &Path) -> Result<(), String> {
    use std::io::Read;
    let Ok(file) = fs::File::open(library) else {
        return Ok(());
    };
    let length = file.metadata().map_err(|error| error.to_string())?.len();
    let mut header = Vec::new();
    file.take(64)
        .read_to_end(&mut header)
        .map_err(|error| error.to_string())?;
    if !header.starts_with(b"\x7fELF\x02\x01") {
        return if cfg!(target_os = "linux") {
            Err("is not a 64-bit ELF library".to_owned())
        } else {
            Ok(())
        };
    }
    let number = |at: usize, bytes: usize| {
        let bytes = header.get(at..at + bytes)?;
        Some(
            bytes
                .iter()
                .rev()
                .fold(0_u64, |number, &byte| number << 8 | u64::from(byte)),
        )
    };
    // e_shoff, e_shentsize and e_shnum of the ELF header; the section table is the last thing in the file.
    let end = (|| number(40, 8)?.checked_add(number(58, 2)? * number(60, 2)?))();
    match end {
        Some(end) if end <= length => Ok(()),
        _ => Err(format!("is truncated: {length} bytes")),
    }
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

    #[test]
    fn versions_in_names_are_compared_as_numbers() {
        let version = |name: &str| version_in_name(Path::new(name));
        assert_eq!(version("libonnxruntime.so.1.31.1"), Some(vec![1, 31, 1]));
        assert_eq!(
            version("/a/libonnxruntime.1.9.0.dylib"),
            Some(vec![1, 9, 0])
        );
        assert!(version("libonnxruntime.so.1.31.1") > version("libonnxruntime.so.1.9.0"));
        assert_eq!(version("libonnxruntime_providers_shared.so"), None);
        assert_eq!(version("libonnxruntime.so.1.31.1.part"), None);
    }
}
