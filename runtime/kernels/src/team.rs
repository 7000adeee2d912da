//! Threads that work together on one call: one parallel region, phases between spin barriers.
//!
//! ```text
//! team.run(|worker| {                     one fork and join a call, by rayon's broadcast
//!     worker.share(tiles, 8, |range| ..)  every index to exactly one worker; all wait for the last
//!     worker.share(rows, 1, |range| ..)
//! })
//! ```
//! Every worker runs the same closure, and so meets the same phases in the same order.

use std::marker::PhantomData;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use crate::error::{Error, Kind, Result};

/// A line of its own for each, so that spinning on one does not slow the other.
#[repr(align(128))]
struct Line<T>(T);

/// Workers, and the barrier where they meet.
pub(crate) struct Team {
    pool: Option<rayon::ThreadPool>,
    workers: usize,
    spins: u32,
    next: Line<AtomicUsize>,
    arrived: Line<AtomicUsize>,
    generation: Line<AtomicUsize>,
    broken: AtomicBool,
}

/// One worker's part in a region.
pub(crate) struct Worker<'a> {
    team: &'a Team,
    index: usize,
}

impl Team {
    /// A team of `workers`; 0 takes one for each core.
    pub fn new(workers: usize) -> Result<Self> {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let workers = if workers == 0 { cores } else { workers };
        let build = || {
            rayon::ThreadPoolBuilder::new()
                .num_threads(workers)
                .thread_name(|i| format!("foveate-{i}"))
                .build()
        };
        let pool = if workers == 1 {
            None
        } else {
            Some(build().map_err(|e| Error::caused(Kind::Threads, "team", e))?)
        };
        let zero = || Line(AtomicUsize::new(0));
        // Under a millisecond. Whoever yields to another program loses its core for that program's whole slice, and
        // then keeps the other workers waiting (see `LOG.md`); with more workers than cores it is a worker that runs.
        let spins = if workers > cores { 0 } else { 50_000 };
        Ok(Self {
            pool,
            workers,
            spins,
            next: zero(),
            arrived: zero(),
            generation: zero(),
            broken: AtomicBool::new(false),
        })
    }

    pub fn workers(&self) -> usize {
        self.workers
    }

    /// Runs `f` on every worker. One call at a time: the caller sees to it by `&mut`.
    pub fn run(&mut self, f: impl Fn(&Worker) + Sync) {
        *self.arrived.0.get_mut() = 0;
        *self.next.0.get_mut() = 0;
        *self.broken.get_mut() = false;
        let team = &*self;
        let work = |index| {
            let guard = Guard(team);
            f(&Worker { team, index });
            std::mem::forget(guard);
        };
        match &team.pool {
            None => work(0),
            Some(pool) => drop(pool.broadcast(|context| work(context.index()))),
        }
    }

    /// Waits for all workers. The last one resets the shared counter, while nobody can be drawing from it.
    fn meet(&self) {
        let generation = self.generation.0.load(Ordering::Acquire);
        if self.arrived.0.fetch_add(1, Ordering::AcqRel) + 1 == self.workers {
            self.arrived.0.store(0, Ordering::Relaxed);
            self.next.0.store(0, Ordering::Relaxed);
            self.generation
                .0
                .store(generation.wrapping_add(1), Ordering::Release);
            return;
        }
        let mut turns = 0;
        while self.generation.0.load(Ordering::Acquire) == generation {
            assert!(
                !self.broken.load(Ordering::Relaxed),
                "another worker panicked"
            );
            if turns < self.spins {
                turns += 1;
                std::hint::spin_loop();
            } else {
                std::thread::yield_now();
            }
        }
    }
}

/// Tells the others when a worker panics, so that they do not wait for it for ever.
struct Guard<'a>(&'a Team);

impl Drop for Guard<'_> {
    fn drop(&mut self) {
        self.0.broken.store(true, Ordering::Relaxed);
    }
}

impl Worker<'_> {
    /// This worker's number, below `workers`.
    pub fn index(&self) -> usize {
        self.index
    }

    /// Deals `0..n` out in ranges of at most `chunk`, each index to exactly one worker, and returns when all are done.
    /// What was written before is then seen by all.
    pub fn share(&self, n: usize, chunk: usize, mut f: impl FnMut(Range<usize>)) {
        if self.team.workers == 1 {
            if n > 0 {
                f(0..n);
            }
            return;
        }
        loop {
            let start = self.team.next.0.fetch_add(chunk, Ordering::Relaxed);
            if start >= n {
                break;
            }
            f(start..n.min(start + chunk));
        }
        self.team.meet();
    }

    /// Workers of the team.
    pub fn workers(&self) -> usize {
        self.team.workers
    }

    /// A chunk for [`Worker::share`] that gives every worker about four turns.
    pub fn chunk(&self, n: usize) -> usize {
        n.div_ceil(4 * self.team.workers).max(1)
    }
}

/// A buffer that workers write in disjoint parts during a phase, and read in later phases.
pub(crate) struct Shared<'a, T> {
    at: *mut T,
    len: usize,
    life: PhantomData<&'a mut [T]>,
}

// SAFETY: access is by the unsafe methods only, whose callers rule out races.
unsafe impl<T: Send + Sync> Sync for Shared<'_, T> {}
// SAFETY: as above.
unsafe impl<T: Send + Sync> Send for Shared<'_, T> {}

impl<'a, T> Shared<'a, T> {
    pub fn new(slice: &'a mut [T]) -> Self {
        Self {
            at: slice.as_mut_ptr(),
            len: slice.len(),
            life: PhantomData,
        }
    }

    /// # Safety
    /// No worker writes to this range in the same phase.
    pub unsafe fn get(&self, range: Range<usize>) -> &[T] {
        assert!(range.start <= range.end && range.end <= self.len);
        // SAFETY: inside the slice that is borrowed for 'a; not written meanwhile, says the caller.
        unsafe { std::slice::from_raw_parts(self.at.add(range.start), range.len()) }
    }

    /// # Safety
    /// No other reference to any part of this range is used in the same phase, by this worker or another.
    #[allow(
        clippy::mut_from_ref,
        reason = "the caller vouches for exclusive use of the range"
    )]
    pub unsafe fn get_mut(&self, range: Range<usize>) -> &mut [T] {
        assert!(range.start <= range.end && range.end <= self.len);
        // SAFETY: inside the slice that is borrowed for 'a; used by nobody else, says the caller.
        unsafe { std::slice::from_raw_parts_mut(self.at.add(range.start), range.len()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One worker, as many as cores, and more than cores: every index once, and phases in order.
    #[test]
    fn phases_are_complete_and_in_order() {
        for workers in [1, 2, 3, 9] {
            let mut team = Team::new(workers).unwrap();
            for n in [0, 1, 7, 1000] {
                let mut counts = vec![0u32; n];
                let shared = Shared::new(&mut counts);
                team.run(|worker| {
                    for phase in 0..50 {
                        worker.share(n, 1 + phase % 5, |range| {
                            // SAFETY: `share` gives a range to one worker only.
                            for count in unsafe { shared.get_mut(range) } {
                                assert_eq!(*count, phase as u32);
                                *count += 1;
                            }
                        });
                    }
                });
                assert!(counts.iter().all(|&c| c == 50));
            }
        }
    }

    #[test]
    fn a_panic_is_passed_on_and_the_team_lives() {
        let mut team = Team::new(3).unwrap();
        let panics = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            team.run(|worker| worker.share(3, 1, |range| assert_ne!(range.start, 1)));
        }));
        assert!(panics.is_err());
        let done = AtomicUsize::new(0);
        team.run(|worker| {
            worker.share(10, 2, |range| {
                done.fetch_add(range.len(), Ordering::Relaxed);
            })
        });
        assert_eq!(done.into_inner(), 10);
    }
}
