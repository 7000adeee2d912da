//! Ends a run from outside.
use std::{
    path::Path,
    sync::{
        atomic::{AtomicBool, Ordering},
        mpsc::{self, RecvTimeoutError},
    },
    thread,
    time::Duration,
};

use ort::session::RunOptions;

use crate::{Error, ErrorKind};

/// Whether a run is still wanted.
pub type GoOn<'a> = dyn Fn() -> bool + Sync + 'a;

/// Time between two questions whether to go on: far below what a person notices, and 200 wake-ups a
/// second cost nothing beside a run.
pub(crate) const POLL: Duration = Duration::from_millis(5);

/// For runs that nobody stops.
pub(crate) const NEVER: fn() -> bool = || true;

/// Does `work`, which runs with `options`, and tells it to end once `go_on` says so. `None` where
/// it was ended, or never began.
pub(crate) fn watched<T, E>(
    go_on: &GoOn<'_>,
    options: &RunOptions,
    work: impl FnOnce() -> Result<T, E>,
) -> Option<Result<T, E>> {
    if !go_on() {
        return None;
    }
    let stopped = AtomicBool::new(false);
    let done = thread::scope(|scope| {
        // Dropped when the work is over, by a panic too: the watcher's wait ends at once.
        let (_working, over) = mpsc::channel::<()>();
        let watch = || {
            let over = over;
            while over.recv_timeout(POLL) == Err(RecvTimeoutError::Timeout) {
                if !go_on() {
                    stopped.store(true, Ordering::Relaxed);
                    return drop(options.terminate());
                }
            }
        };
        // Without a thread to watch, the run is not begun: it could not be stopped.
        let watcher = thread::Builder::new().spawn_scoped(scope, watch);
        watcher.is_ok().then(work)
    });
    // A run that was done before it knew of the end is as good as any.
    done.filter(|result| result.is_ok() || !stopped.load(Ordering::Relaxed))
}

pub(crate) fn stopped(path: &Path) -> Error {
    let message = format!("{}: the run was stopped", path.display());
    Error::new(ErrorKind::Stopped, message)
}
