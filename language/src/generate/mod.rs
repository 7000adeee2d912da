//! The loop: run the decoder, process the logits, sample, commit; one token an item.
mod context;
mod copy;
mod draft;
mod processor;
mod repetition;
mod scripted;
mod stop;
mod token;

pub use context::Context;
pub use copy::{Copied, CopyText, Copying, TokenIndex};
pub use draft::Draft;
pub use processor::{Attribution, LogitsProcessor, Suppress, force};
pub use repetition::LoopDetector;
pub use scripted::Scripted;
pub use stop::{CancelHandle, Cancellable, MaxTokens, StopReason, TimeLimit, TokenStream};
pub use token::{Token, Work};

use crate::sample::Sampler;
use crate::{Constraint, Output, Result, TextDecoder, TokenId};
use std::collections::VecDeque;
use std::time::Instant;

/// Writes an answer into a [`Context`], one token at a time.
///
/// A token is in the context once it was handed out, and not before: a stream that is dropped
/// leaves the context with exactly the tokens that its reader saw. The token that ends an answer
/// is not one of them.
pub struct Generator<'a> {
    decoder: &'a dyn TextDecoder,
    /// What computes the first rows of the context, and how many, where it is another.
    first: Option<(&'a dyn TextDecoder, usize)>,
    context: &'a mut Context,
    sampler: Sampler,
    end: TokenId,
    constraint: Option<Box<dyn Constraint + 'a>>,
    /// In the order in which they were added; all run before the constraint's mask is applied.
    processors: Vec<Box<dyn LogitsProcessor + 'a>>,
    attribution: Option<Box<dyn Attribution + 'a>>,
    /// Tokens decided on and not handed out yet.
    queue: VecDeque<Token>,
    /// The last source of a token that was handed out.
    last: Option<usize>,
    started: bool,
    stop: Option<StopReason>,
    loops: Option<LoopDetector>,
    draft: Option<Box<dyn Draft + 'a>>,
    /// Rows of the context up to the last token handed out; accepted draft tokens may lie behind
    /// it.
    handed: usize,
    work: Work,
}

impl<'a> Generator<'a> {
    /// A generator that goes on from `context` until the decoder says `end`.
    pub fn new(
        decoder: &'a dyn TextDecoder,
        context: &'a mut Context,
        sampler: Sampler,
        end: TokenId,
    ) -> Self {
        Self {
            decoder,
            first: None,
            handed: context.len(),
            context,
            sampler,
            end,
            constraint: None,
            processors: Vec::new(),
            attribution: None,
            queue: VecDeque::new(),
            last: None,
            started: false,
            stop: None,
            loops: None,
            draft: None,
            work: Work::default(),
        }
    }

    /// Leaves the first `rows` of the context to another decoder of the same shape.
    #[must_use]
    pub fn begun_by(mut self, decoder: &'a dyn TextDecoder, rows: usize) -> Self {
        self.first = Some((decoder, rows));
        self
    }

    /// Obeys `constraint`.
    #[must_use]
    pub fn constrained(mut self, constraint: Box<dyn Constraint + 'a>) -> Self {
        self.constraint = Some(constraint);
        self
    }

    /// Lets `processor` change the logits, after those that were added before it.
    #[must_use]
    pub fn processed(mut self, processor: Box<dyn LogitsProcessor + 'a>) -> Self {
        self.processors.push(processor);
        self
    }

    /// Asks `attribution` where each token was copied from. It is the last to change the logits,
    /// after the constraint's mask.
    #[must_use]
    pub fn attributed(mut self, attribution: Box<dyn Attribution + 'a>) -> Self {
        self.attribution = Some(attribution);
        self
    }

    /// Ends an answer that goes round in circles ([`StopReason::Repetition`]); a constrained one
    /// is closed validly.
    #[must_use]
    pub fn watching_for_loops(mut self) -> Self {
        self.loops = Some(LoopDetector::default());
        self
    }

    /// Checks the tokens of `draft` along with each token. Only greedy answers are drafted.
    #[must_use]
    pub fn drafted(mut self, draft: Box<dyn Draft + 'a>) -> Self {
        self.draft = Some(draft).filter(|_| self.sampler.is_greedy());
        self
    }

    /// Ends the answer; a constrained one is closed validly, and the closing tokens come next.
    pub fn close(&mut self, why: StopReason) -> Result<()> {
        if self.stop.is_none()
            && let Some(constraint) = &mut self.constraint
        {
            let exit = constraint.close()?;
            self.force(exit);
        }
        self.stop = self.stop.or(Some(why));
        Ok(())
    }

    fn start(&mut self) -> Result<()> {
        self.started = true;
        if let Some(constraint) = &mut self.constraint {
            let begins = constraint.start()?;
            self.force(begins);
            self.note_done();
        }
        Ok(())
    }

    /// Puts tokens that the constraint demands into the queue.
    fn force(&mut self, ids: Vec<TokenId>) {
        for id in ids {
            self.enqueue(Token {
                id,
                source: None,
                forced: true,
            });
        }
    }

    fn enqueue(&mut self, token: Token) {
        for processor in &mut self.processors {
            processor.commit(&token);
        }
        if let Some(attribution) = &mut self.attribution {
            attribution.commit(&token);
        }
        self.queue.push_back(token);
    }

    fn note_done(&mut self) {
        if let Some(constraint) = self.constraint.as_ref().filter(|c| c.is_done()) {
            self.stop = Some(if constraint.was_closed() {
                StopReason::MaxTokens
            } else {
                StopReason::End
            });
        }
    }

    /// Decides on the next tokens: one sampled after each accepted draft token, and those that they
    /// force.
    fn decide(&mut self) -> Result<()> {
        let began = Instant::now();
        let rows = self.context.len() - self.context.cached().min(self.context.len() - 1);
        let base = self.context.len();
        if let Some((decoder, rows)) = self.first.take() {
            self.context.prefill_first(decoder, rows)?;
        }
        let drafted = self.propose()?;
        let mut output = self.context.forward(self.decoder, drafted.len() + 1)?;
        self.work.runs += 1;
        if self.work.runs == 1 {
            (self.work.prefill_rows, self.work.prefill) = (rows, began.elapsed());
        }
        let mut held = 0;
        while self.choose(&mut output, held, drafted.get(held).copied())? {
            held += 1;
        }
        self.context.truncate(base + held);
        self.work.drafted += drafted.len();
        self.work.accepted += held;
        if self.work.runs > 1 {
            self.work.decode += began.elapsed();
        }
        Ok(())
    }

    /// Puts draft tokens behind the context; each with the last source once it was right.
    fn propose(&mut self) -> Result<Vec<(TokenId, Option<usize>)>> {
        let Some(draft) = &mut self.draft else {
            return Ok(Vec::new());
        };
        let mut drafted = draft.propose(self.last);
        drafted.truncate(self.context.room().saturating_sub(2));
        let mut last = self.last;
        for (id, source) in &mut drafted {
            last = source.or(last);
            *source = last;
            let row = self.attribution.as_ref().zip(last).map(|(a, s)| a.row(s));
            self.context.push(*id, row)?;
        }
        Ok(drafted)
    }

    /// Decides on the token of one row; whether it is the one drafted, so that the next row counts
    /// too.
    fn choose(
        &mut self,
        output: &mut Output,
        row: usize,
        draft: Option<(TokenId, Option<usize>)>,
    ) -> Result<bool> {
        let hidden = output.hidden.row(row);
        let hidden = hidden
            .as_slice()
            .unwrap_or_else(|| unreachable!("a row of a standard array"));
        let mut logits = output.logits.row_mut(row);
        let logits = logits
            .as_slice_mut()
            .unwrap_or_else(|| unreachable!("a row of a standard array"));
        for processor in &mut self.processors {
            processor.process(hidden, logits)?;
        }
        if let Some(constraint) = &mut self.constraint {
            constraint.mask(logits)?;
        }
        if let Some(attribution) = &mut self.attribution {
            attribution.process(hidden, logits)?;
        }
        let id = self.sampler.pick(logits)?;
        let source = self.attribution.as_ref().and_then(|a| a.source(id));
        let goes_on = self.commit(id, source)?;
        Ok(goes_on && self.stop.is_none() && draft == Some((id, self.at())))
    }

    /// Where the queue stands: the last source in it.
    fn at(&self) -> Option<usize> {
        self.queue.iter().rev().find_map(|t| t.source).or(self.last)
    }

    /// Puts the sampled token and what it forces into the queue: whether it was taken and forces
    /// nothing.
    fn commit(&mut self, id: TokenId, source: Option<usize>) -> Result<bool> {
        let sampled = Token {
            id,
            source,
            forced: false,
        };
        let Some(constraint) = &mut self.constraint else {
            if id == self.end {
                self.stop = Some(StopReason::End);
                return Ok(false);
            }
            self.enqueue(sampled);
            return Ok(true);
        };
        let commit = constraint.commit(id)?;
        if commit.taken {
            self.enqueue(sampled);
        }
        let forced_any = !commit.forced.is_empty();
        self.force(commit.forced);
        self.note_done();
        Ok(commit.taken && !forced_any)
    }

    fn hand_out(&mut self, token: Token) -> Result<Token> {
        self.last = token.source.or(self.last);
        if self.handed == self.context.len() {
            let row = self
                .attribution
                .as_ref()
                .zip(self.last)
                .map(|(a, s)| a.row(s));
            self.context.push(token.id, row)?;
        }
        self.handed += 1;
        if let Some(draft) = &mut self.draft {
            draft.wrote(token.id, token.source);
        }
        self.work.tokens += 1;
        self.work.forced += usize::from(token.forced);
        let circles = !token.forced
            && self
                .loops
                .as_mut()
                .is_some_and(|l| l.push(token.id, token.source));
        if circles && self.queue.is_empty() {
            self.close(StopReason::Repetition)?;
        }
        Ok(token)
    }

    fn step(&mut self) -> Result<Option<Token>> {
        if !self.started {
            self.start()?;
        }
        if self.queue.is_empty() && self.stop.is_none() {
            if self.context.room() == 0 {
                self.stop = Some(StopReason::ContextFull);
                return Ok(None);
            }
            self.decide()?;
        }
        let token = self.queue.pop_front();
        token.map(|t| self.hand_out(t)).transpose()
    }
}

impl Drop for Generator<'_> {
    fn drop(&mut self) {
        self.context.truncate(self.handed);
    }
}

impl Iterator for Generator<'_> {
    type Item = Result<Token>;

    fn next(&mut self) -> Option<Self::Item> {
        self.step().transpose()
    }
}

impl TokenStream for Generator<'_> {
    fn stop(&self) -> Option<StopReason> {
        self.stop.filter(|_| self.queue.is_empty())
    }

    fn work(&self) -> Work {
        self.work
    }
}
