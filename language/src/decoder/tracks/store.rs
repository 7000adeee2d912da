//! A conversation with tracks, as the decoder's side knows it: the tracks hold keys and values.
use super::TracksConfig;
use super::crew::{Crew, lock};
use crate::Store;
use std::sync::{Arc, Mutex};

/// A conversation's place in the tracks. Forks are copied there when they are first used, from what
/// is never changed after the fork.
pub(super) struct TrackStore {
    crew: Arc<Crew>,
    window: usize,
    keep: usize,
    state: Mutex<State>,
}

/// A name that tracks know a conversation by; they forget it when nobody needs it any more.
struct Held {
    id: u64,
    crew: Arc<Crew>,
}

impl Drop for Held {
    fn drop(&mut self) {
        self.crew.forget(self.id);
    }
}

struct State {
    epoch: u64,
    held: Arc<Held>,
    /// Whether the tracks know `held`.
    known: bool,
    /// What `held` begins as a copy of, until they do.
    base: Option<Arc<Held>>,
    len: usize,
    /// First row that local layers still hold.
    start: usize,
    bytes: usize,
}

/// What the next frame says of the conversation.
pub(super) struct Place {
    pub epoch: u64,
    pub conversation: u64,
    pub base: u64,
    pub past: usize,
}

impl TrackStore {
    pub fn new(crew: Arc<Crew>, config: &TracksConfig) -> Self {
        let state = Mutex::new(State::new(&crew));
        Self {
            crew,
            window: config.window,
            keep: config.keep(),
            state,
        }
    }

    pub fn belongs_to(&self, crew: &Arc<Crew>) -> bool {
        Arc::ptr_eq(&self.crew, crew)
    }

    pub fn place(&mut self) -> Place {
        let mut state = lock(&self.state);
        if state.epoch != self.crew.epoch() {
            *state = State::new(&self.crew);
        }
        Place {
            epoch: state.epoch,
            conversation: state.held.id,
            base: state.base.as_ref().map_or(0, |base| base.id),
            past: state.len,
        }
    }

    /// `rows` more went through all blocks; the tracks hold `bytes` now.
    pub fn advance(&mut self, rows: usize, bytes: usize) {
        let mut state = lock(&self.state);
        state.known = true;
        state.base = None;
        state.len += rows;
        state.start = state.start.max(state.len.saturating_sub(self.keep));
        state.bytes = bytes;
    }

    /// Forgets everything: the tracks disagree after an error.
    pub fn reset(&mut self) {
        *lock(&self.state) = State::new(&self.crew);
    }
}

impl State {
    fn new(crew: &Arc<Crew>) -> Self {
        Self {
            epoch: crew.epoch(),
            held: Held::new(crew),
            known: false,
            base: None,
            len: 0,
            start: 0,
            bytes: 0,
        }
    }

    /// Goes on under a new name, as a copy of what there is.
    fn rename(&mut self, crew: &Arc<Crew>) {
        let old = std::mem::replace(&mut self.held, Held::new(crew));
        if self.known {
            self.base = Some(old);
            self.known = false;
        }
    }
}

impl Held {
    fn new(crew: &Arc<Crew>) -> Arc<Self> {
        Arc::new(Self {
            id: crew.new_id(),
            crew: crew.clone(),
        })
    }
}

impl Store for TrackStore {
    /// 0 once a track died: what it held is computed again.
    fn len(&self) -> usize {
        let state = lock(&self.state);
        if state.epoch == self.crew.epoch() {
            state.len
        } else {
            0
        }
    }

    /// Beyond what local layers keep (`slack`), everything is forgotten, to be computed again.
    fn truncate(&mut self, len: usize) {
        let mut state = lock(&self.state);
        if state.start > (len + 1).saturating_sub(self.window) {
            *state = State::new(&self.crew);
        } else {
            state.len = state.len.min(len);
        }
    }

    fn fork(&self) -> Box<dyn Store> {
        let mut state = lock(&self.state);
        state.rename(&self.crew);
        let copy = State {
            held: Held::new(&self.crew),
            base: state.base.clone(),
            ..*state
        };
        Box::new(Self {
            crew: self.crew.clone(),
            window: self.window,
            keep: self.keep,
            state: Mutex::new(copy),
        })
    }

    fn bytes(&self) -> usize {
        lock(&self.state).bytes
    }
}
