//! When an event takes place.
use crate::date::{Date, Order, Time};
use crate::read;
use crate::repeat::Repeat;
use crate::stated::Stated;
use crate::zone::Region;

/// What a flyer says of the time of its event, each as printed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Printed<'a> {
    /// The day; times may stand beside it.
    pub date: Option<&'a str>,
    /// The beginning; a number alone is an hour.
    pub start: Option<&'a str>,
    /// The end: a time, a day, or both.
    pub end: Option<&'a str>,
}

/// When an event takes place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Schedule {
    /// The first day; of an event that comes again, the next.
    pub date: Date,
    /// The beginning; `None` for an event of whole days.
    pub start: Option<Time>,
    /// The last day, where it is another than the first.
    pub last: Option<Date>,
    /// The end.
    pub end: Option<Time>,
    /// Minutes east of Greenwich on that day, where the flyer names a zone.
    pub zone: Option<i16>,
    /// The region whose clocks go like that, where the zone is one of a region.
    pub region: Option<&'static Region>,
    /// How it comes again.
    pub repeat: Option<Repeat>,
}

/// How to read dates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    /// The day that dates without a year come after.
    pub today: Date,
    /// Which comes first in figures, where nothing else says so.
    pub order: Order,
    /// What becomes of several days that are not in a row.
    pub several: Several,
}

impl Options {
    /// The usual ones, as of that day.
    #[must_use]
    pub fn new(today: Date) -> Self {
        Self {
            today,
            order: Order::default(),
            several: Several::default(),
        }
    }
}

/// What becomes of several days that are not in a row ("May 9 and May 23").
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Several {
    /// The first of them counts.
    #[default]
    First,
    /// Each is an event of its own.
    Each,
}

/// How sure a reading is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Confidence {
    /// Figures are left that nothing explains, or the date is a guess.
    Low,
    /// A choice was made: of the order of figures, of a name with letters read wrongly, against a
    /// weekday.
    Medium,
    /// Everything fits.
    High,
}

/// Which of two figures was taken for the month.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Figures {
    /// The order taken.
    pub order: Order,
    /// Whether the other order was possible, too, and no weekday and no other date spoke for
    /// either: language, 24-hour times, dots or the caller's wish decided.
    pub ambiguous: bool,
}

/// What was made of printed dates and times.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reading {
    /// The events; none where no day is named, at most one with [`Several::First`].
    pub schedules: Vec<Schedule>,
    /// How sure they are.
    pub confidence: Confidence,
    /// The words and figures of the date and of the start that belong to no date and no time, in
    /// their order, with single spaces.
    pub unexplained: String,
    /// How a date in figures was read.
    pub figures: Option<Figures>,
    pub(crate) stated: Stated,
    /// Whether two figures are all that names the day: neither a year nor a weekday.
    pub(crate) bare: bool,
    pub(crate) effort: usize,
}

impl Schedule {
    /// What the printed pieces mean, as of `today`; `None` where they name no day. Of several days
    /// that are not in a row it is the first.
    #[must_use]
    pub fn read(printed: Printed<'_>, today: Date, order: Order) -> Option<Self> {
        let options = Options {
            order,
            ..Options::new(today)
        };
        Reading::of(printed, options).schedules.first().copied()
    }
}

impl Reading {
    /// Whether a day is named that may count wherever on a flyer it stands.
    pub(crate) fn is_sure(&self) -> bool {
        !self.schedules.is_empty() && !self.bare && self.confidence > Confidence::Low
    }

    /// Whether nothing is left unexplained.
    pub(crate) fn explains_all(&self) -> bool {
        self.unexplained.is_empty()
    }

    /// What the printed pieces mean.
    #[must_use]
    pub fn of(printed: Printed<'_>, options: Options) -> Self {
        read::read(printed, options)
    }

    /// How many readings were looked at: what the time taken grows with.
    #[must_use]
    pub fn effort(&self) -> usize {
        self.effort
    }
}
