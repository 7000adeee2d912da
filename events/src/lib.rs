//! Dates and times as people print them, and events for calendars.
//!
//! A flyer says `SAT 02 MAY` and `7-10pm`, `vom 30.10. bis 1.11.`, `1er et 3e jeudis du mois`; this
//! crate says what that means, in English, German, French, Spanish, Italian, Portuguese and Dutch,
//! and writes it as iCalendar.
//!
//! ```
//! use foveate_events::{Date, Order, Printed, Schedule};
//!
//! let today: Date = "2026-04-22".parse()?;
//! let printed = Printed { date: Some("SAT 02 MAY"), start: Some("7-10pm"), end: None };
//! let schedule = Schedule::read(printed, today, Order::default()).ok_or("no day")?;
//! assert_eq!(schedule.date.to_string(), "2026-05-02");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Text is cut into numbers, words and signs. Each may mean several things: `mar.` is March or
//! Tuesday, `6` a day, an hour, or the number of a room. The reading that explains most of the text
//! at least cost is taken; [`Reading`] also has what no reading explains, and how sure it is. Time
//! and memory grow with the length of the text; of a field the first 16 KiB are read.
//!
//! What is decided how, where print is ambiguous:
//! - **No year**: the next such date on or after today, unless its weekday says otherwise: then the
//!   year in which it falls on that weekday, half a year back at most. A range that goes on today
//!   has begun. A year counts only beside its day and month; `since 1974` is none.
//! - **Figures only**: `2026-05-03` is year first. With dots the day is first; with slashes or
//!   hyphens the month is ([`Order::MonthFirst`]), but the day if the text is in another language
//!   than English or counts hours to 24. What is no date that way, or does not fall on its weekday,
//!   or makes a range of months, is read the other way. [`Reading::figures`] says which it was.
//! - **No am or pm**: a start takes the half of the day that its end names (`7-10pm` is 19:00,
//!   `10-2pm` is 10:00); else a part of the day decides (`Sunday morning`); else 1 to 8 are after
//!   noon and 9 to 12 before it, unless the hour is written the 24-hour way (`08:30`, `19h`).
//! - **An end at or before the start** is on the next day.
//! - **Doors and show**: the show is the start.
//! - **Several days**: days in a row are one event; of others the first counts, or each
//!   ([`Several`]).
//! - **A time given in two zones** is that in the first.
#![forbid(unsafe_code)]

mod calendar;
mod date;
mod read;
mod repeat;
mod schedule;
mod stated;
mod zone;

pub use calendar::{CalendarEvent, Entry, Flyer, Ics, NoEvent, ics};
pub use date::{Date, Order, Time};
pub use repeat::{Every, Repeat};
pub use schedule::{Confidence, Figures, Options, Printed, Reading, Schedule, Several};
pub use zone::{Region, Zone};
