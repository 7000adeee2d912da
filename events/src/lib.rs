//! Dates and times as people print them, and events for calendars.
#![forbid(unsafe_code)]

pub mod calendar;
pub mod when;
