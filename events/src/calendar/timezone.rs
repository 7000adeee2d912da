//! VTIMEZONE: the rules of the zones that a calendar's times are written in.
use super::lines::{Lines, offset};
use crate::date::Date;
use crate::zone::{Region, Zone};

/// The first year of the rules: they are written as if they had always held.
const SINCE: i16 = 1970;

/// The name of a zone in a calendar: that of its region; of an offset in whole hours the one that
/// the time zone database has; of any other one of our own.
pub(super) fn name(zone: Zone) -> String {
    match zone {
        Zone::Region(region) => region.name.to_owned(),
        // The database counts these west of Greenwich.
        Zone::Offset(east) if east % 60 == 0 => format!("Etc/GMT{:+}", -east / 60),
        Zone::Offset(east) => format!("UTC{}", offset(east)),
    }
}

/// The rules of a zone.
pub(super) fn write(lines: &mut Lines, zone: Zone) {
    lines.add("BEGIN", "VTIMEZONE");
    lines.add("TZID", &name(zone));
    match zone {
        Zone::Offset(east) => fixed(lines, &name(zone), east),
        Zone::Region(region) => rules(lines, region),
    }
    lines.add("END", "VTIMEZONE");
}

fn fixed(lines: &mut Lines, name: &str, east: i16) {
    lines.add("BEGIN", "STANDARD");
    lines.add("DTSTART", &format!("{SINCE}0101T000000"));
    lines.add("TZOFFSETFROM", &offset(east));
    lines.add("TZOFFSETTO", &offset(east));
    lines.add("TZNAME", name);
    lines.add("END", "STANDARD");
}

fn rules(lines: &mut Lines, region: &Region) {
    let Some(posix) = Posix::parse(region.posix) else {
        return fixed(lines, region.name, 0);
    };
    let (name, east) = posix.standard;
    let Some((summer, begin, end)) = posix.summer else {
        return fixed(lines, name, east);
    };
    observance(lines, "DAYLIGHT", (summer, east, east + 60), begin);
    observance(lines, "STANDARD", (name, east + 60, east), end);
}

/// When one of the two begins each year: its name, the offset before, its own.
fn observance(lines: &mut Lines, kind: &str, (name, from, to): (&str, i16, i16), change: Change) {
    lines.add("BEGIN", kind);
    lines.add("DTSTART", &change.first());
    let nth = if change.week == 5 { -1 } else { change.week };
    let rule = format!("FREQ=YEARLY;BYMONTH={};BYDAY={nth}SU", change.month);
    lines.add("RRULE", &rule);
    lines.add("TZOFFSETFROM", &offset(from));
    lines.add("TZOFFSETTO", &offset(to));
    lines.add("TZNAME", name);
    lines.add("END", kind);
}

/// A Sunday of a month on which clocks are changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Change {
    month: i8,
    /// 1 to 5; 5 is the last.
    week: i8,
    /// On the clocks before the change.
    hour: i8,
}

impl Change {
    /// `M3.2.0/2`; the hour is 2 where none stands.
    fn parse(text: &str) -> Option<Self> {
        let (day, hour) = text.split_once('/').unwrap_or((text, "2"));
        let mut numbers = day.strip_prefix('M')?.split('.');
        let mut number = || numbers.next()?.parse().ok();
        let (month, week, weekday): (i8, i8, i8) = (number()?, number()?, number()?);
        (weekday == 0).then_some(Self {
            month,
            week,
            hour: hour.parse().ok()?,
        })
    }

    /// The first such moment.
    fn first(self) -> String {
        let days = (1..=31).filter_map(|day| Date::new(SINCE, self.month, day));
        let mut sundays = days.filter(|d| d.weekday() == 6);
        let day = match self.week {
            5 => sundays.next_back(),
            week => sundays.nth(week as usize - 1),
        };
        let day = day.map_or(1, Date::day);
        format!("{SINCE}{:02}{day:02}T{:02}0000", self.month, self.hour)
    }
}

/// A zone's rules as POSIX writes them: `CET-1CEST,M3.5.0,M10.5.0/3`.
struct Posix<'a> {
    /// Name, and minutes east of Greenwich.
    standard: (&'a str, i16),
    /// Name; when it begins and ends. It is an hour ahead.
    summer: Option<(&'a str, Change, Change)>,
}

impl<'a> Posix<'a> {
    fn parse(text: &'a str) -> Option<Self> {
        let mut parts = text.split(',');
        let (name, rest) = abbreviation(parts.next()?)?;
        let digits = rest
            .find(|c: char| c.is_ascii_alphabetic())
            .unwrap_or(rest.len());
        let (west, summer) = rest.split_at(digits);
        let (hours, minutes) = west.split_once(':').unwrap_or((west, "0"));
        let (hours, minutes): (i16, i16) = (hours.parse().ok()?, minutes.parse().ok()?);
        let west = hours * 60
            + if west.starts_with('-') {
                -minutes
            } else {
                minutes
            };
        let change = |part: Option<&str>| part.and_then(Change::parse);
        let changes = change(parts.next()).zip(change(parts.next()));
        Some(Self {
            standard: (name, -west),
            summer: changes.map(|(begin, end)| (summer, begin, end)),
        })
    }
}

/// `CET`, or `<+03>` without its brackets, and the rest.
fn abbreviation(text: &str) -> Option<(&str, &str)> {
    if let Some(bracketed) = text.strip_prefix('<') {
        return bracketed.split_once('>');
    }
    let end = text.find(|c: char| !c.is_ascii_alphabetic())?;
    Some(text.split_at(end))
}
