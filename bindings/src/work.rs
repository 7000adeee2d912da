//! An answer that is made on a thread of its own.
use crate::{Failure, Kind, Picture, Question, Settings, answering};
use foveate::{CancelHandle, Model};
use serde_json::Value;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread::Builder;
use std::time::Duration;

/// What the thread sends.
pub(crate) enum News {
    Piece(String),
    End(Result<Value, Failure>),
}

/// How far an answer is.
#[derive(Debug, Clone, PartialEq)]
pub enum Step {
    /// The next piece of it.
    Piece(String),
    /// There is nothing new yet.
    Waiting,
    /// It is whole, or failed.
    Ended(Result<Value, Failure>),
}

/// An answer that is made on a thread of its own. Any thread may wait for it, and any other may
/// cancel it meanwhile; dropping it cancels it.
#[derive(Debug)]
pub struct Work {
    state: Mutex<State>,
    cancel: CancelHandle,
}

#[derive(Debug)]
struct State {
    news: Receiver<News>,
    /// The end, once it was told.
    end: Option<Result<Value, Failure>>,
}

impl Work {
    /// Begins.
    ///
    /// # Errors
    /// [`Kind::Internal`] where the system gives no thread; everything else is told by
    /// [`step`](Self::step).
    pub fn begin(
        model: &Model,
        picture: Picture,
        question: Question,
        settings: Settings,
    ) -> Result<Self, Failure> {
        let model = model.clone();
        Self::spawn(settings, move |settings, cancel, give| {
            answering::answer(&model, picture, &question, settings, cancel, give)
        })
    }

    fn spawn<F>(settings: Settings, work: F) -> Result<Self, Failure>
    where
        F: FnOnce(&Settings, &CancelHandle, &mut dyn FnMut(String)) -> Result<Value, Failure>,
        F: Send + 'static,
    {
        let (send, news) = channel();
        let cancel = settings.cancel.clone().unwrap_or_default();
        let handle = cancel.clone();
        Builder::new()
            .name("foveate answer".into())
            .spawn(move || run(&send, |give| work(&settings, &handle, give)))
            .map_err(|e| Failure::new(Kind::Internal, format!("no thread is to be had: {e}")))?;
        let state = Mutex::new(State { news, end: None });
        Ok(Self { state, cancel })
    }

    /// The next piece, or the end, which is told again to whoever asks again. It waits so long at
    /// most.
    pub fn step(&self, at_most: Duration) -> Step {
        let mut state = self.state();
        if let Some(end) = &state.end {
            return Step::Ended(end.clone());
        }
        let end = match state.news.recv_timeout(at_most) {
            Ok(News::Piece(piece)) => return Step::Piece(piece),
            Err(RecvTimeoutError::Timeout) => return Step::Waiting,
            Ok(News::End(end)) => end,
            Err(RecvTimeoutError::Disconnected) => Err(lost("its thread ended before")),
        };
        state.end = Some(end.clone());
        Step::Ended(end)
    }

    /// Waits for the end, however long it takes; pieces are passed over.
    pub fn wait(&self) -> Result<Value, Failure> {
        loop {
            if let Step::Ended(end) = self.step(Duration::from_secs(60)) {
                return end;
            }
        }
    }

    /// Ends it before its next token, or between two operators of the encoder. Nothing is done to
    /// one whose end was told: its handle may be that of other work, too.
    pub fn cancel(&self) {
        // Whoever waits holds the lock, and then there is no end yet.
        let ended = self.state.try_lock().is_ok_and(|state| state.end.is_some());
        if !ended {
            self.cancel.cancel();
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Work {
    fn drop(&mut self) {
        self.cancel();
    }
}

/// Sends pieces, then the end. A panic is one, too. Whoever left is not told.
fn run(send: &Sender<News>, work: impl FnOnce(&mut dyn FnMut(String)) -> Result<Value, Failure>) {
    let mut give = |piece| drop(send.send(News::Piece(piece)));
    let ended = catch_unwind(AssertUnwindSafe(|| work(&mut give)));
    let end = ended.unwrap_or_else(|_| Err(lost("the library panicked, which is a fault of it")));
    drop(send.send(News::End(end)));
}

fn lost(why: &str) -> Failure {
    Failure::new(Kind::Internal, format!("the answer broke off: {why}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const SOON: Duration = Duration::from_secs(60);

    #[test]
    fn pieces_come_before_the_end_which_stays() {
        let work = Work::spawn(Settings::default(), |_, _, give| {
            give("a".into());
            Ok(json!(1))
        });
        let work = work.unwrap();
        assert_eq!(work.step(SOON), Step::Piece("a".into()));
        assert_eq!(work.step(SOON), Step::Ended(Ok(json!(1))));
        assert_eq!(work.wait(), Ok(json!(1)));
    }

    #[test]
    fn a_panic_is_a_failure() {
        let work = Work::spawn(Settings::default(), |_, _, _| panic!("a test's own"));
        assert_eq!(work.unwrap().wait().unwrap_err().kind, Kind::Internal);
    }

    #[test]
    fn whoever_waits_is_told_of_a_cancel() {
        let work = Work::spawn(Settings::default(), |_, cancel, _| {
            while !cancel.is_cancelled() {
                std::thread::yield_now();
            }
            Err(Failure::new(Kind::Cancelled, "cancelled"))
        });
        let work = work.unwrap();
        assert_eq!(work.step(Duration::ZERO), Step::Waiting);
        work.cancel();
        assert_eq!(work.wait().unwrap_err().kind, Kind::Cancelled);
    }

    #[test]
    fn dropping_cancels_what_has_not_ended() {
        let cancel = CancelHandle::new();
        let settings = || Settings {
            cancel: Some(cancel.clone()),
            ..Settings::default()
        };
        let ended = Work::spawn(settings(), |_, _, _| Ok(json!(null))).unwrap();
        ended.wait().unwrap();
        ended.cancel();
        drop(ended);
        assert!(!cancel.is_cancelled());
        drop(Work::spawn(settings(), |_, _, _| Ok(json!(null))).unwrap());
        assert!(cancel.is_cancelled());
    }
}
