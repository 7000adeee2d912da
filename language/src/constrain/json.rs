//! JSON Schema as a [`Constraint`], by llguidance: compact, in declaration order, closed validly within its budget.
use super::closing::{self, Quotes};
use crate::{Commit, Constraint, Error, Result, Schema, TokenId, Tokenizer};
use llguidance::api::TopLevelGrammar;
use llguidance::toktrie::{InferenceCapabilities, TokEnv, TokRxInfo, TokTrie, TokenizerEnv};
use llguidance::{JsonCompileOptions, Matcher, ParserFactory};
use std::collections::VecDeque;
use std::sync::Arc;

/// Makes constraints for one tokenizer; built once for a model and shared.
pub struct Grammars {
    factory: ParserFactory,
    tokenizer: Arc<Tokenizer>,
    end: TokenId,
}

impl Grammars {
    /// Constraints over `vocab_size` logits by `tokenizer`; `end` is the token that ends an answer.
    pub fn new(tokenizer: Arc<Tokenizer>, vocab_size: usize, end: TokenId) -> Result<Self> {
        let env: TokEnv = Arc::new(Env::new(tokenizer.clone(), vocab_size, end));
        let capabilities = InferenceCapabilities {
            ff_tokens: true,
            ..Default::default()
        };
        let mut factory = ParserFactory::new(&env, capabilities, &[])
            .map_err(|e| Error::Tokenizer(e.to_string()))?;
        factory.quiet();
        factory.limits_mut().verbose_errors = false;
        Ok(Self {
            factory,
            tokenizer,
            end,
        })
    }

    /// A constraint to JSON values of `schema`, in at most `budget` tokens.
    pub fn json(&self, schema: &Schema, budget: usize) -> Result<JsonConstraint> {
        let options = JsonCompileOptions {
            whitespace_flexible: false,
            json_allowed_escapes: Some("nrbtf\\\"".into()),
            ..JsonCompileOptions::default()
        };
        let mut schema = schema.value().clone();
        if !schema.is_object() {
            let why = "no value is valid".to_owned();
            return Err(Error::UnsupportedSchema {
                path: "#".into(),
                keyword: "false".into(),
                why,
            });
        }
        options.apply_to(&mut schema);
        self.constraint(TopLevelGrammar::from_json_schema(schema), budget)
    }

    /// A constraint to text that matches a regular expression, in at most `budget` tokens.
    pub fn regex(&self, pattern: &str, budget: usize) -> Result<JsonConstraint> {
        self.constraint(TopLevelGrammar::from_regex(pattern), budget)
    }

    fn constraint(&self, grammar: TopLevelGrammar, budget: usize) -> Result<JsonConstraint> {
        let refused = |why: String| Error::UnsupportedSchema {
            path: "#".into(),
            keyword: "(grammar)".into(),
            why,
        };
        let matcher = Matcher::new(self.factory.create_parser(grammar));
        if let Some(why) = matcher.get_error() {
            return Err(refused(why));
        }
        JsonConstraint::new(matcher, self.tokenizer.clone(), self.end, budget)
    }
}

impl std::fmt::Debug for Grammars {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Grammars")
            .field("end", &self.end)
            .finish_non_exhaustive()
    }
}

/// The tokenizer as llguidance sees it.
struct Env {
    tokenizer: Arc<Tokenizer>,
    trie: TokTrie,
}

impl Env {
    fn new(tokenizer: Arc<Tokenizer>, vocab_size: usize, end: TokenId) -> Self {
        let word = |id: usize| match tokenizer.special_name(id as TokenId) {
            None if id < tokenizer.len() => tokenizer.bytes(id as TokenId).to_vec(),
            name => {
                let mut word = vec![TokTrie::SPECIAL_TOKEN_MARKER];
                word.extend(name.map_or(format!("<[{id}]>"), str::to_owned).bytes());
                word
            }
        };
        let words: Vec<Vec<u8>> = (0..vocab_size).map(word).collect();
        let trie = TokTrie::from(&TokRxInfo::new(vocab_size as u32, end), &words);
        Self { tokenizer, trie }
    }
}

impl TokenizerEnv for Env {
    fn tok_trie(&self) -> &TokTrie {
        &self.trie
    }

    fn tokenize_bytes(&self, s: &[u8]) -> Vec<TokenId> {
        self.tokenizer.encode_bytes(s)
    }
}

/// Valid JSON of a schema, whatever the decoder would rather say.
///
/// It knows at every moment a way to complete the value within what is left of the budget (`exit`), and refuses a token
/// after which there would be none: the value is then closed where it stands. So an answer is never cut.
pub struct JsonConstraint {
    matcher: Matcher,
    tokenizer: Arc<Tokenizer>,
    end: TokenId,
    quotes: Quotes,
    left: usize,
    exit: VecDeque<TokenId>,
    done: bool,
    closed: bool,
}

impl JsonConstraint {
    fn new(
        matcher: Matcher,
        tokenizer: Arc<Tokenizer>,
        end: TokenId,
        budget: usize,
    ) -> Result<Self> {
        let quotes = Quotes::default();
        let Some(exit) = closing::close(&matcher, quotes, &tokenizer, budget) else {
            let needed = closing::close(&matcher, quotes, &tokenizer, 4096).map(|exit| exit.len());
            return Err(Error::BudgetTooSmall { budget, needed });
        };
        Ok(Self {
            matcher,
            tokenizer,
            end,
            quotes,
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

    fn consume(&mut self, token: TokenId) -> Result<()> {
        self.matcher.consume_token(token).map_err(|e| failed(&e))?;
        self.quotes.push(self.tokenizer.bytes(token));
        self.left = self.left.saturating_sub(1);
        Ok(())
    }

    /// Keeps the known exit where it still holds after a token, or finds another; `false` where there is none.
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
        {
            return Ok(true);
        }
        match closing::close(&self.matcher, self.quotes, &self.tokenizer, self.left) {
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
            let before = self.matcher.clone();
            let (quotes, left, exit) = (self.quotes, self.left, self.exit.clone());
            if left == 0 {
                forced.truncate(i);
                break;
            }
            self.consume(token)?;
            if !self.find_exit(token)? {
                (self.matcher, self.quotes, self.left, self.exit) = (before, quotes, left, exit);
                forced.truncate(i);
                break;
            }
        }
        self.done = self.done || self.is_over()?;
        Ok(forced)
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
        Ok(())
    }

    fn commit(&mut self, token: TokenId) -> Result<Commit> {
        if self.done || token == self.end {
            self.done = true;
            return Ok(Commit::default());
        }
        let exit_fits = self.left > 0 && {
            let quotes = self.quotes;
            self.consume(token)?;
            let fits = self.find_exit(token)?;
            if !fits {
                self.matcher.rollback(1).map_err(|e| failed(&e))?;
                self.quotes = quotes;
                self.left += 1;
            }
            fits
        };
        if !exit_fits {
            return Ok(Commit {
                taken: false,
                forced: self.close()?,
            });
        }
        Ok(Commit {
            taken: true,
            forced: self.force()?,
        })
    }

    fn accepts(&mut self, tokens: &[TokenId]) -> Result<usize> {
        self.matcher.validate_tokens(tokens).map_err(|e| failed(&e))
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
