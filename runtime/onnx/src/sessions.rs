//! The sessions of one graph: as many as run at once.
//!
//! A session runs once at a time (`ort` asks for it mutably, since parts of the runtime are not
//! thread safe), so threads that are to run at once need one each. The first is opened with the
//! graph, another only when all that there are run.
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use ort::session::Session;

use crate::{
    Error, ErrorKind, Result,
    stop::{GoOn, POLL},
};

/// Opens one more session of the same graph.
type Open = dyn Fn() -> Result<Session> + Send + Sync;

pub(crate) struct Sessions {
    open: Box<Open>,
    most: usize,
    state: Mutex<State>,
    returned: Condvar,
}

struct State {
    idle: Vec<Session>,
    /// All that are open or being opened, idle ones included.
    count: usize,
}

impl Sessions {
    /// Opens the first session; `most` (at least one) may be open.
    pub(crate) fn new(
        most: usize,
        open: impl Fn() -> Result<Session> + Send + Sync + 'static,
    ) -> Result<Self> {
        Ok(Self {
            state: Mutex::new(State {
                idle: vec![open()?],
                count: 1,
            }),
            open: Box::new(open),
            most: most.max(1),
            returned: Condvar::new(),
        })
    }

    /// Does `work` with a session that nobody else uses meanwhile; where `most` are in use, waits
    /// for one as long as `go_on` says so.
    pub(crate) fn with<T>(
        &self,
        go_on: &GoOn<'_>,
        work: impl FnOnce(&mut Session) -> T,
    ) -> Result<T> {
        let mut lent = Lent {
            of: self,
            session: Some(self.take(go_on)?),
        };
        let session = lent.session.as_mut();
        Ok(work(session.unwrap_or_else(|| {
            unreachable!("it is given back when dropped")
        })))
    }

    /// Sessions that are open.
    pub(crate) fn count(&self) -> usize {
        self.state().count
    }

    fn take(&self, go_on: &GoOn<'_>) -> Result<Session> {
        let mut state = self.state();
        loop {
            if !go_on() {
                let message = "the run was stopped before its turn came";
                return Err(Error::new(ErrorKind::Stopped, message));
            }
            if let Some(session) = state.idle.pop() {
                return Ok(session);
            }
            if state.count < self.most {
                state.count += 1;
                drop(state);
                return (self.open)().inspect_err(|_| self.give_up());
            }
            let waited = self.returned.wait_timeout(state, POLL);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// A session could not be opened: another thread may try.
    fn give_up(&self) {
        self.state().count -= 1;
        self.returned.notify_one();
    }

    // A panic of another thread leaves nothing half-written: a session has no state on our side.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl std::fmt::Debug for Sessions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} of at most {} sessions", self.count(), self.most)
    }
}

/// A session on loan, which goes back even when the work panics.
struct Lent<'a> {
    of: &'a Sessions,
    session: Option<Session>,
}

impl Drop for Lent<'_> {
    fn drop(&mut self) {
        self.of.state().idle.extend(self.session.take());
        self.of.returned.notify_one();
    }
}
