//! What was read off a flyer.
use super::transcript::{
    apart, around, beside_years, common, elsewhere, holds, hours, is_lone_figure, is_of_street,
    labelled_day, lone_month, words_of,
};
use super::{place, title, venue};
use crate::date::{Date, Time};
use crate::read;
use crate::read::tokens::folded;
use crate::schedule::{Options, Printed, Reading, Schedule};
use crate::stated::Stated;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use strsim::levenshtein;

/// What is to be read off a flyer, word for word; a session of `foveate` fills it in. The order of
/// the fields is that of the question.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CalendarEvent {
    /// What takes place.
    pub title: Option<String>,
    /// Its day.
    pub date: Option<String>,
    /// When it begins.
    pub start: Option<String>,
    /// When it ends.
    pub end: Option<String>,
    /// The place by name.
    pub venue: Option<String>,
}

impl CalendarEvent {
    /// The same beside all that stands on the picture.
    #[must_use]
    pub fn as_flyer<'a>(&'a self, transcript: Option<&'a str>) -> Flyer<'a> {
        Flyer {
            title: self.title.as_deref(),
            when: Printed {
                date: self.date.as_deref(),
                start: self.start.as_deref(),
                end: self.end.as_deref(),
            },
            venue: self.venue.as_deref(),
            transcript,
            headlines: &[],
        }
    }
}

/// What a picture must tell of an event, as it is printed there.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Flyer<'a> {
    /// What takes place.
    pub title: Option<&'a str>,
    /// When.
    pub when: Printed<'a>,
    /// Where.
    pub venue: Option<&'a str>,
    /// All that stands there: a day is looked for in it where `when` names none, or only a weekday
    /// or the day of a month; and what else the line of a time says of it.
    pub transcript: Option<&'a str>,
    /// Blocks of the largest print, each with its lines joined by `\n`: a title that is some of
    /// these lines is all of them, as far as they are no other field.
    pub headlines: &'a [String],
}

impl<'a> Flyer<'a> {
    /// The same with the blocks of the picture's largest print.
    #[must_use]
    pub fn with_headlines(self, headlines: &'a [String]) -> Self {
        Self { headlines, ..self }
    }

    /// When the event takes place, as of `today`. Where the date that was read names no whole day,
    /// one is looked for in the transcript: what it does name, a weekday or the day of a month,
    /// must agree with it.
    #[must_use]
    pub fn schedule(&self, today: Date) -> Option<Schedule> {
        self.reading(Options::new(today)).schedules.first().copied()
    }

    /// The same with everything that is known of it: other days, how sure it is, what is left.
    #[must_use]
    pub fn reading(&self, options: Options) -> Reading {
        let flyer = self.without_figure();
        let (date, day) = flyer.day(options);
        let timed = date.and_then(|date| flyer.time(&date, &day, options));
        timed.unwrap_or(day)
    }

    /// The same without a start that is a figure and nothing else on its page: no hour is told so.
    fn without_figure(mut self) -> Self {
        let lone = |start| is_lone_figure(self.transcript.unwrap_or_default(), start);
        if self.when.end.is_none() && self.when.start.is_some_and(lone) {
            self.when.start = None;
        }
        self
    }

    /// The title without what stands at its end and is a day or an hour and nothing else: lines, or
    /// how the line below its own begins; and without such a line before it.
    pub(crate) fn name(&self, options: Options) -> Option<String> {
        let found = self.headline(options);
        let title = found.as_deref().or(self.title).unwrap_or_default();
        let mut words = words_of(title);
        let lines = self.transcript.unwrap_or_default().lines();
        let lines: Vec<Vec<&str>> = lines.map(words_of).collect();
        let is_when = |words: &[&str]| is_when(&words.join(" "), options);
        let ends = |words: &[&str]| {
            let whole = |l: &&Vec<&str>| !l.is_empty() && l.len() < words.len();
            let line = lines.iter().filter(whole).find(|l| words.ends_with(l))?;
            is_when(line).then_some(line.len())
        };
        let begins = |words: &[&str]| {
            let n = lines
                .windows(2)
                .find_map(|pair| common(words, &pair[0], &pair[1]))?;
            is_when(&words[words.len() - n..]).then_some(n)
        };
        let all = words.len();
        while let Some(n) = ends(&words).or_else(|| begins(&words)) {
            words.truncate(words.len() - n);
        }
        if words.len() > 1 && words.last().is_some_and(|word| goes_on(word)) {
            words.pop();
        }
        let words = title::bare(&words, &lines, is_when, self.when.date);
        let small = found.is_none() && !self.headlines.is_empty();
        let words = if small { title::subject(words) } else { words };
        match words.len() {
            0 => None,
            n if n == all => Some(title.trim().to_owned()),
            _ => Some(words.join(" ").trim_end_matches(',').to_owned()),
        }
    }

    /// The place by name: the venue up to its first comma or the address behind it; where it does
    /// not stand by the page's only address, the name above that.
    #[must_use]
    pub fn place(&self) -> Option<String> {
        let transcript = self.transcript.unwrap_or_default();
        let name = match self.above_street() {
            Some([name, _]) => name.to_owned(),
            None => place::name_of(&self.told_venue()?, transcript),
        };
        Some(name).filter(|name| !name.is_empty())
    }

    /// The place with its address, as far as they are read.
    pub(crate) fn location(&self) -> Option<String> {
        let found = self
            .above_street()
            .map(|[name, street]| format!("{name}, {street}"));
        found.or_else(|| Some(self.told_venue()?.into_owned()))
    }

    /// The venue as the page tells it, which may be another than what was read for it.
    fn told_venue(&self) -> Option<Cow<'a, str>> {
        venue::told(self, undated()?)
    }

    fn above_street(&self) -> Option<[&'a str; 2]> {
        let options = undated()?;
        place::named_above(self.venue?, self.transcript?, |line| is_when(line, options))
    }

    /// All lines of the headline of which the title is some, without those of other fields; where
    /// the title is a day or an hour and nothing else, the first headline that is neither, or the
    /// line below it.
    fn headline(&self, options: Options) -> Option<String> {
        let title = words_of(self.title?);
        let no_name = is_when(self.title?, options);
        let venue = self.told_venue();
        let others = [
            self.when.date,
            self.when.start,
            self.when.end,
            venue.as_deref(),
        ];
        // The line of a field, or a part of one.
        let is_other = |line: &str| {
            let mut others = others.into_iter().flatten();
            others.any(|other| holds(line, other) || holds(other, line))
        };
        // As in "Sorry, no dogs."
        let says = |line: &str| line.ends_with('.') && words_of(line).len() > 2;
        let goes_on = |line: &&str| !is_other(line) && !is_when(line, options) && !says(line);
        // Other print that was read with a part of the headline.
        let apart = |words: &[&str]| self.headlines.iter().any(|block| words_of(block) == words);
        let found = self.headlines.iter().find_map(|block| {
            let lines: Vec<&str> = block.lines().collect();
            if no_name {
                let own: Vec<&str> = lines.into_iter().filter(goes_on).collect();
                return Some(own.join(" ")).filter(|name| !name.is_empty());
            }
            let is = |from: usize, to: usize| {
                let own = lines[from..to].join(" ");
                let own = words_of(&own);
                let with = title.len().checked_sub(own.len()).filter(|&n| n > 0);
                let begins = |n: usize| title.ends_with(&own) && apart(&title[..n]);
                own == title || (to - from < lines.len() && with.is_some_and(begins))
            };
            let all = (0..lines.len()).flat_map(|a| (a + 1..=lines.len()).map(move |b| (a, b)));
            let (from, to) = all.into_iter().find(|&(a, b)| is(a, b))?;
            let above = lines[..from]
                .iter()
                .rev()
                .take_while(|l| goes_on(l))
                .count();
            let below = lines[to..].iter().take_while(|l| goes_on(l)).count();
            Some(lines[from - above..to + below].join(" "))
        });
        let below = || {
            let text = self.transcript.filter(|_| no_name)?;
            title::below_day(self.title?, text, is_other, options).map(str::to_owned)
        };
        found.or_else(below)
    }

    /// What `date` says, with `start` and the printed end.
    fn read(
        &self,
        date: String,
        start: Option<&str>,
        options: Options,
    ) -> (Option<String>, Reading) {
        let printed = Printed {
            date: Some(&date),
            start,
            ..self.when
        };
        let reading = Reading::of(printed, options);
        (Some(date), reading)
    }

    /// The text that names the day, and what it says.
    fn day(&self, options: Options) -> (Option<String>, Reading) {
        let read = |date: String| self.read(date, self.when.start, options);
        let named = |(_, reading): &(Option<String>, Reading)| !reading.schedules.is_empty();
        let own = match self.when.date {
            Some(date) => read(date.to_owned()),
            None => (None, Reading::of(self.when, options)),
        };
        let known = read::stated(self.when.date.unwrap_or_default(), options.today);
        let transcript = self.transcript.unwrap_or_default();
        let sure = |found: &(Option<String>, Reading)| found.1.is_sure();
        // The day behind "Date:" is not that of a deadline.
        let labelled = labelled_day(transcript, self.when.date, options.today);
        if let Some(found) = labelled.map(read).filter(sure) {
            return found;
        }
        if known == Stated::Day && named(&own) {
            let date = own.0.as_deref().unwrap_or_default();
            let years = beside_years(transcript, date);
            let again = elsewhere(transcript, options.today).chain(years).map(read);
            let dated = with_year(&own, again, options);
            return dated.unwrap_or(own);
        }
        let lines = around(transcript, self.when.date.unwrap_or_default());
        let whole = |found: &(Option<String>, Reading)| named(found) && found.1.explains_all();
        if let Some(found) = lines.map(|line| read(line.to_owned())).find(whole) {
            return found;
        }
        // What was read for the day may be hours: they are then those of the day that is found.
        let hours = |text: &&str| read::tells_an_hour(text, options);
        let start = self.when.date.filter(hours).or(self.when.start);
        let read = |date: String| self.read(date, start, options);
        let today = options.today;
        let agreeing = elsewhere(transcript, today).find(|text| known.agrees(text, today));
        if let Some(found) = agreeing.map(read).filter(named) {
            return found;
        }
        let with_month = lone_month(transcript)
            .zip(self.when.date)
            .filter(|_| matches!(known, Stated::OfMonth(_)));
        let dated = with_month.map(|(month, date)| read(format!("{date} {month}")));
        if let Some(found) = dated.filter(whole) {
            return found;
        }
        // "Slipway 3" is the third of some month for want of anything better.
        let date = self.when.date.unwrap_or_default();
        let told = own.1.unexplained.trim() != date.trim() && !is_of_street(transcript, date);
        if named(&own) && told {
            return own;
        }
        // What nobody pointed at counts only where it is surely a day.
        let found = elsewhere(transcript, today).map(read).find(sure);
        let comes_again = |line: &str| {
            let found = read(line.to_owned());
            let again = |s: &Schedule| s.repeat.is_some();
            (found.1.is_sure() && found.1.schedules.iter().any(again)).then_some(found)
        };
        let again = || transcript.lines().find_map(comes_again);
        let apart = || {
            let mut days = apart(transcript).map(read).filter(sure);
            let first = days.next()?;
            let other = |(_, day): (_, Reading)| day.schedules != first.1.schedules;
            (!days.any(other)).then_some(first)
        };
        found.or_else(again).or_else(apart).unwrap_or(own)
    }

    /// The same day with what the time's own line says of it: its zone, whether it is in the
    /// morning, its end. Where no time was read, or what was read is none, the only marked hour of
    /// the transcript.
    fn time(&self, date: &str, day: &Reading, options: Options) -> Option<Reading> {
        let [known] = day.schedules.as_slice() else {
            return None;
        };
        let (transcript, start) = (self.transcript?, self.when.start.unwrap_or_default());
        let as_good = |found: &Reading| {
            (found.unexplained.is_empty() || found.unexplained == day.unexplained)
                && matches!(found.schedules.as_slice(), [one] if goes_with(known, one))
        };
        if known.start.is_some() {
            let read = |line: &str| {
                let end = self.when.end.filter(|end| !holds(line, end));
                let (date, start) = (Some(date), Some(line));
                Reading::of(Printed { date, start, end }, options)
            };
            return around(transcript, start).map(read).find(as_good);
        }
        // "At sunset" is a time that has no figures; a street is none.
        let worded = !start.trim().is_empty() && !start.contains(|c: char| c.is_ascii_digit());
        if worded || date.len() > LONG {
            return None;
        }
        let read = |line: String| {
            let date = format!("{date}, {line}");
            let (date, start) = (Some(date.as_str()), None);
            let end = self.when.end;
            Reading::of(Printed { date, start, end }, options)
        };
        let mut times = hours(transcript, options).map(read).filter(as_good);
        times.next().filter(|_| times.next().is_none())
    }
}

/// Of further texts and what they say, the first that names the day of `own` with a year, where
/// that has none.
fn with_year(
    (text, own): &(Option<String>, Reading),
    mut others: impl Iterator<Item = (Option<String>, Reading)>,
    options: Options,
) -> Option<(Option<String>, Reading)> {
    let [own] = own.schedules.as_slice() else {
        return None;
    };
    let dated = |text: &Option<String>, date| {
        names_a_year(text.as_deref().unwrap_or_default(), date, options)
    };
    if dated(text, own.date) {
        return None;
    }
    let month_and_day = |date: Date| (date.month(), date.day());
    others.find(|(text, reading)| {
        let [found] = reading.schedules.as_slice() else {
            return false;
        };
        month_and_day(found.date) == month_and_day(own.date)
            && found.date.year() != own.date.year()
            && (own.start.is_none() || found.start == own.start)
            && dated(text, found.date)
    })
}

/// Whether the text names the day and its year in four figures.
fn names_a_year(text: &str, date: Date, options: Options) -> bool {
    let mut words = text.split(|c: char| !c.is_alphanumeric());
    let year = date.year().to_string();
    words.any(|word| word == year) && read::stated(text, options.today) == Stated::Day
}

/// Bytes from which on a date is taken for more than one.
const LONG: usize = 200;

/// Whether `found` is at the time of `known`, as far as that is known: figures may have been those
/// of the morning.
fn goes_with(known: &Schedule, found: &Schedule) -> bool {
    let half_a_day = |time: Time| time.minutes() % (12 * 60);
    let start = found.start.map(half_a_day);
    found.date == known.date
        && found.repeat == known.repeat
        && start.is_some()
        && known
            .start
            .is_none_or(|time| start == Some(half_a_day(time)))
}

/// Whether a word at a title's end stands before the names of those who appear.
fn goes_on(word: &str) -> bool {
    const WORDS: [&str; 6] = ["featuring", "starring", "presenting", "feat", "with", "ft"];
    let word = folded(word.trim_end_matches(['.', ':']));
    // In the long ones a letter may be misread.
    let is = |other: &&str| word == *other || (other.len() > 6 && levenshtein(&word, other) == 1);
    WORDS.iter().any(is)
}

/// As of some day: whether a line is a day does not hang on today.
pub(super) fn undated() -> Option<Options> {
    Date::new(2000, 1, 1).map(Options::new)
}

/// Whether a line is a day or an hour in figures, or a day that comes again, and nothing else.
pub(super) fn is_when(line: &str, options: Options) -> bool {
    let date = Some(line);
    let reading = Reading::of(
        Printed {
            date,
            ..Printed::default()
        },
        options,
    );
    let day = reading.is_sure() && reading.stated == Stated::Day;
    let hour = read::tells_an_hour(line, options);
    let again = reading.schedules.iter().any(|s| s.repeat.is_some());
    let figures = line.contains(|c: char| c.is_ascii_digit());
    reading.explains_all() && ((figures && (day || hour)) || (day && again))
}
