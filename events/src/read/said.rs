//! What the fields of a flyer say together.
use super::clock::clocks;
use super::cover::cover;
use super::days::Days;
use super::meaning::{Group, Hours, Meaning, hours, meaning};
use super::sure::{confidence, figures, is_bare};
use super::text::{Context, Field, Text};
use super::words::{Langs, Part, language};
use crate::date::{Date, Order, Time};
use crate::repeat::{Every, Repeat};
use crate::schedule::{Confidence, Options, Printed, Reading, Schedule, Several};
use crate::stated::Stated;
use std::cell::{Cell, RefCell};

/// The longest text of a field, in bytes; what follows is not read.
const LONGEST: usize = 1 << 14;

struct Fields<'a> {
    date: Text<'a>,
    start: Text<'a>,
    end: Text<'a>,
    langs: Langs,
    options: Options,
    effort: Cell<usize>,
}

/// What the printed pieces mean.
pub(crate) fn read(printed: Printed<'_>, options: Options) -> Reading {
    let text = |field| Text::new(short(Option::unwrap_or(field, "")));
    let (date, start, end) = (text(printed.date), text(printed.start), text(printed.end));
    let arcs = date.arcs.iter().chain(&start.arcs).chain(&end.arcs);
    let fields = Fields {
        langs: language(arcs),
        date,
        start,
        end,
        options,
        effort: Cell::new(0),
    };
    fields.read()
}

fn short(text: &str) -> &str {
    let to = (0..=LONGEST.min(text.len()))
        .rev()
        .find(|i| text.is_char_boundary(*i));
    &text[..to.unwrap_or(0)]
}

/// How much of a day a text names.
pub(crate) fn stated(text: &str, today: Date) -> Stated {
    let printed = Printed {
        date: Some(text),
        ..Printed::default()
    };
    read(printed, Options::new(today)).stated
}

/// Whether a text holds an hour that is surely one (`7:30`, `8 pm`, `19 Uhr`, `noon`): figures
/// alone may be those of a day or a year.
pub(crate) fn tells_an_hour(text: &str, options: Options) -> bool {
    let text = Text::new(short(text));
    let ctx = context(
        language(text.arcs.iter()),
        Field::Date,
        options.today,
        options.order,
    );
    let sure = |at: usize| {
        clocks(&text, &ctx, at)
            .iter()
            .any(|c| c.strong && !c.figures)
    };
    (0..text.len()).any(sure)
}

fn context(langs: Langs, field: Field, today: Date, order: Order) -> Context {
    Context {
        today,
        order,
        langs,
        field,
        partials: RefCell::default(),
        effort: Cell::new(0),
    }
}

impl Fields<'_> {
    fn meaning(&self, text: &Text<'_>, field: Field, today: Date, order: Order) -> Meaning {
        let ctx = context(self.langs, field, today, order);
        let pieces = cover(text, &ctx);
        let meaning = meaning(text, &pieces);
        self.effort.set(self.effort.get() + ctx.effort.get());
        meaning
    }

    fn read(&self) -> Reading {
        let (today, order) = (self.options.today, self.options.order);
        let start = self.meaning(&self.start, Field::Time, today, order);
        let mut date = self.meaning(&self.date, Field::Date, today, order);
        let times = |m: &Meaning| m.groups.iter().any(|g| hours(&g.times).around_the_clock());
        let end = self.meaning(&self.end, Field::Time, today, order);
        let by_24 = times(&start) || times(&date) || times(&end);
        if order == Order::MonthFirst && (by_24 || mixed(&date)) {
            date = self.meaning(&self.date, Field::Date, today, Order::DayFirst);
        }
        if let Some(year) = self.stray_year(&date) {
            let first = Date::new(year, 1, 1).unwrap_or(today);
            let order = self.options.order;
            let later = self.meaning(&self.date, Field::Date, first, order);
            let fits = |m: &Meaning| days_of(m).is_some_and(|d| !d.mismatch);
            date = if fits(&later) { later } else { date };
        }
        let chosen = choose(&date).or_else(|| choose(&start));
        let mut reading = self.reading(&date, &start);
        let Some(chosen) = chosen else {
            return reading;
        };
        reading.stated = stated_by(chosen[0]);
        // Its own year, once more, explains itself.
        let year = chosen[0]
            .days
            .as_ref()
            .map(|d| d.runs[0].0.year().to_string());
        let left = |word: &str| word.contains(|c: char| c.is_ascii_digit());
        if !reading
            .unexplained
            .split(' ')
            .any(|w| left(w) && Some(w) != year.as_deref())
        {
            reading.confidence = Confidence::High;
        }
        reading.confidence = reading.confidence.min(confidence(&chosen));
        reading.figures = figures(&chosen);
        reading.bare = chosen.iter().all(|group| is_bare(group));
        for group in &chosen {
            reading
                .schedules
                .extend(self.schedules(group, &date, &start));
        }
        if self.options.several == Several::First {
            reading.schedules.truncate(1);
        }
        reading
    }

    /// A coming year that stands apart from the day and month: `June 13, 7pm, 2027`.
    fn stray_year(&self, date: &Meaning) -> Option<i16> {
        let days = days_of(date)?;
        let this = self.options.today.year();
        let number = |at: usize| {
            self.date
                .number(at)
                .filter(|n| n.1 == 4)
                .map(|n| n.0 as i16)
        };
        let mut left = date.unexplained.iter().filter_map(|u| number(u.0));
        let year = left.find(|y| (this + 1..=this + 3).contains(y))?;
        (days.first.has_date() && days.first.year.is_none()).then_some(year)
    }

    /// A reading of no event yet: what is not explained.
    fn reading(&self, date: &Meaning, start: &Meaning) -> Reading {
        let rest = [(&self.date, date), (&self.start, start)];
        let rest = rest.iter().flat_map(|(text, meaning)| {
            meaning
                .unexplained
                .iter()
                .map(|(from, to)| text.part(*from, *to))
        });
        let unexplained = rest.collect::<Vec<_>>().join(" ");
        let figures = unexplained.contains(|c: char| c.is_ascii_digit());
        Reading {
            schedules: Vec::new(),
            confidence: if figures {
                Confidence::Low
            } else {
                Confidence::High
            },
            unexplained,
            figures: None,
            stated: Stated::Nothing,
            bare: false,
            effort: self.effort.get(),
        }
    }

    /// The events of one group of dates.
    fn schedules(&self, group: &Group, date: &Meaning, start: &Meaning) -> Vec<Schedule> {
        let Some(days) = &group.days else {
            return Vec::new();
        };
        let part = days.part.or(date.part).or(start.part);
        let repeat = repeat(group, date);
        let runs = match repeat {
            Some(repeat) => first_of(self.options.today, repeat, date, days),
            None => days.runs.clone(),
        };
        let each = runs
            .into_iter()
            .map(|run| self.schedule(group, run, repeat, part, (date, start)));
        each.collect()
    }

    fn schedule(
        &self,
        group: &Group,
        (first, last): (Date, Date),
        repeat: Option<Repeat>,
        part: Option<Part>,
        (date, start): (&Meaning, &Meaning),
    ) -> Schedule {
        let end = self.meaning(&self.end, Field::Time, first, self.options.order);
        let hours = together(group, date, start, &end).within(part);
        let until = [group.until.as_ref(), days_of(&end)].into_iter().flatten();
        let last = until
            .map(|d| d.runs[d.runs.len() - 1].1)
            .find(|d| *d > first)
            .unwrap_or(last);
        let (from, to) = hours.resolve(last == first);
        let over_midnight = from.zip(to).is_some_and(|(s, e)| e <= s) && last == first;
        let last = if over_midnight {
            first.tomorrow()
        } else {
            last
        };
        let noon = Time {
            hour: 12,
            minute: 0,
        };
        let at = from.or(to).unwrap_or(noon);
        let zone = hours
            .zone
            .and_then(|said| said.zone(|region| region.offset(first, at)));
        Schedule {
            date: first,
            start: from,
            last: (last > first).then_some(last),
            end: to,
            zone: zone.map(|z| z.offset(first, at)),
            region: zone.and_then(|z| z.region()),
            repeat,
        }
    }
}

/// Whether figures that can only be day and month stand beside others that were read as month and
/// day.
fn mixed(meaning: &Meaning) -> bool {
    let any = |way: bool, ambiguous: bool| {
        let wanted = |d: &Days| d.first.day_first == Some(way) && d.first.ambiguous == ambiguous;
        let groups = meaning.groups.iter();
        let mut days = groups.flat_map(|g| [&g.days, &g.until]).flatten();
        days.any(wanted)
    };
    any(true, false) && any(false, true)
}

/// The groups that name the event's days, the best kind of them.
fn choose(meaning: &Meaning) -> Option<Vec<&Group>> {
    let named = |aside: bool| {
        let groups = meaning
            .groups
            .iter()
            .filter(move |g| g.rank() > 0 && (aside || !g.aside));
        let best = groups.clone().map(Group::rank).max()?;
        let best: Vec<&Group> = groups.filter(|g| g.rank() == best).collect();
        Some(best)
    };
    let mut chosen = named(false).or_else(|| named(true))?;
    // "Early bird until May 15! June 13": a day that only ends something is not the event's.
    if chosen[0].rank() == 5 && chosen.iter().any(|g| !g.ends) {
        chosen.retain(|g| !g.ends);
    }
    // "Tuesdays, June 2 to July 14": the weekday is what comes again. A day that has a weekday of
    // its own is one of the event ("Fri 27 June (last Friday of every month)").
    let whole = chosen.iter().any(|g| names_all(g));
    let again = meaning.groups.iter().find(|g| g.repeat(meaning).is_some());
    if let Some(again) = again.filter(|_| chosen.len() == 1 && !whole) {
        chosen = vec![again];
    }
    Some(chosen)
}

/// Whether a group is one day with its month and its weekday.
fn names_all(group: &Group) -> bool {
    let single = |d: &Days| d.runs.iter().all(|run| run.0 == run.1) && d.first.has_date();
    let days = group.days.as_ref();
    days.is_some_and(|d| single(d) && d.first.weekday.is_some() && !d.plural)
}

/// How the group comes again, within the dates beside it.
fn repeat(group: &Group, meaning: &Meaning) -> Option<Repeat> {
    let daily = Repeat {
        every: Every::Day,
        interval: 1,
        weekdays: 0,
        nth: 0,
        until: None,
    };
    let days = group.days.as_ref()?;
    let repeat = group.repeat(meaning).or_else(|| {
        let single = days.runs.len() == 1 && days.runs[0].0 == days.runs[0].1;
        (meaning.daily && single).then_some(daily)
    })?;
    let last = bounds(meaning).and_then(|b| b.1);
    let month = days.first.month.map(|_| month_end(days.runs[0].0));
    let own = group.until.as_ref().map(|d| d.runs[0].1);
    Some(Repeat {
        until: last.or(month).or(own),
        ..repeat
    })
}

fn month_end(date: Date) -> Date {
    Date::new(date.year(), date.month(), date.month_days()).unwrap_or(date)
}

/// First and last day of the dates beside weekdays that come again.
fn bounds(meaning: &Meaning) -> Option<(Option<Date>, Option<Date>)> {
    let dated = meaning
        .groups
        .iter()
        .find(|g| g.rank() == 5 && g.repeat(meaning).is_none())?;
    let (first, last) = *dated.days.as_ref()?.runs.first()?;
    Some(match (dated.ends, first == last) {
        (true, _) => (None, Some(last)),
        (false, true) => (Some(first), None),
        (false, false) => (Some(first), Some(last)),
    })
}

/// The first day of an event that comes again.
fn first_of(today: Date, repeat: Repeat, meaning: &Meaning, days: &Days) -> Vec<(Date, Date)> {
    let bound = bounds(meaning).and_then(|b| b.0);
    let from = bound.unwrap_or(today).max(today);
    let from = if repeat.every == Every::Day {
        days.runs[0].0
    } else {
        from
    };
    let month = days.first.month.map_or(from, |_| days.runs[0].0);
    let first = repeat
        .first(from.max(month))
        .or_else(|| repeat.first(bound?));
    let first = first.unwrap_or(days.runs[0].0);
    vec![(first, first)]
}

/// The hours of an event from all fields: those of the start field before those beside the date.
fn together(group: &Group, date: &Meaning, start: &Meaning, end: &Meaning) -> Hours {
    let all = |m: &Meaning| {
        let times: Vec<_> = m.groups.iter().flat_map(|g| g.times.clone()).collect();
        hours(&times)
    };
    let field = all(start);
    let mut beside = match group.times.is_empty() {
        true => all(date),
        false => hours(&group.times),
    };
    // "Sat 9 AM - Sun 4 PM, June 13-14": the weekdays beside the days have the hours.
    let weekdays = |g: &&Group| g.rank() < group.rank() && !g.end_times.is_empty();
    let untimed = group.times.is_empty();
    let other = || date.groups.iter().filter(|_| untimed).find(weekdays);
    if let Some(ended) = group.until.as_ref().map(|_| group).or_else(other) {
        let last = hours(&ended.end_times);
        beside.end = last.end.or(last.start);
    }
    let ends = all(end);
    let mut both = if field.start.is_some() { field } else { beside };
    if field.start.is_some() && field.end.is_none() && alike(&field, &beside) {
        both.end = beside.end;
    }
    both.start = both.start.or(ends.start.filter(|_| ends.end.is_some()));
    both.end = ends.end.or(ends.start).or(both.end);
    both.zone = field.zone.or(ends.zone).or(beside.zone);
    both
}

fn alike(a: &Hours, b: &Hours) -> bool {
    let figures = |h: &Hours| h.start.map(|c| (c.hour, c.minute));
    figures(a) == figures(b)
}

fn days_of(meaning: &Meaning) -> Option<&Days> {
    meaning.groups.iter().find_map(|g| g.days.as_ref())
}

fn stated_by(group: &Group) -> Stated {
    let Some(days) = &group.days else {
        return Stated::Nothing;
    };
    let first = &days.first;
    match (first.day, first.weekday) {
        _ if group.rank() == 5 || first.relative.is_some() || first.nth > 0 || first.weekend => {
            Stated::Day
        }
        (Some(day), _) => Stated::OfMonth(day as i8),
        (None, Some(weekday)) => Stated::Weekday(weekday),
        (None, None) => Stated::Nothing,
    }
}
