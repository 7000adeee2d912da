//! Conversations here first, and on a server where a policy allows it.
use super::local::LocalConversation;
use super::{
    Cause, Conversation, Engine, Kept, Leave, Local, Outgoing, Pieces, Place, Policy, Reply, Route,
    Terms,
};
use crate::{Error, ErrorKind, Image, Result};
use foveate_language::StopReason;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

/// Conversations in this process first. The server tier is asked only where the [`Policy`] allows
/// it; what was decided, and why, is part of each answer ([`Reply::route`]).
///
/// A server that cannot be reached or fails before its first piece is made up for here, and the
/// answer says so. Answers that a low confidence could still send to the server are not given piece
/// by piece: they are kept back until that is decided.
pub struct Router {
    device: Local,
    server: Arc<dyn Engine>,
    policy: Policy,
}

impl Router {
    /// Conversations on `device` first, on `server` where `policy` allows it.
    #[must_use]
    pub fn new(device: Local, server: impl Engine + 'static, policy: Policy) -> Self {
        Self {
            device,
            server: Arc::new(server),
            policy,
        }
    }
}

impl Engine for Router {
    fn begin(&self) -> Result<Box<dyn Conversation>> {
        Ok(Box::new(Routed {
            device: self.device.conversation()?,
            full: None,
            server: self.server.clone(),
            policy: self.policy.clone(),
            steps: Vec::new(),
            last: Last::None,
        }))
    }
}

/// What happened in a conversation, for a server that is asked later.
enum Step {
    Instructed(String),
    Shown(Image, Leave),
    Answered(String, String),
}

/// The last answer.
enum Last {
    None,
    /// The device's own, with what was known of the route before it.
    Device(Option<Cause>, Option<Kept>),
    Server(Reply),
}

struct Routed {
    device: LocalConversation,
    /// What the device has no room for.
    full: Option<Cause>,
    server: Arc<dyn Engine>,
    policy: Policy,
    steps: Vec<Step>,
    last: Last,
}

impl Routed {
    /// Does something on the device. Where it has no room, the server tier is left.
    fn on_device(&mut self, work: impl FnOnce(&mut LocalConversation) -> Result<()>) -> Result<()> {
        match work(&mut self.device) {
            Err(e) if e.kind() == ErrorKind::ContextFull => {
                let most = self.device.most_rows();
                let found = needed(&e).unwrap_or(most + 1);
                self.full = Some(Cause::Context { found, most });
                Ok(())
            }
            done => done,
        }
    }

    /// What asks for the server before anything is answered.
    fn before(&self, question: &str) -> Result<Option<Cause>> {
        if let Some(full) = &self.full {
            return Ok(Some(full.clone()));
        }
        let (rows, most) = (self.device.rows_with(question)?, self.device.most_rows());
        if rows >= most {
            return Ok(Some(Cause::Context { found: rows, most }));
        }
        Ok(self.policy.before(self.device.print_height(), rows))
    }

    /// What stands against asking the server.
    fn against(&self, question: &str, terms: &Terms) -> Result<Option<Kept>> {
        let private = self.steps.iter().find_map(|step| match step {
            Step::Shown(image, Leave::Never) => Some(image.name()),
            _ => None,
        });
        let kept = self.policy.against(terms, private, None);
        if kept.is_some() || self.policy.privacy.is_none() {
            return Ok(kept);
        }
        let outgoing = self.server_conversation()?.outgoing(question);
        Ok(self.policy.against(terms, private, outgoing.as_ref()))
    }

    /// A conversation with the server with all that happened so far.
    fn server_conversation(&self) -> Result<Box<dyn Conversation>> {
        let mut conversation = self.server.begin()?;
        for step in &self.steps {
            match step {
                Step::Instructed(text) => conversation.instruct(text)?,
                Step::Shown(image, leave) => conversation.show(image, *leave)?,
                Step::Answered(question, answer) => conversation.append(question, answer)?,
            }
        }
        Ok(conversation)
    }

    /// Asks the server, and waits until it begins to answer.
    fn ask_server(&self, question: &str, terms: &Terms) -> Result<Receiver<Message>> {
        let conversation = self.server_conversation()?;
        let (question, terms) = (question.to_owned(), terms.clone());
        let (send, pieces) = sync_channel(16);
        std::thread::spawn(move || relay(conversation, &question, &terms, &send));
        match pieces.recv() {
            Ok(Message::Begun) => Ok(pieces),
            Ok(Message::Failed(e)) => Err(e),
            _ => Err(lost()),
        }
    }

    /// The device's answer piece by piece.
    fn stream_device<'c>(
        &'c mut self,
        question: &str,
        terms: &Terms,
        (cause, kept): (Option<Cause>, Option<Kept>),
    ) -> Result<Pieces<'c>> {
        let pieces = self.device.ask(question, terms)?;
        self.last = Last::Device(cause, kept);
        Ok(Box::new(DevicePieces {
            pieces,
            question: question.to_owned(),
            text: String::new(),
            steps: &mut self.steps,
        }))
    }

    fn stream_server(
        &mut self,
        question: &str,
        cause: Cause,
        pieces: Receiver<Message>,
    ) -> Pieces<'_> {
        Box::new(ServerPieces {
            pieces: Some(pieces),
            question: question.to_owned(),
            reply: Reply {
                text: String::new(),
                stop: StopReason::Cancelled,
                region: None,
                found: true,
                usage: crate::Usage::default(),
                route: Route::only(Place::Server),
            },
            cause,
            routed: self,
        })
    }

    /// The device's answer once it is whole, or the server's where the device is not sure.
    fn decide_after(&mut self, question: &str, terms: &Terms) -> Result<Pieces<'_>> {
        let before = self.device.fork();
        let reply = self.device.answer(question, terms)?;
        let confidence = reply.region.map(|region| region.confidence);
        let mut kept = None;
        if let Some(cause) = self.policy.after(reply.found, confidence) {
            match self.ask_server(question, terms) {
                Ok(pieces) => {
                    self.device = before;
                    return Ok(self.stream_server(question, cause, pieces));
                }
                Err(e) => kept = Some(failed(e)?),
            }
        }
        self.last = Last::Device(None, kept);
        let answered = Step::Answered(question.to_owned(), reply.text.clone());
        self.steps.push(answered);
        Ok(Box::new(std::iter::once(Ok(reply.text))))
    }
}

/// Why an answer is given here though the server was asked; the error itself where the caller ended
/// it.
fn failed(e: Error) -> Result<Kept> {
    match e.kind() {
        ErrorKind::Cancelled | ErrorKind::Timeout => Err(e),
        _ => Ok(Kept::Failed { why: e.to_string() }),
    }
}

fn needed(e: &Error) -> Option<usize> {
    match e {
        Error::Language(foveate_language::Error::ContextFull { needed, .. }) => Some(*needed),
        _ => None,
    }
}

fn lost() -> Error {
    Error::Stage {
        stage: "router",
        why: "the conversation with the server broke off".to_owned(),
    }
}

impl Conversation for Routed {
    fn instruct(&mut self, instructions: &str) -> Result<()> {
        self.device.instruct(instructions)?;
        self.steps.push(Step::Instructed(instructions.to_owned()));
        Ok(())
    }

    fn show(&mut self, image: &Image, leave: Leave) -> Result<()> {
        self.on_device(|device| device.show(image, leave))?;
        self.steps.push(Step::Shown(image.clone(), leave));
        Ok(())
    }

    fn append(&mut self, question: &str, answer: &str) -> Result<()> {
        self.on_device(|device| device.append(question, answer))?;
        let answered = Step::Answered(question.to_owned(), answer.to_owned());
        self.steps.push(answered);
        Ok(())
    }

    fn ask<'c>(&'c mut self, question: &str, terms: &Terms) -> Result<Pieces<'c>> {
        self.last = Last::None;
        let cause = self.before(question)?;
        let mut kept = self.against(question, terms)?;
        match cause {
            None if kept.is_none() => self.decide_after(question, terms),
            Some(cause) if kept.is_none() => match self.ask_server(question, terms) {
                Ok(pieces) => Ok(self.stream_server(question, cause, pieces)),
                Err(e) if self.full.is_some() => Err(e),
                Err(e) => {
                    kept = Some(failed(e)?);
                    self.stream_device(question, terms, (Some(cause), kept))
                }
            },
            cause => self.stream_device(question, terms, (cause, kept)),
        }
    }

    fn last(&self) -> Option<Reply> {
        let (cause, kept) = match &self.last {
            Last::None => return None,
            Last::Server(reply) => return Some(reply.clone()),
            Last::Device(cause, kept) => (cause.clone(), kept.clone()),
        };
        let mut reply = self.device.last()?;
        let confidence = reply.region.map(|region| region.confidence);
        reply.route.cause = cause.or_else(|| self.policy.after(reply.found, confidence));
        reply.route.kept = kept.filter(|_| reply.route.cause.is_some());
        Some(reply)
    }

    fn outgoing(&self, question: &str) -> Option<Outgoing> {
        self.server_conversation().ok()?.outgoing(question)
    }
}

/// What arrives of a server's answer.
enum Message {
    Begun,
    Failed(Error),
    Piece(Result<String>),
    End(Box<Option<Reply>>),
}

/// Asks, and passes on what is answered for as long as anybody listens.
fn relay(
    mut conversation: Box<dyn Conversation>,
    question: &str,
    terms: &Terms,
    send: &SyncSender<Message>,
) {
    let pieces = match conversation.ask(question, terms) {
        Ok(pieces) => pieces,
        Err(e) => return drop(send.send(Message::Failed(e))),
    };
    if send.send(Message::Begun).is_err() {
        return;
    }
    for piece in pieces {
        if send.send(Message::Piece(piece)).is_err() {
            return;
        }
    }
    let _ = send.send(Message::End(Box::new(conversation.last()))); // nobody has to listen
}

struct DevicePieces<'c> {
    pieces: Pieces<'c>,
    question: String,
    text: String,
    steps: &'c mut Vec<Step>,
}

impl Iterator for DevicePieces<'_> {
    type Item = Result<String>;

    fn next(&mut self) -> Option<Self::Item> {
        let piece = self.pieces.next()?;
        if let Ok(piece) = &piece {
            self.text += piece;
        }
        Some(piece)
    }
}

impl Drop for DevicePieces<'_> {
    fn drop(&mut self) {
        let [question, text] = [&mut self.question, &mut self.text].map(std::mem::take);
        self.steps.push(Step::Answered(question, text));
    }
}

struct ServerPieces<'c> {
    pieces: Option<Receiver<Message>>,
    question: String,
    /// The answer so far.
    reply: Reply,
    cause: Cause,
    routed: &'c mut Routed,
}

impl Iterator for ServerPieces<'_> {
    type Item = Result<String>;

    fn next(&mut self) -> Option<Self::Item> {
        let message = self.pieces.as_ref()?.recv();
        let piece = match message {
            Ok(Message::Piece(Ok(piece))) => {
                self.reply.text += &piece;
                return Some(Ok(piece));
            }
            Ok(Message::Piece(Err(e)) | Message::Failed(e)) => Some(Err(e)),
            Ok(Message::End(reply)) => {
                self.reply = reply.unwrap_or(self.reply.clone());
                None
            }
            Ok(Message::Begun) | Err(_) => Some(Err(lost())),
        };
        self.pieces = None;
        piece
    }
}

impl Drop for ServerPieces<'_> {
    fn drop(&mut self) {
        self.pieces = None;
        self.reply.route = Route {
            place: Place::Server,
            cause: Some(self.cause.clone()),
            kept: None,
        };
        let (question, answer) = (std::mem::take(&mut self.question), &self.reply.text);
        // What the device cannot take in for another reason it is not asked about again either.
        let message = self
            .routed
            .on_device(|device| device.append(&question, answer));
        if message.is_err() && self.routed.full.is_none() {
            let most = self.routed.device.most_rows();
            self.routed.full = Some(Cause::Context { found: most, most });
        }
        let answered = Step::Answered(question, answer.clone());
        self.routed.steps.push(answered);
        self.routed.last = Last::Server(self.reply.clone());
    }
}
