//! Requests that wait for a worker, and the threads that do their work.
use foveate::CancelHandle;
use std::collections::{HashMap, VecDeque};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{Builder, JoinHandle};

type Job = Box<dyn FnOnce() + Send>;

/// A bounded queue.
pub(crate) struct Queue {
    state: Mutex<State>,
    ready: Condvar,
    room: usize,
}

#[derive(Default)]
struct State {
    waiting: VecDeque<(u64, Job)>,
    /// What ends each job that waits or is worked on.
    handles: HashMap<u64, CancelHandle>,
    working: usize,
    next: u64,
    closed: bool,
}

/// A place in the queue. Whoever drops it wants the answer no more: a job that waits is removed,
/// one that is worked on is cancelled.
pub(crate) struct Ticket {
    queue: Arc<Queue>,
    number: u64,
}

/// The queue has no room.
#[derive(Debug)]
pub(crate) struct Full;

impl Queue {
    /// A queue in which so many jobs may wait.
    pub fn new(room: usize) -> Arc<Self> {
        Arc::new(Self {
            state: Mutex::default(),
            ready: Condvar::new(),
            room,
        })
    }

    /// Starts so many threads that work on it until it is closed.
    pub fn start(self: &Arc<Self>, workers: usize) -> std::io::Result<Vec<JoinHandle<()>>> {
        let one = |i: usize| {
            let queue = self.clone();
            let named = Builder::new().name(format!("worker {i}"));
            named.spawn(move || queue.work())
        };
        (0..workers.max(1)).map(one).collect()
    }

    /// Adds a job, which is given what will cancel it.
    pub fn push(
        self: &Arc<Self>,
        job: impl FnOnce(&CancelHandle) + Send + 'static,
    ) -> Result<Ticket, Full> {
        let mut state = self.lock();
        if state.closed || state.waiting.len() >= self.room {
            return Err(Full);
        }
        let (number, handle) = (state.next, CancelHandle::new());
        state.next += 1;
        state.handles.insert(number, handle.clone());
        let job = Box::new(move || job(&handle));
        state.waiting.push_back((number, job));
        drop(state);
        self.ready.notify_one();
        let queue = self.clone();
        Ok(Ticket { queue, number })
    }

    /// Whether another job would be refused.
    pub fn is_full(&self) -> bool {
        let state = self.lock();
        state.closed || state.waiting.len() >= self.room
    }

    /// Whether it takes no more jobs.
    pub fn is_closed(&self) -> bool {
        self.lock().closed
    }

    /// Jobs that wait, and those that are worked on.
    pub fn lengths(&self) -> (usize, usize) {
        let state = self.lock();
        (state.waiting.len(), state.working)
    }

    /// Takes no more jobs, drops those that wait and cancels the others.
    pub fn close(&self) {
        let mut state = self.lock();
        state.closed = true;
        let dropped = std::mem::take(&mut state.waiting);
        state.handles.values().for_each(CancelHandle::cancel);
        drop(state);
        drop(dropped);
        self.ready.notify_all();
    }

    fn work(&self) {
        while let Some((number, job)) = self.take() {
            // A fault is the failure of its request alone: whoever waits for it is told.
            let _ = catch_unwind(AssertUnwindSafe(job));
            let mut state = self.lock();
            state.working -= 1;
            state.handles.remove(&number);
        }
    }

    fn take(&self) -> Option<(u64, Job)> {
        let mut state = self.lock();
        loop {
            if state.closed {
                return None;
            }
            if let Some(next) = state.waiting.pop_front() {
                state.working += 1;
                return Some(next);
            }
            let woken = self.ready.wait(state);
            state = woken.unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        let mut state = self.queue.lock();
        if let Some(handle) = state.handles.get(&self.number) {
            handle.cancel();
        }
        let at = state.waiting.iter().position(|(n, _)| *n == self.number);
        let dropped = at.and_then(|at| state.waiting.remove(at));
        if dropped.is_some() {
            state.handles.remove(&self.number);
        }
        drop(state);
        drop(dropped); // it holds a request's body
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc;

    #[test]
    fn it_is_bounded_and_places_of_those_who_left_are_free() {
        let queue = Queue::new(2);
        let first = queue.push(|_| ()).unwrap();
        let _second = queue.push(|_| ()).unwrap();
        assert!(queue.push(|_| ()).is_err() && queue.is_full());
        drop(first);
        assert!(queue.push(|_| ()).is_ok());
    }

    #[test]
    fn whoever_leaves_cancels_the_work() {
        let queue = Queue::new(1);
        let threads = queue.start(1).unwrap();
        let (begun, begins) = mpsc::channel();
        let (ended, ends) = mpsc::channel();
        let job = move |handle: &CancelHandle| {
            begun.send(()).unwrap();
            while !handle.is_cancelled() {
                std::thread::yield_now();
            }
            ended.send(()).unwrap();
        };
        let ticket = queue.push(job).unwrap();
        begins.recv().unwrap();
        assert_eq!(queue.lengths(), (0, 1));
        drop(ticket);
        ends.recv().unwrap();
        queue.close();
        threads.into_iter().for_each(|t| t.join().unwrap());
    }

    #[test]
    fn a_panic_ends_its_job_alone() {
        let queue = Queue::new(2);
        let threads = queue.start(1).unwrap();
        let (send, receive) = mpsc::channel();
        let _bad = queue.push(|_| panic!("on purpose")).unwrap();
        let _good = queue.push(move |_| send.send(()).unwrap()).unwrap();
        receive.recv().unwrap();
        queue.close();
        threads.into_iter().for_each(|t| t.join().unwrap());
        assert!(queue.push(|_| ()).is_err());
    }
}
