//! The text of pictures, in reading order.
//!
//! ```text
//! cargo run --release --example ocr -- [--model DIR] [--threads N] [--timing] [--overlay OUT.png] [--files-from LIST] PICTURE...
//! ```
//! A picture is a file, a folder, a pattern such as 'scans/*.jpg', or - for standard input. One is printed as it is read;
//! several are read at once and printed in order, each under its name.
//!
//! Exit codes: 0, every picture was read; 1, some could not be (each is named on standard error); 2, wrong usage; 3, the
//! model cannot be loaded.
use clap::Parser;
use foveate::batch::Source;
use foveate::{Image, Model, Session, StopReason, Timing};
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

mod pictures;
use pictures::Pictures;

#[derive(Parser)]
struct Options {
    #[command(flatten)]
    pictures: Pictures,
    /// Draw the boxes of the lines (of the picture read last, if several are given).
    #[arg(long, value_name = "OUT.png")]
    overlay: Option<PathBuf>,
}

fn main() -> ExitCode {
    let options = Options::parse();
    let read = |model: &Model| read_all(model, &options);
    options.pictures.with_model(read)
}

/// How many pictures could not be read.
fn read_all(model: &Model, options: &Options) -> anyhow::Result<usize> {
    let single = options.pictures.is_single();
    let work = |source: &Source| {
        if single {
            stream(model, source, options).map(|()| String::new())
        } else {
            whole(model, source, options)
        }
    };
    let print = |text: String| write!(std::io::stdout(), "{text}");
    options.pictures.each(work, print)
}

/// Prints the text as it is read.
fn stream(model: &Model, source: &Source, options: &Options) -> anyhow::Result<()> {
    let image = source.open()?;
    let mut session = model.look_at(&image)?;
    let mut out = std::io::stdout().lock();
    let mut stream = session.ocr().stream()?;
    for piece in stream.by_ref() {
        out.write_all(piece?.as_bytes())?;
        out.flush()?;
    }
    let (stop, timing, _) = stream.finish();
    writeln!(out)?;
    told(&session, &image, stop, &timing, options)
}

/// The text under the picture's name.
fn whole(model: &Model, source: &Source, options: &Options) -> anyhow::Result<String> {
    let image = source.open()?;
    let mut session = model.look_at(&image)?;
    let reading = session.ocr().run()?;
    told(&session, &image, reading.stop, &reading.timing, options)?;
    Ok(format!("== {}\n{}\n", image.name(), reading.text))
}

/// What is told and drawn besides the text.
fn told(
    session: &Session,
    image: &Image,
    stop: StopReason,
    timing: &Timing,
    options: &Options,
) -> anyhow::Result<()> {
    if !stop.is_complete() {
        eprintln!("{}: not all was read: {stop}", image.name());
    }
    if options.pictures.timing {
        eprintln!("{}: {timing}", image.name());
    }
    if let Some(overlay) = &options.overlay {
        let lines = session.last_lines();
        foveate::draw_boxes(image, lines.iter().filter_map(|l| l.region), overlay)?;
    }
    Ok(())
}
