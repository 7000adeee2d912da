//! The token sequence that a conversation is made of (`models/FORMAT.md`).
use crate::bundle::{Prompts, TokenNames};
use crate::{Error, Result};
use foveate_language::{Schema, TokenId, Tokenizer};

/// Ids of the special tokens, and the prompts that the model was trained with.
#[derive(Debug, Clone)]
pub struct Prompt {
    pub(crate) begin: TokenId,
    pub(crate) image: TokenId,
    pub(crate) user: TokenId,
    pub(crate) answer: TokenId,
    pub(crate) end: TokenId,
    /// Tokens that an answer never holds: the special ones but `end`, and rows of the embedding without a token.
    pub(crate) never: Vec<TokenId>,
    prompts: Prompts,
}

impl Prompt {
    /// Looks the names up in the tokenizer; one that is missing is an error.
    pub fn new(
        tokenizer: &Tokenizer,
        names: &TokenNames,
        prompts: Prompts,
        vocab_size: usize,
    ) -> Result<Self> {
        let id = |name: &str| {
            tokenizer.special(name).ok_or_else(|| Error::Stage {
                stage: "tokenizer",
                why: format!("has no special token {name}"),
            })
        };
        id(&names.pad)?;
        let end = id(&names.end)?;
        let spare = tokenizer.len() as TokenId..vocab_size as TokenId;
        Ok(Self {
            begin: id(&names.begin)?,
            image: id(&names.image)?,
            user: id(&names.user)?,
            answer: id(&names.answer)?,
            end,
            never: tokenizer
                .specials()
                .filter(|&t| t != end)
                .chain(spare)
                .collect(),
            prompts,
        })
    }

    /// The token that begins every conversation.
    #[must_use]
    pub fn begin(&self) -> TokenId {
        self.begin
    }

    /// The token whose rows are image tokens.
    #[must_use]
    pub fn image(&self) -> TokenId {
        self.image
    }

    /// The token that ends an answer.
    #[must_use]
    pub fn end(&self) -> TokenId {
        self.end
    }

    /// Tokens that an answer never holds.
    #[must_use]
    pub fn never(&self) -> &[TokenId] {
        &self.never
    }

    /// The rows of a question, up to where its answer begins. Its text is spelled in bytes, never in special tokens.
    pub fn question(&self, tokenizer: &Tokenizer, text: &str) -> Result<Vec<TokenId>> {
        let mut ids = vec![self.user];
        ids.extend(tokenizer.encode(text)?);
        ids.push(self.answer);
        Ok(ids)
    }

    /// The question for the transcript.
    #[must_use]
    pub fn ocr(&self) -> &str {
        &self.prompts.ocr
    }

    /// The question for the fields of `schema`.
    #[must_use]
    pub fn fields(&self, schema: &Schema) -> String {
        self.prompts
            .fields
            .replace("{fields}", &schema.field_list())
    }
}
