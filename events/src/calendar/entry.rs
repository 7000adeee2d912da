//! Events of calendars.
use super::address::{self, is_part};
use super::receipt::{is_in_figures, is_receipt};
use super::{CalendarEvent, Flyer};
use crate::date::{Date, Time};
use crate::schedule::{Options, Schedule};

/// An event for a calendar.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// What takes place.
    pub summary: String,
    /// When.
    pub schedule: Schedule,
    /// Where.
    pub location: Option<String>,
    /// The street and town that the page names, as far as `location` does not tell them.
    pub address: Option<String>,
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
    /// All the text is a receipt, and the day is that of the purchase.
    #[error("no event: the text is a receipt")]
    Receipt,
    /// What was read for the day is none.
    #[error("no event: {0:?} is not a date")]
    NotADate(String),
}

impl Entry {
    /// The event that a flyer announces, as of `today`; the first of several.
    ///
    /// # Errors
    /// Where the flyer names no title or no day, and where a till printed it.
    pub fn from_flyer(flyer: Flyer<'_>, today: Date) -> Result<Self, NoEvent> {
        let bought = flyer.when.date.is_none_or(is_in_figures);
        if bought && flyer.transcript.is_some_and(is_receipt) {
            return Err(NoEvent::Receipt);
        }
        let summary = flyer.name(Options::new(today)).ok_or(NoEvent::NoTitle)?;
        let location = flyer.location();
        let missing = || tidy(flyer.when.date).map_or(NoEvent::NoDate, NoEvent::NotADate);
        Ok(Self {
            summary,
            schedule: flyer.schedule(today).ok_or_else(missing)?,
            address: address::beyond(&flyer, location.as_deref()),
            location,
        })
    }

    /// An event for each of the days that a flyer names which are not in a row, if
    /// [`Options::several`] says so.
    ///
    /// # Errors
    /// Where the flyer names no title or no day.
    pub fn all_from_flyer(flyer: Flyer<'_>, options: Options) -> Result<Vec<Self>, NoEvent> {
        let first = Self::from_flyer(flyer, options.today)?;
        let schedules = flyer.reading(options).schedules;
        let each = |schedule| Self {
            schedule,
            ..first.clone()
        };
        Ok(schedules.into_iter().map(each).collect())
    }

    /// The fields as the calendar has them: the title without the lines of a day that were read
    /// with it, and the place that the page tells where another line was taken for it.
    #[must_use]
    pub fn fields(&self, read: CalendarEvent) -> CalendarEvent {
        CalendarEvent {
            title: Some(self.summary.clone()),
            venue: self.location.clone().or(read.venue),
            ..read
        }
    }

    /// Where, with the address: `Town Hall, 4 Mill Lane`.
    #[must_use]
    pub fn whole_location(&self) -> Option<String> {
        match (self.location.as_deref(), self.address.as_deref()) {
            (Some(location), Some(address)) if !is_part(location, address) => {
                Some(format!("{location}, {address}"))
            }
            (location, address) => address.or(location).map(str::to_owned),
        }
    }

    /// The first moment, as in `2026-05-03T19:00`, or the first day.
    #[must_use]
    pub fn starts(&self) -> String {
        moment(self.schedule.date, self.schedule.start)
    }

    /// The last moment, or the last day where there is another than the first and no time of its
    /// end is known; `None` where no end is given.
    #[must_use]
    pub fn ends(&self) -> Option<String> {
        let s = &self.schedule;
        match (s.end, s.last) {
            (Some(end), last) => Some(moment(last.unwrap_or(s.date), Some(end))),
            (None, last) => last.map(|last| moment(last, None)),
        }
    }
}

fn tidy(text: Option<&str>) -> Option<String> {
    let text = text.map(str::trim).filter(|t| !t.is_empty());
    text.map(str::to_owned)
}

fn moment(date: Date, time: Option<Time>) -> String {
    time.map_or_else(|| date.to_string(), |time| format!("{date}T{time}"))
}
