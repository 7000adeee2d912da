//! Answers of a type: read off pictures by way of their text, or given to a question.
use super::{Request, Session, Snapshots, Stream, Turn};
use crate::answer::{Timing, Typed, Usage};
use crate::{Error, Result};
use foveate_language::{Schema, StopReason};
use schemars::JsonSchema;
use serde::de::DeserializeOwned;

/// Most tokens of a typed answer when the request names no number: some five hundred words, far more than a flyer's fields.
const TYPED_TOKENS: usize = 1024;

impl Session {
    /// Reads a `T` off the pictures: first their text, then the fields from that.
    pub fn read<T: DeserializeOwned + JsonSchema>(&mut self) -> Result<Typed<T>> {
        self.read_with(&Request::default())
    }

    /// Reads a `T` off the pictures, as `request` says.
    pub fn read_with<T: DeserializeOwned + JsonSchema>(
        &mut self,
        request: &Request,
    ) -> Result<Typed<T>> {
        self.read_schema(&schema_of::<T>(), request)
    }

    /// Reads a value of a JSON Schema off the pictures.
    pub fn read_value(&mut self, schema: &serde_json::Value) -> Result<Typed<serde_json::Value>> {
        self.read_schema(schema, &Request::default())
    }

    /// Reads a `T` that a JSON Schema describes off the pictures.
    pub fn read_schema<T: DeserializeOwned>(
        &mut self,
        schema: &serde_json::Value,
        request: &Request,
    ) -> Result<Typed<T>> {
        let schema = Schema::new(schema)?;
        let question = self.model.prompt().fields(&schema);
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
    pub fn respond<T: DeserializeOwned + JsonSchema>(&mut self, prompt: &str) -> Result<Typed<T>> {
        self.respond_with(prompt, &Request::default())
    }

    /// Answers a question with a `T`, as `request` says.
    pub fn respond_with<T: DeserializeOwned + JsonSchema>(
        &mut self,
        prompt: &str,
        request: &Request,
    ) -> Result<Typed<T>> {
        self.respond_schema(prompt, &Schema::new(&schema_of::<T>())?, request)
    }

    /// Answers a question with a `T` that a JSON Schema describes.
    pub fn respond_value<T: DeserializeOwned>(
        &mut self,
        prompt: &str,
        schema: &serde_json::Value,
        request: &Request,
    ) -> Result<T> {
        Ok(self
            .respond_schema(prompt, &Schema::new(schema)?, request)?
            .value)
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

    /// Reads a `T` off the pictures, field by field: the snapshots hold what is complete. The pictures' text is read first,
    /// before the first snapshot comes.
    pub fn stream_read<T: JsonSchema>(&mut self, request: &Request) -> Result<Snapshots<'_>> {
        let schema = Schema::new(&schema_of::<T>())?;
        let question = self.model.prompt().fields(&schema);
        self.transcribe(&question, request)?;
        Ok(Snapshots {
            stream: self.constrained(&question, &schema, request)?,
            last: None,
        })
    }

    /// Answers a question with a `T`, field by field: the snapshots hold what is complete.
    pub fn stream_respond<T: JsonSchema>(
        &mut self,
        prompt: &str,
        request: &Request,
    ) -> Result<Snapshots<'_>> {
        let schema = Schema::new(&schema_of::<T>())?;
        Ok(Snapshots {
            stream: self.constrained(prompt, &schema, request)?,
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
            .prompt()
            .question(self.model.tokenizer(), &self.instructed(prompt))?;
        let open = usize::from(self.open);
        self.context.check_room(question.len() + open + 2)?;
        let room = self.context.room() - question.len() - open - 1;
        let budget = request.max_tokens.unwrap_or(TYPED_TOKENS).min(room);
        let constraint = self.model.grammars().json(schema, budget)?;
        self.begin(prompt)?;
        self.answer(request, Some(budget), Some(Box::new(constraint)))
    }

    /// Makes sure that the pictures' text was read; leaves room for `question` and a typed answer.
    fn transcribe(&mut self, question: &str, request: &Request) -> Result<Option<(Timing, Usage)>> {
        if self.reading().is_some() {
            return Ok(None);
        }
        let prompt = self.model.prompt().ocr().to_owned();
        let reserved = question.len()
            + prompt.len()
            + request.max_tokens.unwrap_or(TYPED_TOKENS).min(TYPED_TOKENS)
            + 8;
        let request = Request {
            max_tokens: Some(self.room().saturating_sub(reserved)),
            ..request.clone()
        };
        let answer = self.ask_with(&prompt, &request)?;
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
        let whole =
            |t: &&Turn| t.prompt == self.model.prompt().ocr() && t.pictures == self.images.len();
        self.turns.iter().find(whole)
    }
}

/// The JSON Schema of a type.
fn schema_of<T: JsonSchema>() -> serde_json::Value {
    schemars::generate::SchemaSettings::draft2020_12()
        .into_generator()
        .into_root_schema_for::<T>()
        .to_value()
}
