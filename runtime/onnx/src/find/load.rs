//! Loads one library and makes the process's one environment of it.
use std::{
    any::Any,
    env, fs,
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
    sync::OnceLock,
};

use ort::{
    LoadDynamicError,
    environment::{Environment, EnvironmentBuilder},
};

use super::{OLDEST_MINOR, Runtime, library::whole, trust};
use crate::ErrorKind;

/// Why a library cannot be used.
pub(super) type Refused = (ErrorKind, String);

/// A library that `ort` took and that then would not work. `ort` keeps it for the life of the
/// process.
static STUCK: OnceLock<PathBuf> = OnceLock::new();

/// Loads one library and checks its version before anything of it is used. `named` are files that
/// the user named: those are loaded whoever can write them.
pub(super) fn load(library: &Path, named: bool) -> Result<Runtime, Refused> {
    let broken = |why: String| (ErrorKind::LibraryBroken, why);
    let library = if library.exists() {
        fs::canonicalize(library).map_err(|error| broken(error.to_string()))?
    } else {
        library.to_owned()
    };
    if !named && library.is_absolute() {
        trust::check(&library).map_err(|why| (ErrorKind::LibraryUntrusted, why))?;
    }
    if let Some(stuck) = STUCK.get() {
        let why = format!(
            "not tried: {} is loaded in this process and cannot be unloaded; start it again",
            stuck.display()
        );
        return Err((ErrorKind::LibraryInUse, why));
    }
    whole(&library).map_err(broken)?;
    let builder = caught(|| ort::init_from(&library))
        .map_err(broken)?
        .map_err(refused)?;
    let environment = caught(|| without_telemetry(builder.with_name("foveate")))
        .and_then(|made| made.map_err(|error| error.to_string()))
        .map_err(|why| {
            let _ = STUCK.set(library.clone());
            broken(why)
        })?;
    Ok(Runtime {
        library,
        environment,
    })
}

fn refused(error: LoadDynamicError) -> Refused {
    match error {
        LoadDynamicError::BadVersion { version_str, .. } => (
            ErrorKind::LibraryTooOld,
            format!("is version {version_str}, 1.{OLDEST_MINOR} is needed"),
        ),
        error => (ErrorKind::LibraryBroken, error.to_string()),
    }
}

/// `ort` asserts that `OrtGetApiBase` and `GetApi` give something; a library where they do not is
/// not ONNX Runtime.
///
/// To ask before `ort` does would take `unsafe`, which this crate forbids. The panic's own message
/// still goes to the standard error output, and a program built with `panic = "abort"` ends there.
fn caught<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(work)).map_err(|panic| {
        let what = said(&*panic);
        format!("is not ONNX Runtime, or one that `ort` cannot use ({what})")
    })
}

fn said(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("no reason given")
}

/// Makes the environment without the usage data that ONNX Runtime keeps and sends.
///
/// `with_telemetry(false)` alone comes too late: by then the environment exists, a file with a
/// number for this machine was written, and the first event may have been sent (seen with 1.31's
/// Linux build, which heeds nothing but this variable). The variable must therefore be set in this
/// process while the environment is made, whatever it was before: `0` and the empty text leave the
/// data on.
///
/// The standard library calls setting a variable unsafe, for code in C that reads the environment
/// from another thread at that moment. `temp-env` does it under a lock of its own and sets back
/// what was there. Rejected: to start the process again with the variable (a library cannot),
/// `unsafe` here (forbidden outside `runtime/kernels`, on which this crate does not depend), and to
/// ask callers to set it (who forgets it sends data).
fn without_telemetry(builder: EnvironmentBuilder) -> ort::Result<Environment> {
    const NAME: &str = "ORT_DISABLE_TELEMETRY";
    let builder = builder.with_telemetry(false);
    if env::var_os(NAME).is_some_and(|value| value == "1") {
        return builder.build();
    }
    temp_env::with_var(NAME, Some("1"), || builder.build())
}
