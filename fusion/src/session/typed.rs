//! Answers of a type: read off pictures by way of their text, or given to a question.
use super::{Request, Session, Snapshots, Stream, Turn};
use crate::answer::{Timing, Typed, Usage};
use crate::{Error, Result, Task};
use foveate_language::{Schema, StopReason};
use serde::de::DeserializeOwned;
use serde_json::Value;

/// Most tokens of a typed answer when the request names no number: some five hundred words, far more
/// than a flyer's fields.
const TYPED_TOKENS: usize = 1024;

impl Session {
    /// Reads a `T` off the pictures: first their text, then the fields from that.
    pub(super) fn read_off<T: DeserializeOwned>(
        &mut self,
        schema: &Value,
        request: &Request,
    ) -> Result<Typed<T>> {
        let schema = Schema::new(schema)?;
        let question = self.prompt(Task::Extract(&schema))?;
        let began = std::time::Instant::now();
        let read = self.transcribe(&question, request)?;
        let rest = request
            .time_limit
            .map(|limit| limit.saturating_sub(began.elapsed()));
        let request = Request {
            time_limit: rest,
            ..request.clone()
        };
        let mut typed = self.respond_schema(&question, &schema, &request)?;
        if let Some((timing, usage)) = read {
            typed.timing += timing;
            typed.usage += usage;
        }
        typed.transcript = self.reading().map(|t| t.answer.clone());
        Ok(typed)
    }

    /// Answers a question with a `T`.
    pub(super) fn respond<T: DeserializeOwned>(
        &mut self,
        question: &str,
        schema: &Value,
        request: &Request,
    ) -> Result<Typed<T>> {
        self.respond_schema(question, &Schema::new(schema)?, request)
    }

    fn respond_schema<T: DeserializeOwned>(
        &mut self,
        prompt: &str,
        schema: &Schema,
        request: &Request,
    ) -> Result<Typed<T>> {
        let mut stream = self.constrained(prompt, schema, request)?;
        stream.by_ref().try_for_each(|piece| piece.map(drop))?;
        let (stop, timing, usage) = stream.finish();
        let so_far = self.last_answer();
        match stop {
            StopReason::TimeLimit => return Err(Error::Timeout { so_far }),
            StopReason::Cancelled => return Err(Error::Cancelled { so_far }),
            StopReason::ContextFull => {
                return Err(Error::ContextFull {
                    limit: self.context.limit(),
                    so_far,
                });
            }
            _ => {}
        }
        let value = serde_json::from_str(&so_far).map_err(|source| Error::Mistyped {
            text: so_far.clone(),
            source,
        })?;
        let fields = self.last_traced().fields(&self.gallery);
        Ok(Typed {
            value,
            json: so_far,
            fields,
            transcript: None,
            stop,
            timing,
            usage,
        })
    }

    /// A typed answer field by field: to a question, or read off the pictures.
    pub(super) fn snapshots(
        &mut self,
        question: Option<String>,
        schema: &Value,
        request: &Request,
    ) -> Result<Snapshots<'_>> {
        let schema = Schema::new(schema)?;
        let question = if let Some(question) = question {
            question
        } else {
            let fields = self.prompt(Task::Extract(&schema))?;
            self.transcribe(&fields, request)?;
            fields
        };
        Ok(Snapshots {
            stream: self.constrained(&question, &schema, request)?,
            last: None,
        })
    }

    /// A stream of an answer that obeys `schema`, within its token budget.
    pub(crate) fn constrained(
        &mut self,
        prompt: &str,
        schema: &Schema,
        request: &Request,
    ) -> Result<Stream<'_>> {
        let question = self
            .model
            .template()
            .asked(self.model.tokenizer(), &self.instructed(prompt))?;
        let open = usize::from(self.open);
        self.context.check_room(question.len() + open + 2)?;
        let room = self.context.room() - question.len() - open - 1;
        let budget = request.max_tokens.unwrap_or(TYPED_TOKENS).min(room);
        let constraint = self.model.grammars().json(schema, budget)?;
        let task = Task::Extract(schema);
        self.begin(prompt, task)?;
        self.answer(task, request, Some(budget), Some(Box::new(constraint)))
    }

    /// Makes sure that the pictures' text was read; leaves room for `question` and a typed answer.
    fn transcribe(&mut self, question: &str, request: &Request) -> Result<Option<(Timing, Usage)>> {
        if self.reading().is_some() {
            return Ok(None);
        }
        let prompt = self.prompt(Task::Transcribe)?;
        let reserved = question.len()
            + prompt.len()
            + request.max_tokens.unwrap_or(TYPED_TOKENS).min(TYPED_TOKENS)
            + 8;
        let request = Request {
            max_tokens: Some(self.room().saturating_sub(reserved)),
            ..request.clone()
        };
        let answer = self.words(&prompt, Task::Transcribe, &request)?;
        match answer.stop {
            StopReason::TimeLimit => Err(Error::Timeout {
                so_far: answer.text,
            }),
            StopReason::Cancelled => Err(Error::Cancelled {
                so_far: answer.text,
            }),
            _ => Ok(Some((answer.timing, answer.usage))),
        }
    }

    /// The turn that read the text of all pictures shown.
    fn reading(&self) -> Option<&Turn> {
        let whole = |t: &&Turn| t.transcribes && t.pictures == self.images.len();
        self.turns.iter().find(whole)
    }
}
