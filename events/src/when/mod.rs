//! Dates and times as people print them, turned into those that calendars understand.
//!
//! A model copies what stands on a flyer (`SAT 03 MAY`, `7-10pm`); this module says what it means. It knows English, German,
//! French, Spanish and Italian names. Its rules, where print is ambiguous:
//! - **No year**: the next such date on or after `today`. A weekday does not change that.
//! - **Figures only**: `2026-05-03` is year first; with dots the day is first; with slashes or hyphens the month is first
//!   ([`Order::MonthFirst`]) unless that is no date, a weekday or a 24-hour time speaks for the other, or the caller does.
//! - **No am or pm**: a start takes the half of the day that its end names (`7-10pm` is 19:00, `10-2pm` is 10:00); else
//!   1 to 8 are after noon and 9 to 12 before it, unless the hour is written the 24-hour way (`08:30`, `19h`, `9 Uhr`).
//! - **An end at or before the start** is on the next day.
//! - **Doors and show**: the show is the start.
mod date;
mod days;
mod scan;
mod time;
mod words;

use days::Day;
use std::fmt;
use std::str::FromStr;

/// A day of the Gregorian calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date(jiff::civil::Date);

/// A time of day, to the minute.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Time {
    /// 0 to 23.
    pub hour: u8,
    /// 0 to 59.
    pub minute: u8,
}

/// Which comes first in `03/05/2026`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Order {
    /// The month, as in the United States.
    #[default]
    MonthFirst,
    /// The day, as nearly everywhere else.
    DayFirst,
}

/// What a flyer says of the time of its event, each as printed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Printed<'a> {
    /// The day.
    pub date: Option<&'a str>,
    /// The beginning.
    pub start: Option<&'a str>,
    /// The end.
    pub end: Option<&'a str>,
}

/// When an event takes place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Schedule {
    /// The first day.
    pub date: Date,
    /// The beginning; `None` for an event of whole days.
    pub start: Option<Time>,
    /// The last day, where it is another than the first.
    pub last: Option<Date>,
    /// The end.
    pub end: Option<Time>,
    /// Minutes east of Greenwich, where the flyer names a zone.
    pub zone: Option<i16>,
}

impl Date {
    /// A day; `None` where the calendar has none such.
    #[must_use]
    pub fn new(year: i16, month: i8, day: i8) -> Option<Self> {
        jiff::civil::Date::new(year, month, day).ok().map(Self)
    }

    /// The current day on this machine's clock.
    #[must_use]
    pub fn today() -> Self {
        Self(jiff::Zoned::now().date())
    }

    /// The year.
    #[must_use]
    pub fn year(self) -> i16 {
        self.0.year()
    }

    /// The month, 1 to 12.
    #[must_use]
    pub fn month(self) -> i8 {
        self.0.month()
    }

    /// The day, 1 to 31.
    #[must_use]
    pub fn day(self) -> i8 {
        self.0.day()
    }

    /// Days since Monday, 0 to 6.
    #[must_use]
    pub fn weekday(self) -> u8 {
        self.0.weekday().to_monday_zero_offset() as u8
    }

    /// The day that many minutes after its midnight, and the minutes into that day.
    pub(crate) fn plus_minutes(self, minutes: i32) -> (Self, i32) {
        let days = minutes.div_euclid(24 * 60);
        let day = self
            .0
            .checked_add(jiff::Span::new().days(days))
            .unwrap_or(self.0);
        (Self(day), minutes.rem_euclid(24 * 60))
    }

    /// The day after.
    #[must_use]
    pub fn tomorrow(self) -> Self {
        Self(self.0.tomorrow().unwrap_or(self.0))
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:04}-{:02}-{:02}",
            self.year(),
            self.month(),
            self.day()
        )
    }
}

impl FromStr for Date {
    type Err = String;

    fn from_str(s: &str) -> Result<Self, String> {
        s.parse()
            .map(Self)
            .map_err(|e| format!("{s:?} is not a date of the form YYYY-MM-DD: {e}"))
    }
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}:{:02}", self.hour, self.minute)
    }
}

impl Schedule {
    /// What the printed pieces mean, as of `today`; `None` where they name no day.
    #[must_use]
    pub fn read(printed: Printed<'_>, today: Date, order: Order) -> Option<Self> {
        let date_text = scan::scan(printed.date?);
        let (days, rest) = date::find(&date_text);
        let (start_text, end_text) = (printed.start.map(scan::scan), printed.end.map(scan::scan));
        let span = time::find(start_text.as_deref(), end_text.as_deref())
            .or_else(|| time::find_strong(&rest));
        let order = if span.as_ref().is_some_and(|s| s.around_the_clock) {
            Order::DayFirst
        } else {
            order
        };
        let (date, last) = days?.resolve(today, order)?;
        let (start, end) = span.as_ref().map_or((None, None), |s| (s.start, s.end));
        let zone = [start_text.as_deref(), end_text.as_deref(), Some(&date_text)]
            .into_iter()
            .flatten()
            .find_map(time::zone);
        let over_midnight = start.zip(end).is_some_and(|(s, e)| e <= s) && last.is_none();
        let last = last.or_else(|| over_midnight.then(|| date.tomorrow()));
        Some(Self {
            date,
            start,
            last,
            end,
            zone,
        })
    }
}

/// How much of a day a text names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Told {
    /// One of the calendar, or so many days from today.
    Day,
    /// A weekday.
    Weekday(u8),
    /// The day of a month.
    OfMonth(i8),
    /// None.
    Nothing,
}

/// How much of a day `text` names.
pub(crate) fn told(text: &str) -> Told {
    match date::find(&scan::scan(text)).0.map(|d| d.first) {
        Some(Day::Weekday(weekday)) => Told::Weekday(weekday),
        Some(Day::Calendar {
            month: None, day, ..
        }) => Told::OfMonth(day),
        Some(Day::Calendar { .. } | Day::Figures { .. } | Day::Relative(_)) => Told::Day,
        None => Told::Nothing,
    }
}

impl Told {
    /// Whether `text` names a whole day that this may be a part of.
    pub(crate) fn agrees(self, text: &str, today: Date) -> bool {
        let printed = Printed {
            date: Some(text),
            ..Printed::default()
        };
        let day = Schedule::read(printed, today, Order::default()).map(|s| s.date);
        told(text) == Told::Day
            && day.is_some_and(|day| match self {
                Told::Weekday(weekday) => day.weekday() == weekday,
                Told::OfMonth(number) => day.day() == number,
                Told::Day | Told::Nothing => true,
            })
    }
}

#[cfg(test)]
mod tests;
