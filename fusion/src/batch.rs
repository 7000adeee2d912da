//! Many pictures: found one by one, answered on all cores, given back in the order they were named.
//!
//! ```no_run
//! use foveate::batch::{Plan, Sources, in_order};
//! use foveate::{Model, Options};
//!
//! let sources = Sources::of(["scans".into()]);
//! let plan = Plan::new(None, 0, Plan::cores());
//! let (threads, at_once) = (plan.threads, plan.workers);
//! let options = Options { threads, at_once, remembered_images: 0, ..Options::default() };
//! let model = Model::load_with("nano", &options)?;
//! let read = |source: foveate::Result<foveate::batch::Source>| model.ocr(&source?.open()?);
//! in_order(sources, plan.workers, read, |reading| {
//!     match reading {
//!         Ok(reading) => println!("{}", reading.text),
//!         Err(e) => eprintln!("{e}"),
//!     }
//!     Ok::<(), foveate::Error>(())
//! })?;
//! # Ok::<(), foveate::Error>(())
//! ```
mod list;
mod name;
mod patterns;
mod sources;

pub use list::Ends;
pub use name::printable;
pub use sources::{Source, Sources};

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError, mpsc};

/// Items in hand for each worker: the one it works on, and one result that may wait for an earlier
/// item's.
const IN_HAND: usize = 2;

/// How many pictures are answered at once, and by how many threads each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Plan {
    /// Pictures at once, at least one.
    pub workers: usize,
    /// Threads of a model's graphs for each of them, at least one.
    pub threads: usize,
}

impl Plan {
    /// The plan for so many `pictures` (`None`: nobody knows yet) on `cores` cores. `threads` is
    /// what the user asked for; 0 leaves no core idle: all of them for one picture, one each as
    /// soon as there are as many pictures as cores.
    #[must_use]
    pub fn new(pictures: Option<usize>, threads: usize, cores: usize) -> Self {
        let cores = cores.max(1);
        let pictures = pictures.unwrap_or(cores).clamp(1, cores);
        let threads = if threads == 0 {
            cores / pictures
        } else {
            threads
        };
        Self {
            workers: (cores / threads).clamp(1, pictures),
            threads,
        }
    }

    /// Cores that this process may use.
    #[must_use]
    pub fn cores() -> usize {
        std::thread::available_parallelism().map_or(1, usize::from)
    }
}

/// Does `work` on every item with as many threads as `workers`, and hands the results to `give` in
/// the items' order, on the thread that calls.
///
/// At most two items a worker are in hand at a time, from when an item is taken off the iterator
/// until `give` has its result: behind a slow item the others wait instead of piling up. An error
/// of `give` ends it; items that are worked on are finished first, and no further one is taken. A
/// panic of `work` goes on in the caller, likewise.
///
/// # Errors
/// What `give` returns.
pub fn in_order<T, R: Send, E>(
    items: impl Iterator<Item = T> + Send,
    workers: usize,
    work: impl Fn(T) -> R + Sync,
    mut give: impl FnMut(R) -> Result<(), E>,
) -> Result<(), E> {
    if workers <= 1 {
        let mut items = items;
        return items.try_for_each(|item| give(work(item)));
    }
    let feed = Mutex::new(items.enumerate());
    let gate = Gate::default();
    std::thread::scope(|scope| {
        let (send, receive) = mpsc::channel();
        let (feed, gate, work) = (&feed, &gate, &work);
        // Dropped on every way out, so that no worker waits for ever.
        let _closing = Closing(gate);
        for _ in 0..workers {
            let send = send.clone();
            scope.spawn(move || {
                while let Some((index, item)) = next(feed, gate, IN_HAND * workers) {
                    let result = catch_unwind(AssertUnwindSafe(|| work(item)));
                    if send.send((index, result)).is_err() {
                        return;
                    }
                }
            });
        }
        drop(send);
        let mut waiting = BTreeMap::new();
        for (index, result) in receive {
            waiting.insert(index, result);
            while let Some(result) = waiting.remove(&gate.given()) {
                give(result.unwrap_or_else(|panic| resume_unwind(panic)))?;
                gate.advance();
            }
        }
        Ok(())
    })
}

/// The next item, once fewer than `most` are in hand; `None` at the end. The workers behind wait
/// for the feed meanwhile.
fn next<T>(
    feed: &Mutex<std::iter::Enumerate<impl Iterator<Item = T>>>,
    gate: &Gate,
    most: usize,
) -> Option<(usize, T)> {
    let mut feed = feed.lock().unwrap_or_else(PoisonError::into_inner);
    gate.enter(most).then(|| feed.next()).flatten()
}

/// Counts what was taken and what was given.
#[derive(Default)]
struct Gate {
    state: Mutex<Counts>,
    moved: Condvar,
}

#[derive(Default)]
struct Counts {
    taken: usize,
    given: usize,
    closed: bool,
}

impl Gate {
    /// Waits until fewer than `most` items are in hand and counts one more; whether the gate is
    /// still open.
    fn enter(&self, most: usize) -> bool {
        let mut state = self.state();
        while !state.closed && state.taken - state.given >= most {
            state = self
                .moved
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner);
        }
        state.taken += 1;
        !state.closed
    }

    fn given(&self) -> usize {
        self.state().given
    }

    fn advance(&self) {
        self.state().given += 1;
        self.moved.notify_one();
    }

    fn state(&self) -> MutexGuard<'_, Counts> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Closes the gate when dropped.
struct Closing<'a>(&'a Gate);

impl Drop for Closing<'_> {
    fn drop(&mut self) {
        self.0.state().closed = true;
        self.0.moved.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};

    #[test]
    fn all_cores_for_one_picture_and_one_each_for_many() {
        let plan = |pictures, threads| {
            let plan = Plan::new(pictures, threads, 8);
            (plan.workers, plan.threads)
        };
        assert_eq!(plan(Some(1), 0), (1, 8));
        assert_eq!(plan(Some(3), 0), (3, 2));
        assert_eq!(plan(Some(1000), 0), (8, 1));
        assert_eq!(plan(None, 0), (8, 1));
        assert_eq!(plan(None, 4), (2, 4));
        assert_eq!(plan(Some(0), 20), (1, 20));
    }

    #[test]
    fn results_come_in_order_though_the_first_is_the_slowest() {
        let (workers, most) = (3, 3 * IN_HAND);
        let (in_hand, peak, done) = (
            AtomicUsize::new(0),
            AtomicUsize::new(0),
            AtomicUsize::new(0),
        );
        let items = (0..40).inspect(|_| {
            let now = in_hand.fetch_add(1, Ordering::SeqCst) + 1;
            peak.fetch_max(now, Ordering::SeqCst);
        });
        let work = |item: usize| {
            // The first item ends when all others that may be taken meanwhile are done.
            while item == 0 && done.load(Ordering::SeqCst) < most - 1 {
                std::thread::yield_now();
            }
            done.fetch_add(1, Ordering::SeqCst);
            item
        };
        let mut given = Vec::new();
        in_order(items, workers, work, |item| {
            in_hand.fetch_sub(1, Ordering::SeqCst);
            given.push(item);
            Ok::<(), ()>(())
        })
        .unwrap();
        assert_eq!(given, (0..40).collect::<Vec<_>>());
        assert_eq!(peak.load(Ordering::SeqCst), most);
    }

    #[test]
    fn an_error_of_the_reader_ends_the_work() {
        for workers in [1, 4] {
            let taken = AtomicUsize::new(0);
            let items = (0..1000).inspect(|_| {
                taken.fetch_add(1, Ordering::SeqCst);
            });
            let stop = |item| if item == 5 { Err("enough") } else { Ok(()) };
            assert_eq!(in_order(items, workers, |i| i, stop), Err("enough"));
            assert!(taken.load(Ordering::SeqCst) <= 6 + IN_HAND * workers);
        }
    }

    #[test]
    fn a_panic_of_the_work_is_the_callers() {
        let work = |item: usize| assert_ne!(item, 3, "item three");
        let caught = catch_unwind(|| in_order(0..100, 4, work, |()| Ok::<(), ()>(())));
        assert!(caught.is_err());
    }
}
