//! A conversation about pictures. Nothing that was seen, computed or said is computed again.
use crate::answer::{self, Answer, Reading, Timing, Typed, Usage};
use crate::draft::Copying;
use crate::grounding::{Gallery, Traced};
use crate::pointer::Pointing;
use crate::{Adapter, Error, Image, Model, Result};
use foveate_language::{
    CancelHandle, Constraint, Context, Decoder, Feedback, Generator, Sampler, Sampling, Schema,
    StopReason, TextStream, TokenId, TokenStream, Tokenizer, Work,
};
use foveate_vision::Mode;
use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use std::time::Duration;

/// Most tokens of a typed answer when the request names no number: some five hundred words, far more than a flyer's fields.
const TYPED_TOKENS: usize = 1024;

/// How an answer is to be made.
#[derive(Debug, Clone)]
pub struct Request {
    /// How tokens are chosen. Greedy by default: reading has one right answer.
    pub sampling: Sampling,
    /// Most tokens of the answer. By default as many as the context holds; 1024 for a typed one.
    pub max_tokens: Option<usize>,
    /// Longest time from the beginning of the answer. None by default.
    pub time_limit: Option<Duration>,
    /// Ends the answer from another thread.
    pub cancel: Option<CancelHandle>,
    /// Guess ahead what the answer copies from the picture and check several tokens in one run of the decoder. Greedy
    /// answers are the same with and without. On by default: the shipped flyers are read in a fifth of the runs and in
    /// less than half the decoding time (`foveate bench --speculation` says what it is worth on a picture).
    pub draft: bool,
}

impl Default for Request {
    fn default() -> Self {
        Self {
            sampling: Sampling::default(),
            max_tokens: None,
            time_limit: None,
            cancel: None,
            draft: true,
        }
    }
}

/// One question and its answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Turn {
    /// The question.
    pub prompt: String,
    /// Pictures shown before it was asked.
    pub pictures: usize,
    /// The answer's tokens, and the image token that each was read from.
    pub(crate) ids: Vec<TokenId>,
    pub(crate) sources: Vec<Option<usize>>,
    /// The answer.
    pub answer: String,
    /// Why it ended; `None` while it goes on, or when its stream was dropped.
    pub stop: Option<String>,
}

/// A conversation with a model: pictures, questions and answers, in order, append-only.
///
/// Requests take `&mut self`: one at a time. Many sessions may share a [`Model`] on many threads.
pub struct Session {
    pub(crate) model: Model,
    adapter: Option<(Adapter, Arc<dyn Decoder>)>,
    pub(crate) context: Context,
    pub(crate) pointing: Pointing,
    pub(crate) gallery: Gallery,
    pub(crate) images: Vec<PictureRecord>,
    pub(crate) turns: Vec<Turn>,
    pub(crate) instructions: Option<String>,
    /// Whether the last turn still lacks its end token.
    pub(crate) open: bool,
    /// What seeing pictures cost since the last answer.
    seeing: Timing,
    usage: Usage,
}

/// A picture that a session was shown.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PictureRecord {
    /// Its label.
    pub name: String,
    /// What it is recognised by.
    pub fingerprint: crate::Fingerprint,
    /// Turns before it was shown.
    pub(crate) after: usize,
    /// How closely it was looked at.
    #[serde(serialize_with = "mode_word")]
    pub(crate) mode: Mode,
    /// Its image tokens.
    pub tokens: usize,
}

impl Session {
    pub(crate) fn new(model: Model) -> Result<Self> {
        let mut context = Context::new(model.decoder());
        context.push(model.prompt().begin, None)?;
        let pointing = Pointing::new(model.pointer().clone());
        Ok(Self {
            model,
            adapter: None,
            context,
            pointing,
            gallery: Gallery::default(),
            images: Vec::new(),
            turns: Vec::new(),
            instructions: None,
            open: false,
            seeing: Timing::default(),
            usage: Usage::default(),
        })
    }

    /// What the model is to keep to; said before the first question.
    pub fn instruct(&mut self, instructions: impl Into<String>) -> &mut Self {
        self.instructions = Some(instructions.into());
        self
    }

    /// Shows a picture in the model's default mode. Pictures shown before are recognised and not encoded again.
    pub fn add_image(&mut self, image: &Image) -> Result<&mut Self> {
        self.add_image_in(image, self.model.default_mode())
    }

    /// Shows a picture in `mode`.
    pub fn add_image_in(&mut self, image: &Image, mode: Mode) -> Result<&mut Self> {
        let (seen, timing) = self.model.see(image, mode)?;
        self.context.check_room(seen.tokens.len() + 1)?;
        self.close_turn()?;
        self.context
            .push_rows(self.model.prompt().image, seen.tokens.tokens.view())?;
        self.gallery
            .pictures
            .push((self.pointing.len(), seen.clone()));
        self.pointing.add(&seen.tokens);
        self.images.push(PictureRecord {
            name: image.name().to_owned(),
            fingerprint: image.fingerprint(),
            after: self.turns.len(),
            mode: seen.mode,
            tokens: seen.tokens.len(),
        });
        self.seeing += timing;
        Ok(self)
    }

    /// Computes what is known already, so that the next answer begins sooner.
    pub fn prewarm(&mut self) -> Result<()> {
        let decoder = decoder(&self.model, self.adapter.as_ref());
        Ok(self.context.prefill(decoder)?)
    }

    /// Answers from here on with an adapter, or without one: what was shown and said stays, and is computed again, since
    /// the decoder now sees it in another light. Setting the one that is set already costs nothing.
    ///
    /// The model is not loaded again, other sessions do not notice, and any number of adapters may be in use at a time.
    ///
    /// # Errors
    /// An adapter that does not fit the model ([`Model::decoder_with`]); the session is then as it was.
    pub fn set_adapter(&mut self, adapter: Option<&Adapter>) -> Result<&mut Self> {
        let same = match (self.adapter(), adapter) {
            (Some(now), Some(next)) => now.is(next),
            (now, next) => now.is_none() && next.is_none(),
        };
        if !same {
            self.adapter = match adapter {
                Some(adapter) => Some((adapter.clone(), self.model.decoder_with(adapter)?)),
                None => None,
            };
            let decoder = decoder(&self.model, self.adapter.as_ref());
            self.context.change_decoder(decoder);
        }
        Ok(self)
    }

    /// The adapter in use.
    #[must_use]
    pub fn adapter(&self) -> Option<&Adapter> {
        self.adapter.as_ref().map(|(adapter, _)| adapter)
    }

    /// A copy that goes its own way from here.
    #[must_use]
    pub fn fork(&self) -> Self {
        Self {
            model: self.model.clone(),
            adapter: self.adapter.clone(),
            context: self.context.fork(),
            pointing: self.pointing.clone(),
            gallery: self.gallery.clone(),
            images: self.images.clone(),
            turns: self.turns.clone(),
            instructions: self.instructions.clone(),
            open: self.open,
            seeing: self.seeing,
            usage: self.usage,
        }
    }

    /// The questions and answers so far.
    #[must_use]
    pub fn turns(&self) -> &[Turn] {
        &self.turns
    }

    /// The pictures shown so far.
    #[must_use]
    pub fn pictures(&self) -> &[PictureRecord] {
        &self.images
    }

    /// Tokens of all answers so far.
    #[must_use]
    pub fn usage(&self) -> Usage {
        self.usage
    }

    /// The model.
    #[must_use]
    pub fn model(&self) -> &Model {
        &self.model
    }

    /// Rows that the context still holds.
    #[must_use]
    pub fn room(&self) -> usize {
        self.context.room()
    }

    /// Answers a question in words.
    pub fn ask(&mut self, prompt: &str) -> Result<Answer> {
        self.ask_with(prompt, &Request::default())
    }

    /// Answers a question in words, as `request` says.
    pub fn ask_with(&mut self, prompt: &str, request: &Request) -> Result<Answer> {
        let mut stream = self.stream_with(prompt, request)?;
        stream.by_ref().try_for_each(|piece| piece.map(drop))?;
        let (stop, timing, usage) = stream.finish();
        Ok(Answer {
            text: self.last_answer(),
            stop,
            timing,
            usage,
        })
    }

    /// Answers a question piece by piece.
    pub fn stream(&mut self, prompt: &str) -> Result<Stream<'_>> {
        self.stream_with(prompt, &Request::default())
    }

    /// Answers a question piece by piece, as `request` says.
    pub fn stream_with(&mut self, prompt: &str, request: &Request) -> Result<Stream<'_>> {
        self.begin(prompt)?;
        self.answer(request, request.max_tokens, None)
    }

    /// Reads the text of the pictures, with the boxes of its lines.
    pub fn ocr(&mut self) -> Result<Reading> {
        self.ocr_with(&Request::default())
    }

    /// Reads the text of the pictures, as `request` says.
    pub fn ocr_with(&mut self, request: &Request) -> Result<Reading> {
        let prompt = self.model.prompt().ocr().to_owned();
        let Answer {
            text,
            stop,
            timing,
            usage,
        } = self.ask_with(&prompt, request)?;
        Ok(Reading {
            text,
            lines: self.last_lines(),
            stop,
            timing,
            usage,
        })
    }

    /// Reads the text of the pictures piece by piece.
    pub fn stream_ocr(&mut self) -> Result<Stream<'_>> {
        let prompt = self.model.prompt().ocr().to_owned();
        self.stream(&prompt)
    }

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

    fn instructed(&self, prompt: &str) -> String {
        match &self.instructions {
            Some(instructions) if self.turns.is_empty() => format!("{instructions}\n{prompt}"),
            _ => prompt.to_owned(),
        }
    }

    /// Writes a question; what does not fit leaves the session as it was.
    pub(crate) fn begin(&mut self, prompt: &str) -> Result<()> {
        let question = self
            .model
            .prompt()
            .question(self.model.tokenizer(), &self.instructed(prompt))?;
        self.context
            .check_room(question.len() + usize::from(self.open) + 1)?;
        self.close_turn()?;
        self.context.push_ids(&question)?;
        self.turns.push(Turn {
            prompt: prompt.to_owned(),
            pictures: self.images.len(),
            ids: Vec::new(),
            sources: Vec::new(),
            answer: String::new(),
            stop: None,
        });
        self.open = true;
        Ok(())
    }

    /// Ends the last answer with its end token, which carries the place last read from like every token written.
    pub(crate) fn close_turn(&mut self) -> Result<()> {
        if self.open {
            let last = self
                .turns
                .last()
                .and_then(|t| t.sources.iter().rev().flatten().next().copied());
            let place = last.map(|source| self.pointing.place(source));
            self.context.push(self.model.prompt().end, place)?;
            self.open = false;
        }
        Ok(())
    }

    fn answer(
        &mut self,
        request: &Request,
        max_tokens: Option<usize>,
        constraint: Option<Box<dyn Constraint>>,
    ) -> Result<Stream<'_>> {
        let Self {
            model,
            adapter,
            context,
            pointing,
            turns,
            seeing,
            usage,
            gallery,
            ..
        } = self;
        let prompt_rows = context.len();
        let prompt = model.prompt();
        let draft = request
            .draft
            .then(|| copying(model.tokenizer(), gallery, turns));
        let Some(turn) = turns.last_mut() else {
            unreachable!("a turn was begun")
        };
        // One row is left for the end token.
        let most = max_tokens
            .unwrap_or(usize::MAX)
            .min(context.room().saturating_sub(1));
        let by_context = max_tokens.is_none_or(|m| m > most);
        let mut generator = Generator::new(
            decoder(model, adapter.as_ref()),
            context,
            Sampler::new(request.sampling),
            prompt.end,
        )
        .never(&prompt.never)
        .with_feedback(&*pointing)
        .watching_for_loops();
        if let Some(constraint) = constraint {
            generator = generator.constrained(constraint);
        }
        if let Some(draft) = draft {
            generator = generator.drafted(Box::new(draft));
        }
        let mut tokens: Box<dyn TokenStream + '_> = Box::new(generator.max_tokens(most));
        if let Some(limit) = request.time_limit {
            tokens = Box::new(tokens.time_limit(limit));
        }
        if let Some(handle) = &request.cancel {
            tokens = Box::new(tokens.cancelled_by(handle));
        }
        Ok(Stream {
            tokens,
            turn,
            text: TextStream::default(),
            tokenizer: model.tokenizer(),
            prompt_rows,
            by_context,
            seeing,
            usage,
            finished: false,
        })
    }

    fn last_answer(&self) -> String {
        self.turns
            .last()
            .map(|t| t.answer.clone())
            .unwrap_or_default()
    }

    fn last_traced(&self) -> Traced {
        let (ids, sources) = self
            .turns
            .last()
            .map_or((&[][..], &[][..]), |t| (&t.ids, &t.sources));
        Traced::new(self.model.tokenizer(), ids, sources)
    }

    /// The lines of the last answer, with the boxes they were read from.
    #[must_use]
    pub fn last_lines(&self) -> Vec<crate::Line> {
        self.last_traced().lines(&self.gallery)
    }
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Session")
            .field("model", &self.model)
            .field("adapter", &self.adapter())
            .field("context", &self.context)
            .field("pictures", &self.images)
            .field("turns", &self.turns)
            .finish_non_exhaustive()
    }
}

/// What runs a session: its adapter's decoder, the model's without one.
fn decoder<'s>(
    model: &'s Model,
    adapter: Option<&'s (Adapter, Arc<dyn Decoder>)>,
) -> &'s dyn Decoder {
    adapter.map_or(model.decoder(), |(_, decoder)| &**decoder)
}

/// Guesses from all pictures and answers so far.
fn copying(tokenizer: &Tokenizer, gallery: &Gallery, turns: &[Turn]) -> Copying {
    let answers = turns
        .iter()
        .flat_map(|t| t.ids.iter().copied().zip(t.sources.iter().copied()));
    let mut draft = Copying::new(
        tokenizer.byte(b' '),
        tokenizer.byte(b'\n'),
        answers.collect(),
    );
    gallery.pictures.iter().for_each(|p| draft.add(&p.1.tokens));
    draft
}

/// The word that `Mode` is read back from.
fn mode_word<S: serde::Serializer>(mode: &Mode, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&format!("{mode:?}").to_lowercase())
}

/// The JSON Schema of a type.
fn schema_of<T: JsonSchema>() -> serde_json::Value {
    schemars::generate::SchemaSettings::draft2020_12()
        .into_generator()
        .into_root_schema_for::<T>()
        .to_value()
}

/// An answer as it is written: an iterator of pieces of text. Dropping it leaves the session usable, with the answer as
/// far as it was read.
pub struct Stream<'s> {
    tokens: Box<dyn TokenStream + 's>,
    turn: &'s mut Turn,
    text: TextStream,
    tokenizer: &'s Tokenizer,
    prompt_rows: usize,
    by_context: bool,
    seeing: &'s mut Timing,
    usage: &'s mut Usage,
    finished: bool,
}

impl Stream<'_> {
    /// Why the answer ended; `None` while it has not.
    #[must_use]
    pub fn stop(&self) -> Option<StopReason> {
        match self.tokens.stop() {
            Some(StopReason::MaxTokens) if self.by_context => Some(StopReason::ContextFull),
            stop => stop,
        }
    }

    /// The answer so far.
    #[must_use]
    pub fn so_far(&self) -> &str {
        &self.turn.answer
    }

    /// Why the answer ended, and what it cost. An answer that was not read to its end counts as cancelled.
    pub fn finish(mut self) -> (StopReason, Timing, Usage) {
        let (timing, usage) = self.settle();
        (self.stop().unwrap_or(StopReason::Cancelled), timing, usage)
    }

    /// Books what the answer cost, once.
    fn settle(&mut self) -> (Timing, Usage) {
        let work: Work = self.tokens.work();
        let (timing, usage) = answer::cost(self.prompt_rows, work, *self.seeing);
        if !self.finished {
            self.finished = true;
            *self.usage += usage;
            self.turn.stop = self.stop().map(|s| s.as_str().to_owned());
        }
        (timing, usage)
    }

    fn piece(&mut self) -> Option<Result<String>> {
        loop {
            let token = match self.tokens.next() {
                Some(Ok(token)) => token,
                Some(Err(e)) => return Some(Err(e.into())),
                None => {
                    let rest = self.text.finish();
                    self.turn.answer.push_str(&rest);
                    return (!rest.is_empty()).then_some(Ok(rest));
                }
            };
            self.turn.ids.push(token.id);
            self.turn.sources.push(token.source);
            let piece = self.text.push(self.tokenizer.bytes(token.id));
            self.turn.answer.push_str(&piece);
            if !piece.is_empty() {
                return Some(Ok(piece));
            }
        }
    }
}

impl Iterator for Stream<'_> {
    type Item = Result<String>;

    fn next(&mut self) -> Option<Self::Item> {
        self.piece()
    }
}

impl Drop for Stream<'_> {
    fn drop(&mut self) {
        self.settle();
        *self.seeing = Timing::default();
    }
}

/// A typed answer as it is written: an iterator of growing values, each with the fields that are complete. The last one is
/// the whole answer.
pub struct Snapshots<'s> {
    stream: Stream<'s>,
    last: Option<serde_json::Value>,
}

impl Snapshots<'_> {
    /// Why the answer ended, and what it cost. An answer that was not read to its end counts as cancelled.
    pub fn finish(self) -> (StopReason, Timing, Usage) {
        self.stream.finish()
    }
}

impl Iterator for Snapshots<'_> {
    type Item = Result<serde_json::Value>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Err(e) = self.stream.next()? {
                return Some(Err(e));
            }
            let now = crate::partial::complete_part(self.stream.so_far());
            if now.is_some() && now != self.last {
                self.last.clone_from(&now);
                return now.map(Ok);
            }
        }
    }
}
