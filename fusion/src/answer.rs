//! What a model gives back, and what it cost.
use foveate_language::{StopReason, Work};
use foveate_vision::Rect;
use serde::Serialize;
use std::time::Duration;

/// Where the time of an answer went. A picture that was seen before costs nothing again.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Timing {
    /// Decoding picture files.
    pub image: Duration,
    /// A first encoding, which showed that `high` was needed ([`foveate_vision::Mode::Auto`]).
    pub glance: Duration,
    /// Views and encoder.
    pub encode: Duration,
    /// Adapter, choice and place of image tokens.
    pub adapter: Duration,
    /// The decoder over the prompt, up to the first token.
    pub prefill: Duration,
    /// Every later run of the decoder.
    pub decode: Duration,
    /// Tokens written.
    pub tokens: usize,
}

/// Tokens of an answer, counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Usage {
    /// Rows of the conversation before the answer, image tokens included.
    pub prompt: usize,
    /// Those of them that did not have to be computed again.
    pub cached: usize,
    /// Tokens written.
    pub generated: usize,
    /// Those of them that the schema demanded, so that the decoder was not asked.
    pub forced: usize,
    /// Runs of the decoder.
    pub runs: usize,
    /// Tokens drafted, and checked in one run.
    pub drafted: usize,
    /// Those of them that were right.
    pub accepted: usize,
}

impl std::ops::AddAssign for Timing {
    fn add_assign(&mut self, other: Self) {
        self.image += other.image;
        self.glance += other.glance;
        self.encode += other.encode;
        self.adapter += other.adapter;
        self.prefill += other.prefill;
        self.decode += other.decode;
        self.tokens += other.tokens;
    }
}

impl std::ops::AddAssign for Usage {
    fn add_assign(&mut self, other: Self) {
        self.prompt += other.prompt;
        self.cached += other.cached;
        self.generated += other.generated;
        self.forced += other.forced;
        self.runs += other.runs;
        self.drafted += other.drafted;
        self.accepted += other.accepted;
    }
}

impl std::fmt::Display for Timing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let ms = |d: Duration| d.as_secs_f64() * 1e3;
        write!(f, "image {:.0} ms, ", ms(self.image))?;
        if self.glance > Duration::ZERO {
            write!(f, "first encoding {:.0} ms, ", ms(self.glance))?;
        }
        write!(
            f,
            "encode {:.0} ms, adapter {:.0} ms, prefill {:.0} ms, decode {:.0} ms ({} tokens)",
            ms(self.encode),
            ms(self.adapter),
            ms(self.prefill),
            ms(self.decode),
            self.tokens
        )
    }
}

/// The timing and usage of one turn.
pub(crate) fn cost(prompt: usize, work: Work, seeing: Timing) -> (Timing, Usage) {
    let timing = Timing {
        prefill: work.prefill,
        decode: work.decode,
        tokens: work.tokens,
        ..seeing
    };
    let usage = Usage {
        prompt,
        cached: if work.runs > 0 {
            prompt.saturating_sub(work.prefill_rows)
        } else {
            prompt
        },
        generated: work.tokens,
        forced: work.forced,
        runs: work.runs,
        drafted: work.drafted,
        accepted: work.accepted,
    };
    (timing, usage)
}

/// An answer in words.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// The text.
    pub text: String,
    /// Whether the pictures tell it; an empty answer is about pictures without text. Models that
    /// were not taught to say that they do not tell it (`nano`) claim so of every other one.
    pub found: bool,
    /// Where it was read: the box around all that it was copied from. `None` for an answer in
    /// nobody's words, and for models without boxes.
    pub region: Option<Region>,
    /// Why it ended.
    pub stop: StopReason,
    /// Where the time went.
    pub timing: Timing,
    /// Tokens, counted.
    pub usage: Usage,
}

/// Where in a picture something was read.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Region {
    /// The picture, counted from 0 in the order they were shown.
    pub picture: usize,
    /// In pixels of the picture as it is stored in its file.
    pub rect: Rect,
    /// In pixels of the picture standing upright (EXIF orientation applied), as
    /// [`crate::Image::pixels`] has it.
    pub upright: Rect,
    /// How probable it is that it reads as it was read, 0 to 1: the mean over its letters.
    pub confidence: f32,
}

/// The text of a picture.
#[derive(Debug, Clone, PartialEq)]
pub struct Reading {
    /// Lines joined by `\n`, words by one space.
    pub text: String,
    /// The lines, with the boxes they were read from.
    pub lines: Vec<Line>,
    /// What was found and left out of the text, because it is hardly legible or because the picture
    /// holds more than the model takes: what it may read, and where.
    pub left_out: Vec<Line>,
    /// Why it ended.
    pub stop: StopReason,
    /// Where the time went.
    pub timing: Timing,
    /// Tokens, counted.
    pub usage: Usage,
}

/// A line of text.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    /// Its text.
    pub text: String,
    /// Where it was read; `None` where nothing was pointed at.
    pub region: Option<Region>,
    /// Its words.
    pub words: Vec<Word>,
}

/// A word.
#[derive(Debug, Clone, PartialEq)]
pub struct Word {
    /// Its text.
    pub text: String,
    /// Where it was read; `None` where nothing was pointed at.
    pub region: Option<Region>,
}

/// A value of the caller's type.
#[derive(Debug, Clone, PartialEq)]
pub struct Typed<T> {
    /// The value.
    pub value: T,
    /// The JSON that it was read from.
    pub json: String,
    /// Where its strings and numbers were read: JSON pointer and region, in order.
    pub fields: Vec<(String, Region)>,
    /// The transcript that it was filled in from, where there is one. Doubtful words are in it,
    /// which [`Session::text`](crate::Session::text) leaves out.
    pub transcript: Option<String>,
    /// The blocks of the largest print on the pictures, each with its lines joined by `\n`; none
    /// where no text was read first.
    pub headlines: Vec<String>,
    /// Why it ended: [`StopReason::End`], or why it had to be closed early.
    pub stop: StopReason,
    /// Where the time went, transcript included.
    pub timing: Timing,
    /// Tokens, counted, transcript included.
    pub usage: Usage,
}
