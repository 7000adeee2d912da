//! Any text is a date or none, and an event or none; the calendar of it has short lines.
//!
//! `cargo fuzz run dates` in this folder's parent; the corpus holds a text of each field
//! between line feeds. `cargo run --release -p foveate-events --example mutated_dates` needs no
//! nightly.
#![no_main]

use foveate_events::{Date, Entry, Flyer, Options, Printed, Several, ics};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let mut lines = text.split('\n');
    let when = Printed { date: lines.next(), start: lines.next(), end: lines.next() };
    let Some(today) = Date::new(2026, 4, 22) else { return };
    let options = Options { several: Several::Each, ..Options::new(today) };
    let headlines = [text.to_owned()];
    let all = Some(text);
    let flyer = Flyer { title: all, when, venue: all, transcript: all, headlines: &headlines };
    let Ok(entries) = Entry::all_from_flyer(flyer, options) else { return };
    assert!(ics(&entries, today).split_terminator("\r\n").all(|line| line.len() <= 75));
});
