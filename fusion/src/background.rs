//! A session on a thread of its own, for asynchronous programs under any executor.
//!
//! Decoding keeps a processor busy for seconds: awaited in place it would hold up everything else
//! that the executor has to do.
use crate::answer::{Answer, Timing, Typed, Usage};
use crate::{Error, Image, Request, Result, Session};
use foveate_language::{CancelHandle, StopReason};
use futures_channel::{mpsc, oneshot};
use futures_core::Stream;
use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::{Context, Poll};

/// What the thread is asked to do.
enum Job {
    Do(Box<dyn FnOnce(&mut Session) + Send>),
    Return(oneshot::Sender<Result<Session>>),
}

/// A [`Session`] for asynchronous programs: requests are made at once and answered in their order,
/// on a thread of the session's own. No executor is named; a future wakes whichever polls it.
///
/// A [`Pending`] or [`Pieces`] that is dropped cancels its request: one that was not begun is not
/// begun, an answer ends before its next token, a picture is not encoded further, and the session
/// stays usable. Reading a long prompt is not interrupted. Dropping the session itself lets go of
/// its thread as soon as that is done with what it does.
///
/// ```no_run
/// use foveate::{AsyncSession, Image, Model, Request};
///
/// # async fn example() -> foveate::Result<()> {
/// let session = AsyncSession::new(Model::load("models/nano")?.session()?)?;
/// session.add_image(&Image::open("flyer.png")?).await?;
/// let mut pieces = session.stream_ocr(&Request::default());
/// while let Some(piece) = pieces.next().await {
///     print!("{}", piece?);
/// }
/// let answer = pieces.finish().await?;
/// println!("\n{:?}", answer.stop);
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct AsyncSession {
    jobs: std::sync::mpsc::Sender<Job>,
}

impl AsyncSession {
    /// Gives `session` a thread.
    ///
    /// # Errors
    /// The operating system refuses to start one.
    pub fn new(session: Session) -> Result<Self> {
        let (jobs, inbox) = std::sync::mpsc::channel();
        std::thread::Builder::new()
            .name("foveate session".into())
            .spawn(move || serve(session, &inbox))
            .map_err(|e| Error::Stage {
                stage: "session thread",
                why: format!("it could not be started: {e}"),
            })?;
        Ok(Self { jobs })
    }

    /// As [`Session::add_image`].
    pub fn add_image(&self, image: &Image) -> Pending<()> {
        self.add_image_with(image, &Request::default())
    }

    /// As [`Session::add_image_with`].
    pub fn add_image_with(&self, image: &Image, request: &Request) -> Pending<()> {
        let image = image.clone();
        self.start(request, move |session, request| {
            session.add_image_with(&image, request).map(drop)
        })
    }

    /// As [`Session::ask`].
    pub fn ask(&self, prompt: &str) -> Pending<Answer> {
        self.ask_with(prompt, &Request::default())
    }

    /// As [`Session::ask`], as `request` says.
    pub fn ask_with(&self, prompt: &str, request: &Request) -> Pending<Answer> {
        let prompt = prompt.to_owned();
        self.start(request, move |session, request| {
            session.ask(prompt).with(request).run()
        })
    }

    /// As [`Session::read`].
    pub fn read<T: DeserializeOwned + JsonSchema + Send + 'static>(&self) -> Pending<Typed<T>> {
        self.read_with(&Request::default())
    }

    /// As [`Session::read`], as `request` says.
    pub fn read_with<T: DeserializeOwned + JsonSchema + Send + 'static>(
        &self,
        request: &Request,
    ) -> Pending<Typed<T>> {
        self.start(request, |session, request| {
            session.read().with(request).run()
        })
    }

    /// As [`ask`](Self::ask): a stream of pieces of text.
    pub fn stream(&self, prompt: &str) -> Pieces<String> {
        self.stream_with(prompt, &Request::default())
    }

    /// As [`ask_with`](Self::ask_with): a stream of pieces of text.
    pub fn stream_with(&self, prompt: &str, request: &Request) -> Pieces<String> {
        let prompt = prompt.to_owned();
        self.pieces(request, move |session, request, send| {
            let mut stream = session.ask(prompt).with(request).stream()?;
            stream
                .by_ref()
                .try_for_each(|piece| piece.map(&mut *send))?;
            let (stop, timing, usage) = stream.finish();
            Ok(session.last_answer(stop, timing, usage))
        })
    }

    /// As [`Session::ocr`]: a stream of pieces of text.
    pub fn stream_ocr(&self, request: &Request) -> Pieces<String> {
        self.pieces(request, move |session, request, send| {
            let mut stream = session.ocr().with(request).stream()?;
            stream
                .by_ref()
                .try_for_each(|piece| piece.map(&mut *send))?;
            Ok(answer(stream.so_far().to_owned(), stream.finish()))
        })
    }

    /// As [`read_with`](Self::read_with): a stream of growing values, each with the fields that are
    /// complete.
    pub fn stream_read<T: DeserializeOwned + JsonSchema>(
        &self,
        request: &Request,
    ) -> Pieces<serde_json::Value> {
        self.pieces(request, move |session, request, send| {
            let mut snapshots = session.read::<T>().with(request).stream()?;
            snapshots
                .by_ref()
                .try_for_each(|value| value.map(&mut *send))?;
            Ok(answer(snapshots.so_far(), snapshots.finish()))
        })
    }

    /// Does anything else with the session, on its thread. What takes a [`Request`] should be given
    /// the handle, which is cancelled when the future is dropped.
    pub fn run<R: Send + 'static>(
        &self,
        job: impl FnOnce(&mut Session, &CancelHandle) -> Result<R> + Send + 'static,
    ) -> Pending<R> {
        let cancel = CancelHandle::new();
        let request = Request {
            cancel: Some(cancel.clone()),
            ..Request::default()
        };
        self.start(&request, move |session, _| job(session, &cancel))
    }

    /// Gives the session back once every request made before is answered.
    pub fn into_session(self) -> Pending<Session> {
        let (sender, answer) = oneshot::channel();
        // Should the thread be gone, the sender is dropped with the job, and the future says so.
        let _ = self.jobs.send(Job::Return(sender));
        Pending {
            answer,
            cancel: CancelHandle::new(),
            done: false,
        }
    }

    fn start<R: Send + 'static>(
        &self,
        request: &Request,
        job: impl FnOnce(&mut Session, &Request) -> Result<R> + Send + 'static,
    ) -> Pending<R> {
        let cancel = request.cancel.clone().unwrap_or_default();
        let request = Request {
            cancel: Some(cancel.clone()),
            ..request.clone()
        };
        let (sender, answer) = oneshot::channel();
        let job = move |session: &mut Session| {
            if !sender.is_canceled() {
                // Nobody waiting any more is no error.
                let _ = sender.send(job(session, &request));
            }
        };
        let _ = self.jobs.send(Job::Do(Box::new(job)));
        Pending {
            answer,
            cancel,
            done: false,
        }
    }

    fn pieces<T, F>(&self, request: &Request, job: F) -> Pieces<T>
    where
        T: Send + 'static,
        F: FnOnce(&mut Session, &Request, &mut dyn FnMut(T)) -> Result<Answer> + Send + 'static,
    {
        // Unbounded: an answer has at most as many pieces as the context has tokens.
        let (sender, pieces) = mpsc::unbounded();
        let end = self.start(request, move |session, request| {
            let mut tell = |piece| drop(sender.unbounded_send(Ok(piece)));
            job(session, request, &mut tell).map_err(|e| {
                drop(sender.unbounded_send(Err(e)));
                broken_off("its stream said why")
            })
        });
        Pieces { pieces, end }
    }
}

/// How a transcript or a value ended: its places are those of its lines and fields.
fn answer(text: String, (stop, timing, usage): (StopReason, Timing, Usage)) -> Answer {
    Answer {
        text,
        found: true,
        region: None,
        stop,
        timing,
        usage,
    }
}

fn serve(mut session: Session, inbox: &std::sync::mpsc::Receiver<Job>) {
    for job in inbox {
        match job {
            Job::Do(job) => job(&mut session),
            Job::Return(sender) => {
                drop(sender.send(Ok(session)));
                return;
            }
        }
    }
}

fn broken_off(why: &str) -> Error {
    Error::Stage {
        stage: "session thread",
        why: format!("the answer broke off; {why}"),
    }
}

/// A request that is being answered: a future of the result. Dropping it cancels the request, by
/// the request's own [`CancelHandle`] where it has one.
#[derive(Debug)]
#[must_use = "a request whose future is dropped is cancelled"]
pub struct Pending<R> {
    answer: oneshot::Receiver<Result<R>>,
    cancel: CancelHandle,
    done: bool,
}

impl<R> Future for Pending<R> {
    type Output = Result<R>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let polled = Pin::new(&mut self.answer).poll(context);
        self.done |= polled.is_ready();
        polled.map(|r| r.unwrap_or_else(|_| Err(broken_off("its thread ended before"))))
    }
}

impl<R> Drop for Pending<R> {
    fn drop(&mut self) {
        if !self.done {
            self.cancel.cancel();
        }
    }
}

/// An answer as it is written: a [`Stream`] of its pieces, of which an error is the last. Dropping
/// it cancels the answer.
#[derive(Debug)]
#[must_use = "an answer whose stream is dropped is cancelled"]
pub struct Pieces<T> {
    pieces: mpsc::UnboundedReceiver<Result<T>>,
    end: Pending<Answer>,
}

impl<T> Pieces<T> {
    /// The next piece; `None` at the end. (For programs without the `futures` crates.)
    pub async fn next(&mut self) -> Option<Result<T>> {
        poll_fn(|context| Pin::new(&mut self.pieces).poll_next(context)).await
    }

    /// The whole answer, once it is complete; pieces not taken before are in it. Of a typed answer,
    /// `text` is the JSON.
    pub fn finish(self) -> Pending<Answer> {
        self.end
    }
}

impl<T> Stream for Pieces<T> {
    type Item = Result<T>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        Pin::new(&mut self.pieces).poll_next(context)
    }
}
