//! The reading of a text that explains most of it at least cost.
use super::bare::NEVER;
use super::days::{Days, WEEKDAY, days};
use super::explained::explained;
use super::spans::{Span, spans};
use super::text::{Context, MISREAD, Text};
use super::tokens::Kind;
use super::words::{Arc, Sense};

/// A piece of a text, and what it is.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Piece {
    Days(Box<Days>),
    Times(Box<Span>),
    /// A word that has a meaning beside dates and times.
    Word,
    /// A number that is something else: an address, an amount.
    Other,
    Sign,
    /// Not explained.
    Unknown,
}

/// A piece of a text, and the tokens that it stands for.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Placed {
    pub(crate) piece: Piece,
    pub(crate) from: usize,
    pub(crate) to: usize,
    pub(crate) cost: f32,
}

/// Added for each piece, so that few long ones are better than many short ones.
const PIECE: f32 = 0.02;

/// The pieces of a text: the shortest path from its first token to its last. Time and memory grow
/// with the number of tokens, as a piece has a bounded length and a bounded number of readings.
pub(crate) fn cover(text: &Text<'_>, ctx: &Context) -> Vec<Placed> {
    let mut best: Vec<Option<(f32, Placed)>> = vec![None; text.len() + 1];
    for at in 0..text.len() {
        let before = match (at, &best[at]) {
            (0, _) => 0.0,
            (_, Some((cost, _))) => *cost,
            (_, None) => continue,
        };
        for placed in pieces(text, ctx, at) {
            let cost = before + placed.cost + PIECE;
            let to = placed.to.min(text.len());
            if best[to].as_ref().is_none_or(|other| cost < other.0) {
                best[to] = Some((cost, Placed { to, ..placed }));
            }
        }
    }
    path(best)
}

fn path(mut best: Vec<Option<(f32, Placed)>>) -> Vec<Placed> {
    let mut pieces = Vec::new();
    let mut at = best.len() - 1;
    while let Some((_, placed)) = best[at].take().filter(|_| at > 0) {
        at = placed.from;
        pieces.push(placed);
    }
    pieces.reverse();
    pieces
}

/// Everything that may stand at a token.
fn pieces(text: &Text<'_>, ctx: &Context, at: usize) -> Vec<Placed> {
    let mut found = vec![alone(text, ctx, at)];
    let mut add = |piece, to, cost| {
        found.push(Placed {
            piece,
            from: at,
            to,
            cost,
        });
    };
    for days in days(text, ctx, at) {
        let (to, cost) = (days.to, days.cost);
        add(Piece::Days(Box::new(days)), to, cost);
    }
    for span in spans(text, ctx, at).into_iter().filter(|s| s.cost < NEVER) {
        add(Piece::Times(Box::new(span)), span.to, span.cost);
    }
    for (to, cost) in explained(text, at) {
        add(Piece::Other, to, cost);
    }
    for arc in text.arcs(at).iter().filter(|a| !a.misread && free(a.sense)) {
        add(Piece::Word, arc.to, 0.0);
    }
    found
}

/// A token by itself.
fn alone(text: &Text<'_>, ctx: &Context, at: usize) -> Placed {
    let (piece, cost) = match text.tokens[at].kind {
        Kind::Word => (Piece::Unknown, word(text, at)),
        Kind::Sign('$' | '£' | '€' | '%') => (Piece::Sign, 0.2),
        // Two dashes are one.
        Kind::Sign('-') if at > 0 && text.is(at - 1, '-') => (Piece::Sign, 0.02),
        Kind::Sign('-') => (Piece::Sign, 0.3),
        Kind::Sign(_) => (Piece::Sign, 0.02),
        // A year of something else is more likely than any other number.
        Kind::Number(value, 4) if (1900..=2199).contains(&value) => (Piece::Unknown, 0.9),
        Kind::Number(_, 1 | 2) => (Piece::Unknown, 1.5),
        Kind::Number(..) => (Piece::Unknown, 1.2),
    };
    ctx.count();
    Placed {
        piece,
        from: at,
        to: at + 1,
        cost,
    }
}

/// What a word costs that is not explained.
fn word(text: &Text<'_>, at: usize) -> f32 {
    let name = |a: &&Arc| match a.sense {
        Sense::Weekday(..) => true,
        Sense::Month(_) => !a.risky && !a.misread,
        _ => false,
    };
    match text.arcs(at).iter().find(name) {
        Some(arc) if arc.misread => WEEKDAY + MISREAD + 0.05,
        Some(_) => WEEKDAY + 0.05,
        None => 0.2,
    }
}

/// Whether a word says enough by itself.
fn free(sense: Sense) -> bool {
    !matches!(
        sense,
        Sense::Month(_)
            | Sense::Weekday(..)
            | Sense::WeekdayPart(..)
            | Sense::Cardinal(_)
            | Sense::Ordinal(_)
            | Sense::Year(_)
            | Sense::NamedHour(_)
            | Sense::Relative(..)
            | Sense::Am
            | Sense::Pm
            | Sense::HourUnit
            | Sense::Suffix
            | Sense::Minutes(_)
            | Sense::Before(_)
            | Sense::After(_)
            | Sense::Weekend
    )
}
