//! Threads that work together on one call: the caller's own thread leads, helpers join in.
//!
//! ```text
//! team.share(tiles, 8, |worker, range| ..)   every index to exactly one worker; then all is done
//! team.share(rows, 1, |worker, range| ..)
//! ```
//! A phase waits for its items, never for workers: who is there does the work, and a helper whose
//! core is taken by another program is missed only if it holds a chunk at that moment. When that
//! happens (a *late* phase), the leader goes on alone for a while, and for longer each time.
//! Before, phases waited until all workers had arrived, and two threads beside two busy processes
//! were 8 to 200 times slower than one (`LOG.md`).

use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crate::error::{Error, Kind, Result};

mod hub;
mod shared;

use hub::{Hub, Phase};
pub(crate) use shared::Shared;

/// How long a helper may hold a chunk, beyond the time that the leader worked in the phase, before
/// the phase counts as late. A phase of decoding takes some 10 us, a scheduler's time slice 3 ms.
const LATE: Duration = Duration::from_micros(200);
/// The leader goes on alone for this long after a late phase: twice as long each time, and ten
/// times as long as it waited, so that trials cost a tenth of the time at first and under 1% soon.
const PAUSE: [Duration; 2] = [Duration::from_millis(20), Duration::from_secs(2)];

/// And for this long after another call was there: a call is one token, and the next one's follows.
const CROWDED: Duration = Duration::from_millis(5);

/// A leader, and helpers that wait for its phases.
pub(crate) struct Team {
    hub: Arc<Hub>,
    helpers: Vec<JoinHandle<()>>,
    /// Calls under way on the same decoder, each with a thread of its own.
    calls: Arc<AtomicUsize>,
    /// A phase is under way.
    busy: AtomicBool,
    born: Instant,
    /// Microseconds since `born` until which the leader is alone; 0 if it is not.
    alone_until: AtomicU64,
    /// When helpers were invited last, and how long they were not before that, in microseconds.
    invited_at: AtomicU64,
    pause: AtomicU64,
}

impl Team {
    /// A team of `workers`, the leader among them; 0 takes one for each core. While `calls` says
    /// that others are under way, as many helpers stay away.
    pub fn new(workers: usize, calls: Arc<AtomicUsize>) -> Result<Self> {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let workers = if workers == 0 { cores } else { workers };
        // Under a millisecond: between two tokens, a helper stays awake. With more workers than
        // cores it would keep a worker from its core.
        let spins = if workers > cores { 0 } else { 50_000 };
        let mut team = Self::alone(calls);
        for worker in 1..workers {
            let hub = team.hub.clone();
            let helper = std::thread::Builder::new()
                .name(format!("foveate-{worker}"))
                .spawn(move || hub.serve(worker, spins))
                .map_err(|e| Error::caused(Kind::Threads, "team", e))?;
            team.helpers.push(helper);
        }
        Ok(team)
    }

    /// A leader without helpers.
    pub fn alone(calls: Arc<AtomicUsize>) -> Self {
        Self {
            hub: Arc::default(),
            helpers: Vec::new(),
            calls,
            busy: AtomicBool::new(false),
            born: Instant::now(),
            alone_until: AtomicU64::new(0),
            invited_at: AtomicU64::new(0),
            pause: AtomicU64::new(0),
        }
    }

    /// The most workers that a phase may have, the leader among them.
    pub fn workers(&self) -> usize {
        1 + self.helpers.len()
    }

    /// A chunk for [`Team::share`] that gives every worker about four turns.
    pub fn chunk(&self, n: usize) -> usize {
        n.div_ceil(4 * self.workers()).max(1)
    }

    /// Deals `0..n` out in ranges of at most `chunk`, each index to exactly one worker (its number
    /// comes with it, below [`Team::workers`]), and returns when all are done. What was written
    /// is then seen by the leader, and by the workers of later phases.
    ///
    /// # Panics
    /// If `f` does, or if called from within `f`.
    pub fn share<F: Fn(usize, Range<usize>) + Sync>(&self, n: usize, chunk: usize, f: F) {
        if n == 0 {
            return;
        }
        let chunks = n.div_ceil(chunk);
        if chunks == 1 || self.helpers() == 0 {
            return f(0, 0..n);
        }
        struct Dealt<F>(F, usize, usize);
        unsafe fn call<F: Fn(usize, Range<usize>)>(data: *const (), worker: usize, i: usize) {
            // SAFETY: `data` is the `Dealt` below, which outlives the phase.
            let Dealt(f, n, chunk) = unsafe { &*data.cast::<Dealt<F>>() };
            f(worker, i * chunk..(i * chunk + chunk).min(*n));
        }
        let busy = self.busy.swap(true, Ordering::Acquire);
        assert!(!busy, "a phase was begun within a phase");
        let _free = Free(&self.busy);
        let dealt = Dealt(f, n, chunk);
        let start = Instant::now();
        // SAFETY: `busy` sees to it that there is one leader; `dealt` lives until the phase is
        // dropped, `F` may be called from any thread, and its result does not matter.
        let phase = unsafe { self.hub.post(call::<F>, (&raw const dealt).cast(), chunks) };
        if self.hub.asleep() > 0 {
            self.helpers.iter().for_each(|h| h.thread().unpark());
        }
        phase.work();
        if !phase.over() {
            self.wait(&phase, start);
        }
        drop(phase);
    }

    /// Helpers to count on now: none for a while after a late phase, fewer beside other calls.
    fn helpers(&self) -> usize {
        let others = self.calls.load(Ordering::Relaxed).saturating_sub(1);
        let mut helpers = self.helpers.len().saturating_sub(others);
        if helpers == 0 {
            if !self.helpers.is_empty() {
                let until = self.micros() + CROWDED.as_micros() as u64;
                self.alone_until.fetch_max(until, Ordering::Relaxed);
            }
            self.hub.invite(0);
            return 0;
        }
        let until = self.alone_until.load(Ordering::Relaxed);
        if until > 0 {
            let now = self.micros();
            if now < until {
                helpers = 0;
            } else {
                self.alone_until.store(0, Ordering::Relaxed);
                self.invited_at.store(now, Ordering::Relaxed);
            }
        }
        self.hub.invite(helpers);
        helpers
    }

    /// Waits for the chunks that helpers hold.
    fn wait(&self, phase: &Phase, start: Instant) {
        let worked = start.elapsed();
        let allowed = 2 * worked + LATE;
        let (mut turns, mut late) = (0u32, false);
        while !phase.over() {
            turns += 1;
            if late {
                std::thread::yield_now();
            } else if turns.is_multiple_of(64) {
                late = start.elapsed() > allowed;
            } else {
                std::hint::spin_loop();
            }
        }
        if late {
            self.go_alone(start.elapsed() - worked);
        }
    }

    /// After a helper was waited for as long as this.
    fn go_alone(&self, waited: Duration) {
        let (now, waited) = (self.micros(), waited.as_micros() as u64);
        let [least, most] = PAUSE.map(|p| p.as_micros() as u64);
        let pause = self.pause.load(Ordering::Relaxed);
        let together = now.saturating_sub(waited + self.invited_at.load(Ordering::Relaxed));
        // Helpers that were on time for long are trusted again.
        let pause = if together > 8 * pause {
            least
        } else {
            (2 * pause).clamp(least, most)
        };
        let pause = pause.max(10 * waited).min(most);
        self.pause.store(pause, Ordering::Relaxed);
        self.alone_until.store(now + pause, Ordering::Relaxed);
        self.hub.invite(0);
    }

    fn micros(&self) -> u64 {
        self.born.elapsed().as_micros() as u64
    }
}

impl Drop for Team {
    fn drop(&mut self) {
        self.hub.stop();
        for helper in self.helpers.drain(..) {
            helper.thread().unpark();
            drop(helper.join()); // panics were caught and passed on
        }
    }
}

/// Frees the team for the next phase.
struct Free<'a>(&'a AtomicBool);

impl Drop for Free<'_> {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Release);
    }
}

#[cfg(test)]
mod tests;
