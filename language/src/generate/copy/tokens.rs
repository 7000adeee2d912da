//! Tokens by their bytes, to find those that go on with a text.
use super::page::{CopyText, Places};
use crate::{TokenId, Tokenizer};

/// The tokens of a vocabulary sorted by their bytes. Built once for a model and shared.
#[derive(Debug)]
pub struct TokenIndex {
    /// Offsets of each token's bytes, in the order of the bytes.
    ranges: Vec<(u32, u32)>,
    ids: Vec<TokenId>,
    bytes: Vec<u8>,
    quoted: Vec<TokenId>,
    numeric: Vec<TokenId>,
    nulls: Vec<TokenId>,
}

impl TokenIndex {
    /// Of all tokens that stand for text.
    #[must_use]
    pub fn new(tokenizer: &Tokenizer) -> Self {
        let mut ids: Vec<TokenId> = (0..tokenizer.len() as TokenId)
            .filter(|&id| !tokenizer.bytes(id).is_empty())
            .collect();
        ids.sort_by(|&a, &b| tokenizer.bytes(a).cmp(tokenizer.bytes(b)));
        let mut bytes = Vec::new();
        let mut ranges = Vec::with_capacity(ids.len());
        for &id in &ids {
            let first = bytes.len() as u32;
            bytes.extend_from_slice(tokenizer.bytes(id));
            ranges.push((first, bytes.len() as u32));
        }
        let has_quote = |id: &TokenId| tokenizer.bytes(*id).contains(&b'"');
        let quoted = ids.iter().copied().filter(has_quote).collect();
        // Those with a quotation mark are looked at anyway.
        let goes_on = |id: &TokenId| {
            let mut bytes = tokenizer.bytes(*id).iter();
            bytes.any(|b| b"0123456789-.eE,]}".contains(b)) && !has_quote(id)
        };
        let numeric = ids.iter().copied().filter(goes_on).collect();
        let begins_null = |id: &TokenId| tokenizer.bytes(*id).first() == Some(&b'n');
        let nulls = ids.iter().copied().filter(begins_null).collect();
        Self {
            ranges,
            ids,
            bytes,
            quoted,
            numeric,
            nulls,
        }
    }

    /// Tokens that begin as `null` does; a grammar leaves those that go on with it.
    pub(super) fn nulls(&self) -> impl Iterator<Item = TokenId> + '_ {
        self.nulls.iter().copied()
    }

    /// Tokens with what a number is made of, or ends with.
    pub(super) fn numeric(&self) -> impl Iterator<Item = TokenId> + '_ {
        self.numeric.iter().copied()
    }

    /// Tokens with a quotation mark in them.
    pub(super) fn quoted(&self) -> impl Iterator<Item = TokenId> + '_ {
        self.quoted.iter().copied()
    }

    fn token(&self, at: usize) -> &[u8] {
        let (from, to) = self.ranges[at];
        &self.bytes[from as usize..to as usize]
    }

    /// Tokens that go on with `text` from one of `places`; in a JSON string (`json`) also those
    /// that end it where a span may end.
    pub(super) fn continuing(&self, text: &CopyText, places: &Places, json: bool) -> Vec<TokenId> {
        let mut walk = Walk {
            index: self,
            text,
            json,
            found: Vec::new(),
        };
        walk.go(0, self.ids.len(), 0, places, false);
        walk.found
    }
}

/// A walk down the sorted tokens, along what the text allows.
struct Walk<'a> {
    index: &'a TokenIndex,
    text: &'a CopyText,
    json: bool,
    found: Vec<TokenId>,
}

impl Walk<'_> {
    /// Tokens `from..to` share their first `depth` bytes, which led to `places`; `escaped` behind a
    /// backslash.
    fn go(&mut self, mut from: usize, to: usize, depth: usize, places: &Places, escaped: bool) {
        while from < to && self.index.token(from).len() == depth {
            if depth > 0 {
                self.found.push(self.index.ids[from]);
            }
            from += 1;
        }
        if from >= to || places.is_empty() {
            return;
        }
        for byte in self.text.next_bytes(places) {
            let special = self.json && (byte == b'"' || byte == b'\\');
            if special && !escaped {
                let (from, to) = self.narrowed(from, to, depth, b'\\');
                self.go(from, to, depth + 1, places, true);
            } else if special == escaped {
                let (from, to) = self.narrowed(from, to, depth, byte);
                if from < to {
                    self.go(from, to, depth + 1, &self.text.step(places, byte), false);
                }
            }
        }
        if self.json && !escaped && self.text.may_end(places) {
            let (from, to) = self.narrowed(from, to, depth, b'"');
            self.found.extend(&self.index.ids[from..to]);
        }
    }

    /// Those of `from..to` whose byte at `depth` is `byte`.
    fn narrowed(&self, from: usize, to: usize, depth: usize, byte: u8) -> (usize, usize) {
        let below = |limit: u16| {
            let mut range = (from, to);
            while range.0 < range.1 {
                let middle = usize::midpoint(range.0, range.1);
                if u16::from(self.index.token(middle)[depth]) < limit {
                    range.0 = middle + 1;
                } else {
                    range.1 = middle;
                }
            }
            range.0
        };
        (below(byte.into()), below(u16::from(byte) + 1))
    }
}
