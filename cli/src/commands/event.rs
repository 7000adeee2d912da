//! Flyers to a calendar.
use super::answers::{Ending, Shown, boxes};
use crate::many::{Job, Said};
use crate::options::Common;
use crate::report::Seen;
use crate::terminal::print;
use anyhow::{Result, ensure};
use foveate::batch::Source;
use foveate::{Session, Typed};
use foveate_events::{CalendarEvent, Confidence, Date, Entry, Options, Printed, Reading, ics};
use serde_json::json;
use std::io::ErrorKind;

/// What a report has of an event: what is printed, and what a calendar makes of it.
pub const COLUMNS: [&str; 6] = ["title", "date", "start", "end", "venue", WHEN];
const WHEN: &str = "in the calendar";

/// Prints one calendar of the events that the pictures announce, or each as JSON. How many announce
/// none.
pub fn events(start: &Session, job: Job, today: Option<Date>, common: &Common) -> Result<usize> {
    let today = today.unwrap_or_else(Date::today);
    let mut entries = Vec::new();
    let work = |source: &Source, seen: &mut Seen| event(start, today, source, seen, common);
    let failed = job.each(work, |entry| entries.push(entry))?;
    if !common.json && !entries.is_empty() {
        match print(&ics(&entries, today)) {
            // Whoever read the output wants no more of it.
            Err(e) if e.kind() != ErrorKind::BrokenPipe => return Err(e.into()),
            _ => {}
        }
    }
    Ok(failed)
}

fn event(
    start: &Session,
    today: Date,
    source: &Source,
    seen: &mut Seen,
    common: &Common,
) -> Result<Said<Entry>> {
    let Shown {
        name,
        image,
        notes,
        mut session,
        request,
    } = Shown::open(start, source, seen, common)?;
    let mut read: Typed<CalendarEvent> = session.read().with(&request).run()?;
    seen.fields(&image, &json!(read.value), &read.fields)?;
    let ending = Ending {
        stop: read.stop,
        timing: &read.timing,
        usage: &read.usage,
    };
    ensure!(
        !ending.is_failure(),
        "no event: the answer is not complete: {}",
        read.stop
    );
    let flyer = read
        .value
        .as_flyer(read.transcript.as_deref())
        .with_headlines(&read.headlines);
    let entry = Entry::from_flyer(flyer, today)?;
    let (confidence, unexplained) = sure(&entry, flyer.when, today);
    let place = flyer.place();
    seen.set(WHEN, when(&entry, confidence));
    read.value = entry.fields(read.value);
    let mut out = String::new();
    if common.json {
        let line = json!({
            "file": name,
            "read": read.value,
            "place": place,
            "address": entry.address,
            "starts": entry.starts(),
            "ends": entry.ends(),
            "confidence": confidence,
            "unexplained": unexplained,
            "stop": read.stop.as_str(),
            "boxes": boxes(&read.fields),
            "notes": notes,
        });
        out = line.to_string() + "\n";
    }
    Ok(Said {
        out,
        notes: ending.notes(&name, &notes, common),
        failed: false,
        value: entry,
    })
}

/// When an event takes place, and how sure that is.
fn when(entry: &Entry, confidence: &str) -> String {
    let ends = entry.ends().map(|ends| format!(" to {ends}"));
    format!(
        "{}{}\n{confidence} confidence",
        entry.starts(),
        ends.unwrap_or_default()
    )
}

/// How sure the day and the times of an entry are, and what of the printed pieces they leave
/// unexplained. They are as good as a guess where the pieces name another day: it was then looked
/// for in all of the picture's text.
fn sure(entry: &Entry, printed: Printed<'_>, today: Date) -> (&'static str, String) {
    let reading = Reading::of(printed, Options::new(today));
    let day = entry.schedule.date;
    let from_fields = reading.schedules.iter().any(|s| s.date == day);
    let confidence = match reading.confidence {
        Confidence::High if from_fields => "high",
        Confidence::Medium if from_fields => "medium",
        _ => "low",
    };
    (confidence, reading.unexplained)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_that_is_looked_for_elsewhere_is_unsure() {
        let today = "2026-01-01".parse().unwrap();
        let sure_of = |date: &str, transcript: &str| {
            let event = CalendarEvent {
                title: Some("Jazz".into()),
                date: Some(date.into()),
                ..CalendarEvent::default()
            };
            let flyer = event.as_flyer(Some(transcript));
            let entry = Entry::from_flyer(flyer, today).unwrap();
            sure(&entry, flyer.when, today).0
        };
        assert_eq!(sure_of("May 9, 2026", ""), "high");
        assert_eq!(sure_of("Saturday", "Saturday\nMay 9, 2026"), "low");
    }
}
