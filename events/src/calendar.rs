//! Events as iCalendar (RFC 5545).
use crate::date::{Date, Order, Time};
use crate::read;
use crate::schedule::{Printed, Schedule};
use crate::told::Told;
use icalendar::{Calendar, Component, Event, EventLike, Property};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// An event for a calendar.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// What takes place.
    pub summary: String,
    /// When.
    pub schedule: Schedule,
    /// Where.
    pub location: Option<String>,
}

/// What is to be read off a flyer, word for word; a session of `foveate` fills it in. The order of the fields is that of the
/// question.
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
    /// All that stands there: a day is looked for in it where `when` names none, or only a weekday or the day of a month.
    pub transcript: Option<&'a str>,
}

impl Flyer<'_> {
    /// When the event takes place, as of `today`. Where the date that was read names no whole day, one is looked for in the transcript: what it does
    /// name, a weekday or the day of a month, must agree with it.
    #[must_use]
    pub fn schedule(&self, today: Date) -> Option<Schedule> {
        let read = |date: Option<&str>| {
            Schedule::read(Printed { date, ..self.when }, today, Order::default())
        };
        let known = read::told(self.when.date.unwrap_or_default(), today);
        let transcript = self.transcript.unwrap_or_default();
        (known == Told::Day)
            .then(|| read(self.when.date))
            .flatten()
            .or_else(|| {
                let day = elsewhere(transcript).find(|text| known.agrees(text, today))?;
                read(Some(&day))
            })
            .or_else(|| read(self.when.date))
            .or_else(|| elsewhere(transcript).find_map(|text| read(Some(&text))))
    }
}

/// Why a picture announces no event.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NoEvent {
    /// No title was read.
    #[error("no event: no title was found")]
    NoTitle,
    /// No day was read.
    #[error("no event: no date was found")]
    NoDate,
    /// What was read for the day is none.
    #[error("no event: {0:?} is not a date")]
    NotADate(String),
}

impl Entry {
    /// The event that a flyer announces, as of `today`.
    pub fn from_flyer(flyer: Flyer<'_>, today: Date) -> Result<Self, NoEvent> {
        let tidy = |text: Option<&str>| {
            text.map(str::trim)
                .filter(|t| !t.is_empty())
                .map(str::to_owned)
        };
        let summary = tidy(flyer.title).ok_or(NoEvent::NoTitle)?;
        let missing = || tidy(flyer.when.date).map_or(NoEvent::NoDate, NoEvent::NotADate);
        Ok(Self {
            summary,
            schedule: flyer.schedule(today).ok_or_else(missing)?,
            location: tidy(flyer.venue),
        })
    }

    /// The first moment, as in `2026-05-03T19:00`, or the first day.
    #[must_use]
    pub fn starts(&self) -> String {
        moment(self.schedule.date, self.schedule.start)
    }

    /// The last moment, or the last day where there is another than the first; `None` where no end is given.
    #[must_use]
    pub fn ends(&self) -> Option<String> {
        let s = &self.schedule;
        match (s.start, s.end) {
            (Some(_), Some(end)) => Some(moment(s.last.unwrap_or(s.date), Some(end))),
            (None, _) => s.last.map(|last| moment(last, None)),
            (Some(_), None) => None,
        }
    }

    fn event(&self, today: Date) -> Event {
        let s = &self.schedule;
        let mut event = Event::new();
        event.summary(&self.summary).uid(&self.uid());
        event.append_property(Property::new(
            "DTSTAMP",
            stamp(today, Some(Time { hour: 0, minute: 0 }), Some(0)),
        ));
        event.append_property(property("DTSTART", s.date, s.start, s.zone));
        match (s.start, s.end) {
            (Some(_), Some(end)) => {
                event.append_property(property(
                    "DTEND",
                    s.last.unwrap_or(s.date),
                    Some(end),
                    s.zone,
                ));
            }
            // Whole days end with the day after the last.
            (None, _) => {
                if let Some(last) = s.last {
                    event.append_property(property("DTEND", last.tomorrow(), None, None));
                }
            }
            (Some(_), None) => {}
        }
        if let Some(location) = &self.location {
            event.location(location);
        }
        event.done()
    }

    /// The same event gets the same name, so that a calendar that already has it keeps one.
    fn uid(&self) -> String {
        let text = format!(
            "{}\n{}\n{}",
            self.summary,
            self.starts(),
            self.location.as_deref().unwrap_or_default()
        );
        let hash = text.bytes().fold(0xcbf2_9ce4_8422_2325u64, |h, b| {
            (h ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3)
        });
        format!("{hash:016x}@foveate")
    }
}

/// One calendar of all entries; `today` is its time stamp. Times are local where the flyer names no zone.
#[must_use]
pub fn ics(entries: &[Entry], today: Date) -> String {
    let mut calendar = Calendar::empty();
    calendar.append_property(Property::new("VERSION", "2.0"));
    calendar.append_property(Property::new("PRODID", "-//foveate//EN"));
    for entry in entries {
        calendar.push(entry.event(today));
    }
    calendar.to_string()
}

/// The lines that may hold the event's date, from the top; before each, it and as many short ones below it as [`PIECES`] lets be: a date may be
/// printed in pieces.
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

fn moment(date: Date, time: Option<Time>) -> String {
    time.map_or_else(|| date.to_string(), |time| format!("{date}T{time}"))
}

fn property(name: &str, date: Date, time: Option<Time>, zone: Option<i16>) -> Property {
    let mut property = Property::new(name, stamp(date, time, zone));
    if time.is_none() {
        property.add_parameter("VALUE", "DATE");
    }
    property.done()
}

/// `20260503`, `20260503T190000`, or in Greenwich time `20260503T170000Z`.
fn stamp(date: Date, time: Option<Time>, zone: Option<i16>) -> String {
    let Some(Time { hour, minute }) = time else {
        return date.to_string().replace('-', "");
    };
    let Some(east) = zone else {
        return format!(
            "{}T{hour:02}{minute:02}00",
            date.to_string().replace('-', "")
        );
    };
    let (date, minutes) =
        date.plus_minutes(i32::from(hour) * 60 + i32::from(minute) - i32::from(east));
    format!(
        "{}T{:02}{:02}00Z",
        date.to_string().replace('-', ""),
        minutes / 60,
        minutes % 60
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ics_of(date: &str, start: Option<&str>, end: Option<&str>) -> String {
        let today = "2026-03-10".parse().unwrap();
        let schedule = Schedule::read(
            Printed {
                date: Some(date),
                start,
                end,
            },
            today,
            Order::default(),
        )
        .unwrap();
        let entry = Entry {
            summary: "Jazz, Night; live".into(),
            schedule,
            location: Some("Town Hall".into()),
        };
        ics(&[entry], today).replace("\r\n", "\n")
    }

    #[test]
    fn an_evening() {
        let got = ics_of("SAT 03 MAY", Some("7"), Some("10pm"));
        for line in [
            "BEGIN:VCALENDAR",
            "DTSTART:20260503T190000",
            "DTEND:20260503T220000",
            "DTSTAMP:20260310T000000Z",
            "LOCATION:Town Hall",
            "SUMMARY:Jazz\\, Night\\; live",
            "END:VEVENT",
        ] {
            assert!(got.lines().any(|l| l == line), "{line} in\n{got}");
        }
        assert_eq!(got.matches("UID:").count(), 1);
    }

    fn start_of(date: Option<&str>, transcript: &str) -> Option<String> {
        let event = CalendarEvent {
            title: Some("Talk".into()),
            date: date.map(Into::into),
            ..CalendarEvent::default()
        };
        let flyer = event.as_flyer(Some(transcript));
        let entry = Entry::from_flyer(flyer, "2026-03-10".parse().unwrap()).ok()?;
        Some(entry.starts())
    }

    #[test]
    fn a_day_that_the_field_lacks_is_looked_for_in_the_text() {
        let pieces = "THU How Rivers\n04\nNOV\n2027\nOld Library";
        let day = |text: &str| Some(text.to_owned());
        assert_eq!(start_of(Some("THU How Rivers"), pieces), day("2027-11-04"));
        assert_eq!(start_of(None, pieces), day("2027-11-04"));
        assert_eq!(start_of(Some("Thank you"), pieces), day("2027-11-04"));
        assert_eq!(
            start_of(Some("the 4th"), "Talk\n4 Nov 2027"),
            day("2027-11-04")
        );
    }

    #[test]
    fn a_day_of_another_weekday_or_number_is_not_the_events() {
        let rehearsal = "Rehearsal on 5 November 2027";
        let day = |text: &str| Some(text.to_owned());
        assert_eq!(start_of(Some("Thursday"), rehearsal), day("2026-03-12"));
        assert_eq!(start_of(Some("the 12th"), rehearsal), day("2026-03-12"));
        assert_eq!(start_of(Some("tonight"), rehearsal), day("2026-03-10"));
        assert_eq!(start_of(Some("3 May"), rehearsal), day("2026-05-03"));
        assert_eq!(start_of(None, "Tickets on sale 5 May"), None);
        assert_eq!(start_of(None, "Friday, 7 pm"), day("2026-03-13T19:00"));
    }

    #[test]
    fn whole_days_and_zones() {
        let got = ics_of("12-14 June", None, None);
        assert!(
            got.contains("DTSTART;VALUE=DATE:20260612\n")
                && got.contains("DTEND;VALUE=DATE:20260615\n"),
            "{got}"
        );
        assert!(!ics_of("3 May", Some("7pm"), None).contains("DTEND"));
        assert!(ics_of("3 May", Some("9pm EST"), None).contains("DTSTART:20260504T020000Z\n"));
        assert!(ics_of("3 May", Some("01:00 CEST"), None).contains("DTSTART:20260502T230000Z\n"));
    }
}
