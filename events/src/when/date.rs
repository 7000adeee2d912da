//! Which days a text names.
use super::days::{Day, Days};
use super::scan::Piece;
use super::words;

/// The days that `text` names, and the pieces that are not part of them (times, perhaps).
pub(super) fn find(text: &[Piece]) -> (Option<Days>, Vec<Piece>) {
    let respelt: Vec<Piece> = text.iter().map(respelt).collect();
    let weekday = respelt
        .iter()
        .enumerate()
        .find_map(|(i, p)| weekday_at(&respelt, i, p.word()?));
    let found = iso(text)
        .or_else(|| named(text))
        .or_else(|| figures(text))
        .or_else(|| named(&respelt))
        .or_else(|| ordinal(text))
        .or_else(|| {
            text.iter()
                .find_map(|p| Some((Day::Relative(words::relative(p.word()?)?), None, 0..0)))
        })
        .or_else(|| {
            respelt
                .iter()
                .find_map(|p| Some((Day::Weekday(words::weekday(p.word()?, false)?), None, 0..0)))
        });
    let Some((first, last, used)) = found else {
        return (None, text.to_vec());
    };
    let rest: Vec<Piece> = text
        .iter()
        .enumerate()
        .filter(|(i, _)| !used.contains(i))
        .map(|(_, p)| p.clone())
        .collect();
    (
        Some(Days {
            first: with_stray_year(first, &rest),
            last,
            weekday,
        }),
        rest,
    )
}

/// A month or weekday with a letter or two misread, as it should be; anything else as it is.
fn respelt(piece: &Piece) -> Piece {
    match piece {
        Piece::Word(word, raw) => match words::nearly(word) {
            Some(name) => Piece::Word(name.to_owned(), raw.clone()),
            None => piece.clone(),
        },
        other => other.clone(),
    }
}

type Found = (Day, Option<Day>, std::ops::Range<usize>);

fn weekday_at(text: &[Piece], i: usize, word: &str) -> Option<u8> {
    words::weekday(
        word,
        text.get(i + 1).is_some_and(|p| p.is('.') || p.is(',')),
    )
}

fn number(text: &[Piece], i: usize) -> Option<(u32, usize)> {
    if let Some(Piece::Number(n, figures)) = text.get(i) {
        Some((*n, *figures))
    } else {
        None
    }
}

fn day_number(text: &[Piece], i: usize) -> Option<i8> {
    number(text, i)
        .filter(|&(n, figures)| (1..=31).contains(&n) && figures <= 2)
        .map(|(n, _)| n as i8)
}

fn year_number(text: &[Piece], i: usize) -> Option<i16> {
    number(text, i)
        .filter(|&(n, figures)| (1900..=2199).contains(&n) && figures == 4)
        .map(|(n, _)| n as i16)
}

/// A year of four figures, or of two in a date of figures.
fn any_year(text: &[Piece], i: usize) -> Option<i16> {
    let short = || {
        number(text, i)
            .filter(|&(_, figures)| figures == 2)
            .map(|(n, _)| 2000 + n as i16)
    };
    year_number(text, i).or_else(short)
}

/// Whether the number at `i` belongs to a time: `19:30`, `7pm`, `19h`.
fn is_time(text: &[Piece], i: usize) -> bool {
    let after_colon = i > 0 && text[i - 1].is(':');
    let next = text.get(i + 1);
    let marked = next.and_then(Piece::word).is_some_and(super::time::marks);
    let dotted = next.is_some_and(|p| p.is('.'))
        && number(text, i + 2).is_some_and(|(n, f)| f == 2 && n < 60)
        && text
            .get(i + 3)
            .and_then(Piece::word)
            .is_some_and(super::time::marks);
    after_colon || marked || dotted || next.is_some_and(|p| p.is(':'))
}

/// `2026-05-03`, also with slashes or dots.
fn iso(text: &[Piece]) -> Option<Found> {
    (0..text.len()).find_map(|i| {
        let year = year_number(text, i)?;
        let sign = text
            .get(i + 1)
            .filter(|p| p.is('-') || p.is('/') || p.is('.'))?;
        let month = day_number(text, i + 2).filter(|m| *m <= 12)?;
        let day = text
            .get(i + 3)
            .filter(|p| *p == sign)
            .and_then(|_| day_number(text, i + 4))?;
        Some((
            Day::Calendar {
                year: Some(year),
                month: Some(month),
                day,
            },
            None,
            i..i + 5,
        ))
    })
}

/// A month by its name with a day before or after it.
fn named(text: &[Piece]) -> Option<Found> {
    let months: Vec<usize> = (0..text.len())
        .filter(|&i| text[i].word().and_then(words::month).is_some())
        .collect();
    months.iter().find_map(|&i| {
        let (day, range_last, used) = day_before(text, i).or_else(|| day_after(text, i))?;
        let month = text[i].word().and_then(words::month);
        let (year, end) =
            year_after(text, used.end).map_or((None, used.end), |(y, end)| (Some(y), end));
        let year = year.or_else(|| used.start.checked_sub(1).and_then(|j| year_number(text, j)));
        let calendar = |day| Day::Calendar { year, month, day };
        if let Some(last) = range_last {
            return Some((calendar(day), Some(calendar(last)), used.start..end));
        }
        if let Some((last, last_end)) = second_named(text, end) {
            let first = match (year, last) {
                (None, Day::Calendar { year, .. }) => Day::Calendar { year, month, day },
                _ => calendar(day),
            };
            return Some((first, Some(last), used.start..last_end));
        }
        Some((calendar(day), None, used.start..end))
    })
}

/// `- 3 July 2026` or `to July 3` after a first date.
fn second_named(text: &[Piece], at: usize) -> Option<(Day, usize)> {
    let from = after_join(text, at)?;
    let at_month = (from..text.len().min(from + 5))
        .find(|&i| text[i].word().and_then(words::month).is_some())?;
    let (day, _, used) = day_before(text, at_month)
        .filter(|f| f.2.start >= from)
        .or_else(|| day_after(text, at_month))?;
    let (year, end) =
        year_after(text, used.end).map_or((None, used.end), |(y, end)| (Some(y), end));
    Some((
        Day::Calendar {
            year,
            month: text[at_month].word().and_then(words::month),
            day,
        },
        end,
    ))
}

/// The piece after a dash, an ampersand, or a word such as `to`.
fn after_join(text: &[Piece], at: usize) -> Option<usize> {
    let join = text.get(at)?;
    (join.is('-') || join.is('&') || join.is('+') || join.word().is_some_and(words::joins))
        .then_some(at + 1)
}

/// Back over ordinal ends, dots, `of` and weekdays to the day before a month: (day, last day of a range, pieces).
fn day_before(text: &[Piece], month: usize) -> Option<(i8, Option<i8>, std::ops::Range<usize>)> {
    let at = (0..month).rev().find(|&i| !skippable(text, i))?;
    let day = day_number(text, at).filter(|_| !(at > 0 && text[at - 1].is(':')))?;
    // The first day of `12 - 14 June` or `12. & 14. June`.
    let earlier = (0..at).rev().find(|&j| !skippable(text, j)).filter(|&j| {
        "-&+/".chars().any(|c| text[j].is(c)) || text[j].word().is_some_and(words::joins)
    });
    let first = earlier.and_then(|j| (0..j).rev().find(|&i| !skippable(text, i)));
    match first.and_then(|i| Some((day_number(text, i)?, i))) {
        Some((first, i)) if first < day && !is_time(text, i) => {
            Some((first, Some(day), i..month + 1))
        }
        _ => Some((day, None, at..month + 1)),
    }
}

/// On over dots, weekdays and `the` to the day after a month.
fn day_after(text: &[Piece], month: usize) -> Option<(i8, Option<i8>, std::ops::Range<usize>)> {
    let at = (month + 1..text.len()).find(|&i| !skippable(text, i))?;
    let day = day_number(text, at).filter(|_| !is_time(text, at))?;
    let mut end = at + 1;
    if text
        .get(end)
        .and_then(Piece::word)
        .is_some_and(words::is_ordinal)
    {
        end += 1;
    }
    let last = after_join(text, end).and_then(|i| Some((day_number(text, i)?, i)));
    match last {
        Some((last, i)) if last > day && !is_time(text, i) && !before_month(text, i) => {
            let ordinal = text
                .get(i + 1)
                .and_then(Piece::word)
                .is_some_and(words::is_ordinal);
            Some((day, Some(last), month..i + 1 + usize::from(ordinal)))
        }
        _ => Some((day, None, month..end)),
    }
}

fn before_month(text: &[Piece], i: usize) -> bool {
    (i + 1..text.len())
        .find(|&j| !skippable(text, j))
        .is_some_and(|j| text[j].word().and_then(words::month).is_some())
}

/// What may stand between a day and its month.
fn skippable(text: &[Piece], i: usize) -> bool {
    match &text[i] {
        Piece::Number(..) => false,
        Piece::Sign(c) => matches!(c, '.' | ',' | '|' | '\'' | '·' | '•' | '*'),
        Piece::Word(word, _) => {
            words::is_ordinal(word)
                || matches!(word.as_str(), "of" | "the" | "de" | "del" | "le" | "den")
                || weekday_at(text, i, word).is_some()
        }
    }
}

/// The year after a date, over commas and weekdays: `, 2026`, `'26`.
fn year_after(text: &[Piece], at: usize) -> Option<(i16, usize)> {
    let i = (at..text.len()).find(|&i| !skippable(text, i) || text[i].is('\''))?;
    if text[i].is('\'') {
        let (n, _) = number(text, i + 1).filter(|&(_, figures)| figures == 2)?;
        return Some((2000 + n as i16, i + 2));
    }
    year_number(text, i)
        .filter(|_| !is_time(text, i))
        .map(|y| (y, i + 1))
}

/// `3/5/2026`, `3.5.26`, `03-05-2026`, `3/5`, `3.5.`; last of all `3.5` alone.
fn figures(text: &[Piece]) -> Option<Found> {
    let at = |i: usize, strict: bool| {
        let sign = text
            .get(i + 1)
            .filter(|p| p.is('/') || p.is('.') || p.is('-'))?;
        let (a, b) = (day_number(text, i)?, day_number(text, i + 2)?);
        let again = text.get(i + 3).is_some_and(|p| p == sign);
        let year = any_year(text, i + 4).filter(|_| again && !is_time(text, i + 4));
        let bare_ok = sign.is('/') || (sign.is('.') && (again || !strict));
        if (year.is_none() && !bare_ok) || is_time(text, i) || is_time(text, i + 2) {
            return None;
        }
        let end = if year.is_some() {
            i + 5
        } else {
            i + 3 + usize::from(again)
        };
        let day = if sign.is('.') {
            Day::Calendar {
                year,
                month: Some(b).filter(|m| *m <= 12),
                day: a,
            }
        } else {
            Day::Figures { year, a, b }
        };
        valid(&day).then_some((day, None, i..end))
    };
    (0..text.len())
        .find_map(|i| at(i, true))
        .or_else(|| (0..text.len()).find_map(|i| at(i, false)))
}

fn valid(day: &Day) -> bool {
    match *day {
        Day::Calendar { month, .. } => month.is_some(),
        Day::Figures { a, b, .. } => a <= 12 || b <= 12,
        _ => true,
    }
}

/// `the 3rd`: only the day of a month.
fn ordinal(text: &[Piece]) -> Option<Found> {
    (0..text.len()).find_map(|i| {
        let day = day_number(text, i)?;
        text.get(i + 1)
            .and_then(Piece::word)
            .filter(|w| matches!(*w, "st" | "nd" | "rd" | "th"))?;
        Some((
            Day::Calendar {
                year: None,
                month: None,
                day,
            },
            None,
            i..i + 2,
        ))
    })
}

/// A year that stands apart from its day and month.
fn with_stray_year(day: Day, rest: &[Piece]) -> Day {
    let stray = || {
        (0..rest.len())
            .filter(|&i| !is_time(rest, i))
            .find_map(|i| year_number(rest, i))
    };
    match day {
        Day::Calendar {
            year: None,
            month: Some(month),
            day,
        } => Day::Calendar {
            year: stray(),
            month: Some(month),
            day,
        },
        Day::Figures { year: None, a, b } => Day::Figures {
            year: stray(),
            a,
            b,
        },
        other => other,
    }
}
