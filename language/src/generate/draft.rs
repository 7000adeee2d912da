//! Draft tokens: what may come next.
use crate::TokenId;

/// Proposes what comes next, so that several tokens are checked in one run of the decoder. What a
/// draft is worth shows in the speed only: greedy answers are the same token for token.
pub trait Draft: Send {
    /// Tokens likely to follow, each with the source that it would be copied from; `last` is the
    /// source of the last token that had one.
    fn propose(&mut self, last: Option<usize>) -> Vec<(TokenId, Option<usize>)>;

    /// Takes note of a token of the answer.
    fn wrote(&mut self, id: TokenId, source: Option<usize>);
}
