//! Events written as iCalendar.
use super::Entry;
use super::lines::Lines;
use super::timezone;
use crate::date::{Date, Time};
use crate::schedule::Schedule;
use crate::zone::{Region, Zone};

/// How to write a calendar. Classic Outlook opens it without a warning: METHOD, PRODID, UID and
/// DTSTAMP are there, every TZID has its VTIMEZONE. (It does warn of times of day without a zone
/// in calendars that it subscribes to; give [`Ics::local`] for those.)
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ics {
    /// The day of the time stamps.
    pub stamp: Date,
    /// The region whose time is meant where an event names no zone; without it such times are those
    /// of whoever looks at the calendar, as RFC 5545 has it ("floating").
    pub local: Option<&'static Region>,
}

/// One calendar of all entries; `today` is its time stamp. Times have no zone where the flyer names
/// none.
#[must_use]
pub fn ics(entries: &[Entry], today: Date) -> String {
    let calendar = Ics {
        stamp: today,
        local: None,
    };
    calendar.write(entries)
}

/// How a moment is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Clock {
    /// Without a zone.
    Floating,
    /// In Greenwich time, of clocks that are so many minutes ahead of it.
    Utc(i16),
    Zoned(Zone),
}

impl Ics {
    /// One calendar of all entries.
    #[must_use]
    pub fn write(&self, entries: &[Entry]) -> String {
        let mut lines = Lines::default();
        lines.add("BEGIN", "VCALENDAR");
        lines.add("VERSION", "2.0");
        lines.add("PRODID", "-//foveate//foveate-events//EN");
        lines.add("CALSCALE", "GREGORIAN");
        lines.add("METHOD", "PUBLISH");
        for zone in self.zones(entries) {
            timezone::write(&mut lines, zone);
        }
        for entry in entries {
            self.event(&mut lines, entry);
        }
        lines.add("END", "VCALENDAR");
        lines.finish()
    }

    /// The zones of all entries, each once.
    fn zones(&self, entries: &[Entry]) -> Vec<Zone> {
        let mut zones = Vec::new();
        for entry in entries.iter().filter(|e| e.schedule.start.is_some()) {
            match self.clock(&entry.schedule) {
                Clock::Zoned(zone) if !zones.contains(&zone) => zones.push(zone),
                _ => {}
            }
        }
        zones
    }

    /// An offset is written in Greenwich time, which every calendar understands; an event that
    /// comes again keeps its own clock, as its weekday may be another in Greenwich.
    fn clock(&self, schedule: &Schedule) -> Clock {
        match (schedule.region.or(self.local), schedule.zone) {
            (Some(region), _) if schedule.region.is_some() => Clock::Zoned(Zone::Region(region)),
            (_, Some(0)) => Clock::Utc(0),
            (_, Some(east)) if schedule.repeat.is_some() => Clock::Zoned(Zone::Offset(east)),
            (_, Some(east)) => Clock::Utc(east),
            (Some(region), None) => Clock::Zoned(Zone::Region(region)),
            (None, None) => Clock::Floating,
        }
    }

    fn event(&self, lines: &mut Lines, entry: &Entry) {
        let s = &entry.schedule;
        let clock = self.clock(s);
        lines.add("BEGIN", "VEVENT");
        lines.add("UID", &uid(entry));
        let midnight = Time { hour: 0, minute: 0 };
        lines.add("DTSTAMP", &stamp(self.stamp, midnight, Clock::Utc(0)));
        lines.add_text("SUMMARY", &entry.summary);
        moment(lines, "DTSTART", s.date, s.start, clock);
        if let Some((date, time)) = end(s) {
            moment(lines, "DTEND", date, time, clock);
        }
        if let Some(rule) = rule(s, clock) {
            lines.add("RRULE", &rule);
        }
        if let (None, Some(end)) = (s.start, s.end) {
            lines.add_text("DESCRIPTION", &format!("Ends at {end}"));
        }
        if let Some(location) = entry.whole_location() {
            lines.add_text("LOCATION", &location);
        }
        lines.add("END", "VEVENT");
    }
}

/// The end that is written, which is the first moment or day after the event. Where an event of
/// several days names the time at which it begins but not that at which it ends, it ends with its
/// last day; where it names only the time at which it ends, it is one of whole days.
fn end(s: &Schedule) -> Option<(Date, Option<Time>)> {
    let midnight = Time { hour: 0, minute: 0 };
    match (s.start, s.end, s.last) {
        (Some(_), Some(end), last) => Some((last.unwrap_or(s.date), Some(end))),
        (Some(_), None, Some(last)) => Some((last.tomorrow(), Some(midnight))),
        (Some(_), None, None) => None,
        (None, _, last) => Some((last.unwrap_or(s.date).tomorrow(), None)),
    }
}

fn rule(s: &Schedule, clock: Clock) -> Option<String> {
    let repeat = s.repeat?;
    let Some(until) = repeat.until else {
        return Some(repeat.rule());
    };
    let last = Time {
        hour: 23,
        minute: 59,
    };
    // It has the form of DTSTART, but is written in Greenwich time if that has a zone.
    let until = match (s.start, clock) {
        (None, _) => day(until),
        (Some(_), Clock::Zoned(zone)) => stamp(until, last, Clock::Utc(zone.offset(until, last))),
        (Some(_), clock) => stamp(until, last, clock),
    };
    Some(format!("{};UNTIL={until}", repeat.rule()))
}

/// The same event gets the same name, so that a calendar that already has it keeps one (FNV-1a).
fn uid(entry: &Entry) -> String {
    let place = entry.location.as_deref().unwrap_or_default();
    let text = format!("{}\n{}\n{place}", entry.summary, entry.starts());
    let hash = text.bytes().fold(0xcbf2_9ce4_8422_2325u64, |h, b| {
        (h ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3)
    });
    format!("{hash:016x}@foveate")
}

fn moment(lines: &mut Lines, name: &str, date: Date, time: Option<Time>, clock: Clock) {
    let Some(time) = time else {
        return lines.add(&format!("{name};VALUE=DATE"), &day(date));
    };
    match clock {
        Clock::Zoned(zone) => {
            let name = format!("{name};TZID={}", timezone::name(zone));
            lines.add(&name, &stamp(date, time, Clock::Floating));
        }
        clock => lines.add(name, &stamp(date, time, clock)),
    }
}

/// `20260503`.
fn day(date: Date) -> String {
    date.to_string().replace('-', "")
}

/// `20260503T190000`, or in Greenwich time `20260503T170000Z`.
fn stamp(date: Date, time: Time, clock: Clock) -> String {
    let (east, sign) = match clock {
        Clock::Utc(east) => (east, "Z"),
        Clock::Floating | Clock::Zoned(_) => (0, ""),
    };
    let (date, minutes) = date.plus_minutes(time.minutes() - i32::from(east));
    format!(
        "{}T{:02}{:02}00{sign}",
        day(date),
        minutes / 60,
        minutes % 60
    )
}
