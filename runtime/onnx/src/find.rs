//! Finds the ONNX Runtime library and loads it, once for the process.
mod library;
mod places;

use std::{
    env, fmt, fs,
    path::{Path, PathBuf},
    sync::{Mutex, OnceLock, PoisonError},
};

use ort::{
    LoadDynamicError,
    environment::{Environment, EnvironmentBuilder},
};

use crate::{Error, ErrorKind, Result};
use library::{file_name, library_in, same_file, whole};
use places::{Place, places, repositories};

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
    /// While the library is set up, the environment variable `ORT_DISABLE_TELEMETRY` is `1`, so that nothing is sent anywhere. A process in
    /// which C code reads the environment from other threads at that time is better started with it; then it is left alone.
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

/// Makes the environment without the usage data that ONNX Runtime keeps and sends. `with_telemetry(false)` alone comes too late: by then the
/// environment exists, a file with a number for this machine was written, and the first event may have been sent (seen with 1.31's Linux
/// build, which heeds nothing but this variable).
fn without_telemetry(builder: EnvironmentBuilder) -> ort::Result<Environment> {
    const NAME: &str = "ORT_DISABLE_TELEMETRY";
    let builder = builder.with_telemetry(false);
    if env::var_os(NAME).is_some() {
        return builder.build();
    }
    temp_env::with_var(NAME, Some("1"), || builder.build())
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
    let environment = without_telemetry(builder.with_name("foveate"))
        .map_err(|error| broken(error.to_string()))?;
    Ok(Runtime {
        library,
        environment,
    })
}
