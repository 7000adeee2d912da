//! The shortest way out of a JSON value: the tokens that close it validly from where it stands.
//!
//! It is greedy where the next step is plain (a forced token, a quote that ends a string, a
//! bracket) and searches breadth first where it is not (the middle of an enumeration, a pattern or
//! a number). The result is always valid; it is the shortest for everything but unions of long and
//! short branches, where it may be a few tokens longer.
use super::rules::Written;
use crate::{TokenId, Tokenizer};
use llguidance::Matcher;
use llguidance::toktrie::SimpleVob;

/// States kept of each level of a search, and the deepest level.
const BEAM: usize = 48;
const DEPTH: usize = 96;
/// Tokens tried of a state, where no classes of them are known.
const FEW: usize = 24;

/// One place on the way: the parser's state and what was written to get there.
struct Way {
    matcher: Matcher,
    written: Written,
    tokens: Vec<TokenId>,
}

impl Way {
    fn fork(&self) -> Self {
        Self {
            matcher: self.matcher.clone(),
            written: self.written.clone(),
            tokens: self.tokens.clone(),
        }
    }

    fn step(&mut self, token: TokenId, tokenizer: &Tokenizer) -> Option<()> {
        self.matcher.consume_token(token).ok()?;
        self.tokens.push(token);
        self.written.push(tokenizer.bytes(token)).then_some(())
    }

    fn forced(&mut self, tokenizer: &Tokenizer) -> Option<bool> {
        let forced = self.matcher.compute_ff_tokens();
        for &token in &forced {
            self.step(token, tokenizer)?;
        }
        Some(!forced.is_empty())
    }

    fn may_write(&self, token: TokenId, tokenizer: &Tokenizer) -> bool {
        self.written.accepts(tokenizer.bytes(token))
    }
}

/// Tokens that complete the value from the state of `matcher`, at most `limit`; `None` where none
/// were found.
pub(crate) fn close(
    matcher: &Matcher,
    written: &Written,
    tokenizer: &Tokenizer,
    limit: usize,
) -> Option<Vec<TokenId>> {
    let mut way = Way {
        matcher: matcher.clone(),
        written: written.clone(),
        tokens: Vec::new(),
    };
    // Before the last value that was begun because it is short: it may turn out to be one that
    // stands there already.
    let mut before: Option<Way> = None;
    while !way.matcher.is_accepting().ok()? {
        if way.tokens.len() >= limit {
            return None;
        }
        match way.forced(tokenizer) {
            Some(true) => continue,
            Some(false) => {}
            None => {
                way = search(before.take()?, tokenizer, limit)?;
                continue;
            }
        }
        let mask = way.matcher.compute_mask().ok()?;
        match plain_step(&mut way, &mask, tokenizer) {
            Some(token) => {
                if !way.written.in_string() {
                    before = Some(way.fork());
                }
                way.step(token, tokenizer)?;
            }
            None => {
                let from = way.fork();
                way = match search(way, tokenizer, limit) {
                    Some(way) => way,
                    None => search(
                        before
                            .take()
                            .filter(|b| b.tokens.len() < from.tokens.len())?,
                        tokenizer,
                        limit,
                    )?,
                };
            }
        }
    }
    (way.tokens.len() <= limit).then_some(way.tokens)
}

/// The step that closes something or begins the shortest value; `None` where only a search can
/// tell.
fn plain_step(way: &mut Way, mask: &SimpleVob, tokenizer: &Tokenizer) -> Option<TokenId> {
    let written = &way.written;
    let allowed = |b: u8| {
        let token = tokenizer.find_byte(b)?;
        (mask.is_allowed(token) && written.accepts(tokenizer.bytes(token))).then_some(token)
    };
    if written.in_string() {
        return allowed(b'"');
    }
    if let Some(token) = b"}],".iter().find_map(|&b| allowed(b)) {
        return Some(token);
    }
    if let Some(quote) = allowed(b'"')
        && way.matcher.validate_tokens(&[quote, quote]).ok()? == 2
    {
        return Some(quote);
    }
    // A number, once begun, is left to the search: it knows where digits may end.
    let starts_value = [b'n', b'[', b't', b'f', b'{', b'"']
        .iter()
        .find_map(|&b| allowed(b));
    if allowed(b'0').is_some() {
        None
    } else {
        starts_value
    }
}

/// Breadth first to the nearest place where something can be closed, one state for each set of next
/// tokens.
fn search(from: Way, tokenizer: &Tokenizer, limit: usize) -> Option<Way> {
    let began = from.tokens.len();
    let mut level = vec![from];
    while level[0].tokens.len() < limit && level[0].tokens.len() - began < DEPTH {
        let mut next: Vec<Way> = Vec::new();
        let mut masks: Vec<SimpleVob> = Vec::new();
        for way in &mut level {
            let mask = way.matcher.compute_mask().ok()?;
            for token in candidates(&mask, tokenizer) {
                let mut child = way.fork();
                if child.step(token, tokenizer).is_none() {
                    continue;
                }
                if can_close(&mut child, tokenizer) {
                    return Some(child);
                }
                let Ok(mask) = child.matcher.compute_mask() else {
                    continue;
                };
                if next.len() < BEAM && !masks.contains(&mask) {
                    masks.push(mask);
                    next.push(child);
                }
            }
        }
        if next.is_empty() {
            return None;
        }
        level = next;
    }
    None
}

fn can_close(way: &mut Way, tokenizer: &Tokenizer) -> bool {
    let inside = way.written.in_string();
    let mut accepts = |b: u8| {
        let token = tokenizer.byte(b);
        way.may_write(token, tokenizer)
            && way.matcher.validate_tokens(&[token]).is_ok_and(|n| n == 1)
    };
    let closable = if inside {
        accepts(b'"')
    } else {
        b"}],".iter().any(|&b| accepts(b))
    };
    closable || way.matcher.is_accepting().unwrap_or(false)
}

/// A few of the allowed single bytes that stand for all: every one where they are few, else one of
/// each class. Where text is forced, its canonical token alone is allowed: then tokens.
fn candidates(mask: &SimpleVob, tokenizer: &Tokenizer) -> Vec<TokenId> {
    let allowed = |b: u8| {
        tokenizer
            .find_byte(b)
            .filter(|&token| mask.is_allowed(token))
    };
    let allowed: Vec<(u8, TokenId)> = (0..=255).filter_map(|b| Some((b, allowed(b)?))).collect();
    if allowed.is_empty() {
        return mask.iter().take(FEW).collect();
    }
    let few = allowed.len() <= FEW;
    let stands =
        |b: u8| few || b"0159abxyzABXYZ ".contains(&b) || (b.is_ascii_punctuation() && b != b'\\');
    let mut kept: Vec<_> = allowed.iter().filter(|(b, _)| stands(*b)).collect();
    if kept.is_empty() {
        kept = allowed.iter().take(FEW).collect();
    }
    kept.into_iter().map(|&(_, token)| token).collect()
}
