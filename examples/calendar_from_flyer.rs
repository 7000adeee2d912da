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
use foveate::batch::{Plan, Source, Sources, in_order};
use foveate::calendar::{Entry, Flyer, ics};
use foveate::when::{Date, Printed};
use foveate::{Model, Typed};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::io::Write;
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
    /// Draw the boxes that the fields were read from (of the picture read last, if several are given).
    #[arg(long, value_name = "OUT.png")]
    overlay: Option<PathBuf>,
    /// Threads for each picture; 0 shares the cores among the pictures.
    #[arg(long, default_value_t = 0)]
    threads: usize,
    /// A file that names pictures, one a line, or - for such a list on standard input.
    #[arg(long, value_name = "LIST")]
    files_from: Option<PathBuf>,
    /// Pictures of flyers.
    #[arg(required_unless_present = "files_from", value_name = "PICTURE")]
    images: Vec<PathBuf>,
}

fn main() -> ExitCode {
    let options = Options::parse();
    let began = Instant::now();
    let single = options.files_from.is_none()
        && matches!(&options.images[..], [one] if one.is_file() || one.as_os_str() == "-");
    let plan = Plan::new(single.then_some(1), options.threads, Plan::cores());
    let how = foveate::Options {
        threads: plan.threads,
        at_once: plan.workers,
        remembered_images: 0,
        ..foveate::Options::default()
    };
    let model = match Model::load_with(&options.model, &how) {
        Ok(model) => model,
        Err(e) => {
            eprintln!("{e}");
            return ExitCode::from(3);
        }
    };
    if options.timing {
        eprintln!("load {:.0} ms", began.elapsed().as_secs_f64() * 1e3);
    }
    match read_all(&model, &options, plan.workers) {
        Ok(failed) => ExitCode::from(u8::from(failed > 0)),
        Err(e) => {
            eprintln!("{e}");
            ExitCode::from(1)
        }
    }
}

/// Prints what was read; how many pictures gave no event.
fn read_all(model: &Model, options: &Options, workers: usize) -> anyhow::Result<usize> {
    let today = options.today.unwrap_or_else(Date::today);
    let listed = options.files_from.as_deref().map(Sources::listed_in);
    let listed = listed.transpose()?.into_iter().flatten();
    let sources = Sources::of(options.images.clone()).chain(listed);
    let work = |source: foveate::Result<Source>| {
        let source = source.map_err(|e| e.to_string())?;
        event(model, &source, today, options).map_err(|e| source.blame(e))
    };
    let (mut entries, mut failed) = (Vec::new(), 0);
    in_order(sources, workers, work, |read| {
        match read {
            Ok((entry, line)) => {
                write!(std::io::stdout(), "{line}")?;
                entries.push(entry);
            }
            Err(e) => {
                eprintln!("{e}");
                failed += 1;
            }
        }
        Ok::<(), std::io::Error>(())
    })?;
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
    let read: Typed<CalendarEvent> = model.look_at(&image)?.read()?;
    if options.timing {
        eprintln!("{}: {}", source.name(), read.timing);
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
