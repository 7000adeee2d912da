//! Answers as they are written, piece by piece and field by field.
use super::Turn;
use super::evidence::Evidence;
use super::legibly::Legibly;
use crate::Result;
use crate::answer::{self, Timing, Usage};
use crate::readers::Written;
use foveate_language::{StopReason, TextStream, TokenStream, Tokenizer, Work};
use serde_json::Value;

/// An answer as it is written: an iterator of pieces of text. Dropping it leaves the session
/// usable, with the answer as far as it was read.
pub struct Stream<'s> {
    pub(super) tokens: Box<dyn TokenStream + 's>,
    pub(super) turn: &'s mut Turn,
    pub(super) text: TextStream,
    /// What is given of a transcript with doubtful words; `None` where all is given.
    pub(super) given: Option<Given<'s>>,
    pub(super) tokenizer: &'s Tokenizer,
    /// Rows of the conversation before the answer.
    pub(super) prompt_rows: usize,
    /// Whether the context ends the answer before the request does.
    pub(super) by_context: bool,
    pub(super) seeing: &'s mut Timing,
    pub(super) usage: &'s mut Usage,
    /// Whether its cost was booked.
    pub(super) finished: bool,
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
        match &self.given {
            Some(given) => &given.so_far,
            None => &self.turn.answer,
        }
    }

    /// Why the answer ended, and what it cost. An answer that was not read to its end counts as
    /// cancelled.
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
                    let rest = self.given.as_mut().map_or(rest, Given::finish);
                    return (!rest.is_empty()).then_some(Ok(rest));
                }
            };
            self.turn.ids.push(token.id);
            self.turn.sources.push(token.source);
            let piece = self.text.push(self.tokenizer.bytes(token.id));
            self.turn.answer.push_str(&piece);
            let piece = match &mut self.given {
                Some(given) => given.push((token.id, token.source)),
                None => piece,
            };
            if !piece.is_empty() {
                return Some(Ok(piece));
            }
        }
    }
}

/// A transcript without its doubtful words, as it is written.
pub(super) struct Given<'s> {
    words: Legibly<'s>,
    text: TextStream,
    so_far: String,
}

impl<'s> Given<'s> {
    pub(super) fn new(words: Legibly<'s>) -> Self {
        Self {
            words,
            text: TextStream::default(),
            so_far: String::new(),
        }
    }

    fn push(&mut self, written: Written) -> String {
        let given = self.words.push(written);
        self.piece(&given)
    }

    fn finish(&mut self) -> String {
        let given = self.words.finish();
        let mut piece = self.piece(&given);
        let rest = self.text.finish();
        self.so_far.push_str(&rest);
        piece.push_str(&rest);
        piece
    }

    fn piece(&mut self, given: &[Written]) -> String {
        let tokenizer = self.words.tokenizer;
        let tokens = given.iter().map(|(id, _)| tokenizer.bytes(*id));
        let piece: String = tokens.map(|bytes| self.text.push(bytes)).collect();
        self.so_far.push_str(&piece);
        piece
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
        // A character that was begun is in the answer as its tokens spell it.
        let rest = self.text.finish();
        self.turn.answer.push_str(&rest);
        self.settle();
        *self.seeing = Timing::default();
    }
}

/// A typed answer as it is written: an iterator of growing values, each with the fields that are
/// complete. The last one is the whole answer.
pub struct Snapshots<'s> {
    pub(super) growing: Growing<'s>,
    /// What numbers and truth values are held against; `None` for answers to questions.
    pub(super) evidence: Option<Evidence>,
    /// The snapshot given last.
    pub(super) last: Option<Value>,
    /// Whether something was taken out of what was written.
    pub(super) changed: bool,
}

/// Where snapshots come from.
pub(super) enum Growing<'s> {
    Written(Stream<'s>),
    /// No text was found: the value that says nothing, and what it cost to know.
    Blank(Value, (Timing, Usage)),
}

impl<'s> Snapshots<'s> {
    pub(super) fn new(growing: Growing<'s>, evidence: Option<Evidence>) -> Self {
        Self {
            growing,
            evidence,
            last: None,
            changed: false,
        }
    }

    /// The JSON so far: as it was written, and the last snapshot where that says less.
    #[must_use]
    pub fn so_far(&self) -> String {
        match (&self.growing, &self.last) {
            (Growing::Written(stream), _) if !self.changed => stream.so_far().to_owned(),
            (_, Some(last)) => last.to_string(),
            (_, None) => String::new(),
        }
    }

    /// Why the answer ended, and what it cost since the text of the pictures was read. An answer
    /// that was not read to its end counts as cancelled.
    pub fn finish(self) -> (StopReason, Timing, Usage) {
        match self.growing {
            Growing::Written(stream) => stream.finish(),
            Growing::Blank(_, (timing, usage)) => (StopReason::End, timing, usage),
        }
    }

    /// The next snapshot without what does not stand on the pictures.
    fn grow(&mut self) -> Option<Result<Value>> {
        let stream = match &mut self.growing {
            Growing::Written(stream) => stream,
            Growing::Blank(value, _) => return self.last.is_none().then(|| Ok(value.clone())),
        };
        loop {
            if let Err(e) = stream.next()? {
                return Some(Err(e));
            }
            let Some(mut now) = foveate_language::complete_part(stream.so_far()) else {
                continue;
            };
            match self.evidence.as_ref().map(|held| held.hold(&mut now)) {
                Some(Err(e)) => return Some(Err(e)),
                Some(Ok(changed)) => self.changed |= changed,
                None => {}
            }
            if Some(&now) != self.last.as_ref() {
                return Some(Ok(now));
            }
        }
    }
}

impl Iterator for Snapshots<'_> {
    type Item = Result<Value>;

    fn next(&mut self) -> Option<Self::Item> {
        let next = self.grow()?;
        if let Ok(value) = &next {
            self.last = Some(value.clone());
        }
        Some(next)
    }
}
