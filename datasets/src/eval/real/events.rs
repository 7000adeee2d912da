//! Events of real pictures, held against the calendar file that is made of them.
use super::words;
use foveate::{Result, Session};
use foveate_events::{CalendarEvent, Date, Entry, ics};
use serde::Deserialize;
use serde_json::{Value, json};
use std::fmt;

/// The event that a picture announces. The `*_alt` are as good.
#[derive(Debug, Deserialize)]
pub(super) struct EventTruth {
    title: String,
    #[serde(default)]
    title_alt: Vec<String>,
    /// `2026-05-03`, or `--05-03` where no year is printed.
    date: String,
    /// `19:30`; `None` for a whole day.
    start: Option<String>,
    #[serde(default)]
    start_alt: Vec<String>,
    venue: Option<String>,
    #[serde(default)]
    venue_alt: Vec<String>,
}

/// What of an event is right; the venue counts where the picture gives one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Right {
    title: bool,
    date: bool,
    start: bool,
    venue: Option<bool>,
}

impl Right {
    fn all(self) -> bool {
        self.title && self.date && self.start && self.venue != Some(false)
    }
}

/// What a calendar file says of its first event.
#[derive(Debug, Default, PartialEq, Eq)]
struct Said {
    title: String,
    /// `20260503` or `20260503T193000`, with `Z` behind where it is Greenwich time.
    start: String,
    place: String,
}

impl Said {
    fn of(calendar: &str) -> Self {
        let unfolded = calendar.replace("\r\n ", "").replace("\r\n\t", "");
        let mut said = Self::default();
        let events = unfolded.lines().skip_while(|line| *line != "BEGIN:VEVENT");
        for line in events.take_while(|line| *line != "END:VEVENT") {
            let Some((head, value)) = line.split_once(':') else {
                continue;
            };
            let value = || value.replace("\\n", " ").replace('\\', "");
            match head.split(';').next().unwrap_or_default() {
                "SUMMARY" => said.title = value(),
                "DTSTART" => said.start = value(),
                "LOCATION" => said.place = value(),
                _ => {}
            }
        }
        said
    }

    fn judged(&self, truth: &EventTruth) -> Right {
        let title = words(&self.title);
        let mut titles = std::iter::once(&truth.title).chain(&truth.title_alt);
        let digits = truth.date.replace('-', "");
        let day = self.start.get(..8).unwrap_or_default();
        let mut clocks = truth.start.iter().chain(&truth.start_alt).peekable();
        let clock = self.start.get(9..13);
        let place = words(&self.place);
        let stands = |venue: &String| {
            let venue = words(venue);
            !venue.is_empty() && place.windows(venue.len()).any(|part| *part == venue)
        };
        let mut venues = truth.venue.iter().chain(&truth.venue_alt);
        Right {
            title: titles.any(|one| !one.is_empty() && words(one) == title),
            date: day.len() == 8 && day.ends_with(&digits),
            start: match clocks.peek() {
                None => self.start.len() == 8,
                Some(_) => clocks.any(|one| clock == Some(&one.replace(':', ""))),
            },
            venue: truth.venue.as_ref().map(|_| venues.any(stands)),
        }
    }
}

/// Events that are right, part by part.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct EventMarks {
    events: usize,
    with_venue: usize,
    /// Title, date, start, venue, all of them.
    right: [usize; 5],
    failed: usize,
}

impl EventMarks {
    /// Asks and counts. Returns what the calendar says and which of it is right.
    pub(super) fn add(
        &mut self,
        truth: &EventTruth,
        session: Option<&Session>,
        today: Date,
    ) -> Value {
        let said = session.and_then(|session| calendar(session, today).ok().flatten());
        self.failed += usize::from(said.is_none());
        let said = Said::of(&said.unwrap_or_default());
        let right = said.judged(truth);
        let venue = right.venue == Some(true);
        let marks = [right.title, right.date, right.start, venue, right.all()];
        for (sum, mark) in self.right.iter_mut().zip(marks) {
            *sum += usize::from(mark);
        }
        self.events += 1;
        self.with_venue += usize::from(right.venue.is_some());
        json!({
            "event": [said.title, said.start, said.place],
            "wanted": [truth.title, truth.date, truth.start, truth.venue],
            "right": { "title": right.title, "date": right.date, "start": right.start,
                "venue": right.venue, "all": right.all() },
        })
    }
}

/// The calendar file of what a picture announces; `None` where it announces nothing.
fn calendar(session: &Session, today: Date) -> Result<Option<String>> {
    let read = session.fork().read::<CalendarEvent>().run()?;
    let flyer = read
        .value
        .as_flyer(read.transcript.as_deref())
        .with_headlines(&read.headlines);
    let entry = Entry::from_flyer(flyer, today).ok();
    Ok(entry
        .filter(|_| read.stop.is_complete())
        .map(|entry| ics(&[entry], today)))
}

impl fmt::Display for EventMarks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            events: n,
            with_venue,
            right: [title, date, start, venue, all],
            failed,
        } = self;
        if *n == 0 {
            return Ok(());
        }
        writeln!(
            f,
            "\n| events | title | date | start | venue | all | failed |"
        )?;
        writeln!(f, "| --- | --- | --- | --- | --- | --- | --- |")?;
        let venue = format!("{venue} of {with_venue}");
        writeln!(
            f,
            "| {n} | {title} | {date} | {start} | {venue} | {all} | {failed} |"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn truth(json: &str) -> EventTruth {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn a_calendar_is_held_against_the_truth() {
        let calendar = "BEGIN:VCALENDAR\r\nSUMMARY:no event\r\nBEGIN:VEVENT\r\n\
            DTSTART;TZID=\"Europe/Rome\":20260503T193000\r\nSUMMARY:Jazz\\, \r\n Night\r\n\
            LOCATION:The Hall\\n3 Mill Street\r\nEND:VEVENT\r\nBEGIN:VEVENT\r\nSUMMARY:Other\r\n";
        let said = Said::of(calendar);
        let right = truth(
            r#"{"title": "JAZZ NIGHT", "date": "--05-03", "start": "7:30", "start_alt": ["19:30"],
            "venue": "Mill Street", "venue_alt": []}"#,
        );
        assert!(said.judged(&right).all(), "{said:?}");
        let wrong =
            truth(r#"{"title": "Jazz", "date": "2025-05-03", "start": null, "venue": "Mill Str"}"#);
        let none = Right {
            title: false,
            date: false,
            start: false,
            venue: Some(false),
        };
        assert_eq!(said.judged(&wrong), none);
        let day = truth(r#"{"title": "Jazz", "date": "--05-03", "start": null, "venue": null}"#);
        let whole_day = Said {
            title: "jazz".into(),
            start: "20260503".into(),
            place: String::new(),
        };
        assert!(whole_day.judged(&day).all());
        let nothing = Said::default().judged(&day);
        assert!(!nothing.title && !nothing.date && !nothing.start);
    }
}
