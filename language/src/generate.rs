//! The loop: run the decoder, mask, sample, commit; one token an item.
use crate::heard;
use crate::once::{self, Once, Spent};
use crate::repetition::Stuck;
use crate::sampler::Sampler;
use crate::{
    Constraint, Context, Decoder, Draft, Feedback, LoopDetector, Output, Result, StopReason, Token,
    TokenId, TokenStream, Work,
};
use std::collections::VecDeque;
use std::time::Instant;

/// Writes an answer into a [`Context`], one token at a time.
///
/// A token is in the context once it was handed out, and not before: a stream that is dropped leaves the context with
/// exactly the tokens that its reader saw. The token that ends an answer is not one of them.
pub struct Generator<'a> {
    decoder: &'a dyn Decoder,
    context: &'a mut Context,
    sampler: Sampler,
    end: TokenId,
    /// Tokens that are never sampled: special ones other than `end`.
    never: &'a [TokenId],
    constraint: Option<Box<dyn Constraint + 'a>>,
    feedback: Option<&'a dyn Feedback>,
    /// What was read so far, if each source is read once.
    once: Option<Once>,
    stuck: Stuck,
    /// Tokens decided on and not handed out yet.
    queue: VecDeque<Token>,
    /// The last source pointed at.
    last: Option<usize>,
    /// The same within the value of a constrained answer: `None` once something was forced.
    within: Option<usize>,
    /// What the last token was read from.
    read: Option<usize>,
    /// The token for white space.
    space: Option<TokenId>,
    started: bool,
    stop: Option<StopReason>,
    loops: Option<LoopDetector>,
    draft: Option<Box<dyn Draft + 'a>>,
    /// Rows of the context up to the last token handed out; accepted guesses may lie behind it.
    handed: usize,
    work: Work,
}

impl<'a> Generator<'a> {
    /// A generator that goes on from `context` until the decoder says `end`.
    pub fn new(
        decoder: &'a dyn Decoder,
        context: &'a mut Context,
        sampler: Sampler,
        end: TokenId,
    ) -> Self {
        Self {
            decoder,
            handed: context.len(),
            context,
            sampler,
            end,
            never: &[],
            constraint: None,
            feedback: None,
            once: None,
            stuck: Stuck::default(),
            queue: VecDeque::new(),
            last: None,
            within: None,
            read: None,
            space: None,
            started: false,
            stop: None,
            loops: None,
            draft: None,
            work: Work::default(),
        }
    }

    /// Never samples these tokens.
    #[must_use]
    pub fn never(mut self, tokens: &'a [TokenId]) -> Self {
        self.never = tokens;
        self
    }

    /// Obeys `constraint`.
    #[must_use]
    pub fn constrained(mut self, constraint: Box<dyn Constraint + 'a>) -> Self {
        self.constraint = Some(constraint);
        self
    }

    /// Tells the decoder where its tokens were read.
    #[must_use]
    pub fn with_feedback(mut self, feedback: &'a dyn Feedback) -> Self {
        self.feedback = Some(feedback);
        self
    }

    /// Lets the white space that the picture shows between two glyphs ([`Feedback::gap`]) speak for or against a `space` there.
    #[must_use]
    pub fn spacing(mut self, space: TokenId) -> Self {
        self.space = Some(space);
        self
    }

    /// Reads every source once at most and leaves out no line, as in a transcript: a decoder that wanders back goes on elsewhere
    /// instead of round in circles, and one that ends goes on, behind a `line_end`, at [`Feedback::unread`].
    #[must_use]
    pub fn reading_once(mut self, line_end: TokenId) -> Self {
        self.once = Some(Once::new(line_end));
        self
    }

    /// Ends an answer that goes round in circles ([`StopReason::Repetition`]); a constrained one is closed validly.
    #[must_use]
    pub fn watching_for_loops(mut self) -> Self {
        self.loops = Some(LoopDetector::default());
        self
    }

    /// Checks the guesses of `draft` along with each token. Only greedy answers are drafted.
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
            self.queue.extend(exit.into_iter().map(forced));
        }
        self.stop = self.stop.or(Some(why));
        Ok(())
    }

    fn start(&mut self) -> Result<()> {
        self.started = true;
        if let Some(constraint) = &mut self.constraint {
            self.queue
                .extend(constraint.start()?.into_iter().map(forced));
            self.note_done();
        }
        Ok(())
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

    /// Decides on the next tokens: one sampled after each guess that held, and those that they force.
    fn decide(&mut self) -> Result<()> {
        let began = Instant::now();
        let rows = self.context.len() - self.context.cached().min(self.context.len() - 1);
        let base = self.context.len();
        let guesses = self.guess()?;
        let mut output = self.context.forward(self.decoder, guesses.len() + 1)?;
        self.work.runs += 1;
        if self.work.runs == 1 {
            (self.work.prefill_rows, self.work.prefill) = (rows, began.elapsed());
        }
        let mut held = 0;
        while self.choose(&mut output, held, guesses.get(held).copied())? {
            held += 1;
        }
        self.context.truncate(base + held);
        self.work.drafted += guesses.len();
        self.work.accepted += held;
        if self.work.runs > 1 {
            self.work.decode += began.elapsed();
        }
        Ok(())
    }

    /// Puts guesses behind the context; each with the last source pointed at once it was right.
    fn guess(&mut self) -> Result<Vec<(TokenId, Option<usize>)>> {
        let Some(draft) = &mut self.draft else {
            return Ok(Vec::new());
        };
        let mut guesses = draft.propose(self.last);
        guesses.truncate(self.context.room().saturating_sub(2));
        let mut last = self.last;
        for (id, source) in &mut guesses {
            last = source.or(last);
            *source = last;
            let place = self.feedback.zip(last).map(|(f, source)| f.place(source));
            self.context.push(*id, place)?;
        }
        Ok(guesses)
    }

    /// Decides on the token of one row; whether it is the one guessed, so that the next row counts too.
    fn choose(
        &mut self,
        output: &mut Output,
        row: usize,
        guess: Option<(TokenId, Option<usize>)>,
    ) -> Result<bool> {
        let mut logits = output.logits.row_mut(row);
        let logits = logits
            .as_slice_mut()
            .unwrap_or_else(|| unreachable!("a row of a standard array"));
        for &token in self.never {
            if let Some(logit) = logits.get_mut(token as usize) {
                *logit = f32::NEG_INFINITY;
            }
        }
        if let Some(constraint) = &mut self.constraint {
            constraint.mask(logits)?;
        }
        let nothing = Spent::default();
        let spent = self.once.as_ref().map_or(&nothing, |once| &once.spent);
        let source = self
            .feedback
            .and_then(|f| f.point(&output.hidden.row(row).to_vec(), spent));
        if let Some(feedback) = self.feedback {
            heard::letter(feedback, self.at(), source, logits);
        }
        self.stuck.bar(source, logits);
        let source = self.spaced(source, spent, logits);
        let id = self.sampler.pick(logits)?;
        let source = source.filter(|_| Some(id) != self.space);
        let kept = self.kept(source, logits);
        let (id, source) = kept.map_or((id, source), |(id, source)| (id, Some(source)));
        let over = self.once.as_mut().is_some_and(|o| o.ends(id, source));
        let (taken, forced_any) = self.commit(if over { self.end } else { id }, source)?;
        self.stuck.wrote(id, source);
        if let (true, Some(once), Some(source)) = (taken, &mut self.once, source) {
            once.spent.add(source);
        }
        Ok(taken && !forced_any && self.stop.is_none() && guess == Some((id, self.at())))
    }

    /// Hears what the gap behind the last token says of a space ([`Generator::spacing`]). -> the source of the token to come.
    fn spaced(&self, source: Option<usize>, spent: &Spent, logits: &mut [f32]) -> Option<usize> {
        let read = self.queue.back().map_or(self.read, |t| t.source);
        let Some(((feedback, space), at)) = self.feedback.zip(self.space).zip(read) else {
            return source;
        };
        heard::space(feedback, (at, source), space, spent, logits)
    }

    /// What to read instead of `source`, where that leaves a line in the middle that is to be read to its end (in a transcript one that the
    /// decoder was sent back to, in a typed answer each that a value is read from) or leaves out a line of a block.
    fn kept(&self, source: Option<usize>, logits: &[f32]) -> Option<(TokenId, usize)> {
        let feedback = self.feedback?;
        if let Some(once) = &self.once {
            return once.kept(feedback, self.at(), source);
        }
        self.constraint.as_ref()?;
        let mut latest = self.queue.iter().rev();
        let recent = latest.find(|t| t.forced || t.source.is_some());
        let last = recent.map_or(self.within, |t| t.source.filter(|_| !t.forced))?;
        let source = source?;
        let next =
            once::left(feedback, last, source).or_else(|| once::below(feedback, last, source))?;
        let id = feedback.looks(next)?;
        let allowed = *logits.get(id as usize)? > f32::NEG_INFINITY;
        allowed.then_some((id, next))
    }

    /// Where the queue stands: the place that its last token carries.
    fn at(&self) -> Option<usize> {
        self.queue.iter().rev().find_map(|t| t.source).or(self.last)
    }

    /// Puts the sampled token and what it forces into the queue: whether it was taken, and whether anything is forced.
    fn commit(&mut self, id: TokenId, source: Option<usize>) -> Result<(bool, bool)> {
        let sampled = Token {
            id,
            source,
            forced: false,
        };
        let Some(constraint) = &mut self.constraint else {
            if id == self.end {
                let more = self.resume();
                self.stop = (!more).then_some(StopReason::End);
                return Ok((false, more));
            }
            self.queue.push_back(sampled);
            return Ok((true, false));
        };
        let commit = constraint.commit(id)?;
        if commit.taken {
            self.queue.push_back(sampled);
        }
        let forced_any = !commit.forced.is_empty();
        self.queue.extend(commit.forced.into_iter().map(forced));
        self.note_done();
        Ok((commit.taken, forced_any))
    }

    /// Puts the beginning of a line of which nothing was read into the queue, if there is one.
    fn resume(&mut self) -> bool {
        let (Some(once), Some(feedback)) = (&mut self.once, self.feedback) else {
            return false;
        };
        let Some((id, source)) = once.resume(feedback) else {
            return false;
        };
        let line_end = self.last.map(|_| forced(once.line_end));
        self.queue.extend(line_end);
        self.queue.push_back(Token {
            source: Some(source),
            ..forced(id)
        });
        true
    }

    fn hand_out(&mut self, token: Token) -> Result<Token> {
        self.last = token.source.or(self.last);
        self.read = token.source;
        self.within = token.source.or(self.within).filter(|_| !token.forced);
        if self.handed == self.context.len() {
            let place = self
                .feedback
                .zip(self.last)
                .map(|(f, source)| f.place(source));
            self.context.push(token.id, place)?;
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

fn forced(id: TokenId) -> Token {
    Token {
        id,
        source: None,
        forced: true,
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
