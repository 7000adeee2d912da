//! Dates in figures.
use super::clock::follows_day;
use super::days::joins_on;
use super::labels::{is_dialled, is_labelled, money};
use super::numbers::{dotted, other_number, unit};
use super::partial::Partial;
use super::text::{Context, Text};
use super::words::Sense;

/// The dates in figures at a token, each way round that is a day of the calendar.
pub(crate) fn figures(
    text: &Text<'_>,
    ctx: &Context,
    partial: &Partial,
    at: usize,
) -> Vec<Partial> {
    if text.number(at).is_none() || money(text, at) {
        return Vec::new();
    }
    if let Some(found) = year_first(text, partial, at).or_else(|| compact(text, partial, at)) {
        return vec![found];
    }
    let mut found = two(text, ctx, partial, at);
    found.extend(with_name(text, partial, at));
    found
}

/// `13-Jun-26`, `13/Jun/2026`.
fn with_name(text: &Text<'_>, partial: &Partial, at: usize) -> Option<Partial> {
    let sign = ['/', '.', '-'].into_iter().find(|s| text.is(at + 1, *s))?;
    let month = text.arcs(at + 2).iter().find_map(|arc| match arc.sense {
        Sense::Month(month) if !arc.misread && arc.to == at + 3 => Some(month),
        _ => None,
    })?;
    let (year, to) =
        year(text, at + 4).filter(|_| text.is(at + 3, sign) && !text.spaced(at + 4))?;
    Some(Partial {
        day: Some(small(text, at)?),
        month: Some(month),
        year: Some(year),
        to,
        ..*partial
    })
}

/// `2026-05-03`, also with slashes or dots.
fn year_first(text: &Text<'_>, partial: &Partial, at: usize) -> Option<Partial> {
    let (year, 4) = text.number(at)? else {
        return None;
    };
    let sign = ['-', '/', '.'].into_iter().find(|s| text.is(at + 1, *s))?;
    let (month, day) = (text.number(at + 2)?, text.number(at + 4)?);
    let fits = text.is(at + 3, sign) && (1900..=2199).contains(&year);
    let fits = fits && (1..=12).contains(&month.0) && (1..=31).contains(&day.0) && day.1 <= 2;
    fits.then_some(Partial {
        year: Some(year as i16),
        month: Some(month.0 as u8),
        day: Some(day.0 as u8),
        month_before: true,
        to: at + 5,
        ..*partial
    })
}

/// `20260503`.
fn compact(text: &Text<'_>, partial: &Partial, at: usize) -> Option<Partial> {
    let (value, 8) = text.number(at)? else {
        return None;
    };
    let (year, month, day) = (value / 10_000, value / 100 % 100, value % 100);
    let fits = (1990..=2100).contains(&year) && (1..=12).contains(&month);
    (fits && (1..=31).contains(&day)).then_some(Partial {
        year: Some(year as i16),
        month: Some(month as u8),
        day: Some(day as u8),
        to: at + 1,
        cost: partial.cost + 0.1,
        ..*partial
    })
}

/// `3/5/2026`, `3.5.26`, `03-05-2026`, `3/5`, `3.5.`, each way round.
fn two(text: &Text<'_>, ctx: &Context, partial: &Partial, at: usize) -> Vec<Partial> {
    let Some(sign) = ['/', '.', '-', '|', '·']
        .into_iter()
        .find(|s| text.is(at + 1, *s))
    else {
        return spaced(text, ctx, partial, at);
    };
    let (Some(a), Some(b)) = (small(text, at), small(text, at + 2)) else {
        return Vec::new();
    };
    let attached =
        at > 0 && text.is_word(at - 1) && !text.spaced(at) && text.letters(at - 1).len() == 1;
    if other_number(text, at) || after_decimal(text, at) || attached || is_dialled(text, at) {
        return Vec::new();
    }
    let again = text.is(at + 3, sign);
    // "14.06. 11-17 Uhr": figures that stand apart are no year.
    let apart = text.spaced(at + 4)
        && !text.spaced(at + 2)
        && text.number(at + 4).is_some_and(|n| n.1 == 2);
    let year = again
        .then(|| year(text, at + 4))
        .flatten()
        .filter(|_| !apart);
    let to = year.map_or(at + 3 + usize::from(again && sign != '-'), |y| y.1);
    if unit(text, to) && year.is_none() && text.number(at + 2).is_some_and(|n| n.1 == 2) {
        return Vec::new();
    }
    let longer = again && year.is_none() && text.number(at + 4).is_some() && !text.spaced(at + 4);
    if longer {
        return Vec::new();
    }
    if year.is_none() && (matches!(sign, '|' | '·') || is_labelled(text, at, to)) {
        return Vec::new();
    }
    let cost = if year.is_some() {
        0.0
    } else {
        let time = if behind_day(text, at, sign) { 0.5 } else { 0.0 };
        time + weak(text, sign, again, partial.weekday.is_some(), to)
    };
    let base = Partial {
        year: year.map(|y| y.0),
        to,
        ambiguous: a <= 12 && b <= 12 && a != b,
        needs_weekday: sign == '-' && year.is_none(),
        cost: partial.cost + cost,
        ..*partial
    };
    both_ways(ctx, base, sign, a, b)
}

/// `14 06 2026`.
fn spaced(text: &Text<'_>, ctx: &Context, partial: &Partial, at: usize) -> Vec<Partial> {
    let year = text
        .number(at + 2)
        .filter(|n| n.1 == 4 && (1900..=2199).contains(&n.0));
    let (Some(a), Some(b), Some((year, _))) = (small(text, at), small(text, at + 1), year) else {
        return Vec::new();
    };
    let base = Partial {
        year: Some(year as i16),
        to: at + 3,
        ambiguous: a <= 12 && b <= 12 && a != b,
        cost: partial.cost + 0.2,
        ..*partial
    };
    both_ways(ctx, base, ' ', a, b)
}

fn both_ways(ctx: &Context, base: Partial, sign: char, a: u8, b: u8) -> Vec<Partial> {
    let usual = sign == '.' || ctx.day_first();
    let way = |day_first: bool| {
        let (day, month) = if day_first { (a, b) } else { (b, a) };
        let fits = (1..=12).contains(&month) && (1..=31).contains(&day);
        fits.then_some(Partial {
            day: Some(day),
            month: Some(month),
            day_first: Some(day_first),
            month_before: !day_first,
            swapped: day_first != usual && base.ambiguous,
            ..base
        })
    };
    let ways = [way(true), way(false)];
    let same = a == b;
    ways.into_iter()
        .flatten()
        .take(if same { 1 } else { 2 })
        .collect()
}

/// Whether a day with its month's name stands before: what follows may be a time with a point.
fn behind_day(text: &Text<'_>, at: usize, sign: char) -> bool {
    sign == '.' && dotted(text, at) && follows_day(text, at)
}

fn small(text: &Text<'_>, at: usize) -> Option<u8> {
    let (value, figures) = text.number(at)?;
    ((1..=31).contains(&value) && figures <= 2).then_some(value as u8)
}

/// The year of a date in figures, and the token after it.
fn year(text: &Text<'_>, at: usize) -> Option<(i16, usize)> {
    let apostrophe = usize::from(text.is(at, '\''));
    let (value, figures) = text.number(at + apostrophe)?;
    let to = at + apostrophe + 1;
    let time = text.is(to, ':') || unit(text, to);
    match figures {
        4 if (1900..=2199).contains(&value) => Some((value as i16, to)),
        2 if !time => Some((2000 + value as i16, to)),
        _ => None,
    }
}

/// Whether the number is the end of another: `1.2.3`, `12:3.5`.
fn after_decimal(text: &Text<'_>, at: usize) -> bool {
    at > 1 && text.is_any(at - 1, ".,:/") && !text.spaced(at) && text.number(at - 2).is_some()
}

/// Whether the word says nothing about dates and times.
fn other_word(text: &Text<'_>, at: usize) -> bool {
    text.is_word(at) && text.arcs(at).iter().all(|a| a.misread || a.risky)
}

/// What two figures without a year cost: they may be an amount, a share, a paragraph.
fn weak(text: &Text<'_>, sign: char, again: bool, weekday: bool, to: usize) -> f32 {
    let words = text.is_word(to) && !joins_on(text, to);
    let small_word = words && text.letters(to).starts_with(char::is_lowercase);
    let always = text.number(to - 3).is_some_and(|n| n.0 == 24)
        && text.number(to - 1).is_some_and(|n| n.0 == 7);
    match sign {
        '.' if again => 0.0,
        '.' if weekday => 0.3,
        '.' => {
            0.3 + if (0..text.len()).any(|at| other_word(text, at)) {
                0.8
            } else {
                0.0
            }
        }
        '/' if always || small_word => 1.1,
        '/' => 0.05,
        _ => 0.5,
    }
}
