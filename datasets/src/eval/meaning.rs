//! What an answer about a flyer means.

use crate::files::EventTruth;
use foveate_events::{CalendarEvent, Date, Entry, Flyer, Order, Printed, Schedule};

/// What a calendar says of a flyer; what the printed pieces mean by themselves where it announces
/// no event.
pub(super) fn of(flyer: Flyer<'_>, printed: &CalendarEvent) -> EventTruth {
    let Ok(entry) = Entry::from_flyer(flyer, today()) else {
        return normalised(printed);
    };
    EventTruth {
        title: Some(entry.summary),
        date: Some(entry.schedule.date.to_string()),
        start: entry.schedule.start.map(|t| t.to_string()),
        end: entry.schedule.end.map(|t| t.to_string()),
        venue: flyer.place(),
    }
}

/// It only supplies the year of dates that have none.
fn today() -> Date {
    Date::new(2025, 1, 1).expect("a day of the calendar")
}

/// What printed pieces mean by themselves.
pub fn normalised(printed: &CalendarEvent) -> EventTruth {
    let told = |text: &Option<String>| text.clone().filter(|t| !t.trim().is_empty());
    let (date, start, end) = (
        told(&printed.date),
        told(&printed.start),
        told(&printed.end),
    );
    let pieces = Printed {
        // Times can be read without a day, but not by themselves.
        date: Some(date.as_deref().unwrap_or("2025-01-01")),
        start: start.as_deref(),
        end: end.as_deref(),
    };
    let schedule = Schedule::read(pieces, today(), Order::default());
    let schedule = schedule.as_ref();
    EventTruth {
        title: told(&printed.title),
        date: date.and(schedule.map(|s| s.date.to_string())),
        start: start.and(schedule.and_then(|s| s.start).map(|t| t.to_string())),
        end: end.and(schedule.and_then(|s| s.end).map(|t| t.to_string())),
        venue: told(&printed.venue),
    }
}
