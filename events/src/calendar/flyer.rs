//! What was read off a flyer.
use crate::date::Date;
use crate::read;
use crate::schedule::{Options, Printed, Reading, Schedule};
use crate::told::Told;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

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
    /// or the day of a month.
    pub transcript: Option<&'a str>,
}

impl Flyer<'_> {
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
        let read = |date: Option<&str>| Reading::of(Printed { date, ..self.when }, options);
        let own = read(self.when.date);
        let known = read::told(self.when.date.unwrap_or_default(), options.today);
        if known == Told::Day && !own.schedules.is_empty() {
            return own;
        }
        let transcript = self.transcript.unwrap_or_default();
        let agreeing = elsewhere(transcript).find(|text| known.agrees(text, options.today));
        let found = agreeing.map(|text| read(Some(&text)));
        let named = |r: &Reading| !r.schedules.is_empty();
        if let Some(found) = found.filter(named) {
            return found;
        }
        if named(&own) {
            return own;
        }
        let other = elsewhere(transcript)
            .map(|text| read(Some(&text)))
            .find(named);
        other.unwrap_or(own)
    }
}

/// The lines that may hold the event's date, from the top; before each, it and as many short ones
/// below it as [`PIECES`] lets be: a date may be printed in pieces.
fn elsewhere(transcript: &str) -> impl Iterator<Item = String> {
    let lines: Vec<&str> = transcript.lines().collect();
    let count = lines.len();
    let short = |l: &&str| l.split_whitespace().count() <= 2;
    let from = move |i: usize| {
        let most = lines[i..].iter().take(PIECES).take_while(|l| short(l));
        let most = most.count().max(1);
        (1..=most)
            .rev()
            .map(|n| lines[i..i + n].join(" "))
            .collect::<Vec<_>>()
    };
    (0..count).flat_map(from).filter(|text| names_a_day(text))
}

/// Weekday, day, month and year.
const PIECES: usize = 4;

/// Whether a line is likely to hold a date: it has figures, and is not about another day.
fn names_a_day(line: &str) -> bool {
    const OTHERS: [&str; 7] = [
        "rsvp",
        "until",
        "deadline",
        "on sale",
        "rain date",
        "closes",
        "reply",
    ];
    let lower = line.to_lowercase();
    line.contains(|c: char| c.is_ascii_digit()) && !OTHERS.iter().any(|o| lower.contains(o))
}
