//! Text of a grammar as a [`Constraint`]: compact JSON in declaration order, closed validly within
//! its budget.
use super::closing;
use super::rules::{Rules, Written};
use crate::{Commit, Constraint, Error, Result, TokenId, Tokenizer};
use llguidance::Matcher;
use std::collections::VecDeque;
use std::sync::Arc;

/// Longest way out that is looked for where none fits the budget, to say how many tokens are
/// missing.
const FAR: usize = 4096;

/// Valid JSON of a schema, whatever the decoder would rather say.
///
/// It knows at every moment a way to complete the value within what is left of the budget (`exit`),
/// and refuses a token after which there would be none: the value is then closed where it stands.
/// So an answer is never cut. Where it is not the budget but a rule that leaves no way (every item
/// that could differ is written), only the innermost object or array is closed, and the answer goes
/// on behind it.
pub struct JsonConstraint {
    matcher: Matcher,
    tokenizer: Arc<Tokenizer>,
    quotes: Arc<[TokenId]>,
    end: TokenId,
    written: Written,
    left: usize,
    exit: VecDeque<TokenId>,
    done: bool,
    closed: bool,
}

/// What a constraint knows of the tokens.
pub(super) struct Vocabulary {
    pub tokenizer: Arc<Tokenizer>,
    /// Tokens with a quotation mark.
    pub quotes: Arc<[TokenId]>,
    /// Ends an answer.
    pub end: TokenId,
}

impl JsonConstraint {
    pub(super) fn new(
        matcher: Matcher,
        rules: Arc<Rules>,
        vocabulary: Vocabulary,
        budget: usize,
    ) -> Result<Self> {
        let Vocabulary {
            tokenizer,
            quotes,
            end,
        } = vocabulary;
        let written = Written::new(rules);
        let Some(exit) = closing::close(&matcher, &written, &tokenizer, budget) else {
            let far = closing::close(&matcher, &written, &tokenizer, FAR);
            let needed = far.map(|exit| exit.len());
            return Err(Error::BudgetTooSmall { budget, needed });
        };
        Ok(Self {
            matcher,
            tokenizer,
            quotes,
            end,
            written,
            left: budget,
            exit: exit.into(),
            done: false,
            closed: false,
        })
    }

    /// Tokens left of the budget.
    #[must_use]
    pub fn left(&self) -> usize {
        self.left
    }

    /// Writes a token; whether the rules allow it.
    fn consume(&mut self, token: TokenId) -> Result<bool> {
        self.matcher.consume_token(token).map_err(|e| failed(&e))?;
        self.left = self.left.saturating_sub(1);
        Ok(self.written.push(self.tokenizer.bytes(token)))
    }

    /// Keeps the known exit where it still holds after a token, or finds another; `false` where
    /// there is none.
    fn find_exit(&mut self, written: TokenId) -> Result<bool> {
        if self.exit.front() == Some(&written) {
            self.exit.pop_front();
            return Ok(true);
        }
        let mut path: Vec<TokenId> = self.exit.iter().copied().collect();
        path.push(self.end);
        if path.len() - 1 <= self.left
            && self
                .matcher
                .validate_tokens(&path)
                .map_err(|e| failed(&e))?
                == path.len()
            && self.written.clone().push(&self.bytes(&path))
        {
            return Ok(true);
        }
        match closing::close(&self.matcher, &self.written, &self.tokenizer, self.left) {
            Some(exit) => {
                self.exit = exit.into();
                Ok(true)
            }
            None => Ok(false),
        }
    }

    /// Writes the tokens that must come next, as far as the budget's exit agrees with them.
    fn force(&mut self) -> Result<Vec<TokenId>> {
        let mut forced = self.matcher.compute_ff_tokens();
        for (i, &token) in forced.iter().enumerate() {
            if self.left == 0 {
                forced.truncate(i);
                break;
            }
            let before = (self.matcher.clone(), self.written.clone());
            let (left, exit) = (self.left, self.exit.clone());
            if !self.consume(token)? || !self.find_exit(token)? {
                (self.matcher, self.written) = before;
                (self.left, self.exit) = (left, exit);
                forced.truncate(i);
                break;
            }
        }
        self.done = self.done || self.is_over()?;
        Ok(forced)
    }

    /// The exit's tokens up to the end of the innermost object or array: nothing else is possible
    /// in it.
    fn leave(&mut self) -> Result<Vec<TokenId>> {
        let depth = self.written.depth();
        let mut left = Vec::new();
        while let Some(token) = self.exit.pop_front() {
            self.consume(token)?;
            left.push(token);
            if self.written.depth() < depth {
                break;
            }
        }
        // Nothing to write, and nothing that may be: it ends here.
        self.done = self.exit.is_empty() && (left.is_empty() || self.is_over()?);
        Ok(left)
    }

    /// Goes on without the sampled token: out of the innermost value, or for want of `budget` out
    /// of all.
    fn refuse(&mut self, budget: bool) -> Result<Commit> {
        let mut forced = if budget { self.close()? } else { self.leave()? };
        if !self.done {
            forced.extend(self.force()?);
        }
        Ok(Commit {
            taken: false,
            forced,
        })
    }

    fn bytes(&self, tokens: &[TokenId]) -> Vec<u8> {
        let bytes = tokens.iter().flat_map(|&t| self.tokenizer.bytes(t));
        bytes.copied().collect()
    }

    /// Whether nothing but the end can follow.
    fn is_over(&mut self) -> Result<bool> {
        if self.matcher.is_stopped() {
            return Ok(true);
        }
        if !self.matcher.is_accepting().map_err(|e| failed(&e))? {
            return Ok(false);
        }
        let mask = self.matcher.compute_mask().map_err(|e| failed(&e))?;
        Ok(mask.num_set() == 1 && mask.is_allowed(self.end))
    }
}

fn failed(e: &impl std::fmt::Display) -> Error {
    Error::Decoding(format!("grammar: {e}"))
}

impl Constraint for JsonConstraint {
    fn start(&mut self) -> Result<Vec<TokenId>> {
        self.force()
    }

    fn mask(&mut self, logits: &mut [f32]) -> Result<()> {
        let mask = self.matcher.compute_mask_or_eos().map_err(|e| failed(&e))?;
        for (id, logit) in logits.iter_mut().enumerate() {
            if !mask.is_allowed(id as TokenId) {
                *logit = f32::NEG_INFINITY;
            }
        }
        let mut check = |id: TokenId| {
            let logit = logits
                .get_mut(id as usize)
                .filter(|logit| logit.is_finite());
            if let Some(logit) = logit
                && !self.written.accepts(self.tokenizer.bytes(id))
            {
                *logit = f32::NEG_INFINITY;
            }
        };
        // A string goes on by the grammar alone until a quotation mark ends it.
        match self.written.in_string() {
            true => self.quotes.iter().for_each(|&id| check(id)),
            false => mask.iter().for_each(check),
        }
        Ok(())
    }

    fn commit(&mut self, token: TokenId) -> Result<Commit> {
        if self.done || token == self.end {
            self.done = true;
            return Ok(Commit::default());
        }
        if self.left == 0 {
            return self.refuse(true);
        }
        let written = self.written.clone();
        let kept = self.consume(token)?;
        if !kept || !self.find_exit(token)? {
            let far = || closing::close(&self.matcher, &self.written, &self.tokenizer, FAR);
            let budget = kept && far().is_some();
            self.matcher.rollback(1).map_err(|e| failed(&e))?;
            self.written = written;
            self.left += 1;
            return self.refuse(budget);
        }
        Ok(Commit {
            taken: true,
            forced: self.force()?,
        })
    }

    fn accepts(&mut self, tokens: &[TokenId]) -> Result<usize> {
        let n = self.matcher.validate_tokens(tokens);
        let n = n.map_err(|e| failed(&e))?;
        let mut written = self.written.clone();
        let kept = |t: &&TokenId| written.push(self.tokenizer.bytes(**t));
        Ok(tokens[..n].iter().take_while(kept).count())
    }

    fn close(&mut self) -> Result<Vec<TokenId>> {
        let exit: Vec<TokenId> = std::mem::take(&mut self.exit).into();
        if !self.done {
            for &token in &exit {
                self.consume(token)?;
            }
            self.closed = true;
        }
        self.done = true;
        Ok(exit)
    }

    fn is_done(&self) -> bool {
        self.done
    }

    fn was_closed(&self) -> bool {
        self.closed
    }
}
