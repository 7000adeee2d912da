//! Which times of day a text names.
use super::scan::Piece;
use super::{Time, words};

/// A time as far as it is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Clock {
    hour: u8,
    minute: u8,
    half: Half,
}

/// What is known of the half of the day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Half {
    /// 1 to 12, before noon.
    Am,
    /// 1 to 12, after noon.
    Pm,
    /// The hour counts to 24.
    Whole,
    /// Not said.
    Open,
}

/// A beginning and an end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) start: Option<Time>,
    pub(super) end: Option<Time>,
    /// Whether the hours are written to 24.
    pub(super) around_the_clock: bool,
}

/// A time found in a text: where it stands, and how sure it is to be one.
#[derive(Debug, Clone, Copy)]
struct Found {
    clock: Clock,
    from: usize,
    to: usize,
    strong: bool,
}

/// Whether a word after a number makes it a time.
pub(super) fn marks(word: &str) -> bool {
    matches!(
        word,
        "am" | "pm"
            | "a"
            | "p"
            | "h"
            | "hr"
            | "hrs"
            | "uhr"
            | "heures"
            | "oclock"
            | "noon"
            | "midnight"
            | "hours"
    )
}

/// The times of a start and an end field; numbers alone count as hours.
pub(super) fn find(start: Option<&[Piece]>, end: Option<&[Piece]>) -> Option<Span> {
    let (first, within) = start
        .and_then(|text| range(text, false))
        .map_or((None, None), |(a, b)| (Some(a), b));
    let last = end
        .and_then(|text| range(text, false))
        .map(|(a, b)| b.unwrap_or(a))
        .or(within);
    if first.is_none() && last.is_none() {
        None
    } else {
        Some(resolve(first, last))
    }
}

/// The times of a text that also holds other numbers; only what is surely a time counts.
pub(super) fn find_strong(text: &[Piece]) -> Option<Span> {
    let (first, last) = range(text, true)?;
    Some(resolve(Some(first), last))
}

/// The offset of a zone named after a time.
pub(super) fn zone(text: &[Piece]) -> Option<i16> {
    text.iter().skip(1).find_map(|p| words::zone(p.raw()?))
}

/// The time that is meant, and the end of its range.
fn range(text: &[Piece], strong_only: bool) -> Option<(Clock, Option<Clock>)> {
    let found: Vec<Found> = all(text);
    let sure = |f: &&Found| f.strong || !strong_only;
    let first = found.iter().filter(sure).find(|f| shows(text, f.from));
    // A bare number before a dash counts with the time after it: `7-10pm`.
    let joined = |f: &&Found| found.iter().any(|g| g.strong && joins(text, f.to, g.from));
    let first = first.or_else(|| {
        found
            .iter()
            .find(|f| (sure(f) || joined(f)) && !opens(text, f.from))
    })?;
    let first = found
        .iter()
        .find(|f| f.to <= first.from && joins(text, f.to, first.from))
        .unwrap_or(first);
    let last = found
        .iter()
        .find(|f| f.from > first.from && joins(text, first.to, f.from));
    Some((first.clock, last.map(|f| f.clock)))
}

/// Whether what stands before a time says that the event begins then, not that doors open.
fn shows(text: &[Piece], from: usize) -> bool {
    let word = text[..from].iter().rev().take(3).find_map(Piece::word);
    word.is_some_and(|w| {
        matches!(
            w,
            "show" | "starts" | "start" | "begins" | "beginn" | "music" | "concert" | "debut"
        )
    })
}

fn opens(text: &[Piece], from: usize) -> bool {
    let word = |i: usize| text[..from].iter().rev().filter_map(Piece::word).nth(i);
    let door = |w: &str| {
        matches!(
            w,
            "doors" | "door" | "einlass" | "admission" | "portes" | "puertas"
        )
    };
    let later =
        text[from..].iter().any(|p| matches!(p, Piece::Number(..))) && text[from..].len() > 3;
    later
        && (word(0).is_some_and(door) || word(1).is_some_and(door))
        && all(&text[from + 1..]).iter().any(|f| f.from > 1)
}

/// Whether only a dash or a word such as `to` lies between two times.
fn joins(text: &[Piece], from: usize, to: usize) -> bool {
    if from >= to {
        return false;
    }
    let between = &text[from..to];
    between.len() <= 2
        && between
            .iter()
            .all(|p| p.is('-') || p.word().is_some_and(words::joins))
}

/// Every time in `text`, from the left, none overlapping.
fn all(text: &[Piece]) -> Vec<Found> {
    let mut found = Vec::new();
    let mut i = 0;
    while i < text.len() {
        if let Some(f) = at(text, i) {
            i = f.to.max(i + 1);
            found.push(f);
        } else {
            i += 1;
        }
    }
    found
}

fn at(text: &[Piece], i: usize) -> Option<Found> {
    if let Some(hour) = text[i].word().and_then(words::named_hour) {
        return Some(Found {
            clock: Clock {
                hour,
                minute: 0,
                half: Half::Whole,
            },
            from: i,
            to: i + 1,
            strong: true,
        });
    }
    let Piece::Number(n, figures) = text[i] else {
        return None;
    };
    let (hour, minute, mut to, mut strong) = digits(text, i, n, figures)?;
    let (half, after) = half(text, to);
    to = after;
    strong |= half != Half::Open;
    // `12 noon`, `12 midnight`.
    if let Some(named) = text
        .get(to)
        .and_then(Piece::word)
        .and_then(words::named_hour)
        .filter(|_| hour == 12)
    {
        return Some(Found {
            clock: Clock {
                hour: named,
                minute,
                half: Half::Whole,
            },
            from: i,
            to: to + 1,
            strong: true,
        });
    }
    let padded = figures == 2 && n < 10 && to > i + 1;
    let half = match half {
        Half::Am | Half::Pm if hour > 12 || hour == 0 => Half::Whole,
        Half::Open if hour > 12 || hour == 0 || padded => Half::Whole,
        half => half,
    };
    Some(Found {
        clock: Clock {
            hour: hour % 24,
            minute,
            half,
        },
        from: i,
        to,
        strong,
    })
}

/// Hour and minute from `i` on, the piece after them, and whether the minutes make it surely a time.
fn digits(text: &[Piece], i: usize, n: u32, figures: usize) -> Option<(u8, u8, usize, bool)> {
    let minutes = |at: usize| match text.get(at) {
        Some(Piece::Number(m, 2)) if *m < 60 => Some(*m as u8),
        _ => None,
    };
    if figures == 4 && n % 100 < 60 && n / 100 < 24 {
        let hours = text
            .get(i + 1)
            .and_then(Piece::word)
            .is_some_and(|w| matches!(w, "h" | "hrs" | "hours" | "uhr"));
        return hours.then_some(((n / 100) as u8, (n % 100) as u8, i + 1, true));
    }
    if figures > 2 || n > 24 {
        return None;
    }
    let sign = text.get(i + 1);
    let hour_sign = sign.and_then(Piece::word).is_some_and(|w| w == "h");
    let colon = sign.is_some_and(|p| p.is(':')) || hour_sign;
    let dot = sign.is_some_and(|p| p.is('.'));
    match minutes(i + 2).filter(|_| colon || dot) {
        Some(minute) => Some((n as u8, minute, i + 3, colon)),
        None => Some((n as u8, 0, i + 1, false)),
    }
}

/// What follows a time: am, pm, p.m., Uhr, h, o'clock.
fn half(text: &[Piece], at: usize) -> (Half, usize) {
    let word = |i: usize| text.get(i).and_then(Piece::word);
    let whole_after_h = at >= 2 && word(at - 2) == Some("h");
    match word(at) {
        Some("am") => (Half::Am, at + 1),
        Some("pm") => (Half::Pm, at + 1),
        Some(letter @ ("a" | "p")) if dotted_m(text, at + 1) => {
            let dots = 2 + usize::from(text.get(at + 3).is_some_and(|p| p.is('.')));
            (
                if letter == "a" { Half::Am } else { Half::Pm },
                at + 1 + dots,
            )
        }
        Some("p") => (Half::Pm, at + 1),
        Some("h" | "hr" | "hrs" | "uhr" | "heures" | "hours") => (Half::Whole, at + 1),
        Some("o")
            if text.get(at + 1).is_some_and(|p| p.is('\'')) && word(at + 2) == Some("clock") =>
        {
            (Half::Open, at + 3)
        }
        _ if whole_after_h => (Half::Whole, at),
        _ => (Half::Open, at),
    }
}

fn dotted_m(text: &[Piece], at: usize) -> bool {
    text.get(at).is_some_and(|p| p.is('.')) && text.get(at + 1).and_then(Piece::word) == Some("m")
}

fn resolve(start: Option<Clock>, end: Option<Clock>) -> Span {
    let whole = |c: Option<Clock>| {
        c.is_some_and(|c| {
            c.half == Half::Whole && (c.hour > 12 || c.minute % 60 > 0 || c.hour != 12)
        })
    };
    let around_the_clock = whole(start) || (start.is_none() && whole(end));
    let (first, last) = match (start, end) {
        (Some(s), Some(e)) => pair(s, e),
        (s, e) => (s.map(alone), e.map(alone)),
    };
    Span {
        start: first,
        end: last,
        around_the_clock,
    }
}

fn pair(start: Clock, end: Clock) -> (Option<Time>, Option<Time>) {
    let first = match (start.half, end.half) {
        (Half::Open, Half::Am | Half::Pm) => {
            let same = Clock {
                half: end.half,
                ..start
            };
            let other = Clock {
                half: if end.half == Half::Am {
                    Half::Pm
                } else {
                    Half::Am
                },
                ..start
            };
            if alone(same) < alone(end) {
                alone(same)
            } else {
                alone(other)
            }
        }
        (Half::Open, Half::Whole) if end.hour > 12 || end.hour == 0 => as_printed(start),
        _ => alone(start),
    };
    let last = if end.half == Half::Open {
        // The first time after the start that its figures can mean.
        let minutes = |t: Time| {
            (i32::from(t.hour) * 60 + i32::from(t.minute) - minute_of(first)).rem_euclid(1440)
        };
        let (a, b) = (
            as_printed(end),
            as_printed(Clock {
                hour: (end.hour + 12) % 24,
                ..end
            }),
        );
        [a, b]
            .into_iter()
            .min_by_key(|t| if minutes(*t) == 0 { 1440 } else { minutes(*t) })
            .unwrap_or(a)
    } else {
        alone(end)
    };
    (Some(first), Some(last))
}

fn minute_of(t: Time) -> i32 {
    i32::from(t.hour) * 60 + i32::from(t.minute)
}

fn as_printed(c: Clock) -> Time {
    Time {
        hour: c.hour,
        minute: c.minute,
    }
}

/// A time by itself.
fn alone(c: Clock) -> Time {
    let hour = match c.half {
        Half::Am => c.hour % 12,
        Half::Pm => c.hour % 12 + 12,
        Half::Whole => c.hour,
        Half::Open if (1..=8).contains(&c.hour) => c.hour + 12,
        Half::Open => c.hour,
    };
    Time {
        hour,
        minute: c.minute,
    }
}
