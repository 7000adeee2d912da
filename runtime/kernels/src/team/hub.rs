//! Where helpers find work: one ticket that hands out the chunks of the phase that is posted.
//!
//! ```text
//! ticket   phase << 24 | next chunk       claimed by compare-and-swap, in this phase only
//! slots    phase % 2 -> call, data, chunks   written before the ticket, by the leader alone
//! done     chunks finished in this phase  the leader leaves a phase when done = chunks
//! ```
//! A helper that holds no chunk holds no reference to the leader's data, so nobody waits for one
//! that has not come, or that comes late. The slot of phase p is written again for p + 2, after the
//! ticket has left p: whoever read it in between cannot claim any more.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicPtr, AtomicU64, AtomicUsize, Ordering};

/// A line of its own for each, so that spinning on one does not slow the other.
#[repr(align(128))]
#[derive(Default)]
pub(super) struct Line<T>(pub T);

const CHUNK_BITS: u32 = 24;
/// One more than the most chunks of a phase.
pub(super) const MAX_CHUNKS: usize = (1 << CHUNK_BITS) - 1;

/// Runs one chunk of a phase: the leader's data, the worker's number, the chunk's.
pub(super) type Call = unsafe fn(*const (), usize, usize);

/// One phase, as it is posted. `call` is kept as a pointer, null before the first phase.
#[derive(Default)]
struct Slot {
    call: AtomicPtr<()>,
    data: AtomicPtr<()>,
    chunks: AtomicUsize,
}

/// What leader and helpers share.
#[derive(Default)]
pub(super) struct Hub {
    ticket: Line<AtomicU64>,
    done: Line<AtomicUsize>,
    slots: [Line<Slot>; 2],
    /// Helpers that may claim chunks now: those with a number below.
    invited: Line<AtomicUsize>,
    asleep: Line<AtomicUsize>,
    panicked: AtomicBool,
    stop: AtomicBool,
}

/// Counts a chunk as finished, whether it returns or unwinds.
struct Finished<'a>(&'a AtomicUsize);

impl Drop for Finished<'_> {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::Release);
    }
}

/// The leader's hold on a posted phase; dropped in an unwinding, it waits for claimed chunks.
pub(super) struct Phase<'a> {
    hub: &'a Hub,
    call: Call,
    data: *const (),
    chunks: usize,
}

impl Hub {
    /// Helpers below `n` may claim; the others go to sleep.
    pub fn invite(&self, n: usize) {
        if self.invited.0.load(Ordering::Relaxed) != n {
            self.invited.0.store(n, Ordering::Release);
        }
    }

    pub fn asleep(&self) -> usize {
        self.asleep.0.load(Ordering::Relaxed)
    }

    pub fn stop(&self) {
        self.stop.store(true, Ordering::Release);
    }

    /// Posts a phase of `chunks` chunks.
    ///
    /// # Safety
    /// One leader at a time. `call` may be made with `data` and each chunk below `chunks`, once
    /// each and from any thread, until the [`Phase`] is gone.
    pub unsafe fn post(&self, call: Call, data: *const (), chunks: usize) -> Phase<'_> {
        assert!(chunks < MAX_CHUNKS, "a phase of {chunks} chunks");
        let phase = (self.ticket.0.load(Ordering::Relaxed) >> CHUNK_BITS).wrapping_add(1);
        let slot = &self.slots[phase as usize % 2].0;
        slot.call.store(call as *mut (), Ordering::Release);
        slot.data.store(data.cast_mut(), Ordering::Release);
        slot.chunks.store(chunks, Ordering::Release);
        self.done.0.store(0, Ordering::Relaxed);
        self.ticket.0.store(phase << CHUNK_BITS, Ordering::Release);
        Phase {
            hub: self,
            call,
            data,
            chunks,
        }
    }

    /// Claims and runs one chunk of whatever is posted; `false` if there was none.
    fn help(&self, worker: usize) -> bool {
        let ticket = self.ticket.0.load(Ordering::Acquire);
        let chunk = ticket as usize & MAX_CHUNKS;
        let slot = &self.slots[(ticket >> CHUNK_BITS) as usize % 2].0;
        // Acquire: whoever sees a later phase's slot also sees that the ticket moved on.
        let call = slot.call.load(Ordering::Acquire);
        let data = slot.data.load(Ordering::Acquire);
        if chunk >= slot.chunks.load(Ordering::Acquire) || call.is_null() {
            return false;
        }
        let (old, new) = (ticket, ticket + 1);
        let claim = self
            .ticket
            .0
            .compare_exchange(old, new, Ordering::AcqRel, Ordering::Relaxed);
        if claim.is_err() {
            return true; // somebody else was faster: look again
        }
        let finished = Finished(&self.done.0);
        // SAFETY: the ticket did not move, so the slot is that of the phase it names, whose
        // leader waits for this chunk; and `call` was stored from a `Call`.
        let run = || unsafe { std::mem::transmute::<*mut (), Call>(call)(data, worker, chunk) };
        if catch_unwind(AssertUnwindSafe(run)).is_err() {
            self.panicked.store(true, Ordering::Relaxed);
        }
        drop(finished);
        true
    }

    /// A helper's life: work while there is some, spin for `spins` turns, then sleep until it is
    /// woken. Worker 0 is the leader, so helper `worker` is invited while `worker <= invited`.
    pub fn serve(&self, worker: usize, spins: u32) {
        let mut idle = 0;
        while !self.stop.load(Ordering::Acquire) {
            let invited = worker <= self.invited.0.load(Ordering::Acquire);
            if invited && self.help(worker) {
                idle = 0;
            } else if invited && idle < spins {
                idle += 1;
                std::hint::spin_loop();
            } else {
                // A wake-up may be lost here: then this helper comes late, and nobody waits.
                self.asleep.0.fetch_add(1, Ordering::SeqCst);
                std::thread::park();
                self.asleep.0.fetch_sub(1, Ordering::SeqCst);
                idle = 0;
            }
        }
    }
}

impl Phase<'_> {
    /// Runs chunks until none is left to claim.
    pub fn work(&self) {
        loop {
            let ticket = self.hub.ticket.0.fetch_add(1, Ordering::AcqRel);
            let chunk = ticket as usize & MAX_CHUNKS;
            if chunk >= self.chunks {
                // Taken back, so that a long phase's ticket cannot run into the next number.
                self.hub.ticket.0.fetch_sub(1, Ordering::AcqRel);
                return;
            }
            let _finished = Finished(&self.hub.done.0);
            // SAFETY: promised to `post`; the ticket gave this chunk to nobody else.
            unsafe { (self.call)(self.data, 0, chunk) };
        }
    }

    /// Whether every chunk is finished.
    pub fn over(&self) -> bool {
        self.hub.done.0.load(Ordering::Acquire) >= self.chunks
    }
}

impl Drop for Phase<'_> {
    fn drop(&mut self) {
        if self.over() {
            let panicked = self.hub.panicked.swap(false, Ordering::Relaxed);
            assert!(!panicked || std::thread::panicking(), "a helper panicked");
            return;
        }
        // Unwinding: nobody claims another chunk, and those who hold one are waited for.
        let ticket = self
            .hub
            .ticket
            .0
            .fetch_or(MAX_CHUNKS as u64, Ordering::AcqRel);
        let claimed = self.chunks.min(ticket as usize & MAX_CHUNKS);
        while self.hub.done.0.load(Ordering::Acquire) < claimed {
            std::thread::yield_now();
        }
        self.hub.panicked.store(false, Ordering::Relaxed);
    }
}
