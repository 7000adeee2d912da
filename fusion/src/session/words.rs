//! Answers in words, and how any answer is begun and written.
use super::{Request, Session, Stream, Turn, decoder};
use crate::Result;
use crate::answer::{Answer, Reading};
use crate::draft::Copying;
use crate::grounding::{Gallery, Traced};
use foveate_language::{
    Constraint, Feedback, Generator, Sampler, TextStream, TokenStream, Tokenizer,
};

impl Session {
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

    pub(super) fn instructed(&self, prompt: &str) -> String {
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

    /// A stream of the answer to the question that was begun.
    pub(super) fn answer(
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
        .spacing(model.tokenizer().byte(b' '))
        .watching_for_loops();
        if turn.prompt == prompt.ocr() {
            generator = generator.reading_once(model.tokenizer().byte(b'\n'));
        }
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

    pub(super) fn last_answer(&self) -> String {
        self.turns
            .last()
            .map(|t| t.answer.clone())
            .unwrap_or_default()
    }

    pub(super) fn last_traced(&self) -> Traced {
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
