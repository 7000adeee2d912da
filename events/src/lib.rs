//! Dates and times as people print them, and events for calendars.
#![forbid(unsafe_code)]

mod calendar;
mod date;
mod read;
mod repeat;
mod schedule;
mod told;
mod zone;

pub use calendar::{CalendarEvent, Entry, Flyer, Ics, NoEvent, ics};
pub use date::{Date, Order, Time};
pub use repeat::{Every, Repeat};
pub use schedule::{Confidence, Figures, Options, Printed, Reading, Schedule, Several};
pub use zone::{Region, Zone};
