//! What a generator asks of whoever knows the picture: where tokens were read, and what may come next.
use crate::{Spent, TokenId};
use std::ops::Range;

/// What the decoder is told of the tokens that it wrote itself: where in the picture it read them.
pub trait Feedback: Send + Sync {
    /// The source (image token) that a token was read from, by the hidden row (`[dim]`) that predicted it. Where it would be one of
    /// the `spent` ones, it is the likeliest of the others.
    fn point(&self, hidden: &[f32], spent: &Spent) -> Option<usize>;

    /// What is added (`[dim]`) to the embedding of tokens written once `source` was pointed at.
    fn place(&self, source: usize) -> &[f32];

    /// Where reading goes on once the decoder means to have read everything: the sources of a line, or of a part of one, of which nothing was read,
    /// and the token that the first looks like. `None` where no such line is left.
    fn unread(&self, _spent: &Spent) -> Option<(TokenId, Range<usize>)> {
        None
    }

    /// The sources of the line that `source` is on, in reading order, if that is known.
    fn line(&self, _source: usize) -> Option<Range<usize>> {
        None
    }

    /// The line directly above the one that `source` is on, in the same block of text, if that is known.
    fn above(&self, _source: usize) -> Option<Range<usize>> {
        None
    }

    /// How much white space there is between `source` and the next on its line, in em sizes; `None` at a line's end, or where that is not known.
    fn gap(&self, _source: usize) -> Option<f32> {
        None
    }

    /// The token that `source` looks like, if that is known.
    fn looks(&self, _source: usize) -> Option<TokenId> {
        None
    }

    /// How probable it is that `source` is what it looks like, 0 to 1.
    fn sure(&self, _source: usize) -> f32 {
        0.0
    }
}

/// Guesses what comes next, so that several tokens are checked in one run of the decoder. What a guess is worth shows in
/// the speed only: greedy answers are the same token for token.
pub trait Draft: Send {
    /// Tokens likely to follow, each with the source that it would be read from; `last` is the last source pointed at.
    fn propose(&mut self, last: Option<usize>) -> Vec<(TokenId, Option<usize>)>;

    /// A token was written.
    fn wrote(&mut self, id: TokenId, source: Option<usize>);
}
