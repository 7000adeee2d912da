//! All tracks of a decoder: borders, counts, and what is done about one that dies.
use super::TrackError;
use super::frame::{Frame, MOST_FORGOTTEN};
use super::link::Link;
use ndarray::Array2;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

pub(super) type Start = dyn Fn(usize) -> Result<Box<dyn Link>, TrackError> + Send + Sync;

/// What passed between a decoder and its tracks so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct TrackCounts {
    /// Passes through all blocks, of one chunk of rows each.
    pub passes: u64,
    /// Borders at which the tracks were fused: L/D a pass.
    pub borders: u64,
    /// Frames sent, to all tracks together.
    pub sent: u64,
    /// Answers received, from all tracks together.
    pub received: u64,
    /// Tracks started again after they had died.
    pub restarts: u64,
}

/// The tracks. One conversation is at a border at a time; between borders tracks alone work.
pub(super) struct Crew {
    links: Mutex<Vec<Option<Box<dyn Link>>>>,
    start: Box<Start>,
    stall: Duration,
    /// Deaths so far: what tracks hold of conversations is valid within one epoch.
    epoch: AtomicU64,
    last_id: AtomicU64,
    forgotten: Mutex<Vec<u64>>,
    counts: Mutex<TrackCounts>,
}

impl Crew {
    pub fn new(n: usize, start: Box<Start>, stall: Duration) -> Result<Self, TrackError> {
        let links = (0..n).map(|track| start(track).map(Some));
        Ok(Self {
            links: Mutex::new(links.collect::<Result<_, _>>()?),
            start,
            stall,
            epoch: AtomicU64::new(0),
            last_id: AtomicU64::new(0),
            forgotten: Mutex::default(),
            counts: Mutex::default(),
        })
    }

    pub fn epoch(&self) -> u64 {
        self.epoch.load(Relaxed)
    }

    pub fn new_id(&self) -> u64 {
        1 + self.last_id.fetch_add(1, Relaxed)
    }

    /// The tracks are told with a later frame.
    pub fn forget(&self, id: u64) {
        lock(&self.forgotten).push(id);
    }

    pub fn counts(&self) -> TrackCounts {
        *lock(&self.counts)
    }

    pub fn count_pass(&self) {
        lock(&self.counts).passes += 1;
    }

    pub fn processes(&self) -> Vec<Option<u32>> {
        let of = |link: &Option<Box<dyn Link>>| link.as_ref().and_then(|link| link.process());
        lock(&self.links).iter().map(of).collect()
    }

    /// Starts again what died. Tracks that live keep what they hold, but it counts for nothing.
    pub fn ready(&self) -> Result<(), TrackError> {
        for (track, link) in lock(&self.links).iter_mut().enumerate() {
            if link.is_none() {
                *link = Some((self.start)(track)?);
                lock(&self.counts).restarts += 1;
            }
        }
        Ok(())
    }

    /// One border: the frame to every track, the mean of their rows back, and the bytes that they
    /// hold of the conversation.
    pub fn border(&self, epoch: u64, mut frame: Frame) -> Result<(Array2<f32>, usize), TrackError> {
        let mut links = lock(&self.links);
        if let Some(track) = links.iter().position(Option::is_none) {
            let what = "another conversation saw it".to_owned();
            return Err(TrackError::Died { track, what });
        }
        if epoch != self.epoch() {
            let what = "it was started again meanwhile".to_owned();
            return Err(TrackError::Died { track: 0, what });
        }
        frame.forgotten = self.some_forgotten();
        let frame = Arc::new(frame);
        let result = self.exchange(&mut links, &frame);
        if result.is_err() {
            lock(&self.forgotten).extend(&frame.forgotten);
        } else {
            lock(&self.counts).borders += 1;
        }
        result
    }

    /// Every track's answer is received, whatever became of the others: the next frame's answers
    /// are then the next to come.
    fn exchange(
        &self,
        links: &mut [Option<Box<dyn Link>>],
        frame: &Arc<Frame>,
    ) -> Result<(Array2<f32>, usize), TrackError> {
        let mut failure = None;
        for (track, link) in links.iter_mut().enumerate() {
            let sent = link.as_mut().map(|link| link.send(frame));
            lock(&self.counts).sent += 1;
            if let Some(Err(lost)) = sent {
                self.bury(link);
                failure.get_or_insert(lost.of(track, self.stall));
            }
        }
        let (mut total, mut bytes) = (None::<Array2<f32>>, 0);
        for (track, link) in links.iter_mut().enumerate() {
            let Some(answer) = link.as_mut().map(|link| link.receive()) else {
                continue;
            };
            match answer {
                Ok(Ok(answer)) if answer.rows.dim() == frame.rows.dim() => {
                    lock(&self.counts).received += 1;
                    bytes += answer.bytes;
                    total = Some(match total {
                        Some(total) => total + &answer.rows,
                        None => answer.rows,
                    });
                }
                Ok(Ok(answer)) => {
                    let (found, expected) = (answer.rows.dim(), frame.rows.dim());
                    let what = format!("it gave rows {found:?}, {expected:?} are expected");
                    failure.get_or_insert(TrackError::Failed { track, what });
                }
                Ok(Err(what)) => {
                    failure.get_or_insert(TrackError::Failed { track, what });
                }
                Err(lost) => {
                    self.bury(link);
                    failure.get_or_insert(lost.of(track, self.stall));
                }
            }
        }
        match (failure, total) {
            (None, Some(total)) => Ok((total / links.len() as f32, bytes)),
            (Some(failure), _) => Err(failure),
            (None, None) => Err(TrackError::Failed {
                track: 0,
                what: "there are no tracks".to_owned(),
            }),
        }
    }

    fn bury(&self, link: &mut Option<Box<dyn Link>>) {
        *link = None;
        self.epoch.fetch_add(1, Relaxed);
    }

    fn some_forgotten(&self) -> Vec<u64> {
        let mut all = lock(&self.forgotten);
        let n = all.len().min(MOST_FORGOTTEN);
        all.drain(..n).collect()
    }
}

pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
