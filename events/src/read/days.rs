//! Dates in ranges and lists.
use super::labels::names_number;
use super::numbers::article;
use super::partial::{Partial, partials};
use super::resolve::resolve;
use super::text::{Context, Text};
use super::words::{Part, Sense};
use crate::date::Date;
use crate::repeat::Repeat;

/// What stands between two dates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Join {
    Range,
    List,
}

/// Dates in a row, with the days of the calendar that they mean.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Days {
    /// First and last day of each stretch.
    pub(crate) runs: Vec<(Date, Date)>,
    /// The first date as printed.
    pub(crate) first: Partial,
    /// The same weekdays again and again, if there are any.
    pub(crate) again: Option<Repeat>,
    /// Whether they are said to come again ("Tuesdays").
    pub(crate) plural: bool,
    pub(crate) part: Option<Part>,
    /// Whether a weekday says another day.
    pub(crate) mismatch: bool,
    /// Whether figures were read one way where the other was possible, too.
    pub(crate) ambiguous: bool,
    pub(crate) misread: bool,
    pub(crate) from: usize,
    pub(crate) to: usize,
    pub(crate) cost: f32,
}

/// The most dates of one list.
const LONGEST: usize = 12;
/// The most readings of one list that are looked at.
const READINGS: usize = 150;

/// The dates that begin at a token, the cheapest for each token that they may end at.
pub(crate) fn days(text: &Text<'_>, ctx: &Context, at: usize) -> Vec<Days> {
    let mut search = Search {
        text,
        ctx,
        found: Vec::new(),
        left: READINGS,
    };
    for first in partials(text, ctx, at).iter() {
        search.extend(&mut vec![*first], &mut Vec::new());
    }
    search.found
}

struct Search<'a> {
    text: &'a Text<'a>,
    ctx: &'a Context,
    found: Vec<Days>,
    left: usize,
}

impl Search<'_> {
    /// Keeps the list, and every longer one.
    fn extend(&mut self, list: &mut Vec<Partial>, joins: &mut Vec<Join>) {
        let cost: f32 = list.iter().map(|p| p.cost).sum();
        if self.left == 0 || cost > DEAREST {
            return;
        }
        self.left -= 1;
        self.ctx.count();
        self.keep(list, joins);
        let Some(to) = list.last().map(|p| p.to).filter(|_| list.len() < LONGEST) else {
            return;
        };
        let first = list[0].from;
        let between = list.len() == 1 && ends_between(self.text, first);
        let due = deadline(self.text, first);
        let row = list[0].grouped.then(|| next_day(self.text, to)).flatten();
        for (join, next, cost) in joined(self.text, to).into_iter().chain(row) {
            let join = if between { Join::Range } else { join };
            if join == Join::List && due {
                continue;
            }
            for partial in partials(self.text, self.ctx, next).iter() {
                let last = Partial {
                    cost: partial.cost + cost,
                    ..*partial
                };
                list.push(last);
                joins.push(join);
                self.extend(list, joins);
                list.pop();
                joins.pop();
            }
        }
    }

    fn keep(&mut self, list: &[Partial], joins: &[Join]) {
        let Some(mut days) = resolve(self.text, self.ctx, list, joins) else {
            return;
        };
        days.cost += context(self.text, &days, list);
        if days.cost > DEAREST {
            return;
        }
        match self.found.iter_mut().find(|d| d.to == days.to) {
            Some(other) if other.cost <= days.cost => {}
            Some(other) => *other = days,
            None => self.found.push(days),
        }
    }
}

/// Cost of a weekday that no date stands beside: more than a date that does not fall on it, so that
/// both are read together.
pub(crate) const WEEKDAY: f32 = 0.45;
/// Dates that cost more are none.
const DEAREST: f32 = 1.0;

/// Over what joins two dates: how, the token after it, the cost.
fn joined(text: &Text<'_>, at: usize) -> Vec<(Join, usize, f32)> {
    let mut found = Vec::new();
    let dots = (at..at + 2)
        .find(|i| !text.is_any(*i, ".,;"))
        .unwrap_or(at + 2);
    let mut to = dots;
    while text.is(to, '-') {
        to += 1;
    }
    if to > dots {
        found.push((Join::Range, to, if dots > at { 0.05 } else { 0.0 }));
    }
    if let Some(end) = text.sense(dots, |s| s == Sense::To) {
        // "le 9 octobre à 21": more likely an hour than a day.
        let hour = text.tokens[dots].word("a") && !has_month(text, end);
        let time = |s: Sense| matches!(s, Sense::At | Sense::ToTime);
        if text.sense(dots, time).is_none_or(|to| to <= end) {
            found.push((Join::Range, end, if hour { 0.12 } else { 0.0 }));
        }
    }
    if text.is(dots, 't')
        || (text.tokens.get(dots).is_some_and(|t| t.word("t")) && text.is(dots + 1, '/'))
    {
        found.push((Join::Range, dots + 3, 0.0));
    }
    let sign = dots + usize::from(text.is_any(dots, "&+/|·"));
    let and = text.sense(sign, |s| s == Sense::And).unwrap_or(sign);
    // `12. u. 13. Juni`.
    let and = and + usize::from(and > sign && text.is(and, '.'));
    let comma = (at..dots).any(|i| text.is_any(i, ",;"));
    let interval = text.is(dots, '/') && text.number(sign).is_some_and(|n| n.1 == 4);
    if interval {
        found.push((Join::Range, sign, 0.0));
    } else if and > dots || comma {
        found.push((
            Join::List,
            and,
            if text.is_any(dots, "|·/") { 0.15 } else { 0.0 },
        ));
    }
    for (join, to, cost) in found.clone() {
        let mut end = to;
        let mut cost = cost;
        while let Some(next) = text.sense(end, |s| matches!(s, Sense::Gap | Sense::From)) {
            // "13. Juni, von 14 bis 18 Uhr": the next of a list does not begin a range.
            let from = text.has(end, Sense::From) && join == Join::List;
            cost += if from { 0.4 } else { 0.0 };
            end = next;
            found.push((join, end, cost));
        }
    }
    found
}

/// The day after that before a token, with nothing between: `FRI SAT SUN JUNE 12 13 14`.
fn next_day(text: &Text<'_>, at: usize) -> Option<(Join, usize, f32)> {
    let (last, figures) = text.number(at.checked_sub(1)?)?;
    let next = text
        .number(at)
        .filter(|n| n.1 == figures && n.0 == last + 1);
    next.map(|_| (Join::List, at, 0.1))
}

/// Whether `by` or the like stands right before the day at a token.
pub(crate) fn deadline(text: &Text<'_>, at: usize) -> bool {
    let ends_at = |from: usize| text.sense(from, |s| s == Sense::By) == Some(at);
    (at.saturating_sub(4)..at).any(ends_at)
}

/// Whether `between` stands before the day at a token.
fn ends_between(text: &Text<'_>, mut at: usize) -> bool {
    while let Some(gap) =
        (at.saturating_sub(2)..at).find(|i| text.sense(*i, |s| s == Sense::Gap) == Some(at))
    {
        at = gap;
    }
    at > 0 && text.has(at - 1, Sense::Between)
}

/// Whether a month follows the number at a token.
fn has_month(text: &Text<'_>, at: usize) -> bool {
    let at = at + 1 + usize::from(text.is(at + 1, '.'));
    let at = text
        .sense(at, |s| matches!(s, Sense::Gap | Sense::Suffix))
        .unwrap_or(at);
    text.month(at).is_some()
}

/// What the words around dates cost.
fn context(text: &Text<'_>, days: &Days, list: &[Partial]) -> f32 {
    let only = list.len() == 1;
    let first = &days.first;
    let beside = text.is_word(days.to) && !joins_on(text, days.to);
    let day_alone = list.iter().all(|p| p.day.is_some() && p.month.is_none());
    let mut cost = 0.0;
    if day_alone && first.weekday.is_none() {
        let article = days.from > 0 && article(text, days.from - 1);
        cost += if article { 0.3 } else { 0.6 } + if beside { 0.6 } else { 0.0 };
    } else if day_alone {
        let month = text.month(days.to);
        let other = beside && (!first.marked || month.is_some());
        cost += 0.2 + if other { 0.4 } else { 0.0 };
    }
    let weekday_alone = only && first.day.is_none() && first.weekday.is_some() && first.nth == 0;
    if weekday_alone {
        cost += if first.plural { 0.0 } else { WEEKDAY };
        let next = (days.to..days.to + 2)
            .find(|i| !text.is_any(*i, ",|·"))
            .unwrap_or(days.to);
        let month = text.month(next).is_some();
        cost += if month && !first.plural { 0.3 } else { 0.0 };
    }
    // "Sat June 6, 9-12": who names one weekday names those of the other days, too.
    let lone = |p: &Partial| p.weekday.is_none() && p.bare();
    if first.weekday.is_some() && !first.grouped && first.month_before {
        cost += if list[1..].iter().any(lone) { 0.7 } else { 0.0 };
    }
    // "Week 3 - June 22", "Hauptstr. 12, 13. Juni": the number belongs to the word before it.
    let number = text.number(days.from).is_some() && first.day_first.is_none();
    if number && !first.month_before && names_number(text, days.from) {
        cost += 1.0;
    }
    // "Friday evening at 7, June 12".
    let hour = |at: usize| {
        let word = ["at", "um", "om", "alle"]
            .iter()
            .any(|w| text.tokens[at].word(w));
        word || text.is(at, '@')
    };
    if number && !first.marked && days.from > 0 && hour(days.from - 1) {
        cost += 0.6;
    }
    let street = text.sense(days.to, |s| s == Sense::Street).is_some();
    let capital = text.letters(days.to).starts_with(char::is_uppercase);
    if street && capital && first.weekday.is_none() && list.iter().all(|p| p.year.is_none()) {
        cost += 0.5;
    }
    let none = |p: &Partial| days.mismatch || p.grouped || p.weekday.is_none();
    let unsaid = |p: &Partial| p.needs_weekday && none(p);
    if list.iter().any(unsaid) {
        cost += 1.0;
    }
    cost
}

/// Whether the word at a token is one that may follow a date.
pub(crate) fn joins_on(text: &Text<'_>, at: usize) -> bool {
    let on = |s: Sense| {
        let number = matches!(s, Sense::Unit | Sense::Numbered | Sense::Amount);
        let number = number || matches!(s, Sense::Label | Sense::Currency | Sense::Phone);
        !number && !matches!(s, Sense::Month(_) | Sense::Street | Sense::Suffix)
    };
    text.sense(at, on).is_some()
}
