//! What a session is asked for: one builder, whatever the answer is to be.
use super::{Request, Session, Snapshots, Stream};
use crate::answer::{Answer, Reading, Typed};
use crate::{Result, Task};
use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::marker::PhantomData;

/// A question that is not asked yet: [`with`](Self::with) says how, `run` asks it and waits for the
/// answer, `stream` hands the answer out as it is written.
///
/// ```no_run
/// # use foveate::{Image, Model, Request};
/// # let mut session = Model::load("nano")?.look_at(&Image::open("flyer.png")?)?;
/// let brief = Request { max_tokens: Some(20), ..Request::default() };
/// let answer = session.ask("Where is it?").with(&brief).run()?;
/// for piece in session.ocr().stream()? {
///     print!("{}", piece?);
/// }
/// # Ok::<(), foveate::Error>(())
/// ```
#[must_use = "nothing is asked before `run` or `stream`"]
pub struct Query<'s, K> {
    session: &'s mut Session,
    request: Request,
    kind: K,
}

/// An answer in words ([`Session::ask`]).
#[derive(Debug, Clone)]
pub struct Words(String);

/// All text of the pictures ([`Session::ocr`]).
#[derive(Debug, Clone, Copy)]
pub struct Lines(());

/// A value of a type ([`Session::read`]).
#[derive(Debug, Clone)]
pub struct ValueOf<T> {
    /// The question; `None` reads the value off the pictures.
    question: Option<String>,
    schema: Value,
    of: PhantomData<fn() -> T>,
}

impl Session {
    /// Asks a question, to be answered in words or, by [`Query::as_type`], with a value.
    pub fn ask(&mut self, question: impl Into<String>) -> Query<'_, Words> {
        self.query(Words(question.into()))
    }

    /// Reads the text of the pictures, with the boxes of its lines.
    pub fn ocr(&mut self) -> Query<'_, Lines> {
        self.query(Lines(()))
    }

    /// Reads a `T` off the pictures: first their text, then the fields from that.
    pub fn read<T: DeserializeOwned + JsonSchema>(&mut self) -> Query<'_, ValueOf<T>> {
        self.query(ValueOf::new(None, schema_of::<T>()))
    }

    /// Reads a `T` that a JSON Schema describes off the pictures.
    pub fn read_schema<T: DeserializeOwned>(&mut self, schema: &Value) -> Query<'_, ValueOf<T>> {
        self.query(ValueOf::new(None, schema.clone()))
    }

    fn query<K>(&mut self, kind: K) -> Query<'_, K> {
        Query {
            session: self,
            request: Request::default(),
            kind,
        }
    }
}

impl<T> ValueOf<T> {
    fn new(question: Option<String>, schema: Value) -> Self {
        Self {
            question,
            schema,
            of: PhantomData,
        }
    }
}

impl<'s, K> Query<'s, K> {
    /// Asks as `request` says.
    pub fn with(mut self, request: &Request) -> Self {
        self.request = request.clone();
        self
    }
}

impl<'s> Query<'s, Words> {
    /// Asks, and waits for the answer.
    pub fn run(self) -> Result<Answer> {
        self.session.words(&self.kind.0, Task::Ask, &self.request)
    }

    /// Asks; the answer comes piece by piece.
    pub fn stream(self) -> Result<Stream<'s>> {
        self.session.pieces(&self.kind.0, Task::Ask, &self.request)
    }

    /// The answer is to be a `T`.
    pub fn as_type<T: DeserializeOwned + JsonSchema>(self) -> Query<'s, ValueOf<T>> {
        self.as_schema(&schema_of::<T>())
    }

    /// The answer is to be a `T` that a JSON Schema describes.
    pub fn as_schema<T: DeserializeOwned>(self, schema: &Value) -> Query<'s, ValueOf<T>> {
        Query {
            session: self.session,
            request: self.request,
            kind: ValueOf::new(Some(self.kind.0), schema.clone()),
        }
    }
}

impl<'s> Query<'s, Lines> {
    /// Reads, and waits for the text.
    pub fn run(self) -> Result<Reading> {
        self.session.transcript_of(&self.request)
    }

    /// Reads; the text comes piece by piece.
    pub fn stream(self) -> Result<Stream<'s>> {
        let prompt = self.session.prompt(Task::Transcribe)?;
        self.session
            .pieces(&prompt, Task::Transcribe, &self.request)
    }
}

impl<'s, T: DeserializeOwned> Query<'s, ValueOf<T>> {
    /// Asks, and waits for the value.
    ///
    /// # Errors An answer that ended before it was whole: by its time limit, cancelled, or for lack
    /// of room. Of what is read off pictures, a field without text, number or truth value on them,
    /// where the type has neither `Option` nor default for it:
    /// [`Error::NothingRead`](crate::Error::NothingRead),
    /// [`Error::NoEvidence`](crate::Error::NoEvidence).
    pub fn run(self) -> Result<Typed<T>> {
        let ValueOf {
            question, schema, ..
        } = self.kind;
        match question {
            Some(question) => self.session.respond(&question, &schema, &self.request),
            None => self.session.read_off(&schema, &self.request),
        }
    }

    /// Asks; each snapshot holds the fields that are complete, and the last one is what
    /// [`run`](Self::run) gives. What is read off pictures begins with their text, before the first
    /// snapshot comes.
    ///
    /// # Errors
    /// As those of `run`, at once or as an item.
    pub fn stream(self) -> Result<Snapshots<'s>> {
        self.session
            .snapshots(self.kind.question, &self.kind.schema, &self.request)
    }
}

/// The JSON Schema of a type.
fn schema_of<T: JsonSchema>() -> Value {
    schemars::generate::SchemaSettings::draft2020_12()
        .into_generator()
        .into_root_schema_for::<T>()
        .to_value()
}
