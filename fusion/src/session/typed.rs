//! Answers of a type: read off pictures by way of their text, or given to a question.
use super::blank::blank;
use super::evidence::Evidence;
use super::headlines::headlines;
use super::stream::Growing;
use super::{Request, Session, Snapshots, Stream, Turn};
use crate::answer::{Timing, Typed, Usage};
use crate::{Error, Result, Task};
use foveate_language::{Schema, StopReason};
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::time::{Duration, Instant};

/// Most tokens of a typed answer when the request names no number: some five hundred words, far
/// more than a flyer's fields.
const TYPED_TOKENS: usize = 1024;

/// Room for the tokens around two questions and their answers: three each where a transcript takes
/// rows (user, answer, end), and two to spare.
const CONTROL: usize = 8;

/// What is known before a value is read off pictures.
struct Read {
    /// Their text; empty where there is none.
    text: String,
    question: String,
    /// What is left of the request.
    request: Request,
    cost: (Timing, Usage),
}

impl Session {
    /// Reads a `T` off the pictures: first their text, then the fields from that.
    pub(super) fn read_off<T: DeserializeOwned>(
        &mut self,
        schema: &Value,
        request: &Request,
    ) -> Result<Typed<T>> {
        let ready = Schema::new(schema)?;
        let Read {
            text,
            question,
            request,
            cost: (timing, usage),
        } = self.read_text(&ready, request)?;
        if self.is_blank() {
            return self.nothing_read(schema, (timing, usage));
        }
        let mut typed: Typed<Value> = self.respond_schema(&question, &ready, &request)?;
        if Evidence::new(schema, &text).hold(&mut typed.value)? {
            typed.json = typed.value.to_string();
        }
        typed.timing += timing;
        typed.usage += usage;
        typed.transcript = Some(text);
        typed.headlines = self.headlines();
        typed_as(typed)
    }

    /// Reads the text of the pictures, or finds where it was read before.
    fn read_text(&mut self, schema: &Schema, request: &Request) -> Result<Read> {
        let question = self.prompt(Task::Extract(schema))?;
        let began = Instant::now();
        let cost = self.transcribe(&question, request)?.unwrap_or_default();
        let left = |limit: Duration| limit.saturating_sub(began.elapsed());
        Ok(Read {
            text: self
                .reading()
                .map(|turn| turn.answer.clone())
                .unwrap_or_default(),
            question,
            request: Request {
                time_limit: request.time_limit.map(left),
                ..request.clone()
            },
            cost,
        })
    }

    /// The answer where no text was found in the pictures: the decoder is not asked.
    fn nothing_read<T: DeserializeOwned>(
        &self,
        schema: &Value,
        (timing, usage): (Timing, Usage),
    ) -> Result<Typed<T>> {
        let value = blank(schema).map_err(|field| Error::NothingRead { field })?;
        typed_as(Typed {
            json: value.to_string(),
            value,
            fields: Vec::new(),
            transcript: Some(String::new()),
            headlines: Vec::new(),
            stop: StopReason::End,
            timing,
            usage,
        })
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
        let so_far = self.last_text();
        self.whole(stop, &so_far)?;
        let value = value_of(&so_far)?;
        let fields = self.last_traced().fields(&self.gallery);
        Ok(Typed {
            value,
            json: so_far,
            fields,
            transcript: None,
            headlines: Vec::new(),
            stop,
            timing,
            usage,
        })
    }

    /// The last answer as a value read off the pictures, as [`Query::run`](super::Query::run) gives
    /// it, for those who took it from [`Snapshots`]: `json` is what [`Snapshots::so_far`] says.
    ///
    /// # Errors
    /// As those of `run` for an answer that ended before it was whole.
    pub fn last_typed<T: DeserializeOwned>(
        &self,
        json: String,
        stop: StopReason,
        timing: Timing,
        usage: Usage,
    ) -> Result<Typed<T>> {
        self.whole(stop, &json)?;
        let value = value_of(&json)?;
        let transcript = self.reading().map(|turn| turn.answer.clone());
        let asked = self.turns.last().is_some_and(|turn| !turn.transcribes);
        let fields = asked.then(|| self.last_traced().fields(&self.gallery));
        Ok(Typed {
            value,
            json,
            fields: fields.unwrap_or_default(),
            transcript,
            headlines: self.headlines(),
            stop,
            timing,
            usage,
        })
    }

    /// Refuses a typed answer that ended before it was whole.
    fn whole(&self, stop: StopReason, so_far: &str) -> Result<()> {
        let so_far = so_far.to_owned();
        match stop {
            StopReason::TimeLimit => Err(Error::Timeout { so_far }),
            StopReason::Cancelled => Err(Error::Cancelled { so_far }),
            StopReason::ContextFull => Err(Error::ContextFull {
                limit: self.context.limit(),
                so_far,
            }),
            _ => Ok(()),
        }
    }

    /// A typed answer field by field: to a question, or read off the pictures.
    pub(super) fn snapshots(
        &mut self,
        question: Option<String>,
        schema: &Value,
        request: &Request,
    ) -> Result<Snapshots<'_>> {
        let ready = Schema::new(schema)?;
        let (question, request, evidence) = match question {
            Some(question) => (question, request.clone(), None),
            None => {
                let read = self.read_text(&ready, request)?;
                if self.is_blank() {
                    let nothing = blank(schema).map_err(|field| Error::NothingRead { field })?;
                    return Ok(Snapshots::new(Growing::Blank(nothing, read.cost), None));
                }
                let evidence = Evidence::new(schema, &read.text);
                (read.question, read.request, Some(evidence))
            }
        };
        let stream = self.constrained(&question, &ready, &request)?;
        Ok(Snapshots::new(Growing::Written(stream), evidence))
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
            + CONTROL;
        let room = self.room().saturating_sub(reserved);
        let request = Request {
            max_tokens: (!self.is_aside(Task::Transcribe)).then_some(room),
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

    /// The blocks of the largest print, where the text was read.
    fn headlines(&self) -> Vec<String> {
        let lines = self
            .reading()
            .map(|turn| self.traced(turn).lines(&self.gallery));
        headlines(&lines.unwrap_or_default())
    }

    /// Whether the pictures were read and no legible text was found.
    fn is_blank(&self) -> bool {
        self.text().is_none_or(|text| text.is_empty())
    }

    /// The turn that read the text of all pictures shown.
    pub(super) fn reading(&self) -> Option<&Turn> {
        let broken_off = |t: &Turn| {
            let cut = [StopReason::Cancelled, StopReason::TimeLimit].map(StopReason::as_str);
            let stop = t.stop.as_deref();
            stop.is_none_or(|stop| cut.contains(&stop))
        };
        let whole = |t: &&Turn| t.transcribes && t.pictures == self.images.len() && !broken_off(t);
        self.turns.iter().find(whole)
    }
}

/// The same answer, its value as a `T`.
fn typed_as<T: DeserializeOwned>(typed: Typed<Value>) -> Result<Typed<T>> {
    Ok(Typed {
        value: value_of(&typed.json)?,
        json: typed.json,
        fields: typed.fields,
        transcript: typed.transcript,
        headlines: typed.headlines,
        stop: typed.stop,
        timing: typed.timing,
        usage: typed.usage,
    })
}

fn value_of<T: DeserializeOwned>(json: &str) -> Result<T> {
    serde_json::from_str(json).map_err(|source| Error::Mistyped {
        text: json.to_owned(),
        source,
    })
}
