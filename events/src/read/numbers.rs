//! Numbers as days and years.
use super::labels::{house_before, money};
use super::partial::Partial;
use super::text::{Context, Text};
use super::words::Sense;

/// A day of the month.
pub(crate) fn day(text: &Text<'_>, ctx: &Context, partial: &Partial, at: usize) -> Option<Partial> {
    if partial.day.is_some()
        || partial.plural
        || partial.nth > 0
        || partial.relative.is_some()
        || partial.weekend
    {
        return None;
    }
    let house = partial.weekday.is_none() && house_before(text, at).is_some();
    let other = house || dotted(text, at);
    let (day, to, marked, cost) = day_number(text, ctx, at).filter(|_| !other)?;
    let article = at > 0 && article(text, at - 1);
    Some(Partial {
        day: Some(day),
        marked: marked || (article && partial.from == at),
        to,
        cost: partial.cost + cost,
        ..*partial
    })
}

/// Whether the word says that a day of the month follows.
pub(crate) fn article(text: &Text<'_>, at: usize) -> bool {
    const ARTICLES: [&str; 14] = [
        "the", "on", "am", "der", "den", "dem", "le", "el", "il", "de", "op", "dia", "vom", "du",
    ];
    text.tokens
        .get(at)
        .is_some_and(|t| ARTICLES.contains(&t.folded.as_str()))
}

/// The day at a token: its number, the token after it, whether it is an ordinal, its cost.
pub(crate) fn day_number(
    text: &Text<'_>,
    ctx: &Context,
    at: usize,
) -> Option<(u8, usize, bool, f32)> {
    if let Some((value, figures)) = text.number(at) {
        let year = at > 0 && text.is(at - 1, '\'') && !text.spaced(at);
        let fits = (1..=31).contains(&value) && figures <= 2 && !year && !other_number(text, at);
        let (to, marked) = ordinal_end(text, at + 1);
        return fits.then_some((value as u8, to, marked, 0.0));
    }
    let in_words = text.arcs(at).iter().filter_map(|arc| match arc.sense {
        Sense::Ordinal(n @ 1..) => Some((n as u8, arc.to, true, ctx.cost(arc))),
        Sense::Cardinal(n) => Some((n, arc.to, false, ctx.cost(arc) + 0.3)),
        _ => None,
    });
    in_words.max_by_key(|day| day.1)
}

/// Over the end of an ordinal: `st`, `er`, `º`, `.`.
pub(crate) fn ordinal_end(text: &Text<'_>, at: usize) -> (usize, bool) {
    if text.is(at, 'º') || (text.is(at, '.') && text.is(at + 1, 'º')) {
        return (at + 1 + usize::from(text.is(at, '.')), true);
    }
    let english = ["st", "nd", "rd", "th"]
        .iter()
        .any(|e| text.tokens.get(at).is_some_and(|t| t.word(e)));
    let apostrophe = usize::from(text.is(at, '\'') && !text.spaced(at + 1));
    let attached = !text.spaced(at) && !text.spaced(at + apostrophe);
    if (attached || english) && text.has(at + apostrophe, Sense::Suffix) {
        return (at + apostrophe + 1, true);
    }
    (
        at,
        text.is(at, '.') && text.number(at + 1).is_none_or(|_| text.spaced(at + 1)),
    )
}

/// Whether the number is a part of a time, an amount, or anything else that is no day.
pub(crate) fn other_number(text: &Text<'_>, at: usize) -> bool {
    let minutes = |i: usize| text.number(i).is_some_and(|n| n.1 == 2 && n.0 < 60);
    let touches = at > 1 && !text.spaced(at - 1) && !text.spaced(at);
    let after_colon = touches && text.is_any(at - 1, ":;") && text.number(at - 2).is_some();
    let colon = text.is_any(at + 1, ":;") && minutes(at + 2) && !text.spaced(at + 2);
    let decade = text
        .tokens
        .get(at + 1)
        .is_some_and(|t| t.word("s") && !t.spaced);
    decade
        || lettered(text, at)
        || money(text, at)
        || after_colon
        || colon
        || unit(text, at + 1)
        || named_part(text, at + 1)
        || (text.is(at + 1, '.') && minutes(at + 2) && unit(text, at + 3))
}

/// Whether the number is that of a letter: `E5`, `B2`.
fn lettered(text: &Text<'_>, at: usize) -> bool {
    let letter = at > 0 && text.unknown(at - 1) && text.letters(at - 1).chars().count() == 1;
    letter && !text.spaced(at)
}

/// Whether `de la tarde` or the like stands there: an hour's, and no day's.
fn named_part(text: &Text<'_>, at: usize) -> bool {
    let of = ["de", "del", "della", "di", "da"];
    let begins = text
        .tokens
        .get(at)
        .is_some_and(|t| of.iter().any(|w| t.word(w)));
    begins && text.sense(at, |s| matches!(s, Sense::Part(_))).is_some()
}

/// Whether a point and two figures follow at once, as in a time: `19.30`.
pub(crate) fn dotted(text: &Text<'_>, at: usize) -> bool {
    let minutes = text.number(at + 2).is_some_and(|n| n.1 == 2 && n.0 < 60);
    let more = text.is_any(at + 3, ".-") && !text.spaced(at + 3);
    text.is(at + 1, '.') && minutes && !text.spaced(at + 1) && !text.spaced(at + 2) && !more
}

/// Whether am, pm, h, Uhr stands there.
pub(crate) fn unit(text: &Text<'_>, at: usize) -> bool {
    let unit = |s: Sense| matches!(s, Sense::Am | Sense::Pm | Sense::HourUnit | Sense::OClock);
    text.sense(at, unit).is_some()
}

/// A year beside a day and month, or before them.
pub(crate) fn year(
    text: &Text<'_>,
    ctx: &Context,
    partial: &Partial,
    at: usize,
) -> Option<Partial> {
    let leading = partial.from == at;
    let after = partial.day.is_some() || (partial.nth > 0 && partial.month.is_some());
    if partial.year.is_some() || !(leading || after) || partial.relative.is_some() {
        return None;
    }
    let (year, to, cost) = year_number(text, ctx, at, leading)?;
    let far = year < ctx.today.year() - 1 || year > ctx.today.year() + 6;
    Some(Partial {
        year: Some(year),
        to,
        cost: partial.cost + cost + if far { 0.15 } else { 0.0 } + if leading { 0.2 } else { 0.0 },
        ..*partial
    })
}

/// The year at a token, the token after it, and its cost.
fn year_number(
    text: &Text<'_>,
    ctx: &Context,
    at: usize,
    leading: bool,
) -> Option<(i16, usize, f32)> {
    if let Some((value, 4)) = text.number(at) {
        let times = text.is(at + 1, '-') && text.number(at + 2).is_some_and(|n| n.1 == 4);
        let fits = (1900..=2199).contains(&value) && !other_number(text, at);
        return fits.then_some((value as i16, at + 1, if times { 0.5 } else { 0.0 }));
    }
    if leading {
        return None;
    }
    let in_words = text.arcs(at).iter().filter_map(|arc| match arc.sense {
        Sense::Year(year) => Some((year, arc.to, ctx.cost(arc))),
        _ => None,
    });
    in_words
        .max_by_key(|y| y.1)
        .or_else(|| short_year(text, ctx, at))
}

/// `'26`, or `26` where nothing else is likely.
fn short_year(text: &Text<'_>, ctx: &Context, at: usize) -> Option<(i16, usize, f32)> {
    let (value, 2) = text.number(at)? else {
        return None;
    };
    let year = 2000 + value as i16;
    if at > 0 && text.is(at - 1, '\'') {
        return Some((year, at + 1, 0.0));
    }
    let near = (ctx.today.year() - 1..=ctx.today.year() + 5).contains(&year);
    let free = !other_number(text, at) && !text.is_any(at + 1, "-&+.º") && !text.unknown(at + 1);
    (near && free).then_some((year, at + 1, 0.3))
}
