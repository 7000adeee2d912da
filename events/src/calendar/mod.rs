//! Events as iCalendar (RFC 5545).
mod address;
mod entry;
mod flyer;
mod ics;
mod lines;
mod place;
mod receipt;
mod timezone;
mod title;
mod transcript;
mod venue;

pub use entry::{Entry, NoEvent};
pub use flyer::{CalendarEvent, Flyer};
pub use ics::{Ics, ics};

#[cfg(test)]
mod tests;
#[cfg(test)]
mod titles;
