//! A request's way to a worker and back: it waits, is answered, or is late.
use crate::error::Refusal;
use crate::metrics::Metrics;
use crate::options::Options;
use crate::queue::{Queue, Ticket};
use foveate::{CancelHandle, Image, Mode, Model, Request, Session};
use std::sync::Arc;
use tokio::sync::Semaphore;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::time::{Instant, timeout_at};

/// What all requests share.
pub(crate) struct Shared {
    pub model: Model,
    pub options: Options,
    pub queue: Arc<Queue>,
    pub metrics: Metrics,
    /// Bytes that the bodies of requests may still take.
    pub room: Arc<Semaphore>,
    /// Seconds since 1970 at the start, which ids of answers begin with.
    pub started: u64,
}

/// What a worker knows of the request that it works on.
pub(crate) struct Job<'a> {
    pub shared: &'a Shared,
    cancel: &'a CancelHandle,
    deadline: Instant,
}

impl Job<'_> {
    /// A library's request that ends with this one.
    pub fn request(&self) -> Request {
        Request {
            time_limit: Some(self.deadline.saturating_duration_since(Instant::now())),
            cancel: Some(self.cancel.clone()),
            ..Request::default()
        }
    }

    /// Stops where nobody waits for the answer any more.
    pub fn check(&self) -> Result<(), Refusal> {
        if self.cancel.is_cancelled() || Instant::now() >= self.deadline {
            return Err(Refusal::late());
        }
        Ok(())
    }

    /// Decodes a picture within the limits.
    pub fn decode(&self, bytes: &[u8]) -> Result<Image, Refusal> {
        self.check()?;
        Ok(Image::from_bytes_within(
            bytes,
            &self.shared.options.limits,
        )?)
    }

    /// Shows a picture.
    pub fn show(
        &self,
        session: &mut Session,
        image: &Image,
        mode: Option<Mode>,
    ) -> Result<(), Refusal> {
        self.check()?;
        let mode = mode.unwrap_or(self.shared.model.default_mode());
        session.add_image_in(image, mode)?;
        Ok(())
    }
}

/// What a worker sends to the request that waits for it.
pub(crate) type Sent<T> = Result<T, Refusal>;

/// The end of a request at which its answer comes. Dropping it ends the work.
pub(crate) struct Waiting<T> {
    answers: UnboundedReceiver<Sent<T>>,
    _ticket: Ticket,
    deadline: Instant,
    left: Left,
}

/// Counts a request whose client went away.
struct Left {
    shared: Arc<Shared>,
    answered: bool,
}

impl Drop for Left {
    fn drop(&mut self) {
        if !self.answered {
            self.shared.metrics.gone();
        }
    }
}

impl<T> Waiting<T> {
    /// The next piece of the answer; `None` at its end. A late one is a refusal.
    pub async fn next(&mut self) -> Option<Sent<T>> {
        let next = timeout_at(self.deadline, self.answers.recv()).await;
        let next = next.unwrap_or_else(|_| Some(Err(Refusal::late())));
        self.left.answered |= !matches!(next, Some(Ok(_)));
        next
    }

    /// The first piece of the answer, of which there must be one.
    pub async fn first(&mut self) -> Sent<T> {
        let closed = |waiting: &Self| waiting.left.shared.queue.is_closed();
        match self.next().await {
            Some(Err(_)) if closed(self) => Err(Refusal::stopping()),
            Some(first) => first,
            None if closed(self) => Err(Refusal::stopping()),
            None => Err(Refusal::lost()),
        }
    }

    /// The only piece of the answer.
    pub async fn only(mut self) -> Sent<T> {
        let only = self.first().await;
        self.left.answered = true;
        only
    }
}

/// Puts work into the queue. It sends any number of pieces; the first refusal is its last.
pub(crate) fn begin<T: Send + 'static>(
    shared: &Arc<Shared>,
    work: impl FnOnce(&Job<'_>, &UnboundedSender<Sent<T>>) -> Result<(), Refusal> + Send + 'static,
) -> Result<Waiting<T>, Refusal> {
    let (send, answers) = unbounded_channel();
    let began = Instant::now();
    let deadline = began + shared.options.deadline;
    let for_worker = shared.clone();
    let job = move |cancel: &CancelHandle| {
        let taken = Instant::now();
        let job = Job {
            shared: &for_worker,
            cancel,
            deadline,
        };
        if let Err(refusal) = job.check().and_then(|()| work(&job, &send)) {
            let _ = send.send(Err(refusal)); // whoever left is not told
        }
        for_worker.metrics.job(taken - began, taken.elapsed());
    };
    let ticket = shared.queue.push(job).map_err(|_| full(shared))?;
    Ok(Waiting {
        answers,
        _ticket: ticket,
        deadline,
        left: Left {
            shared: shared.clone(),
            answered: false,
        },
    })
}

/// Does work that has one answer.
pub(crate) async fn run<T: Send + 'static>(
    shared: &Arc<Shared>,
    work: impl FnOnce(&Job<'_>) -> Result<T, Refusal> + Send + 'static,
) -> Result<T, Refusal> {
    let waiting = begin(shared, move |job, send| {
        let _ = send.send(Ok(work(job)?)); // whoever left is not told
        Ok(())
    })?;
    waiting.only().await
}

/// The refusal of a request for which the queue has no room.
pub(crate) fn full(shared: &Shared) -> Refusal {
    if shared.queue.is_closed() {
        return Refusal::stopping();
    }
    let (waiting, _) = shared.queue.lengths();
    let seconds = shared.metrics.wait(waiting, shared.options.workers);
    Refusal::busy("as many requests wait as may; try again later", seconds)
}
