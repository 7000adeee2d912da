//! Days, printed in the many ways of flyers.

use crate::dice::Dice;
use crate::words::{MONTHS, WEEKDAYS, ordinal};

/// A day of the Gregorian calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Day {
    /// Year.
    pub year: i32,
    /// Month, 1..=12.
    pub month: i32,
    /// Day, 1..=31.
    pub day: i32,
}

impl Day {
    /// A day in a year of our time.
    pub fn any(dice: &mut Dice) -> Self {
        let year = if dice.chance(0.85) {
            dice.int(2024, 2028)
        } else {
            dice.int(1998, 2035)
        };
        let month = dice.int(1, 12);
        Self {
            year,
            month,
            day: dice.int(1, days_in(year, month)),
        }
    }

    /// A day in the weeks around another.
    pub fn near(self, dice: &mut Dice, least: i32, most: i32) -> Self {
        let mut day = self;
        for _ in 0..dice.int(least, most).abs() {
            day = if most > 0 { day.next() } else { day.previous() };
        }
        day
    }

    fn next(self) -> Self {
        if self.day < days_in(self.year, self.month) {
            return Self {
                day: self.day + 1,
                ..self
            };
        }
        if self.month < 12 {
            Self {
                month: self.month + 1,
                day: 1,
                ..self
            }
        } else {
            Self {
                year: self.year + 1,
                month: 1,
                day: 1,
            }
        }
    }

    fn previous(self) -> Self {
        if self.day > 1 {
            return Self {
                day: self.day - 1,
                ..self
            };
        }
        let (year, month) = if self.month > 1 {
            (self.year, self.month - 1)
        } else {
            (self.year - 1, 12)
        };
        Self {
            year,
            month,
            day: days_in(year, month),
        }
    }

    /// 0 is Monday (Sakamoto's method).
    pub fn weekday(self) -> usize {
        const SHIFT: [i32; 12] = [0, 3, 2, 5, 0, 3, 5, 1, 4, 6, 2, 4];
        let year = if self.month < 3 {
            self.year - 1
        } else {
            self.year
        };
        let sunday_first =
            (year + year / 4 - year / 100 + year / 400 + SHIFT[self.month as usize - 1] + self.day)
                % 7;
        ((sunday_first + 6) % 7) as usize
    }

    /// `YYYY-MM-DD`, or `--MM-DD`.
    pub fn value(self, with_year: bool) -> String {
        if with_year {
            format!("{:04}-{:02}-{:02}", self.year, self.month, self.day)
        } else {
            format!("--{:02}-{:02}", self.month, self.day)
        }
    }
}

fn days_in(year: i32, month: i32) -> i32 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        _ => 31,
    }
}

/// How one flyer writes days, times and money throughout.
#[derive(Clone, Copy, Debug)]
pub struct Habits {
    /// 1:00 to 24:00 on the clock.
    pub h24: bool,
    /// May 3 and not 3 May.
    pub month_first: bool,
    /// Whether the year is printed.
    pub year: bool,
    /// Style of clock times, 0..100.
    pub clock: usize,
}

impl Habits {
    /// The habits of a random flyer.
    pub fn any(dice: &mut Dice) -> Self {
        let h24 = dice.chance(0.27);
        let month_first = dice.chance(if h24 { 0.25 } else { 0.68 });
        Self {
            h24,
            month_first,
            year: dice.chance(0.45),
            clock: dice.below(100),
        }
    }
}

/// A printed day: its text, and its value, which has a year only if the text has.
pub fn day(dice: &mut Dice, d: Day, habits: Habits) -> (String, String) {
    let (text, with_year) = match dice.below(100) {
        0..=9 => numeric(dice, d, habits),
        10..=12 => (d.value(true), true),
        _ if habits.month_first => month_first(dice, d, habits.year),
        _ => day_first(dice, d, habits.year),
    };
    (text, d.value(with_year))
}

/// Names of weekday and month, long or short.
fn names(dice: &mut Dice, d: Day) -> (String, String) {
    let (weekday, month) = (WEEKDAYS[d.weekday()], MONTHS[d.month as usize - 1]);
    let dot = if dice.chance(0.3) { "." } else { "" };
    match dice.below(10) {
        0..=5 => (weekday.into(), month.into()),
        6 => (weekday.into(), short_month(month, dot)),
        7 => (
            format!("{}{dot}", short_weekday(dice, weekday)),
            month.into(),
        ),
        _ => (
            format!("{}{dot}", short_weekday(dice, weekday)),
            short_month(month, dot),
        ),
    }
}

fn short_weekday(dice: &mut Dice, weekday: &str) -> String {
    match weekday {
        "Thursday" if dice.chance(0.5) => "Thurs".into(),
        "Tuesday" if dice.chance(0.3) => "Tues".into(),
        _ => weekday[..3].into(),
    }
}

fn short_month(month: &str, dot: &str) -> String {
    match month {
        "May" => "May".into(),
        "September" => format!("Sept{dot}"),
        "June" | "July" if dot.is_empty() => month.into(),
        _ => format!("{}{dot}", &month[..3]),
    }
}

fn month_first(dice: &mut Dice, d: Day, year: bool) -> (String, bool) {
    let (weekday, month) = names(dice, d);
    let (n, y) = (d.day, d.year);
    let nth = if dice.chance(0.4) { ordinal(n) } else { "" };
    let head = match dice.below(10) {
        0..=3 => format!("{weekday}, "),
        4 | 5 => format!("{weekday} "),
        6 if dice.chance(0.5) => format!("{weekday} | "),
        _ => String::new(),
    };
    let core = format!("{head}{month} {n}{nth}");
    if !year {
        return (core, false);
    }
    match dice.below(8) {
        0 => (format!("{core} {y}"), true),
        1 if head.contains('|') => (format!("{core} | {y}"), true),
        2 if y >= 2000 => (format!("{core} '{:02}", y % 100), true),
        _ => (format!("{core}, {y}"), true),
    }
}

fn day_first(dice: &mut Dice, d: Day, year: bool) -> (String, bool) {
    let (weekday, month) = names(dice, d);
    let (n, y) = (d.day, d.year);
    let nth = if dice.chance(0.4) { ordinal(n) } else { "" };
    let head = match dice.below(10) {
        0..=3 => format!("{weekday} "),
        4 | 5 => format!("{weekday}, "),
        6 => format!("{weekday} the "),
        _ => String::new(),
    };
    let zero = if nth.is_empty() && dice.chance(0.15) {
        format!("{n:02}")
    } else {
        n.to_string()
    };
    let of = if head.ends_with("the ") || (!nth.is_empty() && dice.chance(0.3)) {
        "of "
    } else {
        ""
    };
    let nth = if head.ends_with("the ") {
        ordinal(n)
    } else {
        nth
    };
    let day = if nth.is_empty() {
        zero
    } else {
        format!("{n}{nth}")
    };
    let core = format!("{head}{day} {of}{month}");
    if year {
        (
            format!("{core}{} {y}", if dice.chance(0.1) { "," } else { "" }),
            true,
        )
    } else {
        (core, false)
    }
}

/// Only figures; never so that the reader would have to guess which is the month (13/4 and 4/13 say
/// it themselves, 4/5 means April and is not used with 24-hour times, which are at home where it
/// means May; with dots the day is first).
fn numeric(dice: &mut Dice, d: Day, habits: Habits) -> (String, bool) {
    let (n, m, y) = (d.day, d.month, d.year);
    let short = format!("{:02}", y % 100);
    let weekday = WEEKDAYS[d.weekday()];
    let head = match dice.below(5) {
        0 => format!("{weekday}, "),
        1 => format!("{} ", &weekday[..3]),
        _ => String::new(),
    };
    let year = if y < 2000 || dice.chance(0.6) {
        y.to_string()
    } else {
        short
    };
    let around_the_clock = habits.h24 && n <= 12;
    if around_the_clock || (!habits.month_first && (n <= 12 || dice.chance(0.5))) {
        let (text, with) = match dice.below(4) {
            0 => (format!("{n}.{m}.{year}"), true),
            1 => (format!("{n:02}.{m:02}.{year}"), true),
            2 => (format!("{n}. {m}. {y}"), true),
            _ => (format!("{n:02}.{m:02}."), false),
        };
        return (head + &text, with);
    }
    let (a, b) = if habits.month_first { (m, n) } else { (n, m) };
    let (text, with) = match dice.below(4) {
        0 => (format!("{a}/{b}/{year}"), true),
        1 => (format!("{a:02}/{b:02}/{year}"), true),
        2 => (format!("{a}/{b}"), false),
        _ => (format!("{a:02}-{b:02}-{y}"), true),
    };
    (head + &text, with)
}

/// Several days in a row, with the value of the first.
pub fn days(dice: &mut Dice, d: Day, habits: Habits) -> Option<(String, String)> {
    let last = d.day + dice.int(1, 3);
    if last > 28 {
        return None;
    }
    let month = MONTHS[d.month as usize - 1];
    let dash = dice.pick(&["-", "–", " - ", " – ", " & ", " to "]);
    let year = if habits.year {
        d.year.to_string()
    } else {
        String::new()
    };
    let text = if habits.month_first {
        format!(
            "{month} {}{dash}{last}{}{year}",
            d.day,
            if habits.year { ", " } else { "" }
        )
    } else {
        format!("{}{dash}{last} {month} {year}", d.day)
    };
    Some((text.trim_end().to_string(), d.value(habits.year)))
}
