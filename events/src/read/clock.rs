//! Times of day as far as they are printed.
use super::bare::NEVER;
use super::labels::money;
use super::spelled::in_words;
use super::text::{Context, Field, Text};
use super::words::{DE, Part, Sense};

/// A time of day as far as it is printed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Clock {
    pub(crate) hour: u8,
    pub(crate) minute: u8,
    pub(crate) half: Half,
    /// Whether it is surely a time: a number alone is not.
    pub(crate) strong: bool,
    /// Three or four figures without a sign, or with a dot: a time beside another.
    pub(crate) figures: bool,
    /// The token after it.
    pub(crate) to: usize,
    pub(crate) cost: f32,
}

/// What is known of the half of the day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Half {
    /// 1 to 12, before noon.
    Am,
    /// 1 to 12, after noon.
    Pm,
    /// The hour counts to 24.
    Whole,
    /// Not said.
    Open,
}

impl Clock {
    pub(super) fn new(hour: u32, minute: u32, to: usize) -> Self {
        Self {
            hour: hour as u8,
            minute: minute as u8,
            half: Half::Open,
            strong: true,
            figures: false,
            to,
            cost: 0.0,
        }
    }

    /// The same in a part of the day.
    pub(crate) fn within(self, part: Part) -> Self {
        let hour = self.hour % 12;
        let half = match part {
            _ if self.hour > 12 => Half::Whole,
            Part::Morning => Half::Am,
            Part::Noon if hour >= 10 => Half::Am,
            Part::Afternoon | Part::Noon => Half::Pm,
            Part::Evening | Part::Night if hour == 0 => Half::Am,
            Part::Night if hour < 6 => Half::Am,
            Part::Evening | Part::Night => Half::Pm,
        };
        Self { half, ..self }
    }
}

/// Every time that may stand at a token, not counting words before it.
pub(crate) fn clocks(text: &Text<'_>, ctx: &Context, at: usize) -> Vec<Clock> {
    ctx.count();
    let Some((value, figures)) = text.number(at) else {
        return in_words(text, ctx, at);
    };
    if money(text, at) && !text.is(at + 1, '+') {
        return Vec::new();
    }
    let mut found = Vec::new();
    if figures <= 2 && value <= 24 {
        found.extend(with_minutes(text, ctx, at, value));
        found.extend(hour_alone(text, at, value));
    }
    if (3..=4).contains(&figures) && value / 100 <= 24 && value % 100 < 60 {
        found.push(without_sign(text, ctx, at, value, figures));
    }
    if figures == 6 && at > 0 && text.tokens[at - 1].word("t") {
        let iso = without_sign(text, ctx, at, value / 100, 4);
        found.push(Clock {
            strong: true,
            ..iso
        });
        found.retain(|c| c.hour <= 24 && c.minute < 60);
    }
    found
        .into_iter()
        .flat_map(|clock| finished(text, ctx, at, clock))
        .collect()
}

fn minutes(text: &Text<'_>, at: usize) -> Option<u32> {
    text.number(at)
        .filter(|n| n.1 == 2 && n.0 < 60)
        .map(|n| n.0)
}

/// `7:30`, `19.30`, `19h30`, `20 Uhr 15`, `10:05:00`.
fn with_minutes(text: &Text<'_>, ctx: &Context, at: usize, hour: u32) -> Option<Clock> {
    let hours = |s: Sense| s == Sense::HourUnit;
    let spelled = text.sense(at + 1, hours);
    let tight = !text.spaced(at + 1) && !text.spaced(at + 2);
    let colon = text.is(at + 1, ':') || (text.is(at + 1, ';') && tight);
    let dot = (text.is(at + 1, '.') && !text.spaced(at + 2))
        || (text.is(at + 1, ',') && !text.spaced(at + 2));
    let from = spelled.or_else(|| (colon || dot).then_some(at + 2))?;
    let minute = minutes(text, from)?;
    // "Lesson 3: 12 June".
    if colon && text.spaced(from) && (ends_day(text, from + 1) || text.is(from + 1, '.')) {
        return None;
    }
    let other = text.is_any(from + 1, ".:/-") && text.number(from + 2).is_some();
    if spelled.is_some() && text.spaced(from) && (other || ends_day(text, from + 1)) {
        return None;
    }
    let seconds = minutes(text, from + 2).filter(|_| text.is(from + 1, ':') && colon);
    let to = if seconds.is_some() {
        from + 3
    } else {
        from + 1
    };
    let fraction = seconds.is_some() && text.is(to, '.') && !text.spaced(to + 1);
    let to = if fraction && text.number(to + 1).is_some() {
        to + 2
    } else {
        to
    };
    let cost = match (dot, ctx.field, minute % 15) {
        (false, ..) => 0.0,
        (_, Field::Time, _) => 0.05,
        (_, _, 0) => 0.3,
        _ => 0.6,
    };
    Some(Clock {
        half: if spelled.is_some() {
            Half::Whole
        } else {
            Half::Open
        },
        strong: !dot,
        figures: dot,
        cost,
        ..Clock::new(hour, minute, to)
    })
}

/// Whether what follows makes the number before it a day of the month.
fn ends_day(text: &Text<'_>, at: usize) -> bool {
    let at = at + usize::from(text.is(at, '.'));
    text.month(at).is_some()
}

fn hour_alone(text: &Text<'_>, at: usize, hour: u32) -> Option<Clock> {
    // The minutes or the figures of something else.
    let part = text.is_any(at + 1, ":;º%") && !text.spaced(at + 2) && text.number(at + 2).is_some()
        || text.is(at + 1, 'º');
    let ordinal = ["st", "nd", "rd", "th"]
        .iter()
        .any(|e| text.tokens.get(at + 1).is_some_and(|t| t.word(e)));
    (!part && !ordinal && !month_behind(text, at)).then_some(Clock {
        strong: false,
        ..Clock::new(hour, 0, at + 1)
    })
}

/// Whether it is the second figure of a date: `13/06`.
fn month_behind(text: &Text<'_>, at: usize) -> bool {
    let touches = at > 1 && text.is(at - 1, '/') && !text.spaced(at - 1) && !text.spaced(at);
    let zero = text.number(at).is_some_and(|n| n.1 == 2 && n.0 < 10);
    touches && zero && text.number(at - 2).is_some()
}

/// `830`, `1900`.
fn without_sign(text: &Text<'_>, ctx: &Context, at: usize, value: u32, figures: usize) -> Clock {
    let year = ctx.today.year() as u32;
    let near_year = figures == 4 && (year - 1..=year + 3).contains(&value);
    let possible_year = figures == 4 && (1900..=2199).contains(&value);
    let cost = match (near_year, possible_year) {
        (true, _) if follows_day(text, at) => NEVER,
        (true, _) => 1.3,
        (_, true) => 0.4,
        _ => 0.1,
    };
    let beside = text.is(at + 1, '-') || (at > 0 && text.is(at - 1, '-'));
    Clock {
        strong: false,
        figures: !text.unknown(at + 1) || beside,
        half: if figures == 4 {
            Half::Whole
        } else {
            Half::Open
        },
        cost,
        ..Clock::new(value / 100, value % 100, at + 1)
    }
}

/// Whether a month and a day, or a day and a month, stand before a number: a year then.
pub(super) fn follows_day(text: &Text<'_>, at: usize) -> bool {
    // A comma, a stroke, or "de".
    let between = |at: usize| text.is_any(at, ",.|") || text.has(at, Sense::Gap);
    let Some(last) = (0..at).rev().take(2).find(|&before| !between(before)) else {
        return false;
    };
    let is_month = |at: usize| text.month(at).is_some();
    // "June 3rd": the ending is a token by itself.
    let suffix = usize::from(text.is_word(last) && last > 0 && text.number(last - 1).is_some());
    let number = |at: usize| text.number(at).is_some_and(|n| n.1 <= 2);
    let day = last.checked_sub(suffix).filter(|&day| number(day));
    let month = day.and_then(|day| day.checked_sub(1));
    let dot = month.map_or(0, |at| usize::from(text.is(at, '.')));
    is_month(last)
        || month
            .and_then(|at| at.checked_sub(dot))
            .is_some_and(is_month)
}

/// The time with what follows it: am, Uhr, o'clock, in the morning.
pub(super) fn finished(text: &Text<'_>, ctx: &Context, at: usize, clock: Clock) -> Vec<Clock> {
    let mut found = vec![padded(text, at, clock)];
    if let Some(marked) = marked(text, ctx, at, clock) {
        found = vec![marked];
    }
    let parts: Vec<Clock> = found.iter().filter_map(|c| in_part(text, *c)).collect();
    found.extend(parts);
    found
}

/// Hours over 12, and those with a zero before, count to 24.
fn padded(text: &Text<'_>, at: usize, clock: Clock) -> Clock {
    let zero = text.number(at).is_some_and(|n| n.1 == 2 && n.0 < 10) && clock.to > at + 1;
    let half = match clock.half {
        Half::Am | Half::Pm | Half::Open if clock.hour > 12 || clock.hour == 0 => Half::Whole,
        Half::Open if zero => Half::Whole,
        half => half,
    };
    Clock { half, ..clock }
}

/// The time with a mark of hours after it.
fn marked(text: &Text<'_>, ctx: &Context, at: usize, clock: Clock) -> Option<Clock> {
    let arcs = text.arcs(clock.to).iter();
    let mark = arcs
        .filter_map(|arc| Some((half_of(arc.sense)?, arc.to)))
        .max_by_key(|m| m.1);
    let (half, to) = mark
        .or_else(|| letter(text, clock.to))
        .or_else(|| midday(text, at, clock))?;
    let to = to + usize::from(text.is(to, '.') && matches!(half, Half::Am | Half::Pm));
    let after = Clock {
        half,
        strong: true,
        to,
        cost: 0.0,
        ..clock
    };
    // "7:30 h pm"; "half past" after a unit.
    let more = text
        .arcs(to)
        .iter()
        .find_map(|arc| Some((half_of(arc.sense)?, arc.to)));
    let after = match more {
        Some((Half::Am | Half::Pm, to)) if half == Half::Whole => Clock {
            half: more?.0,
            to,
            ..after
        },
        _ => after,
    };
    Some(padded(text, at, later(text, ctx, after)))
}

fn half_of(sense: Sense) -> Option<Half> {
    match sense {
        Sense::Am => Some(Half::Am),
        Sense::Pm => Some(Half::Pm),
        Sense::HourUnit => Some(Half::Whole),
        Sense::OClock => Some(Half::Open),
        _ => None,
    }
}

/// `7a`, `10p`; never the words à and a, which stand apart.
fn letter(text: &Text<'_>, at: usize) -> Option<(Half, usize)> {
    let half = match text.letters(at) {
        "a" | "A" => Half::Am,
        "p" | "P" => Half::Pm,
        _ => return None,
    };
    let attached = !text.spaced(at);
    let ends = !text.is_word(at + 1) || text.letters(at + 1).len() > 2;
    let known = !text.is(at + 1, '.') || !text.spaced(at + 1);
    (attached && ends && known).then_some((half, at + 1))
}

/// `12 noon`, `12 midnight`.
fn midday(text: &Text<'_>, at: usize, clock: Clock) -> Option<(Half, usize)> {
    let named = |s: Sense| matches!(s, Sense::NamedHour(_));
    let to = text.sense(clock.to, named).filter(|_| clock.hour == 12)?;
    let midnight = text.has(clock.to, Sense::NamedHour(0));
    let _ = at;
    Some((if midnight { Half::Am } else { Half::Pm }, to))
}

/// With the words for a part of an hour after it: `et demie`, `y media`.
pub(super) fn later(text: &Text<'_>, ctx: &Context, clock: Clock) -> Clock {
    let arcs = text.arcs(clock.to).iter();
    let minutes = arcs.filter_map(|arc| match arc.sense {
        Sense::After(minutes) => Some((minutes, arc.to, ctx.cost(arc))),
        _ => None,
    });
    let Some((minutes, to, cost)) = minutes.max_by_key(|m| m.1).filter(|_| clock.minute == 0)
    else {
        return clock;
    };
    shifted(
        Clock {
            to,
            strong: true,
            cost: clock.cost.min(cost),
            ..clock
        },
        minutes,
    )
}

/// So many minutes later or earlier.
pub(super) fn shifted(clock: Clock, minutes: i8) -> Clock {
    let total = i32::from(clock.hour) * 60 + i32::from(minutes);
    let total = total.rem_euclid(24 * 60);
    let hour = if total < 60 && clock.half == Half::Open {
        12
    } else {
        total / 60
    };
    Clock {
        hour: hour as u8,
        minute: (total % 60) as u8,
        ..clock
    }
}

/// `in the morning`, `abends` after it.
fn in_part(text: &Text<'_>, clock: Clock) -> Option<Clock> {
    let at = clock.to + usize::from(text.is_any(clock.to, ",'"));
    let arcs = text.arcs(at).iter();
    let part = arcs.filter_map(|arc| match arc.sense {
        Sense::Part(part) => Some((part, arc.to)),
        _ => None,
    });
    let (part, to) = part.max_by_key(|p| p.1)?;
    // "One Night Only", "3 evenings": so many of them; "abends" is when.
    let adverb = text.tokens[at].folded.ends_with('s') && text.has_in(at, DE);
    if to == at + 1 && !clock.strong && !adverb {
        return None;
    }
    let strong = Clock {
        strong: true,
        cost: 0.0,
        to,
        ..clock
    };
    Some(strong.within(part))
}
