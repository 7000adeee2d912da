//! How a conversation becomes tokens.
use crate::{Result, TokenId, Tokenizer};

/// The tokens around the turns of a conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    /// Begin every conversation.
    pub begin: Vec<TokenId>,
    /// Come before a question.
    pub question: Vec<TokenId>,
    /// Come before an answer.
    pub answer: Vec<TokenId>,
    /// Ends an answer.
    pub end: TokenId,
    /// Tokens that an answer never holds: special ones other than `end`, and rows of the embedding
    /// without a token.
    pub never: Vec<TokenId>,
}

impl Template {
    /// The rows of a question, up to where its answer begins. Its text never becomes a special
    /// token.
    pub fn asked(&self, tokenizer: &Tokenizer, text: &str) -> Result<Vec<TokenId>> {
        let mut ids = self.question.clone();
        let before = ids.last().or(self.begin.last());
        let begins = before.is_none_or(|&id| tokenizer.special_name(id).is_some());
        ids.extend(match begins {
            true => tokenizer.encode_beginning(text)?,
            false => tokenizer.encode(text)?,
        });
        ids.extend(&self.answer);
        Ok(ids)
    }

    /// The tokens that an answer of a decoder with `vocab_size` rows never holds.
    #[must_use]
    pub fn never(tokenizer: &Tokenizer, end: TokenId, vocab_size: usize) -> Vec<TokenId> {
        let spare = tokenizer.len() as TokenId..vocab_size as TokenId;
        let specials = tokenizer.specials().filter(|&token| token != end);
        specials.chain(spare).collect()
    }
}
