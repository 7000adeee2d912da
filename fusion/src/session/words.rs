//! Answers in words, and how any answer is begun and written.
use super::legibly::Legibly;
use super::stream::Given;
use super::{Request, Session, Stream, Turn, decoder};
use crate::answer::{Answer, Reading, Timing, Usage};
use crate::grounding::Traced;
use crate::readers::Decoding;
use crate::{Error, Result, Task};
use foveate_language::{
    Constraint, Generator, Sampler, Scripted, StopReason, Suppress, TextStream, TokenStream,
};

impl Session {
    pub(super) fn words(
        &mut self,
        prompt: &str,
        task: Task<'_>,
        request: &Request,
    ) -> Result<Answer> {
        let mut stream = self.pieces(prompt, task, request)?;
        stream.by_ref().try_for_each(|piece| piece.map(drop))?;
        let (stop, timing, usage) = stream.finish();
        Ok(self.last_answer(stop, timing, usage))
    }

    /// The last answer with where it was read, as [`Query::run`](super::Query::run) gives it, for
    /// those who took it from a [`Stream`]: [`Stream::finish`] says how it ended.
    #[must_use]
    pub fn last_answer(&self, stop: StopReason, timing: Timing, usage: Usage) -> Answer {
        let text = self.last_text();
        let says_so = self.model.reader().not_found().is_none_or(|no| text != no);
        Answer {
            found: says_so && !text.is_empty(),
            region: self.last_traced().whole(&self.gallery),
            text,
            stop,
            timing,
            usage,
        }
    }

    /// The answer to a question, piece by piece.
    pub(super) fn pieces(
        &mut self,
        prompt: &str,
        task: Task<'_>,
        request: &Request,
    ) -> Result<Stream<'_>> {
        self.begin(prompt, task)?;
        self.answer(task, request, request.max_tokens, None)
    }

    /// The words in which the model was taught to be asked for `task`.
    pub(super) fn prompt(&self, task: Task<'_>) -> Result<String> {
        self.model
            .reader()
            .prompt(task)
            .ok_or_else(|| Error::Stage {
                stage: "reader",
                why: format!("the model {} was not taught this task", self.model.name()),
            })
    }

    /// The text of the pictures, with the boxes of its lines.
    pub(super) fn transcript_of(&mut self, request: &Request) -> Result<Reading> {
        let prompt = self.prompt(Task::Transcribe)?;
        let read = self.words(&prompt, Task::Transcribe, request)?;
        Ok(self.last_reading(read.stop, read.timing, read.usage))
    }

    /// The last answer as the text of the pictures, as [`Query::run`](super::Query::run) gives it,
    /// for those who took it from the [`Stream`] of [`ocr`](Self::ocr).
    #[must_use]
    pub fn last_reading(&self, stop: StopReason, timing: Timing, usage: Usage) -> Reading {
        let last = self.turns.last();
        Reading {
            text: last.map_or_else(String::new, |turn| self.text_of(turn)),
            lines: self.last_lines(),
            left_out: self.gallery.left_out(self.model.tokenizer()),
            stop,
            timing,
            usage,
        }
    }

    pub(super) fn instructed(&self, prompt: &str) -> String {
        match &self.instructions {
            Some(instructions) if self.turns.is_empty() => format!("{instructions}\n{prompt}"),
            _ => prompt.to_owned(),
        }
    }

    /// Writes a question; what does not fit leaves the session as it was.
    pub(crate) fn begin(&mut self, prompt: &str, task: Task<'_>) -> Result<()> {
        let aside = self.is_aside(task);
        if !aside {
            let question = self
                .model
                .template()
                .asked(self.model.tokenizer(), &self.instructed(prompt))?;
            self.context
                .check_room(question.len() + usize::from(self.open) + 1)?;
            self.close_turn()?;
            self.asked_at = self.context.len();
            self.context.push_ids(&question)?;
        } else if self.open {
            self.context.check_room(1)?;
            self.close_turn()?;
        }
        self.turns.push(Turn {
            prompt: prompt.to_owned(),
            transcribes: matches!(task, Task::Transcribe),
            pictures: self.images.len(),
            ids: Vec::new(),
            sources: Vec::new(),
            answer: String::new(),
            stop: None,
        });
        self.open = !aside;
        Ok(())
    }

    /// Whether an answer to `task` is no part of the decoder's context.
    pub(crate) fn is_aside(&self, task: Task<'_>) -> bool {
        matches!(task, Task::Transcribe) && self.model.reader().transcribes_aside()
    }

    /// Ends the last answer with its end token, which carries the place last read from like every
    /// token written.
    pub(crate) fn close_turn(&mut self) -> Result<()> {
        if self.open {
            let last = self
                .turns
                .last()
                .and_then(|t| t.sources.iter().rev().flatten().next().copied());
            let row = last.and_then(|source| self.row_of(source));
            self.context
                .push(self.model.template().end, row.as_deref())?;
            self.open = false;
        }
        Ok(())
    }

    /// What is added to the embeddings of tokens copied from `source`.
    fn row_of(&self, source: usize) -> Option<Vec<f32>> {
        let decoding = self.decoding(Task::Ask);
        Some(decoding.attribution.as_ref()?.row(source).to_vec())
    }

    /// A stream of the answer to the question that was begun.
    pub(super) fn answer(
        &mut self,
        task: Task<'_>,
        request: &Request,
        max_tokens: Option<usize>,
        constraint: Option<Box<dyn Constraint>>,
    ) -> Result<Stream<'_>> {
        let aside = self.is_aside(task);
        self.rejoin();
        let Self {
            model,
            adapter,
            asked_at,
            apart,
            context,
            gallery,
            turns,
            seeing,
            usage,
            ..
        } = self;
        let written: Vec<_> = turns.iter().flat_map(Turn::written).collect();
        let mut decoding = model.reader().decoding(task, gallery.pictures(), &written);
        let Some(turn) = turns.last_mut() else {
            unreachable!("a turn was begun")
        };
        let words = || Legibly::new(gallery, model.tokenizer());
        let given = matches!(task, Task::Transcribe).then(words).flatten();
        let prompt_rows = context.len();
        // One row is left for the end token.
        let room = context.room().saturating_sub(1);
        let most = max_tokens.unwrap_or(usize::MAX);
        let (tokens, by_context) = match decoding.answer.take() {
            Some(answer) => {
                let script = match aside {
                    true => Scripted::aside(answer),
                    false => Scripted::new(context, answer, decoding.attribution),
                };
                // It need not fit into the context.
                (limited(script, most, request), false)
            }
            None => {
                let (whole, end) = (decoder(model, adapter.as_ref()), model.template().end);
                let own = decoding.decoder.filter(|_| adapter.is_none());
                let sampler = Sampler::new(request.sampling);
                let mut generator = Generator::new(own.unwrap_or(whole), context, sampler, end)
                    .processed(Box::new(Suppress(&model.template().never)))
                    .watching_for_loops();
                if own.is_some() {
                    generator = generator.begun_by(whole, *asked_at);
                    *apart = Some(*asked_at);
                }
                if let Some(constraint) = constraint {
                    generator = generator.constrained(constraint);
                }
                let generator = guided(generator, decoding, request.draft);
                let by_context = most > room || max_tokens.is_none();
                (limited(generator, most.min(room), request), by_context)
            }
        };
        Ok(Stream {
            tokens,
            turn,
            text: TextStream::default(),
            given: given.map(Given::new),
            tokenizer: model.tokenizer(),
            prompt_rows,
            by_context,
            seeing,
            usage,
            finished: false,
        })
    }

    pub(super) fn last_text(&self) -> String {
        self.turns
            .last()
            .map(|t| t.answer.clone())
            .unwrap_or_default()
    }

    pub(super) fn last_traced(&self) -> Traced {
        let last = self.turns.last();
        last.map_or_else(
            || Traced::new(self.model.tokenizer(), &[], &[]),
            |turn| self.traced(turn),
        )
    }

    /// The bytes of an answer, each with the source that it was copied from.
    pub(super) fn traced(&self, turn: &Turn) -> Traced {
        Traced::new(self.model.tokenizer(), &turn.ids, &turn.sources)
    }

    /// The lines of the last answer, with the boxes they were read from; of a transcript without
    /// doubtful words.
    #[must_use]
    pub fn last_lines(&self) -> Vec<crate::Line> {
        let last = self.turns.last();
        let lines = last.map(|turn| self.legible(turn).lines(&self.gallery));
        lines.unwrap_or_default()
    }

    /// The text of the pictures as [`ocr`](Self::ocr) gives it, where it was read since the last
    /// one was shown: reading a value does so first.
    #[must_use]
    pub fn text(&self) -> Option<String> {
        self.reading().map(|turn| self.text_of(turn))
    }

    /// An answer, of a transcript without doubtful words.
    pub(super) fn text_of(&self, turn: &Turn) -> String {
        match self.doubts(turn) {
            Some(_) => String::from_utf8_lossy(&self.legible(turn).bytes).into_owned(),
            None => turn.answer.clone(),
        }
    }

    fn legible(&self, turn: &Turn) -> Traced {
        let Some(words) = self.doubts(turn) else {
            return self.traced(turn);
        };
        let (ids, sources): (Vec<_>, Vec<_>) = words.of(turn.written()).into_iter().unzip();
        Traced::new(self.model.tokenizer(), &ids, &sources)
    }

    /// What leaves doubtful words out of a transcript that may have some.
    fn doubts(&self, turn: &Turn) -> Option<Legibly<'_>> {
        let words = || Legibly::new(&self.gallery, self.model.tokenizer());
        turn.transcribes.then(words).flatten()
    }
}

/// A stream of tokens within the limits of a request.
fn limited<'a>(
    tokens: impl TokenStream + 'a,
    most: usize,
    request: &Request,
) -> Box<dyn TokenStream + 'a> {
    let mut tokens: Box<dyn TokenStream + 'a> = Box::new(tokens.max_tokens(most));
    if let Some(limit) = request.time_limit {
        tokens = Box::new(tokens.time_limit(limit));
    }
    if let Some(handle) = &request.cancel {
        tokens = Box::new(tokens.cancelled_by(handle));
    }
    tokens
}

/// A generator with what the reader adds to it.
fn guided<'a>(mut generator: Generator<'a>, decoding: Decoding<'a>, draft: bool) -> Generator<'a> {
    for processor in decoding.processors {
        generator = generator.processed(processor);
    }
    if let Some(attribution) = decoding.attribution {
        generator = generator.attributed(attribution);
    }
    match decoding.draft.filter(|_| draft) {
        Some(draft) => generator.drafted(draft),
        None => generator,
    }
}
