//! What changes the logits before a token is sampled, and what knows where tokens come from.
use crate::{Result, Token, TokenId};

/// Has a say in which token comes next: it sees the logits before the sampler and the token after.
///
/// One token is `process`, sample, `commit`. Nothing replaces a token behind the sampler.
pub trait LogitsProcessor: Send {
    /// Changes the `logits` (`[vocab]`) of the next token; `hidden` (`[dim]`) is the row that
    /// predicts it. A token at negative infinity is never sampled.
    fn process(&mut self, hidden: &[f32], logits: &mut [f32]) -> Result<()>;

    /// Takes note of a token: the one sampled after the last [`process`](Self::process), or one
    /// that a constraint forced.
    fn commit(&mut self, _token: &Token) {}
}

/// Knows which part of the input each token was copied from. A *source* is a number that means
/// something to whoever made the input rows.
pub trait Attribution: LogitsProcessor {
    /// The source of `id`, which was sampled after the last [`process`](LogitsProcessor::process).
    fn source(&self, id: TokenId) -> Option<usize>;

    /// `[dim]`: what is added to the embedding of each token from the one copied from `source` on.
    fn row(&self, source: usize) -> &[f32];
}

/// Takes tokens out of the choice.
#[derive(Debug, Clone)]
pub struct Suppress<'a>(pub &'a [TokenId]);

impl LogitsProcessor for Suppress<'_> {
    fn process(&mut self, _: &[f32], logits: &mut [f32]) -> Result<()> {
        for &token in self.0 {
            if let Some(logit) = logits.get_mut(token as usize) {
                *logit = f32::NEG_INFINITY;
            }
        }
        Ok(())
    }
}

/// Leaves `id` alone in the choice.
pub fn force(logits: &mut [f32], id: TokenId) {
    logits.fill(f32::NEG_INFINITY);
    if let Some(logit) = logits.get_mut(id as usize) {
        *logit = 0.0;
    }
}
