//! Pictures of flyers become a calendar. It is the command `foveate event`.
//!
//! ```text
//! cargo run --release --example calendar_from_flyer -- [--today YYYY-MM-DD] [--json] [--timing]
//!     [--overlay OUT.png] [--threads N] [--files-from LIST] [--model NAME|FOLDER] PICTURE...
//! ```
//! A picture is a file, a folder, a pattern such as 'flyers/*.jpg', or - for standard input.
//! Several are read at once. Prints one iCalendar with an event for each picture, or with `--json`
//! an object a line with what was read. Nothing else goes to standard output. Exit codes: 0, every
//! picture gave an event; 1, some did not (each is named on standard error); 2, wrong usage; 3, the
//! model cannot be loaded.
//!
//! What it does with one picture, in a program of your own:
//!
//! ```no_run
//! use foveate::{Image, Model, Typed};
//! use foveate_events::{CalendarEvent, Date, Entry, ics};
//!
//! let today = Date::today();
//! let mut session = Model::load("nano")?.look_at(&Image::open("flyer.png")?)?;
//! let read: Typed<CalendarEvent> = session.read().run()?;
//! let flyer = read.value.as_flyer(read.transcript.as_deref()).with_headlines(&read.headlines);
//! print!("{}", ics(&[Entry::from_flyer(flyer, today)?], today));
//! # anyhow::Ok(())
//! ```
use std::process::ExitCode;

fn main() -> ExitCode {
    let mut arguments: Vec<_> = std::env::args_os().collect();
    arguments.insert(1.min(arguments.len()), "event".into());
    foveate_cli::run_from(arguments)
}
