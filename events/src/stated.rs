//! How much of a day a text names.
use crate::date::Date;
use crate::read;
use crate::schedule::{Options, Printed};

/// How much of a day a text names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stated {
    /// One of the calendar, or so many days from today.
    Day,
    /// A weekday.
    Weekday(u8),
    /// The day of a month.
    OfMonth(i8),
    /// None.
    Nothing,
}

impl Stated {
    /// Whether `text` names a whole day that this may be a part of.
    pub(crate) fn agrees(self, text: &str, today: Date) -> bool {
        let printed = Printed {
            date: Some(text),
            ..Printed::default()
        };
        let reading = read::read(printed, Options::new(today));
        let day = reading.schedules.first().map(|s| s.date);
        reading.stated == Self::Day
            && day.is_some_and(|day| match self {
                Self::Weekday(weekday) => day.weekday() == weekday,
                Self::OfMonth(number) => day.day() == number,
                // Nothing speaks for it but itself.
                Self::Day | Self::Nothing => reading.is_sure(),
            })
    }
}
