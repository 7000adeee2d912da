//! Dates as far as they are printed: weekday, day, month and year in any order people use.
use super::numbers::{day, ordinal_end, year};
use super::text::{Context, RISKY, Text};
use super::words::{ALL, Arc, EN, Part, Sense};
use super::{figures, nth};
use std::rc::Rc;

/// A date as far as it is printed.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Partial {
    /// Days since Monday.
    pub(crate) weekday: Option<u8>,
    /// Whether all such weekdays are meant ("Tuesdays").
    pub(crate) plural: bool,
    /// Whether other weekdays stand beside it (`Fri-Sun`), for the other dates of a range.
    pub(crate) grouped: bool,
    pub(crate) day: Option<u8>,
    /// Whether something beside the number says that it is a day: an ordinal, an article.
    pub(crate) marked: bool,
    pub(crate) month: Option<u8>,
    pub(crate) year: Option<i16>,
    /// Which of the month's weekdays; bits as in [`crate::Repeat::nth`].
    pub(crate) nth: u8,
    /// Days from today.
    pub(crate) relative: Option<u8>,
    pub(crate) weekend: bool,
    /// Every day, from today on.
    pub(crate) daily: bool,
    pub(crate) part: Option<Part>,
    /// Month and day in figures: whether the day comes first.
    pub(crate) day_first: Option<bool>,
    /// Whether those figures could be read the other way round, too.
    pub(crate) ambiguous: bool,
    /// Whether that order is not the usual one.
    pub(crate) swapped: bool,
    /// Whether the figures count only beside the weekday that they fall on (`Sat 6-27`).
    pub(crate) needs_weekday: bool,
    /// Whether a name was read with letters changed.
    pub(crate) misread: bool,
    /// Whether the month stands before the day.
    pub(crate) month_before: bool,
    pub(crate) from: usize,
    /// The token after it.
    pub(crate) to: usize,
    pub(crate) cost: f32,
}

/// The most tokens that may stand between two parts of a date.
const GAP: usize = 4;
/// Cost of a sign between parts of a date that does not belong there.
const STRAY: f32 = 0.1;

impl Partial {
    pub(crate) fn has_date(&self) -> bool {
        self.day.is_some() && self.month.is_some()
    }

    /// Whether it is only the day of a month, which a list may complete.
    pub(crate) fn bare(&self) -> bool {
        self.day.is_some() && self.month.is_none() && self.weekday.is_none() && !self.marked
    }

    /// Whether it may stand for a date or for a part of a list.
    fn whole(&self) -> bool {
        let month_alone = self.month.is_some() && self.day.is_none() && self.nth == 0;
        let something = self.day.is_some() || self.weekday.is_some() || self.relative.is_some();
        !(self.grouped && self.day.is_none())
            && (something || self.weekend)
            && !(month_alone && self.weekday.is_none())
    }
}

/// Every date that may begin at a token, as far as it is printed.
pub(crate) fn partials(text: &Text<'_>, ctx: &Context, at: usize) -> Rc<[Partial]> {
    if let Some(known) = ctx.partials.borrow().get(&at) {
        return Rc::clone(known);
    }
    let found: Rc<[Partial]> = search(text, ctx, at).into();
    ctx.partials.borrow_mut().insert(at, Rc::clone(&found));
    found
}

fn search(text: &Text<'_>, ctx: &Context, at: usize) -> Vec<Partial> {
    let start = Partial {
        from: at,
        to: at,
        ..Partial::default()
    };
    let mut found = Vec::new();
    grow(text, ctx, start, at, &mut found);
    found.retain(Partial::whole);
    found
}

/// Adds everything that `partial` can become with the parts from `at` on.
fn grow(text: &Text<'_>, ctx: &Context, partial: Partial, at: usize, found: &mut Vec<Partial>) {
    for next in steps(text, ctx, &partial, at) {
        ctx.count();
        if found.len() > MOST {
            return;
        }
        found.push(next);
        for (to, cost) in gaps(text, next.to) {
            let next = Partial {
                cost: next.cost + cost,
                ..next
            };
            grow(text, ctx, next, to, found);
        }
    }
}

/// The most readings of one date that are looked at: four parts, each in two or three ways.
const MOST: usize = 60;

/// Where the next part of a date may begin, and what it costs to pass over what lies between.
fn gaps(text: &Text<'_>, at: usize) -> Vec<(usize, f32)> {
    let mut ends = vec![(at, 0.0)];
    let (mut to, mut cost) = (at, 0.0);
    while to < at + GAP {
        if text.is_any(to, ".,|·()") {
            to += 1;
        } else if text.is_any(to, ":;-/'\"_=!") {
            let year = text.is(to, '\'') && text.number(to + 1).is_some_and(|n| n.1 == 2);
            cost += if year { 0.0 } else { STRAY };
            to += 1;
        } else if let Some(end) = text.sense(to, |s| s == Sense::Gap) {
            to = end;
        } else {
            break;
        }
        ends.push((to, cost));
    }
    ends
}

/// A date with one more part, in every way.
fn steps(text: &Text<'_>, ctx: &Context, partial: &Partial, at: usize) -> Vec<Partial> {
    let mut steps = named(text, ctx, partial, at);
    let fresh = partial.day.is_none() && partial.month.is_none() && partial.relative.is_none();
    if fresh && partial.nth == 0 && !partial.plural {
        steps.extend(figures::figures(text, ctx, partial, at));
        steps.extend(nth::nth(text, ctx, partial, at));
    }
    steps.extend(day(text, ctx, partial, at));
    steps.extend(year(text, ctx, partial, at));
    steps
}

/// Weekdays, months and the like.
fn named(text: &Text<'_>, ctx: &Context, partial: &Partial, at: usize) -> Vec<Partial> {
    let mut steps = Vec::new();
    for arc in text.arcs(at) {
        let next = Partial {
            to: arc.to,
            cost: partial.cost + ctx.cost(arc),
            misread: partial.misread | arc.misread,
            ..*partial
        };
        let empty = partial.from == at;
        match arc.sense {
            Sense::Weekday(day, plural) if partial.weekday.is_none() => {
                let group = weekdays(text, arc.to).filter(|_| empty);
                let end = group.unwrap_or(arc.to);
                let next = Partial {
                    weekday: Some(day),
                    plural: plural || (empty && again(text, at, end)),
                    cost: next.cost + short(text, ctx, at, arc),
                    ..next
                };
                steps.push(next);
                steps.extend(group.map(|to| Partial {
                    to,
                    grouped: true,
                    ..next
                }));
            }
            Sense::WeekdayPart(day, part) if partial.weekday.is_none() => steps.push(Partial {
                weekday: Some(day),
                part: Some(part),
                ..next
            }),
            Sense::Month(month) if month_fits(partial) && !begins(text, partial, arc.to) => steps
                .push(Partial {
                    month: Some(month),
                    month_before: partial.day.is_none(),
                    ..next
                }),
            // "Two nights in June", "First Night": so many, and no day.
            Sense::Part(part) if !empty && partial.part.is_none() && !counted(partial) => steps
                .push(Partial {
                    part: Some(part),
                    plural: partial.plural || nights(text, at, arc.to),
                    ..next
                }),
            Sense::Relative(days, part) if empty => steps.push(Partial {
                relative: Some(days),
                part,
                ..next
            }),
            Sense::Daily if empty => steps.push(Partial {
                relative: Some(0),
                daily: true,
                ..next
            }),
            Sense::Weekend if empty => steps.push(Partial {
                weekend: true,
                ..next
            }),
            _ => {}
        }
    }
    steps
}

/// Whether a weekday comes again in a month or from one day to another: `every Friday in July`,
/// `every Friday, July 3 - August 28`, `jeden Freitag, 12. Juni bis 10. Juli`.
fn again(text: &Text<'_>, at: usize, to: usize) -> bool {
    let every =
        (at.saturating_sub(2)..at).any(|i| text.sense(i, |s| s == Sense::Every) == Some(at));
    let to = over_gaps(text, to + usize::from(text.is(to, ',')));
    every && (text.month(to).is_some() || begins_range(text, to))
}

/// Over the words that mean nothing between the parts of a date.
fn over_gaps(text: &Text<'_>, mut to: usize) -> usize {
    while let Some(end) = text.sense(to, |s| matches!(s, Sense::Gap | Sense::From)) {
        to = end;
    }
    to
}

/// Whether a range of days begins at a token: `12. Juni bis`, `12/6 -`, `12 - 26 June`.
fn begins_range(text: &Text<'_>, at: usize) -> bool {
    if text.number(at).is_none_or(|n| n.1 > 2) {
        return false;
    }
    let (day, _) = ordinal_end(text, at + 1);
    let dot = |at: usize| at + usize::from(text.is(at, '.'));
    let month = |day: usize| text.month(over_gaps(text, dot(day)));
    let figures = text.is_any(day, "./") && text.number(day + 1).is_some();
    if let Some(end) = figures.then_some(day + 2).or(month(day)) {
        let year = dot(end + usize::from(text.is(end, '/')));
        return over_to(text, year + usize::from(text.number(year).is_some())).is_some();
    }
    let last = over_to(text, dot(day)).filter(|last| text.number(*last).is_some());
    last.is_some_and(|last| month(ordinal_end(text, last + 1).0).is_some())
}

/// Over a dash or `to`.
fn over_to(text: &Text<'_>, at: usize) -> Option<usize> {
    let dash = text.is(at, '-').then_some(at + 1);
    dash.or_else(|| text.sense(at, |s| s == Sense::To))
}

/// Whether a weekday's mornings, evenings or nights of a month are meant: `Saturday nights in
/// June`; before a day they are those of some days (`Saturday nights, June 6 and 13`).
fn nights(text: &Text<'_>, at: usize, to: usize) -> bool {
    let plural = text.has_in(at, EN) && text.tokens[at].folded.ends_with('s');
    let month = text.month(over_gaps(text, to));
    plural && month.is_some_and(|end| text.number(end).is_none_or(|n| n.1 > 2))
}

/// Over the other weekdays of `Fri-Sun`, `Sat & Sun`, to the token after the last.
fn weekdays(text: &Text<'_>, mut at: usize) -> Option<usize> {
    let weekday = |at| text.sense(at, |s| matches!(s, Sense::Weekday(..)));
    let mut end = None;
    loop {
        at += usize::from(text.is(at, '.'));
        let signs = (at..at + 2)
            .take_while(|i| text.is_any(*i, "-&+/,"))
            .count();
        let joined = at + signs;
        let joined = text
            .sense(joined, |s| matches!(s, Sense::And | Sense::To))
            .unwrap_or(joined);
        // "FRI SAT SUN": in a row without a sign.
        let Some(to) = weekday(joined).filter(|_| joined > at || text.spaced(at)) else {
            return end;
        };
        end = Some(to);
        at = to;
    }
}

/// Whether the month begins a date after weekdays that come again: `Tuesdays, June 2 - July 14`.
fn begins(text: &Text<'_>, partial: &Partial, at: usize) -> bool {
    let at = at + usize::from(text.is(at, '.'));
    partial.plural && text.number(at).is_some_and(|n| n.1 <= 2)
}

fn counted(partial: &Partial) -> bool {
    partial.day.is_some() && partial.month.is_none() && partial.weekday.is_none()
}

fn month_fits(partial: &Partial) -> bool {
    let free = partial.month.is_none() && partial.relative.is_none() && !partial.weekend;
    free && (partial.year.is_none() || partial.day.is_none())
}

/// A short name that is a word of another language counts where a dot, a comma or a number
/// follows, and is rather a weekday before a number; the cost of anything else.
fn short(text: &Text<'_>, ctx: &Context, at: usize, arc: &Arc) -> f32 {
    let signs = (at + 1..at + 3)
        .take_while(|i| text.is_any(*i, ".,"))
        .count();
    let dotted = text.number(at + 1 + signs).is_some();
    if arc.risky && ctx.langs == ALL && dotted {
        return 0.1 - RISKY;
    }
    let marked = weekdays(text, arc.to).is_some()
        || text.is_any(at + 1, ".,")
        || text.number(at + 1).is_some()
        || dotted;
    let end = at + 1 == text.len();
    match (arc.risky, marked || end) {
        (true, false) => 1.0,
        _ => 0.0,
    }
}
