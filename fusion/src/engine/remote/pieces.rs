//! A server's answer as it comes.
use super::form::Messages;
use super::http::{Ended, Event, Waiting};
use crate::answer::Usage;
use crate::engine::{Place, RemoteError, Reply, Route};
use crate::{Error, Result};
use foveate_language::StopReason;
use serde_json::Value;

/// An iterator of pieces; dropping it ends the request.
pub(super) struct RemotePieces<'c> {
    waiting: Waiting,
    question: String,
    text: String,
    stop: Option<StopReason>,
    usage: Usage,
    over: bool,
    /// Whether it ended in an error: the question is then not part of the conversation.
    failed: bool,
    messages: &'c mut Messages,
    reply: &'c mut Option<Reply>,
}

impl<'c> RemotePieces<'c> {
    pub fn new(
        waiting: Waiting,
        question: &str,
        messages: &'c mut Messages,
        reply: &'c mut Option<Reply>,
    ) -> Self {
        Self {
            waiting,
            question: question.to_owned(),
            text: String::new(),
            stop: None,
            usage: Usage::default(),
            over: false,
            failed: false,
            messages,
            reply,
        }
    }

    /// The text in an event, and what else it tells.
    fn read(&mut self, event: &Value) -> Result<Option<String>> {
        if let Some(message) = event["error"]["message"].as_str() {
            return Err(Error::Remote(RemoteError::Broken {
                url: "the server".to_owned(),
                why: format!("it failed while it answered: {message}"),
            }));
        }
        let count = |name: &str| event["usage"][name].as_u64().map(|n| n as usize);
        if let Some(prompt) = count("prompt_tokens") {
            self.usage.prompt = prompt;
            self.usage.generated = count("completion_tokens").unwrap_or_default();
        }
        let choice = &event["choices"][0];
        if let Some(reason) = choice["finish_reason"].as_str() {
            self.stop = Some(match reason {
                "length" => StopReason::MaxTokens,
                _ => StopReason::End,
            });
        }
        let text = choice["delta"]["content"].as_str();
        Ok(text.filter(|text| !text.is_empty()).map(str::to_owned))
    }

    fn ended(&mut self, stop: Option<StopReason>) -> Option<Result<String>> {
        self.over = true;
        self.stop = stop.or(self.stop);
        None
    }

    fn fail(&mut self, e: Error) -> Option<Result<String>> {
        (self.over, self.failed) = (true, true);
        Some(Err(e))
    }
}

impl Iterator for RemotePieces<'_> {
    type Item = Result<String>;

    fn next(&mut self) -> Option<Self::Item> {
        while !self.over {
            let event = match self.waiting.next() {
                Ok(Event::Data(event)) => event,
                Ok(Event::Done) => return self.ended(self.stop.or(Some(StopReason::End))),
                Ok(Event::Open | Event::Failed(_)) => continue,
                Err(Ended::Late) => return self.ended(Some(StopReason::TimeLimit)),
                Err(Ended::Cancelled) => return self.ended(Some(StopReason::Cancelled)),
                Err(Ended::Failed(e)) => return self.fail(e),
            };
            match self.read(&event) {
                Ok(Some(piece)) => {
                    self.text += &piece;
                    return Some(Ok(piece));
                }
                Ok(None) => {}
                Err(e) => return self.fail(e),
            }
        }
        None
    }
}

impl Drop for RemotePieces<'_> {
    fn drop(&mut self) {
        if self.failed {
            return;
        }
        self.messages.answered(&self.question, &self.text);
        let stop = self.stop.filter(|_| self.over);
        *self.reply = Some(Reply {
            text: std::mem::take(&mut self.text),
            stop: stop.unwrap_or(StopReason::Cancelled),
            region: None,
            found: true,
            usage: self.usage,
            route: Route::only(Place::Server),
        });
    }
}
