//! A beginning and an end of the day, with the zone they are given in.
use super::bare::{NEVER, bare};
use super::clock::{Clock, Half, clocks};
use super::text::{Context, Field, Text};
use super::words::{EN, Part, Sense};
use crate::zone::{Region, WORDS, Zone, capitals};

/// A time, or a range of times.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Span {
    pub(crate) start: Clock,
    pub(crate) end: Option<Clock>,
    pub(crate) zone: Option<Said>,
    pub(crate) from: usize,
    pub(crate) to: usize,
    pub(crate) cost: f32,
}

/// A zone as printed: a region, an offset, or a region that says whether it is summer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Said {
    pub(crate) region: Option<&'static Region>,
    pub(crate) offset: Option<i16>,
}

impl Said {
    pub(crate) fn zone(self, offset_there: impl Fn(&Region) -> i16) -> Option<Zone> {
        match (self.region, self.offset) {
            (Some(region), None) => Some(Zone::Region(region)),
            (Some(region), Some(offset)) if offset_there(region) == offset => {
                Some(Zone::Region(region))
            }
            (_, Some(offset)) => Some(Zone::Offset(offset)),
            (None, None) => None,
        }
    }
}

/// The times and ranges of times at a token.
pub(crate) fn spans(text: &Text<'_>, ctx: &Context, at: usize) -> Vec<Span> {
    let mut found = Vec::new();
    for (from, led) in leads(text, at) {
        let part = part_before(text, at).filter(|_| from > at);
        for start in clocks(text, ctx, from) {
            let early =
                (1..12).contains(&start.hour) && matches!(start.half, Half::Whole | Half::Open);
            let start = part
                .filter(|_| early)
                .map_or(start, |part| start.within(part));
            found.extend(ranges(text, ctx, (at, from, led), start));
        }
    }
    found.retain(|s| s.cost < NEVER);
    found
}

/// Where a time may begin: here, or after at, um, à, from, @.
fn leads(text: &Text<'_>, at: usize) -> Vec<(usize, bool)> {
    let lead = |s: Sense| matches!(s, Sense::At | Sense::From);
    let mut found = vec![(at, labelled(text, at))];
    let mut to = at;
    for _ in 0..2 {
        let sign = text.is(to, '@').then_some(to + 1);
        let words = text
            .arcs(to)
            .iter()
            .filter(|a| lead(a.sense))
            .map(|a| a.to)
            .max();
        let Some(end) = sign.or(words) else { break };
        to = end + usize::from(text.is_any(end, ".:"));
        found.push((to, true));
    }
    found
}

/// The part of the day named right before a token: `abends um 8 Uhr`.
fn part_before(text: &Text<'_>, at: usize) -> Option<Part> {
    (at.saturating_sub(3)..at).find_map(|from| {
        text.arcs(from).iter().find_map(|arc| match arc.sense {
            Sense::Part(part) if arc.to == at => Some(part),
            _ => None,
        })
    })
}

/// Whether `Doors`, `Beginn:` or the like stands before.
fn labelled(text: &Text<'_>, at: usize) -> bool {
    let label = |s: Sense| {
        matches!(
            s,
            Sense::Doors | Sense::Show | Sense::End | Sense::Part(_) | Sense::Relative(..)
        )
    };
    let before = at - usize::from(at > 0 && text.is_any(at - 1, ":.")).min(at);
    (before.saturating_sub(3)..before).any(|i| text.sense(i, label) == Some(before))
}

/// A time alone, and with every end that may follow it.
fn ranges(
    text: &Text<'_>,
    ctx: &Context,
    (at, from, led): (usize, usize, bool),
    start: Clock,
) -> Vec<Span> {
    let said =
        zone(text, ctx, start.to).filter(|_| start.strong || ctx.field == Field::Time || led);
    let iso = from > 0 && text.tokens[from - 1].word("t") && !text.spaced(from);
    let said = said.or_else(|| offset_after(text, start.to).filter(|_| iso));
    let to = said.map_or(start.to, |z| z.1);
    let alone = Span {
        start,
        end: None,
        zone: said.map(|z| z.0),
        from: at,
        to,
        cost: match said {
            Some(_) => start.cost.min(0.05),
            None => bare(text, ctx, from, &start, led),
        },
    };
    let mut found = vec![alone];
    found.extend(listed(text, ctx, &alone));
    if let Some(both) = said.and_then(|_| twice(text, ctx, to)) {
        found[0].to = both;
    }
    for next in joined(text, to, at) {
        for end in clocks(text, ctx, next) {
            found.extend(range(text, ctx, &alone, end));
        }
    }
    found
}

/// `2 & 7pm`, `15 und 19 Uhr`: the first of them, with what the second says of both.
fn listed(text: &Text<'_>, ctx: &Context, first: &Span) -> Option<Span> {
    let start = first.start;
    let sign = start.to + usize::from(text.is_any(start.to, "&+"));
    let next = text.sense(sign, |s| s == Sense::And).unwrap_or(sign);
    if start.strong || next == start.to {
        return None;
    }
    let other = clocks(text, ctx, next).into_iter().find(|c| c.strong)?;
    let half = match other.half {
        Half::Pm if start.hour % 12 > other.hour % 12 => Half::Am,
        Half::Open => start.half,
        half => half,
    };
    let start = Clock {
        half,
        strong: true,
        ..start
    };
    Some(Span {
        start,
        to: other.to,
        cost: 0.1,
        ..*first
    })
}

fn range(text: &Text<'_>, ctx: &Context, start: &Span, end: Clock) -> Option<Span> {
    let said = zone(text, ctx, end.to);
    let to = said.map_or(end.to, |z| z.1);
    let both = if said.is_some() {
        twice(text, ctx, to)
    } else {
        None
    };
    let beside = |at| text.is_word(at) && text.sense(at, unit).is_some();
    let weak = !start.start.strong && !end.strong;
    let figures = start.start.figures && end.figures;
    let cost = match (weak, figures, ctx.field) {
        (false, ..) => (start.start.cost + end.cost).min(0.2),
        (_, true, _) => 0.2 + 0.5 * start.start.cost.max(end.cost),
        (_, _, Field::Time) => 0.1,
        _ if start.cost < NEVER => 0.1,
        _ => 0.45,
    };
    let dotted = text.is(end.to, '.') && text.number(end.to + 1).is_some();
    let no_time = start.start.cost.max(end.cost) >= NEVER;
    let wrong = !end.strong && (beside(end.to) || dotted || text.is_any(end.to, "%+")) || no_time;
    (!wrong).then_some(Span {
        end: Some(end),
        zone: start.zone.or(said.map(|z| z.0)),
        to: both.unwrap_or(to),
        cost,
        ..*start
    })
}

fn unit(sense: Sense) -> bool {
    matches!(sense, Sense::Unit | Sense::Month(_) | Sense::Suffix)
}

/// Over a dash or `to`, or after `between` over `and`.
fn joined(text: &Text<'_>, at: usize, from: usize) -> Vec<usize> {
    let mut found = Vec::new();
    let between = text.has(from, Sense::Between);
    let at = at
        + usize::from(
            text.is(at, ',')
                && text
                    .sense(at + 1, |s| matches!(s, Sense::To | Sense::ToTime))
                    .is_some(),
        );
    let dashes = (at..at + 2).take_while(|i| text.is(*i, '-')).count();
    if dashes > 0 {
        found.push(at + dashes);
    }
    for arc in text.arcs(at) {
        if matches!(arc.sense, Sense::To | Sense::ToTime) || (between && arc.sense == Sense::And) {
            found.push(arc.to);
        }
    }
    let longer: Vec<usize> = found
        .iter()
        .filter_map(|to| text.sense(*to, |s| matches!(s, Sense::At | Sense::Gap)))
        .collect();
    found.extend(longer);
    found
}

/// Over the same moment in another zone: `3 PM PT / 6 PM ET`; the token after it.
fn twice(text: &Text<'_>, ctx: &Context, at: usize) -> Option<usize> {
    let from = at + usize::from(text.is_any(at, "/|(,·;="));
    let from = text.sense(from, |s| s == Sense::And).unwrap_or(from);
    if from == at {
        return None;
    }
    let other = clocks(text, ctx, from);
    let ends = other
        .iter()
        .filter_map(|clock| zone(text, ctx, clock.to).map(|z| z.1));
    let end = ends.max()?;
    let end = end + usize::from(text.is(end, ')'));
    Some(twice(text, ctx, end).unwrap_or(end))
}

/// The zone named at a token, and the token after it.
fn zone(text: &Text<'_>, ctx: &Context, at: usize) -> Option<(Said, usize)> {
    let open = usize::from(text.is_any(at, "(,/·"));
    let from = at + open;
    let (said, to) = in_capitals(text, ctx, from)
        .or_else(|| in_words(text, from))
        .or_else(|| {
            let spaced = text.is(from, '+') && text.number(from + 1).is_some_and(|n| n.1 == 4);
            spaced.then(|| offset_after(text, from)).flatten()
        })
        .or_else(|| {
            let z = text.letters(at) == "Z" && !text.spaced(at);
            z.then_some((
                Said {
                    region: None,
                    offset: Some(0),
                },
                at + 1,
            ))
        })?;
    let close = usize::from(open > 0 && text.is(to, ')'));
    Some((said, to + close))
}

fn in_capitals(text: &Text<'_>, ctx: &Context, at: usize) -> Option<(Said, usize)> {
    let raw = text.letters(at);
    let (region, offset) = capitals(raw)?;
    let year = at + 1 + usize::from(text.is(at + 1, '.'));
    let founded = text.number(year).is_some_and(|n| n.1 == 4);
    let french = ctx.langs & EN == 0 && matches!(raw, "ET" | "EST");
    let number = matches!(raw, "ET" | "MT" | "PT" | "CT") && text.number(at + 1).is_some();
    if founded || french || number {
        return None;
    }
    // "9PM WEST HALL": a word among others in capitals.
    let word = text.letters(at + 1);
    let hall = word.len() > 1 && word.chars().all(char::is_uppercase) && capitals(word).is_none();
    if hall {
        return None;
    }
    // "CET/CEST": whichever of the two holds on that day.
    let both = text
        .is(at + 1, '/')
        .then(|| capitals(text.letters(at + 2)))
        .flatten();
    if let (Some(region), Some((Some(other), _))) = (region, both) {
        let said = Said {
            region: Some(region),
            offset: None,
        };
        return (region == other).then_some((said, at + 3));
    }
    let said = Said { region, offset };
    if !matches!(raw, "UTC" | "GMT") {
        return Some((said, at + 1));
    }
    match offset_after(text, at + 1) {
        Some(found) => Some(found),
        None => Some((said, at + 1)),
    }
}

/// `+5:30`, `-0400`, `+1`.
fn offset_after(text: &Text<'_>, at: usize) -> Option<(Said, usize)> {
    let east = match () {
        () if text.is(at, '+') => 1,
        () if text.is(at, '-') => -1,
        () => return None,
    };
    let (value, figures) = text.number(at + 1)?;
    let (hours, mut minutes) = if figures > 2 {
        (value / 100, value % 100)
    } else {
        (value, 0)
    };
    let mut to = at + 2;
    if let Some((more, 2)) = text.number(to + 1).filter(|_| text.is(to, ':')) {
        minutes = more;
        to += 2;
    }
    let offset = (hours <= 14 && minutes < 60).then(|| east * (hours * 60 + minutes) as i16)?;
    Some((
        Said {
            region: None,
            offset: Some(offset),
        },
        to,
    ))
}

fn in_words(text: &Text<'_>, at: usize) -> Option<(Said, usize)> {
    let capital = text.letters(at).starts_with(char::is_uppercase);
    let (to, region) = WORDS.iter().find_map(|(name, region)| {
        let mut to = at;
        for word in name.split(' ') {
            text.tokens.get(to).filter(|t| t.word(word))?;
            to += 1;
        }
        (capital || to > at + 1).then_some((to, *region))
    })?;
    Some((
        Said {
            region: Some(region),
            offset: None,
        },
        to,
    ))
}
