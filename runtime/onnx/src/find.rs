//! Finds the ONNX Runtime library and loads it, once for the process.
mod library;
mod load;
mod places;
mod trust;

use std::{
    env, fmt,
    path::{Path, PathBuf},
    sync::{Mutex, OnceLock, PoisonError},
};

use ort::environment::Environment;

use crate::{Error, ErrorKind, Result};
use library::{file_name, library_in, same_file};
use load::load;
use places::{CHECKOUT, Place, places, system_folders};

/// ONNX Runtime 1.`OLDEST_MINOR` is the oldest that is accepted.
pub const OLDEST_MINOR: u32 = ort::MINOR_VERSION;

/// Which library to load.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RuntimeOptions {
    /// The library's file, or a folder that holds it. With one given nothing else is looked at;
    /// `None`, the default, looks in the places that [`Runtime::find`] lists.
    pub library: Option<PathBuf>,
}

/// The loaded ONNX Runtime library. There is one for a process, and it stays until the process
/// ends.
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
    /// 1. [`RuntimeOptions::library`]: a file, or a folder that holds it;
    /// 2. the environment variable `ORT_DYLIB_PATH`: the same. A bare name, without a folder, is
    ///    looked for where the system looks for libraries, and there alone;
    /// 3. beside the executable;
    /// 4. in a checkout of this repository that the environment variable `FOVEATE_CHECKOUT` names:
    ///    `.cache/onnxruntime`, where `make runtime` puts it. The repository's `.cargo/config.toml`
    ///    sets the variable for `cargo run` and `cargo test`; a program started by itself is given
    ///    it, or `ORT_DYLIB_PATH`;
    /// 5. the user's cache: `foveate/onnxruntime` in the system's folder for caches;
    /// 6. the system's folders for libraries: `LD_LIBRARY_PATH`, `/usr/local/lib`, `/usr/lib` and
    ///    the like;
    /// 7. a pip-installed `onnxruntime`: in `VIRTUAL_ENV`, in the checkout's `.venv`, then wherever
    ///    `python3` has it.
    ///
    /// The current folder is never looked at, nor any folder above the executable: they may be
    /// somebody else's, and a library is code. In 3, 4, 5 and 7 a file is refused that others than
    /// this user and the administrator can write, or that lies in a folder that they can write
    /// ([`ErrorKind::LibraryUntrusted`]; not checked on Windows).
    ///
    /// While the library is set up, the environment variable `ORT_DISABLE_TELEMETRY` is `1`,
    /// whatever it was, so that nothing is sent anywhere. A process in which C code reads the
    /// environment from other threads at that time is better started with `1`; then it is left
    /// alone.
    ///
    /// A file named by 1 or 2 must load; in the other places a library that is too old or broken is
    /// passed over, and the error tells of it if there is no better one. Once one is loaded, later
    /// calls give it back. A library that loads, calls itself ONNX Runtime and then gives no
    /// interface stays in the process: no other can be loaded.
    pub fn find(options: &RuntimeOptions) -> Result<&'static Self> {
        // Only one thread may load: two at once would both try to make the process's one
        // environment.
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
        // What can be fixed in one step says most.
        let weight = |kind| {
            [
                ErrorKind::LibraryMissing,
                ErrorKind::LibraryBroken,
                ErrorKind::LibraryTooOld,
                ErrorKind::LibraryUntrusted,
                ErrorKind::LibraryInUse,
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
        let fix = fix();
        let message = format!(
            "ONNX Runtime 1.{OLDEST_MINOR} or newer ({}) was not found; looked in:{lines}\n\
            to fix it: {fix}",
            file_name()
        );
        Error::new(kind, message)
    }
}

/// The one command that fixes it, here.
fn fix() -> String {
    match env::var_os(CHECKOUT).map(PathBuf::from) {
        Some(root) if root.join("Makefile").exists() => format!(
            "`make -C {} runtime` (or set ORT_DYLIB_PATH)",
            root.display()
        ),
        _ => "`pip install onnxruntime` (or set ORT_DYLIB_PATH)".to_owned(),
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
            let Some(library) = library_at(place, &path) else {
                looked.note(place, &path, ErrorKind::LibraryMissing, "not there");
                continue;
            };
            match load(&library, place.named || place.system) {
                Ok(runtime) => return Ok(runtime),
                Err((kind, why)) => looked.note(place, &library, kind, why),
            }
        }
    }
    Err(looked.error())
}

/// The library at a path of a place. A bare name is never taken for a file of the current folder,
/// unless a program gave it as its option.
fn library_at(place: &Place, path: &Path) -> Option<PathBuf> {
    let bare = path.is_relative() && path.components().count() == 1;
    if !bare || (place.named && !place.variable) {
        return library_in(path);
    }
    let var = |name: &'static str| env::var_os(name).map(PathBuf::from);
    let mut folders = system_folders(&var).into_iter();
    let found = folders.find_map(|folder| Some(folder.join(path)).filter(|file| file.is_file()));
    found.or_else(|| left_to_the_loader(path))
}

/// Not on Windows, whose loader looks in the current folder, nor where `ort` would take the file
/// beside the executable.
fn left_to_the_loader(name: &Path) -> Option<PathBuf> {
    let executable = env::current_exe().ok()?;
    let taken = executable.parent()?.join(name).exists();
    (!taken && cfg!(unix)).then(|| name.to_owned())
}
