//! What a picture of glyphs adds to decoding: the pointer, and rules as logits processors.
//!
//! One object does it all, since each rule needs to know which glyph the pointer is at: it changes
//! the logits before the sampler and says which glyph the sampled token was copied from.
mod bias;
mod coverage;
mod lookup;
mod number;

pub(crate) use lookup::Copying;
pub(crate) use number::Figures;

use super::covered::Covered;
use super::page::Pages;
use super::pointer::Pointer;
use super::rules::Rules;
use coverage::Coverage;
use foveate_language::{Attribution, LogitsProcessor, Result, Token, TokenId, argmax, force};
use number::Strings;
use std::sync::Arc;

/// What decoding writes, as far as the rules are concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Writes {
    /// A transcript: everything once.
    Transcript,
    /// A typed value.
    Value,
    /// Anything else.
    Words,
}

/// Tokens with a part in reading.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Marks {
    /// Between words.
    pub space: TokenId,
    /// Between lines.
    pub line_end: TokenId,
    /// Ends an answer.
    pub end: TokenId,
}

/// The pointer and the rules over the pages of a conversation.
#[derive(Debug)]
pub(crate) struct Pointing {
    pages: Pages,
    pointer: Arc<Pointer>,
    rules: Rules,
    marks: Marks,
    figures: Figures,
    writes: Writes,
    strings: Strings,
    coverage: Coverage,
    /// The source of the token to come, unless it is a space.
    source: Option<usize>,
    /// The last source of the answer.
    last: Option<usize>,
    /// The source of the last token.
    read: Option<usize>,
    /// Whether an answer in words ends with its line; known once it has begun.
    one_line: Option<bool>,
}

impl Pointing {
    pub(crate) fn new(
        pages: Pages,
        pointer: Arc<Pointer>,
        rules: Rules,
        (marks, figures): (Marks, Figures),
        writes: Writes,
    ) -> Self {
        Self {
            pages,
            pointer,
            rules,
            marks,
            figures,
            writes,
            strings: Strings::default(),
            coverage: Coverage::default(),
            source: None,
            last: None,
            read: None,
            one_line: None,
        }
    }

    /// The source pointed at, and the logit biases that follow from it.
    fn point(&mut self, hidden: &[f32], logits: &mut [f32]) -> Option<usize> {
        let anew = Covered::default();
        let covered = if self.rules.read_once {
            &self.coverage.covered
        } else {
            &anew
        };
        let source = self.pages.point(&self.pointer, hidden, covered);
        if let Some(rule) = &self.rules.letter_bias {
            bias::letter(&self.pages, self.last, source, rule, logits);
        }
        match (&self.rules.space_bias, self.read) {
            (Some(rule), Some(at)) => {
                let own = self.rules.letter_bias.map_or(0.0, |rule| rule.along);
                let covered = &self.coverage.covered;
                let to_come = bias::Step { at, source };
                bias::space(
                    &self.pages,
                    to_come,
                    self.marks.space,
                    covered,
                    (rule, own),
                    logits,
                )
            }
            _ => source,
        }
    }

    /// The token and source to copy instead of `source`, where a transcript leaves a line in the
    /// middle that it was sent back to.
    fn kept(&self, source: Option<usize>) -> Option<(TokenId, usize)> {
        let next = self.coverage.kept(&self.pages, self.last, source)?;
        Some((self.pages.letter(next)?.0, next))
    }

    /// Ends a transcript where it has read everything or makes things up; sends it to what is still
    /// unread instead of letting it end before.
    fn cover(&mut self, id: TokenId, logits: &mut [f32]) {
        let Some(rule) = self
            .rules
            .coverage
            .filter(|_| self.writes == Writes::Transcript)
        else {
            return;
        };
        let over = self
            .coverage
            .ends(id, self.source(id), self.marks.line_end, &rule);
        if id != self.marks.end && !over {
            return;
        }
        self.source = None;
        let Some((letter, line)) = self.pages.unread(&self.coverage.covered, &rule) else {
            return force(logits, self.marks.end);
        };
        let first = line.start;
        self.coverage.go_to(line, letter);
        if self.last.is_some() {
            force(logits, self.marks.line_end);
        } else {
            self.coverage.begun();
            self.source = Some(first);
            force(logits, letter);
        }
    }
}

impl LogitsProcessor for Pointing {
    fn process(&mut self, hidden: &[f32], logits: &mut [f32]) -> Result<()> {
        if let Some((letter, first)) = self.coverage.begun() {
            self.source = Some(first);
            force(logits, letter);
            return Ok(());
        }
        self.source = self.point(hidden, logits);
        if self.rules.copied_numbers && self.writes == Writes::Value {
            self.strings.bar(self.source, &self.figures, logits);
        }
        let Ok(mut id) = argmax(logits) else {
            return Ok(()); // The sampler names the error.
        };
        let source = self.source(id);
        if let Some((letter, next)) = self.kept(source) {
            (id, self.source) = (letter, Some(next));
            force(logits, letter);
        }
        self.cover(id, logits);
        if id == self.marks.line_end && self.one_line == Some(true) {
            self.source = None;
            force(logits, self.marks.end);
        }
        Ok(())
    }

    fn commit(&mut self, token: &Token) {
        self.read = token.source;
        self.last = token.source.or(self.last);
        self.strings.wrote(token.id, &self.figures);
        let begun = token.source.filter(|_| self.writes == Writes::Words);
        if let (None, Some(source)) = (self.one_line, begun) {
            self.one_line = Some(self.rules.one_line && !self.pages.is_on_top(source));
        }
        if token.forced {
            return;
        }
        if self.writes == Writes::Transcript {
            self.coverage.wrote(token.source);
        }
    }
}

impl Attribution for Pointing {
    fn source(&self, id: TokenId) -> Option<usize> {
        self.source.filter(|_| id != self.marks.space)
    }

    fn row(&self, source: usize) -> &[f32] {
        self.pages.place(source)
    }
}

#[cfg(test)]
mod tests;
