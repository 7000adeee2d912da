//! Copying: answers, or the strings of a JSON answer, are spans of given text.
//!
//! A span begins where a word or a sign begins and ends where one ends. Behind the last word of a
//! line it goes on with the first word of the lines that may follow. Text and tokens are compared
//! byte by byte, so that it does not matter how either was cut into tokens. Numbers of a JSON
//! answer are those of the text, whichever way they are printed there.
mod items;
mod numbers;
mod page;
mod tokens;

use crate::constrain::scan::{Place, Scanner};
use crate::generate::{Attribution, LogitsProcessor};
use crate::{Result, Schema, Token, TokenId, Tokenizer};
use std::sync::Arc;

pub use page::CopyText;
pub use tokens::TokenIndex;

use items::Items;
use numbers::{Numbers, is_number};
use page::Places;

/// What is copied.
#[derive(Debug, Clone, Copy)]
pub enum Copied<'s> {
    /// The whole answer: a span, or the text's phrase.
    Answer,
    /// The strings of a JSON answer of this schema, those of free text, and its numbers.
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

/// A logit bias by the name of a property.
type Missing<'a> = Box<dyn Fn(&str) -> f32 + Send + Sync + 'a>;

/// Keeps an answer to spans of a text, and knows the source of each token.
///
/// It runs after the grammar's mask: where the grammar allows none of the tokens that would copy,
/// the grammar wins.
pub struct Copying<'a> {
    text: CopyText,
    index: Arc<TokenIndex>,
    tokenizer: &'a Tokenizer,
    /// In JSON: names of properties whose strings and numbers are not copied.
    worded: Option<Vec<String>>,
    numbers: Numbers,
    /// What a property of this name adds to the logit of `null`.
    missing: Option<Missing<'a>>,
    end: TokenId,
    at: At,
    json: Scanner,
    items: Items,
    /// Whether something of the answer was written.
    begun: bool,
    /// Of an answer of several spans, the one that is being written.
    span: Vec<u8>,
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
            numbers: match copied {
                Copied::Answer => Numbers::default(),
                Copied::Strings(_) => text.numbers(),
            },
            text,
            index,
            tokenizer,
            worded,
            missing: None,
            end,
            at,
            json: Scanner::default(),
            items: Items::default(),
            begun: false,
            span: Vec::new(),
            last: None,
            row: vec![0.0; dim],
        }
    }

    /// With a logit bias for `null` where a property's value begins, by its name: decoders fill in
    /// what is not there more readily than they leave it out.
    #[must_use]
    pub fn with_missing(mut self, bias: impl Fn(&str) -> f32 + Send + Sync + 'a) -> Self {
        self.missing = Some(Box::new(bias));
        self
    }

    /// The tokens that may come next; `None` where any may.
    fn allowed(&self) -> Option<Vec<TokenId>> {
        match &self.at {
            At::Text(places) if places.is_empty() => None,
            At::Text(places) => {
                let mut found = self
                    .index
                    .continuing(&self.text, places, self.worded.is_some());
                if self.worded.is_none() && self.begun && self.text.ends_answer(places) {
                    found.push(self.end);
                }
                Some(found)
            }
            At::Json => None,
        }
    }

    /// Where a span of an answer ends for another, its place is taken: nothing is said twice.
    fn note_span(&mut self, id: TokenId) {
        let At::Text(places) = &self.at else { return };
        if self.worded.is_none() {
            self.span.extend(self.tokenizer.bytes(id));
            if self.text.is_separated(places) {
                self.span.pop(); // the separator's first byte
                self.text.take(&std::mem::take(&mut self.span));
            }
        }
    }

    /// The place that a token's first byte was copied from.
    fn place_of(&self, after: &After) -> Option<usize> {
        let (from, byte) = after.first.as_ref()?;
        let to: &[usize] = match &after.at {
            At::Text(places) => places,
            At::Json => &[],
        };
        self.text.one_of(from, *byte, self.last, to)
    }

    /// Takes tokens out of the choice that open a string, or go on with a number, with what is not
    /// there.
    fn check_openings(&self, logits: &mut [f32]) {
        let open = |&id: &TokenId| {
            logits
                .get(id as usize)
                .is_some_and(|l| *l > f32::NEG_INFINITY)
        };
        let numbers = matches!(self.json.place(), Place::Before | Place::Word);
        let numeric = self.index.numeric().filter(|_| numbers);
        let opening = self.index.quoted().chain(numeric).filter(open);
        let opening: Vec<TokenId> = opening.collect();
        let (fitting, others): (Vec<_>, Vec<_>) =
            opening.into_iter().partition(|&id| !self.after(id).left);
        // A list of all there is ends, where it may.
        let mut rest = (0..).zip(&*logits).filter(|(_, l)| **l > f32::NEG_INFINITY);
        let ends = is_listed(&self.json) && rest.any(|(id, _)| !others.contains(&id));
        if !fitting.is_empty() || ends {
            others
                .into_iter()
                .for_each(|id| logits[id as usize] = f32::NEG_INFINITY);
        }
    }

    /// Where a property's value begins: gives `null` its bias.
    fn favour_missing(&self, logits: &mut [f32]) {
        let property = self.json.open().last().filter(|open| open.is_object);
        let (Some(bias), Some(property), Place::Before) =
            (&self.missing, property, self.json.place())
        else {
            return;
        };
        let bias = bias(&property.key);
        for id in self.index.nulls() {
            if let Some(logit) = logits.get_mut(id as usize) {
                *logit += bias;
            }
        }
    }

    /// Where the answer stands after a token, and where its first copied byte came from.
    fn after(&self, id: TokenId) -> After {
        let mut after = After {
            at: self.at.clone(),
            json: self.json.clone(),
            items: self.items.clone(),
            first: None,
            number: None,
            left: false,
        };
        for &byte in self.tokenizer.bytes(id) {
            match &self.worded {
                Some(worded) => self.step_json(&mut after, byte, worded),
                None => self.step_text(&mut after, byte),
            }
        }
        after
    }

    fn step_json(&self, after: &mut After, byte: u8, worded: &[String]) {
        let before = after.json.place();
        after.json.push(byte);
        self.step_number(after, before, worded);
        match (before, after.json.place()) {
            (Place::String { .. }, Place::After) => {
                let empty = after.json.text().is_empty();
                let cut = |at: &Places| !at.is_empty() && !self.text.may_end(at) && !empty;
                after.left |= matches!(&after.at, At::Text(at) if cut(at));
                if is_listed(&after.json) {
                    after.items.end(&self.text);
                }
                after.at = At::Json;
            }
            (Place::String { escaped: false, .. }, _) if byte == b'\\' => {}
            // Of the escapes that answers may hold, line ends and tabs stand for a space.
            (Place::String { escaped: true, .. }, _) if b"nrtbf".contains(&byte) => {
                self.step_text(after, b' ');
            }
            (Place::String { .. }, _) => self.step_text(after, byte),
            (_, Place::String { key: false, .. }) if is_free(&after.json, worded) => {
                let mut begins = self.text.begins(false);
                if is_listed(&after.json) {
                    let free = after.items.begin(&begins);
                    after.left |= free.is_empty();
                    // Behind a comma an item must come: rather one again than one made up.
                    begins = if free.is_empty() { begins } else { free };
                }
                after.at = At::Text(begins);
            }
            (Place::Before, Place::Before) if byte == b'[' => after.items = Items::default(),
            _ => {}
        }
    }

    /// Whether the number that is being written, or that has just ended, is one of the text.
    fn step_number(&self, after: &mut After, before: Place, worded: &[String]) {
        let text = after.json.text();
        let fits = match (before, after.json.place()) {
            (_, Place::Word) => self.numbers.begins(text),
            (Place::Word, _) => self.numbers.holds(text),
            _ => return,
        };
        if is_number(text) && is_free(&after.json, worded) {
            after.left |= !fits;
            after.number = self.numbers.source(text).or(after.number);
        }
    }

    fn step_text(&self, after: &mut After, byte: u8) {
        after.items.push(byte);
        let At::Text(places) = &after.at else { return };
        if places.is_empty() {
            return;
        }
        let next = self.text.step(places, byte);
        if after.first.is_none() && byte != b' ' {
            after.first = Some((places.clone(), byte));
        }
        after.left |= next.is_empty();
        after.at = At::Text(next);
    }
}

/// Whether the string that is being written is free text: not of a property that `worded` names.
fn is_free(json: &Scanner, worded: &[String]) -> bool {
    let object = json.open().iter().rfind(|open| open.is_object);
    object.is_none_or(|open| !worded.iter().any(|one| **one == *open.key))
}

/// Whether a value is an item of a list.
fn is_listed(json: &Scanner) -> bool {
    json.open().last().is_some_and(|open| !open.is_object)
}

/// Where an answer would stand after a token.
struct After {
    at: At,
    json: Scanner,
    items: Items,
    /// The first byte that is no space, and the places before it.
    first: Option<(Places, u8)>,
    /// The source of the number that it goes on with.
    number: Option<usize>,
    /// Whether it left the text on the way.
    left: bool,
}

impl LogitsProcessor for Copying<'_> {
    fn process(&mut self, _: &[f32], logits: &mut [f32]) -> Result<()> {
        let Some(allowed) = self.allowed() else {
            if matches!(self.at, At::Json) && !self.json.in_string() {
                self.check_openings(logits);
                self.favour_missing(logits);
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
        let after = self.after(token.id);
        if after.first.is_some() {
            self.last = self.place_of(&after);
        }
        (self.at, self.json, self.items) = (after.at, after.json, after.items);
        self.begun = true;
        self.note_span(token.id);
    }
}

impl Attribution for Copying<'_> {
    fn source(&self, id: TokenId) -> Option<usize> {
        let after = self.after(id);
        let copied = self.place_of(&after).and_then(|at| self.text.source(at));
        copied.or(after.number)
    }

    fn row(&self, _: usize) -> &[f32] {
        &self.row
    }
}

#[cfg(test)]
mod tests;
