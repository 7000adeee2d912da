//! Events that come again.
use crate::date::Date;
use std::fmt::Write;

/// How often.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Every {
    /// Every day.
    Day,
    /// Every week, on some weekdays.
    Week,
    /// Every month, on some of its weekdays: the first Friday.
    Month,
}

/// When an event comes again, as far as RFC 5545 recurrence rules are needed for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Repeat {
    /// How often.
    pub every: Every,
    /// Every so many days, weeks or months; at least 1.
    pub interval: u8,
    /// Bit 0 is Monday.
    pub weekdays: u8,
    /// Which of the month's weekdays, for [`Every::Month`]: bit 0 is the first, bit 4 the fifth,
    /// bit 5 the last.
    pub nth: u8,
    /// The last day on which it may take place.
    pub until: Option<Date>,
}

/// Bit of the last weekday of a month.
pub(crate) const LAST: u8 = 1 << 5;

/// How far ahead the next day is looked for: a fifth Friday comes within a few months.
const DAYS_AHEAD: i32 = 400;

impl Repeat {
    /// The first day on or after `from` on which it takes place.
    #[must_use]
    pub fn first(&self, from: Date) -> Option<Date> {
        let days = (0..DAYS_AHEAD).map(|days| from.plus_days(days));
        let until = |d: &Date| self.until.is_none_or(|last| *d <= last);
        days.take_while(until).find(|d| self.takes_place(*d))
    }

    fn takes_place(&self, day: Date) -> bool {
        let weekday = self.weekdays & (1 << day.weekday()) > 0;
        match self.every {
            Every::Day => true,
            Every::Week => weekday,
            Every::Month => weekday && self.nth & nth_of(day) > 0,
        }
    }

    /// The value of an RRULE property, without UNTIL: its form depends on that of DTSTART.
    #[must_use]
    pub fn rule(&self) -> String {
        let mut rule = String::from(match self.every {
            Every::Day => "FREQ=DAILY",
            Every::Week => "FREQ=WEEKLY",
            Every::Month => "FREQ=MONTHLY",
        });
        if self.interval > 1 {
            let _ = write!(rule, ";INTERVAL={}", self.interval);
        }
        if self.every != Every::Day {
            let _ = write!(rule, ";BYDAY={}", self.by_day());
        }
        rule
    }

    fn by_day(&self) -> String {
        const NAMES: [&str; 7] = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"];
        let named = |bit: usize| self.weekdays & (1 << bit) > 0;
        let days = NAMES.iter().enumerate().filter(|(bit, _)| named(*bit));
        let numbers: Vec<&str> = match self.every {
            Every::Month => ["1", "2", "3", "4", "5", "-1"]
                .into_iter()
                .enumerate()
                .filter(|(bit, _)| self.nth & (1 << bit) > 0)
                .map(|(_, number)| number)
                .collect(),
            _ => vec![""],
        };
        let each = |(_, day): (usize, &&str)| {
            let numbered = numbers.iter().map(|number| format!("{number}{day}"));
            numbered.collect::<Vec<_>>()
        };
        days.flat_map(each).collect::<Vec<_>>().join(",")
    }
}

/// The bits of `nth` that are true of a day.
pub(crate) fn nth_of(day: Date) -> u8 {
    let nth = 1 << ((day.day() - 1) / 7);
    let last = day.day() + 7 > day.month_days();
    nth | if last { LAST } else { 0 }
}
