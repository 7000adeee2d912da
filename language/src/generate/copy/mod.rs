//! Copying: answers, or the strings of a JSON answer, are spans of given text.
//!
//! A span begins where a word or a sign begins and ends where one ends. Behind the last word of a
//! line it goes on with the first word of the lines that may follow. Text and tokens are compared byte by byte, so that
//! it does not matter how either was cut into tokens.
mod json;
mod page;
mod tokens;

use crate::generate::{Attribution, LogitsProcessor};
use crate::{Result, Schema, Token, TokenId, Tokenizer};
use json::Json;
use std::sync::Arc;

pub use page::CopyText;
pub use tokens::TokenIndex;

use page::Places;

/// What is copied.
#[derive(Debug, Clone, Copy)]
pub enum Copied<'s> {
    /// The whole answer: a span, or the text's phrase.
    Answer,
    /// The strings of a JSON answer of this schema, those of free text.
    Strings(&'s Schema),
}

/// Where an answer stands.
#[derive(Debug, Clone)]
enum At {
    /// In a copied text, behind one of these places; empty once it has left the text.
    Text(Places),
    /// In JSON, outside of copied strings.
    Json,
}

/// Keeps an answer to spans of a text, and knows the source of each token.
///
/// It runs after the grammar's mask: where the grammar allows none of the tokens that would copy,
/// the grammar wins.
pub struct Copying<'a> {
    text: CopyText,
    index: Arc<TokenIndex>,
    tokenizer: &'a Tokenizer,
    /// In JSON: names of properties whose strings are not copied.
    worded: Option<Vec<String>>,
    end: TokenId,
    at: At,
    json: Json,
    /// Whether something of the answer was written.
    begun: bool,
    /// Where the last token that was copied ended, if one place is likelier than others.
    last: Option<usize>,
    /// `[dim]` zeros: what is added to the rows of answers.
    row: Vec<f32>,
}

impl<'a> Copying<'a> {
    /// Copies from `text` what `copied` says. `end` is the token that ends an answer, `dim` the
    /// width of the decoder's rows.
    pub fn new(
        text: CopyText,
        index: Arc<TokenIndex>,
        tokenizer: &'a Tokenizer,
        copied: Copied<'_>,
        end: TokenId,
        dim: usize,
    ) -> Self {
        let (worded, at) = match copied {
            Copied::Answer => (None, At::Text(text.begins(true))),
            Copied::Strings(schema) => (Some(schema.worded().to_vec()), At::Json),
        };
        Self {
            text,
            index,
            tokenizer,
            worded,
            end,
            at,
            json: Json::default(),
            begun: false,
            last: None,
            row: vec![0.0; dim],
        }
    }

    /// The tokens that may come next; `None` where any may.
    fn allowed(&self) -> Option<Vec<TokenId>> {
        match &self.at {
            At::Text(places) if places.is_empty() => None,
            At::Text(places) => {
                let mut found = self
                    .index
                    .continuing(&self.text, places, self.worded.is_some());
                if self.worded.is_none() && self.begun && self.text.may_end(places) {
                    found.push(self.end);
                }
                Some(found)
            }
            At::Json => None,
        }
    }

    /// Takes tokens out of the choice that open a string with what is not there.
    fn check_openings(&self, logits: &mut [f32]) {
        let keep: Vec<(TokenId, f32)> = self
            .index
            .quoted()
            .filter_map(|id| {
                let logit = *logits.get(id as usize)?;
                let fits = logit == f32::NEG_INFINITY || self.after(id).is_some_and(|a| a.fits());
                fits.then_some((id, logit))
            })
            .collect();
        if keep.iter().all(|(_, logit)| *logit == f32::NEG_INFINITY) {
            return;
        }
        for id in self.index.quoted() {
            if let Some(logit) = logits.get_mut(id as usize) {
                *logit = f32::NEG_INFINITY;
            }
        }
        for (id, logit) in keep {
            logits[id as usize] = logit;
        }
    }

    /// Where the answer stands after a token, and where its first copied byte came from.
    fn after(&self, id: TokenId) -> Option<After> {
        let mut after = After {
            at: self.at.clone(),
            json: self.json.clone(),
            from: None,
            first: None,
            left: false,
        };
        for &byte in self.tokenizer.bytes(id) {
            self.step(&mut after, byte);
        }
        Some(after)
    }

    fn step(&self, after: &mut After, byte: u8) {
        let Some(worded) = &self.worded else {
            self.step_text(after, byte);
            return;
        };
        let content = after.json.push(byte);
        if after.json.opened() {
            let key = after.json.key();
            let free = key.is_none_or(|key| !worded.iter().any(|one| one == key));
            after.at = match free && !after.json.in_key() {
                true => At::Text(self.text.begins(false)),
                false => At::Json,
            };
        } else if after.json.closed() {
            let whole = match &after.at {
                At::Text(places) => {
                    places.is_empty() || self.text.may_end(places) || after.json.was_empty()
                }
                At::Json => true,
            };
            after.left |= !whole;
            after.at = At::Json;
        } else if let Some(byte) = content {
            self.step_text(after, byte);
        }
    }

    fn step_text(&self, after: &mut After, byte: u8) {
        let At::Text(places) = &after.at else { return };
        if places.is_empty() {
            return;
        }
        let next = self.text.step(places, byte);
        if after.first.is_none() && byte != b' ' {
            after.from = Some(places.clone());
            after.first = Some(byte);
        }
        after.left |= next.is_empty();
        after.at = At::Text(next);
    }
}

/// Where an answer would stand after a token.
struct After {
    at: At,
    json: Json,
    /// The places before the first byte that is no space.
    from: Option<Places>,
    first: Option<u8>,
    /// Whether it left the text on the way.
    left: bool,
}

impl After {
    fn fits(&self) -> bool {
        !self.left
    }
}

impl LogitsProcessor for Copying<'_> {
    fn process(&mut self, _: &[f32], logits: &mut [f32]) -> Result<()> {
        let Some(allowed) = self.allowed() else {
            if matches!(self.at, At::Json) && self.json.string_may_open() {
                self.check_openings(logits);
            }
            return Ok(());
        };
        let kept: Vec<(usize, f32)> = allowed
            .into_iter()
            .filter_map(|id| Some((id as usize, *logits.get(id as usize)?)))
            .filter(|(_, logit)| *logit > f32::NEG_INFINITY)
            .collect();
        if !kept.is_empty() {
            logits.fill(f32::NEG_INFINITY);
            kept.into_iter().for_each(|(id, logit)| logits[id] = logit);
        }
        Ok(())
    }

    fn commit(&mut self, token: &Token) {
        if let Some(after) = self.after(token.id) {
            if let (Some(from), Some(byte)) = (&after.from, after.first) {
                self.last = self.text.one_of(from, byte, self.last, &after.at_places());
            }
            (self.at, self.json) = (after.at, after.json);
            self.begun = true;
        }
    }
}

impl After {
    fn at_places(&self) -> Places {
        match &self.at {
            At::Text(places) => places.clone(),
            At::Json => Places::new(),
        }
    }
}

impl Attribution for Copying<'_> {
    fn source(&self, id: TokenId) -> Option<usize> {
        let after = self.after(id)?;
        let (from, byte) = (after.from.as_ref()?, after.first?);
        let place = self
            .text
            .one_of(from, byte, self.last, &after.at_places())?;
        self.text.source(place)
    }

    fn row(&self, _: usize) -> &[f32] {
        &self.row
    }
}

#[cfg(test)]
mod tests;
