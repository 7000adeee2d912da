//! From dates as printed to days of the calendar.
use super::days::{Days, Join};
use super::partial::Partial;
use super::text::{Context, Text};
use crate::date::Date;
use crate::repeat::{Every, Repeat, nth_of};

/// Cost of a weekday that the date does not fall on.
const MISMATCH: f32 = 0.4;
/// How long ago a date without a year may have been, where only that day falls on its weekday:
/// flyers hang for weeks, not for years.
const PAST_DAYS: i32 = 183;
/// How far ahead a date without a year may lie: 29 February comes again within eight years.
const YEARS_AHEAD: i16 = 8;
/// How far ahead a weekday that is the day of a month is looked for.
const DAYS_AHEAD: i32 = 366 * 2;
/// The longest range; where both its years are printed, four times as long.
const LONGEST_RANGE: i32 = 366;

/// A day, and how many weekdays disagree.
type Found = (Date, f32);

/// The days that a list means; `None` where no calendar has them in this order.
pub(crate) fn resolve(
    text: &Text<'_>,
    ctx: &Context,
    list: &[Partial],
    joins: &[Join],
) -> Option<Days> {
    let mut parts = list.to_vec();
    complete(&mut parts, joins)?;
    share_month(&mut parts);
    spread_years(&mut parts);
    let dates = dated(ctx, &parts, joins)?;
    let years = list.iter().all(|p| p.year.is_some());
    let longest = LONGEST_RANGE * if years { 4 } else { 1 };
    let mut runs = runs(&dates, joins, longest)?;
    if let ([weekend], [run]) = (list, &mut runs[..]) {
        run.1 = if weekend.weekend {
            run.0.tomorrow()
        } else {
            run.1
        };
    }
    let printed: f32 = parts.iter().map(|p| p.cost).sum();
    let (first, last) = (list.first()?, list.last()?);
    let mismatch = dates.iter().any(|d| d.1 >= MISMATCH);
    Some(Days {
        cost: printed
            + dates.iter().map(|d| d.1).sum::<f32>()
            + shape(list, joins, &runs)
            + order(list),
        again: recurring(list, joins),
        plural: list.iter().any(|p| p.plural && p.day.is_none()),
        part: list.iter().find_map(|p| p.part),
        mismatch,
        ambiguous: parts.iter().any(|p| p.ambiguous) && !settled(&parts, mismatch),
        misread: list.iter().any(|p| p.misread),
        first: parts[0],
        from: first.from,
        to: end(text, last),
        runs,
    })
}

/// Whether a weekday or another date of the list says which figure is the month.
fn settled(parts: &[Partial], mismatch: bool) -> bool {
    let sure = parts.iter().any(|p| p.day_first.is_some() && !p.ambiguous);
    sure || (parts.iter().any(|p| p.weekday.is_some()) && !mismatch)
}

/// Over a dot that ends an abbreviation.
fn end(text: &Text<'_>, last: &Partial) -> usize {
    last.to + usize::from(text.is(last.to, '.'))
}

/// Gives each day without a month that of its neighbours: `12 & 13 June`, `June 12 & 13`. `None`
/// where they are not in order.
fn complete(parts: &mut [Partial], joins: &[Join]) -> Option<()> {
    let needs = |p: &Partial| p.day.is_some() && p.month.is_none();
    let given: Vec<bool> = parts.iter().map(needs).collect();
    for at in (0..parts.len()).filter(|at| given[*at]) {
        let before = parts[..at].iter().rev().find(|p| p.has_date()).copied();
        let after = parts[at + 1..].iter().find(|p| p.has_date()).copied();
        let month_first = before.is_some_and(|b| b.month_before);
        let giver = if month_first {
            before.or(after)
        } else {
            after.or(before)
        };
        parts[at].month = giver.and_then(|g| g.month);
    }
    for at in 1..parts.len() {
        if given[at - 1] || given[at] {
            turn(parts, at, joins[at - 1], given[at])?;
        }
    }
    let bare = parts
        .iter()
        .any(|p| p.bare() || (p.year.is_some() && needs(p)));
    let months = parts.iter().any(needs);
    let dated = parts.iter().any(Partial::has_date);
    let days = parts.iter().any(|p| p.day.is_some());
    let weekdays = parts.iter().any(|p| p.day.is_none() && p.nth == 0);
    (!(bare || (dated && months) || (days && weekdays))).then_some(())
}

/// Gives weekdays that come again the month of the last: `Fridays and Saturdays in June`.
fn share_month(parts: &mut [Partial]) {
    let weekday = |p: &Partial| p.weekday.is_some() && p.day.is_none() && p.nth == 0;
    let Some(last) = parts.last().copied() else {
        return;
    };
    if parts.iter().all(weekday) && parts.iter().any(|p| p.plural) {
        for part in parts {
            part.month = part.month.or(last.month);
            part.plural = true;
        }
    }
}

/// A range that ends on an earlier day of the month goes on into the next: `30.-1.11.`.
fn turn(parts: &mut [Partial], at: usize, join: Join, later: bool) -> Option<()> {
    let (first, last) = (parts[at - 1], parts[at]);
    if first.month.is_none() || first.month != last.month || first.day < last.day {
        return Some(());
    }
    if join == Join::List || first.day == last.day {
        return None;
    }
    let month = first.month.unwrap_or(1);
    let turned = if later {
        (at, month % 12 + 1)
    } else {
        (at - 1, (month + 10) % 12 + 1)
    };
    parts[turned.0].month = Some(turned.1);
    parts[turned.0].cost += if later { NEXT_MONTH } else { MONTH_BEFORE };
    Some(())
}

/// Cost of a month that is the one after that which is printed (`June 30 - 2`), which is rare.
const NEXT_MONTH: f32 = 0.9;
/// Cost of a month that is the one before that which is printed (`30. - 2. Juli`).
const MONTH_BEFORE: f32 = 0.4;

/// A year that stands at one end counts at the other.
fn spread_years(parts: &mut [Partial]) {
    for at in (1..parts.len()).rev() {
        let (later, earlier) = (parts[at], &mut parts[at - 1]);
        if let (Some(year), None, true) = (later.year, earlier.year, earlier.month.is_some()) {
            let order = (earlier.month, earlier.day) <= (later.month, later.day);
            earlier.year = Some(if order { year } else { year - 1 });
        }
    }
    for at in 1..parts.len() {
        let (earlier, later) = (parts[at - 1], &mut parts[at]);
        if let (Some(year), None, true) = (earlier.year, later.year, later.month.is_some()) {
            let order = (earlier.month, earlier.day) <= (later.month, later.day);
            later.year = Some(if order { year } else { year + 1 });
        }
    }
}

/// The days in a row, each with its cost.
fn dated(ctx: &Context, parts: &[Partial], joins: &[Join]) -> Option<Vec<Found>> {
    let first = parts.first()?;
    let starts = match (first.year, first.has_date()) {
        (None, true) => years(ctx, first),
        _ => vec![single(first, ctx.today, true)?],
    };
    let ongoing = joins == [Join::Range];
    let chains = starts.into_iter().filter_map(|start| {
        let mut chain = follow(start, parts)?;
        let past = start.0 < ctx.today && first.year.is_none() && first.has_date();
        let fits = first.weekday.is_some() && start.1 < MISMATCH;
        let goes_on = ongoing && chain.last().is_some_and(|d| d.0 >= ctx.today);
        if past && goes_on {
            chain[0].1 = 0.0;
        }
        (!past || fits || goes_on).then_some((past && goes_on, chain))
    });
    let cost = |chain: &[Found]| chain.iter().map(|d| d.1).sum::<f32>();
    let rank =
        |(goes_on, chain): &(bool, Vec<Found>)| cost(chain) - if *goes_on { 0.2 } else { 0.0 };
    Some(chains.min_by(|a, b| rank(a).total_cmp(&rank(b)))?.1)
}

/// The same date in this year, in the one before and in those after.
fn years(ctx: &Context, part: &Partial) -> Vec<Found> {
    let (Some(month), Some(day)) = (part.month, part.day) else {
        return Vec::new();
    };
    let this = ctx.today.year();
    let dates =
        (this - 1..=this + YEARS_AHEAD).filter_map(|year| Date::new(year, month as i8, day as i8));
    let (past, coming): (Vec<Date>, Vec<Date>) = dates.partition(|d| *d < ctx.today);
    let weekday = |d: Date| mismatch(part, d);
    let mut found: Vec<Found> = Vec::new();
    for (n, date) in coming.into_iter().take(2).enumerate() {
        found.push((date, weekday(date) + 0.15 * n as f32));
    }
    for date in past {
        let days = date.days_until(ctx.today);
        if days <= PAST_DAYS {
            found.push((
                date,
                weekday(date) + 0.02 + 0.1 * days as f32 / PAST_DAYS as f32,
            ));
        }
    }
    found
}

fn mismatch(part: &Partial, date: Date) -> f32 {
    let other = part.weekday.is_some_and(|w| w != date.weekday());
    if other && part.nth == 0 {
        MISMATCH
    } else {
        0.0
    }
}

/// The other days after the first.
fn follow(start: Found, parts: &[Partial]) -> Option<Vec<Found>> {
    let mut chain = vec![start];
    for part in &parts[1..] {
        let last = chain.last()?.0;
        let next = single(part, last.tomorrow(), false)?;
        if next.0 <= last {
            return None;
        }
        chain.push(next);
    }
    Some(chain)
}

/// The first such day from `from` on.
fn single(part: &Partial, from: Date, first: bool) -> Option<Found> {
    let days = |n: i32| (0..n).map(move |days| from.plus_days(days));
    if let Some(ahead) = part.relative {
        return first.then(|| (from.plus_days(i32::from(ahead)), 0.0));
    }
    if part.weekend {
        return Some((days(7).find(|d| d.weekday() == 5)?, 0.1));
    }
    if part.nth > 0 {
        return nth(part, from);
    }
    match (part.year, part.month, part.day) {
        (Some(year), Some(month), Some(day)) => {
            let date = Date::new(year, month as i8, day as i8)?;
            Some((date, mismatch(part, date)))
        }
        (None, Some(month), Some(day)) => {
            let mut years = from.year()..=from.year() + YEARS_AHEAD;
            let date = years
                .find_map(|year| Date::new(year, month as i8, day as i8).filter(|d| *d >= from))?;
            Some((date, mismatch(part, date)))
        }
        (_, None, Some(day)) => day_of_month(part, day, from),
        (_, month, None) => weekday_in(part, month, from),
    }
}

/// The days that are looked through, from `from` on.
fn days(from: Date) -> impl Iterator<Item = Date> {
    (0..DAYS_AHEAD).map(move |days| from.plus_days(days))
}

/// `Friday the 13th`, `the 9th`.
fn day_of_month(part: &Partial, day: u8, from: Date) -> Option<Found> {
    let mut same = days(from).filter(|d| d.day() == day as i8);
    let fits = |d: &Date| part.weekday.is_none_or(|w| w == d.weekday());
    let date = same.find(fits)?;
    let months = from.days_until(date) / 60;
    Some((date, 0.05 * months.min(6) as f32))
}

/// The next such weekday, in the month if there is one.
fn weekday_in(part: &Partial, month: Option<u8>, from: Date) -> Option<Found> {
    let weekday = part.weekday?;
    let fits = |d: &Date| {
        d.weekday() == weekday
            && month.is_none_or(|m| m as i8 == d.month())
            && part.year.is_none_or(|y| y == d.year())
    };
    let date = days(from).find(fits)?;
    let alone = month.is_some() && !part.plural;
    Some((date, if alone { 0.6 } else { 0.0 }))
}

/// The first of a month's weekdays that was asked for.
fn nth(part: &Partial, from: Date) -> Option<Found> {
    let from = match part.year {
        Some(year) => Date::new(year, 1, 1)?,
        None => from,
    };
    let fits = |d: &Date| {
        part.weekday == Some(d.weekday())
            && nth_of(*d) & part.nth > 0
            && part.month.is_none_or(|m| m as i8 == d.month())
            && part.year.is_none_or(|y| y == d.year())
    };
    let date = days(from).find(fits)?;
    Some((date, 0.0))
}

/// Stretches of days without a gap.
fn runs(dates: &[Found], joins: &[Join], longest: i32) -> Option<Vec<(Date, Date)>> {
    let mut runs = vec![(dates.first()?.0, dates.first()?.0)];
    for (date, join) in dates[1..].iter().zip(joins) {
        let last = runs.last_mut()?;
        match join {
            Join::Range if last.1.days_until(date.0) > longest => return None,
            Join::Range => last.1 = date.0,
            Join::List if last.1.tomorrow() == date.0 => last.1 = date.0,
            Join::List => runs.push((date.0, date.0)),
        }
    }
    Some(runs)
}

/// What is unlikely about a list as a whole.
fn shape(list: &[Partial], joins: &[Join], runs: &[(Date, Date)]) -> f32 {
    let longest = runs.iter().map(|r| r.0.days_until(r.1)).max().unwrap_or(0);
    // The wrong order of figures makes ranges of months.
    let figures = || list.iter().filter(|p| p.day_first.is_some());
    let yearless = figures().any(|p| p.year.is_none());
    let ambiguous = figures().count() > 0 && figures().all(|p| p.ambiguous);
    let open = yearless || ambiguous;
    let long = match (longest, open) {
        (..=31, _) => 0.0,
        (_, true) => 0.35,
        (_, false) => 0.02,
    };
    let ranges = joins
        .windows(2)
        .filter(|j| j == &[Join::Range, Join::Range])
        .count();
    long + 0.5 * ranges as f32
}

/// Cost of the order of figures that is not the usual one.
pub(crate) const SWAPPED: f32 = 0.3;
/// Cost of two orders in one list.
const MIXED: f32 = 0.6;

/// What the order of the figures costs: nothing where one of them can only be a day.
fn order(list: &[Partial]) -> f32 {
    let way = |way: bool| list.iter().any(|p| p.day_first == Some(way));
    if way(true) && way(false) {
        return MIXED;
    }
    let sure = list.iter().any(|p| p.day_first.is_some() && !p.ambiguous);
    if !sure && list.iter().any(|p| p.swapped) {
        SWAPPED
    } else {
        0.0
    }
}

/// The same weekdays again and again.
fn recurring(list: &[Partial], joins: &[Join]) -> Option<Repeat> {
    if list.iter().any(|p| p.day.is_some()) {
        return None;
    }
    let nth = list.iter().fold(0, |bits, p| bits | p.nth);
    let mut weekdays = list
        .iter()
        .filter_map(|p| p.weekday)
        .fold(0, |bits, w| bits | 1 << w);
    if let (&[Join::Range], [first, last]) = (joins, list) {
        let (first, last) = (first.weekday?, last.weekday?);
        let days = (last + 7 - first) % 7;
        weekdays = (0..=days).fold(0, |bits, d| bits | 1 << ((first + d) % 7));
    }
    (weekdays > 0).then_some(Repeat {
        every: if nth > 0 { Every::Month } else { Every::Week },
        interval: 1,
        weekdays,
        nth,
        until: None,
    })
}
