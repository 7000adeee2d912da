//! Pictures of flyers become a calendar.
//!
//! ```text
//! cargo run --release --example calendar_from_flyer -- [--model DIR] [--today YYYY-MM-DD] [--json] [--timing] [--overlay OUT.png] IMAGE...
//! ```
//! Prints one iCalendar with an event for each picture, or with `--json` an object a line with what was read. Nothing else
//! goes to standard output. Exit codes: 0, every picture gave an event; 1, some did not (each is named on standard error);
//! 2, wrong usage; 3, the model cannot be loaded.
use clap::Parser;
use foveate::calendar::{Entry, Flyer, ics};
use foveate::when::{Date, Printed};
use foveate::{Image, Model, Typed};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

/// What is to be read off a flyer, word for word.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
struct CalendarEvent {
    title: Option<String>,
    date: Option<String>,
    start: Option<String>,
    end: Option<String>,
    venue: Option<String>,
}

#[derive(Parser)]
struct Options {
    /// The model's folder.
    #[arg(long, default_value = "models/nano")]
    model: PathBuf,
    /// The day that dates without a year come after; the current day by default.
    #[arg(long)]
    today: Option<Date>,
    /// Print a JSON object for each picture instead of a calendar.
    #[arg(long)]
    json: bool,
    /// Print where the time went on standard error.
    #[arg(long)]
    timing: bool,
    /// Draw the boxes that the fields were read from (of the last picture, if several are given).
    #[arg(long, value_name = "OUT.png")]
    overlay: Option<PathBuf>,
    /// Pictures of flyers.
    #[arg(required = true, value_name = "IMAGE")]
    images: Vec<PathBuf>,
}

fn main() -> ExitCode {
    let options = Options::parse();
    let began = Instant::now();
    let model = match Model::load(&options.model) {
        Ok(model) => model,
        Err(e) => {
            eprintln!("{e}");
            return ExitCode::from(3);
        }
    };
    if options.timing {
        eprintln!("load {:.0} ms", began.elapsed().as_secs_f64() * 1e3);
    }
    let today = options.today.unwrap_or_else(Date::today);
    let mut entries = Vec::new();
    for path in &options.images {
        match event(&model, path, today, &options) {
            Ok(entry) => entries.push(entry),
            Err(e) => eprintln!("{}: {e}", path.display()),
        }
    }
    if !options.json && !entries.is_empty() {
        print!("{}", ics(&entries, today));
    }
    ExitCode::from(u8::from(entries.len() < options.images.len()))
}

fn event(model: &Model, path: &PathBuf, today: Date, options: &Options) -> anyhow::Result<Entry> {
    let image = Image::open(path)?;
    let read: Typed<CalendarEvent> = model.look_at(&image)?.read()?;
    if options.timing {
        eprintln!("{}: {}", path.display(), read.timing);
    }
    if let Some(out) = &options.overlay {
        foveate::draw_boxes(&image, read.fields.iter().map(|f| f.1), out)?;
    }
    let CalendarEvent {
        title,
        date,
        start,
        end,
        venue,
    } = &read.value;
    let entry = Entry::from_flyer(
        Flyer {
            title: title.as_deref(),
            when: Printed {
                date: date.as_deref(),
                start: start.as_deref(),
                end: end.as_deref(),
            },
            venue: venue.as_deref(),
            transcript: read.transcript.as_deref(),
        },
        today,
    )?;
    if options.json {
        println!("{}", json(path, &read.value, &entry)?);
    }
    Ok(entry)
}

fn json(path: &PathBuf, read: &CalendarEvent, entry: &Entry) -> anyhow::Result<serde_json::Value> {
    let mut line = serde_json::json!({"file": path});
    let fields = serde_json::to_value(read)?;
    for (name, value) in fields.as_object().into_iter().flatten() {
        line[name] = value.clone();
    }
    line["starts"] = entry.starts().into();
    line["ends"] = entry.ends().into();
    Ok(line)
}
