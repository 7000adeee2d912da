//! The first Friday, the 2nd and 4th Mondays.
use super::numbers::ordinal_end;
use super::partial::Partial;
use super::text::{Context, Text};
use super::words::Sense;
use crate::repeat::LAST;

/// Ordinals before a weekday.
pub(crate) fn nth(text: &Text<'_>, ctx: &Context, partial: &Partial, at: usize) -> Vec<Partial> {
    if partial.weekday.is_some() {
        return Vec::new();
    }
    let found = [
        numbered(text, ctx, partial, at),
        portuguese(text, partial, at),
    ];
    found.into_iter().flatten().collect()
}

fn numbered(text: &Text<'_>, ctx: &Context, partial: &Partial, at: usize) -> Option<Partial> {
    let (mut bits, mut to, mut cost) = ordinal(text, ctx, at)?;
    while let Some((more, end, more_cost)) = joined(text, to).and_then(|i| ordinal(text, ctx, i)) {
        bits |= more;
        cost += more_cost;
        to = end;
    }
    let arc = text
        .arcs(to)
        .iter()
        .find(|a| matches!(a.sense, Sense::Weekday(..)))?;
    let Sense::Weekday(weekday, plural) = arc.sense else {
        return None;
    };
    Some(Partial {
        nth: bits,
        weekday: Some(weekday),
        plural: plural || bits.count_ones() > 1,
        to: arc.to,
        cost: partial.cost + cost + ctx.cost(arc),
        ..*partial
    })
}

/// `2ª feira`, `3a-feira`: Portuguese counts the weekdays from Sunday.
fn portuguese(text: &Text<'_>, partial: &Partial, at: usize) -> Option<Partial> {
    let (number @ 2..=6, 1) = text.number(at)? else {
        return None;
    };
    let (end, _) = ordinal_end(text, at + 1);
    let end = end + usize::from(text.is(end, '-'));
    let feira = text
        .tokens
        .get(end)
        .filter(|t| t.word("feira") || t.word("feiras"))?;
    Some(Partial {
        weekday: Some(number as u8 - 2),
        plural: feira.word("feiras"),
        to: end + 1,
        ..*partial
    })
}

/// The bit of an ordinal, the token after it, its cost.
fn ordinal(text: &Text<'_>, ctx: &Context, at: usize) -> Option<(u8, usize, f32)> {
    if let Some((value @ 1..=5, 1)) = text.number(at) {
        let (to, marked) = ordinal_end(text, at + 1);
        let to = to + usize::from(text.is(to, '.'));
        return marked.then_some((1 << (value - 1), to, 0.0));
    }
    text.arcs(at).iter().find_map(|arc| match arc.sense {
        Sense::Ordinal(-1) => Some((LAST, arc.to, ctx.cost(arc))),
        Sense::Ordinal(n @ 1..=5) => Some((1 << (n - 1), arc.to, ctx.cost(arc))),
        _ => None,
    })
}

/// Over `&`, `and`, `,`, `/`.
fn joined(text: &Text<'_>, at: usize) -> Option<usize> {
    let mut to = at + usize::from(text.is_any(at, "&+,/"));
    if let Some(end) = text.sense(to, |s| s == Sense::And) {
        to = end;
    }
    (to > at).then_some(to)
}
