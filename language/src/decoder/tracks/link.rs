//! The way to a track that lives in a thread.
use super::TrackError;
use super::frame::{Answer, Frame};
use super::worker::Worker;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

/// The way to a track and back: an answer for each frame, in order.
pub(super) trait Link: Send {
    fn send(&mut self, frame: &Arc<Frame>) -> Result<(), Lost>;
    /// The track's answer, or its own error.
    fn receive(&mut self) -> Result<Result<Answer, String>, Lost>;
    /// The process that the track lives in, where it has one.
    fn process(&self) -> Option<u32> {
        None
    }
}

/// A track that will not answer any more.
#[derive(Debug)]
pub(super) enum Lost {
    Died(String),
    Stalled,
}

impl Lost {
    pub fn of(self, track: usize, limit: Duration) -> TrackError {
        match self {
            Self::Died(what) => TrackError::Died { track, what },
            Self::Stalled => TrackError::Stalled { track, limit },
        }
    }
}

type Said = Result<Answer, String>;

/// A track in a thread of its own.
pub(super) struct ThreadLink {
    frames: Option<Sender<Arc<Frame>>>,
    answers: Receiver<Said>,
    thread: Option<JoinHandle<()>>,
    stall: Duration,
}

impl ThreadLink {
    pub fn start(mut worker: Worker, track: usize, stall: Duration) -> Result<Self, TrackError> {
        let (frames, to_do) = channel::<Arc<Frame>>();
        let (done, answers) = channel();
        let work = move || {
            while let Ok(frame) = to_do.recv() {
                if done.send(worker.answer(&frame)).is_err() {
                    break;
                }
            }
        };
        let name = format!("foveate-track-{track}");
        let thread = std::thread::Builder::new().name(name).spawn(work);
        let thread = thread.map_err(|e| TrackError::Failed {
            track,
            what: format!("no thread could be started: {e}"),
        })?;
        Ok(Self {
            frames: Some(frames),
            answers,
            thread: Some(thread),
            stall,
        })
    }
}

impl Link for ThreadLink {
    fn send(&mut self, frame: &Arc<Frame>) -> Result<(), Lost> {
        let sent = self
            .frames
            .as_ref()
            .map(|frames| frames.send(frame.clone()));
        match sent {
            Some(Ok(())) => Ok(()),
            _ => Err(Lost::Died("its thread ended".to_owned())),
        }
    }

    fn receive(&mut self) -> Result<Said, Lost> {
        self.answers.recv_timeout(self.stall).map_err(|e| match e {
            RecvTimeoutError::Disconnected => Lost::Died("its thread ended".to_owned()),
            RecvTimeoutError::Timeout => {
                // Nobody waits for it, at the end either.
                self.thread = None;
                Lost::Stalled
            }
        })
    }
}

impl Drop for ThreadLink {
    fn drop(&mut self) {
        self.frames = None;
        if let Some(thread) = self.thread.take() {
            drop(thread.join()); // a panic was reported as the track's death
        }
    }
}
