//! A text with the readings of its tokens.
use super::mended::mended;
use super::partial::Partial;
use super::tokens::{Kind, Token, tokens};
use super::words::{ALL, Arc, EN, Langs, Sense, senses};
use crate::date::{Date, Order};
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;

/// Tokens, and what each may mean.
pub(crate) struct Text<'a> {
    pub(crate) raw: &'a str,
    pub(crate) tokens: Vec<Token>,
    pub(crate) arcs: Vec<Vec<Arc>>,
}

/// Which field of a flyer a text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Field {
    Date,
    /// A beginning or an end: numbers alone are hours.
    Time,
}

/// What is known before a text is read.
pub(crate) struct Context {
    pub(crate) today: Date,
    pub(crate) order: Order,
    pub(crate) langs: Langs,
    pub(crate) field: Field,
    /// The dates that may begin at a token, where they are known already.
    pub(crate) partials: RefCell<HashMap<usize, Rc<[Partial]>>>,
    /// Readings looked at so far: what the time taken grows with.
    pub(crate) effort: Cell<usize>,
}

/// Cost of a word of another language than the rest.
pub(crate) const FOREIGN: f32 = 0.6;
/// Cost of a word that is more often something else.
pub(crate) const RISKY: f32 = 0.5;
/// Cost of a name with letters read wrongly.
pub(crate) const MISREAD: f32 = 0.4;

impl<'a> Text<'a> {
    pub(crate) fn new(raw: &'a str) -> Self {
        let tokens = tokens(&mended(raw));
        let arcs = (0..tokens.len()).map(|at| senses(&tokens, at)).collect();
        Self { raw, tokens, arcs }
    }

    pub(crate) fn len(&self) -> usize {
        self.tokens.len()
    }

    /// The value and the number of figures at `at`.
    pub(crate) fn number(&self, at: usize) -> Option<(u32, usize)> {
        match self.tokens.get(at)?.kind {
            Kind::Number(value, figures) => Some((value, figures)),
            _ => None,
        }
    }

    pub(crate) fn is(&self, at: usize, sign: char) -> bool {
        self.tokens.get(at).is_some_and(|t| t.is(sign))
    }

    pub(crate) fn is_any(&self, at: usize, signs: &str) -> bool {
        self.tokens.get(at).is_some_and(|t| t.is_any(signs))
    }

    pub(crate) fn is_word(&self, at: usize) -> bool {
        self.tokens.get(at).is_some_and(|t| t.kind == Kind::Word)
    }

    /// Whether white space stands before `at`, or the text ends there.
    pub(crate) fn spaced(&self, at: usize) -> bool {
        self.tokens.get(at).is_none_or(|t| t.spaced)
    }

    /// The letters at `at` as printed; nothing for anything else than a word.
    pub(crate) fn letters(&self, at: usize) -> &'a str {
        let Some(token) = self.tokens.get(at).filter(|t| t.kind == Kind::Word) else {
            return "";
        };
        &self.raw[token.span.0..token.span.1]
    }

    /// What the words from `at` on may mean.
    pub(crate) fn arcs(&self, at: usize) -> &[Arc] {
        self.arcs.get(at).map_or(&[], |arcs| arcs)
    }

    /// The token after the longest phrase at `at` with a sense that `wanted` takes.
    pub(crate) fn sense(&self, at: usize, wanted: impl Fn(Sense) -> bool) -> Option<usize> {
        let fit = |a: &&Arc| !a.misread && wanted(a.sense);
        self.arcs(at).iter().filter(fit).map(|a| a.to).max()
    }

    /// Whether a word at `at` has this sense.
    pub(crate) fn has(&self, at: usize, sense: Sense) -> bool {
        self.sense(at, |s| s == sense).is_some()
    }

    /// The token after the month's name at `at`.
    pub(crate) fn month(&self, at: usize) -> Option<usize> {
        self.sense(at, |s| matches!(s, Sense::Month(_)))
    }

    /// Whether a word at `at` is one of a language.
    pub(crate) fn has_in(&self, at: usize, langs: Langs) -> bool {
        self.arcs(at).iter().any(|a| a.langs & langs > 0)
    }

    /// Whether the token is a word of no known meaning.
    pub(crate) fn unknown(&self, at: usize) -> bool {
        self.is_word(at) && self.arcs(at).iter().all(|a| a.misread)
    }

    /// The text of tokens.
    pub(crate) fn part(&self, from: usize, to: usize) -> &'a str {
        match (self.tokens.get(from), self.tokens.get(to.wrapping_sub(1))) {
            (Some(first), Some(last)) if from < to => &self.raw[first.span.0..last.span.1],
            _ => "",
        }
    }
}

impl Context {
    /// What it costs to take a word in this sense.
    pub(crate) fn cost(&self, arc: &Arc) -> f32 {
        let foreign = arc.langs & self.langs == 0;
        let sure = self.langs != ALL && !foreign;
        let mut cost = if foreign { FOREIGN } else { 0.0 };
        if arc.risky && !sure {
            cost += RISKY;
        }
        if arc.misread {
            cost += MISREAD;
        }
        cost
    }

    /// Which comes first in figures, as far as order and language say.
    pub(crate) fn day_first(&self) -> bool {
        self.order == Order::DayFirst || self.langs & EN == 0
    }

    pub(crate) fn count(&self) {
        self.effort.set(self.effort.get() + 1);
    }
}
