//! Conversations with a server that speaks OpenAI's chat completions, `foveate serve` among them.
mod form;
mod http;
mod pieces;

use super::{Conversation, Engine, Leave, Outgoing, Pieces, RemoteError, Reply, Terms};
use crate::{Error, Image, Result};
use form::Messages;
use http::Client;
use pieces::RemotePieces;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How a server is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RemoteOptions {
    /// The server's address, such as `https://example.org`; `/v1/chat/completions` is added.
    /// Plain `http` is taken for this machine's own addresses alone.
    pub url: String,
    /// The model that it is to answer with; `nano` by default.
    pub model: String,
    /// Sent as `Authorization: Bearer`. None by default.
    pub token: Option<String>,
    /// A PEM file with the certificates of those who may vouch for the server, in the place of the
    /// public authorities (Mozilla's list, as the crate `webpki-roots` has it). None by default.
    pub authority: Option<PathBuf>,
    /// Longest time for a connection; 10 seconds by default.
    pub connect: Duration,
    /// Longest time for an answer, its connection included, where [`Request`](crate::Request) has
    /// no limit of its own. 120 seconds by default, twice what `foveate serve` allows.
    pub time_limit: Duration,
    /// Attempts after the first where no connection could be made: 2 by default. Nothing is sent
    /// twice: once a connection stands, whatever fails is an error.
    pub retries: u32,
    /// Time before the second attempt, doubled before each later one; 250 ms by default.
    pub backoff: Duration,
}

impl Default for RemoteOptions {
    fn default() -> Self {
        Self {
            url: String::new(),
            model: "nano".to_owned(),
            token: None,
            authority: None,
            connect: Duration::from_secs(10),
            time_limit: Duration::from_secs(120),
            retries: 2,
            backoff: Duration::from_millis(250),
        }
    }
}

/// Conversations with a server. Each question sends all that came before it; the server keeps
/// nothing. It is asked directly: proxies named in the environment are not used, and nobody is
/// followed elsewhere.
#[derive(Debug, Clone)]
pub struct Remote(Arc<Client>);

impl Remote {
    /// Reads the options. Nothing is sent yet.
    ///
    /// # Errors
    /// An address that cannot be used, a token with line ends, an authority that cannot be read.
    pub fn new(options: &RemoteOptions) -> Result<Self> {
        Ok(Self(Arc::new(Client::new(options)?)))
    }
}

impl Engine for Remote {
    fn begin(&self) -> Result<Box<dyn Conversation>> {
        Ok(Box::new(RemoteConversation {
            client: self.0.clone(),
            messages: Messages::default(),
            reply: None,
        }))
    }
}

struct RemoteConversation {
    client: Arc<Client>,
    messages: Messages,
    reply: Option<Reply>,
}

impl Conversation for RemoteConversation {
    fn instruct(&mut self, instructions: &str) -> Result<()> {
        self.messages.instruct(instructions);
        Ok(())
    }

    /// A picture that may never leave is refused here too, whoever asks.
    fn show(&mut self, image: &Image, leave: Leave) -> Result<()> {
        match leave {
            Leave::Allowed => self.messages.show(image),
            Leave::Never => {
                let picture = image.name().to_owned();
                Err(Error::Forbidden { picture })
            }
        }
    }

    fn append(&mut self, question: &str, answer: &str) -> Result<()> {
        self.messages.answered(question, answer);
        Ok(())
    }

    fn ask<'c>(&'c mut self, question: &str, terms: &Terms) -> Result<Pieces<'c>> {
        self.reply = None;
        let limit = terms.request.time_limit.unwrap_or(self.client.time_limit());
        let deadline = Instant::now() + limit.min(self.client.longest());
        let body = self
            .messages
            .body(question, self.client.model(), &terms.request);
        let cancel = terms.request.cancel.clone().unwrap_or_default();
        let mut waiting = self.client.post(body, deadline, cancel);
        waiting.opened()?;
        let Self {
            messages, reply, ..
        } = self;
        Ok(Box::new(RemotePieces::new(
            waiting, question, messages, reply,
        )))
    }

    fn last(&self) -> Option<Reply> {
        self.reply.clone()
    }

    fn outgoing(&self, question: &str) -> Option<Outgoing> {
        let body = self
            .messages
            .body(question, self.client.model(), &crate::Request::default());
        Some(Outgoing {
            url: self.client.url().to_owned(),
            parts: self.messages.listed(question),
            bytes: body.len(),
        })
    }
}

fn broken(url: &str, why: impl Into<String>) -> Error {
    Error::Remote(RemoteError::Broken {
        url: url.to_owned(),
        why: why.into(),
    })
}
