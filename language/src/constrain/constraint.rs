//! Which tokens may come next. A constraint and a decoder do not know each other: mask, sample,
//! commit.
use crate::{Result, TokenId};

/// What became of a sampled token.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Commit {
    /// Whether the sampled token was written. It is not where nothing valid could follow it within
    /// the budget.
    pub taken: bool,
    /// Tokens that must follow: they are written without being computed.
    pub forced: Vec<TokenId>,
}

/// A rule that an answer has to obey, token by token.
pub trait Constraint: Send {
    /// Tokens that must come before anything is sampled.
    fn start(&mut self) -> Result<Vec<TokenId>>;

    /// Sets the logits of tokens that may not come next to negative infinity.
    fn mask(&mut self, logits: &mut [f32]) -> Result<()>;

    /// Takes the sampled token, which [`Constraint::mask`] allowed, and answers with what is
    /// written.
    fn commit(&mut self, token: TokenId) -> Result<Commit>;

    /// How many of `tokens` in a row could be committed now; for drafts.
    fn accepts(&mut self, tokens: &[TokenId]) -> Result<usize>;

    /// The tokens that end the answer validly from here. Nothing more may be sampled after it.
    fn close(&mut self) -> Result<Vec<TokenId>>;

    /// Whether the answer is complete: nothing can follow.
    fn is_done(&self) -> bool;

    /// Whether the answer had to be closed before the model ended it.
    fn was_closed(&self) -> bool;
}
