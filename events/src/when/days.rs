//! Days as far as they are printed, and which of the calendar they are.
use super::{Date, Order};

/// A day as far as it is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Day {
    /// Month and day, or only the day of a month.
    Calendar {
        year: Option<i16>,
        month: Option<i8>,
        day: i8,
    },
    /// Two figures that may be month and day either way round.
    Figures { year: Option<i16>, a: i8, b: i8 },
    /// Only a weekday.
    Weekday(u8),
    /// Days from today.
    Relative(i8),
}

/// One or several days in a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Days {
    pub(super) first: Day,
    pub(super) last: Option<Day>,
    pub(super) weekday: Option<u8>,
}

impl Days {
    /// The first day, and the last where it is another.
    pub(super) fn resolve(self, today: Date, order: Order) -> Option<(Date, Option<Date>)> {
        let first = resolve(self.first, self.weekday, today, order)?;
        let last = self
            .last
            .and_then(|last| resolve(last, None, first, order))
            .filter(|last| *last > first);
        Some((first, last))
    }
}

/// How far ahead a date without a year may lie: 29 February comes again within eight years.
const YEARS_AHEAD: i16 = 8;

fn resolve(day: Day, weekday: Option<u8>, today: Date, order: Order) -> Option<Date> {
    match day {
        Day::Calendar {
            year: Some(year),
            month,
            day,
        } => Date::new(year, month?, day),
        Day::Calendar {
            year: None,
            month: Some(month),
            day,
        } => next(month, day, today),
        Day::Calendar {
            year: None,
            month: None,
            day,
        } => {
            let days = std::iter::successors(Some(today), |d| Some(d.tomorrow())).take(366 * 2);
            let mut same = days.filter(|d| d.day() == day);
            let first = same.clone().next();
            weekday
                .and_then(|w| same.find(|d| d.weekday() == w))
                .or(first)
        }
        Day::Figures { year, a, b } => {
            let date = |month: i8, day: i8| {
                year.map_or_else(|| next(month, day, today), |y| Date::new(y, month, day))
            };
            let (month_first, day_first) = (date(a, b), date(b, a));
            let fits = |d: &Option<Date>| d.is_some_and(|d| Some(d.weekday()) == weekday);
            match (fits(&month_first), fits(&day_first), order) {
                (true, false, _) => month_first,
                (false, true, _) => day_first,
                (_, _, Order::MonthFirst) => month_first.or(day_first),
                (_, _, Order::DayFirst) => day_first.or(month_first),
            }
        }
        Day::Weekday(weekday) => std::iter::successors(Some(today), |d| Some(d.tomorrow()))
            .take(7)
            .find(|d| d.weekday() == weekday),
        Day::Relative(days) => {
            std::iter::successors(Some(today), |d| Some(d.tomorrow())).nth(days as usize)
        }
    }
}

fn next(month: i8, day: i8, today: Date) -> Option<Date> {
    (today.year()..=today.year() + YEARS_AHEAD)
        .filter_map(|year| Date::new(year, month, day))
        .find(|d| *d >= today)
}
