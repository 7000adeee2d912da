//! Pictures of flyers become a calendar.
//!
//! ```text
//! cargo run --release --example calendar_from_flyer -- [--model DIR] [--today YYYY-MM-DD] [--json] [--timing] [--overlay OUT.png] [--threads N] [--files-from LIST] PICTURE...
//! ```
//! A picture is a file, a folder, a pattern such as 'flyers/*.jpg', or - for standard input. Several are read at once.
//! Prints one iCalendar with an event for each picture, or with `--json` an object a line with what was read. Nothing else
//! goes to standard output. Exit codes: 0, every picture gave an event; 1, some did not (each is named on standard error);
//! 2, wrong usage; 3, the model cannot be loaded.
use clap::Parser;
use foveate::batch::Source;
use foveate::{Model, Typed};
use foveate_events::{CalendarEvent, Date, Entry, ics};
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

mod pictures;
use pictures::Pictures;

#[derive(Parser)]
struct Options {
    #[command(flatten)]
    pictures: Pictures,
    /// The day that dates without a year come after; the current day by default.
    #[arg(long)]
    today: Option<Date>,
    /// Print a JSON object for each picture instead of a calendar.
    #[arg(long)]
    json: bool,
    /// Draw the boxes that the fields were read from (of the picture read last, if several are given).
    #[arg(long, value_name = "OUT.png")]
    overlay: Option<PathBuf>,
}

fn main() -> ExitCode {
    let options = Options::parse();
    let read = |model: &Model| read_all(model, &options);
    options.pictures.with_model(read)
}

/// Prints what was read; how many pictures gave no event.
fn read_all(model: &Model, options: &Options) -> anyhow::Result<usize> {
    let today = options.today.unwrap_or_else(Date::today);
    let mut entries = Vec::new();
    let failed = options.pictures.each(
        |source| event(model, source, today, options),
        |(entry, line)| {
            entries.push(entry);
            write!(std::io::stdout(), "{line}")
        },
    )?;
    if !options.json && !entries.is_empty() {
        write!(std::io::stdout(), "{}", ics(&entries, today))?;
    }
    Ok(failed)
}

/// The entry of a flyer, and the line of JSON if it is wanted.
fn event(
    model: &Model,
    source: &Source,
    today: Date,
    options: &Options,
) -> anyhow::Result<(Entry, String)> {
    let image = source.open()?;
    let read: Typed<CalendarEvent> = model.look_at(&image)?.read().run()?;
    if options.pictures.timing {
        eprintln!("{}: {}", source.name(), read.timing);
    }
    if let Some(out) = &options.overlay {
        foveate::draw_boxes(&image, read.fields.iter().map(|f| f.1), out)?;
    }
    let flyer = read.value.as_flyer(read.transcript.as_deref());
    let entry = Entry::from_flyer(flyer, today)?;
    let line = match options.json {
        true => format!("{}\n", json(&source.name(), &read.value, &entry)?),
        false => String::new(),
    };
    Ok((entry, line))
}

fn json(file: &str, read: &CalendarEvent, entry: &Entry) -> anyhow::Result<serde_json::Value> {
    let mut line = serde_json::json!({"file": file});
    let fields = serde_json::to_value(read)?;
    for (name, value) in fields.as_object().into_iter().flatten() {
        line[name] = value.clone();
    }
    line["starts"] = entry.starts().into();
    line["ends"] = entry.ends().into();
    Ok(line)
}
