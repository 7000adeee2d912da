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
use foveate::batch::{Plan, Source, Sources, in_order};
use foveate::{Image, Model, Session, StopReason, Timing};
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

#[derive(Parser)]
struct Options {
    /// The model's folder.
    #[arg(long, default_value = "models/nano")]
    model: PathBuf,
    /// Threads for each picture; 0 shares the cores among the pictures.
    #[arg(long, default_value_t = 0)]
    threads: usize,
    /// Print where the time went on standard error.
    #[arg(long)]
    timing: bool,
    /// Draw the boxes of the lines (of the picture read last, if several are given).
    #[arg(long, value_name = "OUT.png")]
    overlay: Option<PathBuf>,
    /// A file that names pictures, one a line, or - for such a list on standard input.
    #[arg(long, value_name = "LIST")]
    files_from: Option<PathBuf>,
    /// Pictures with text.
    #[arg(required_unless_present = "files_from", value_name = "PICTURE")]
    images: Vec<PathBuf>,
}

fn main() -> ExitCode {
    let options = Options::parse();
    let single = options.files_from.is_none()
        && matches!(&options.images[..], [one] if one.is_file() || one.as_os_str() == "-");
    let plan = Plan::new(single.then_some(1), options.threads, Plan::cores());
    let model = foveate::Options {
        threads: plan.threads,
        at_once: plan.workers,
        remembered_images: 0,
        ..foveate::Options::default()
    };
    match Model::load_with(&options.model, &model) {
        Ok(model) => match read_all(&model, &options, plan.workers, single) {
            Ok(failed) => ExitCode::from(u8::from(failed > 0)),
            Err(e) => {
                eprintln!("{e}");
                ExitCode::from(1)
            }
        },
        Err(e) => {
            eprintln!("{e}");
            ExitCode::from(3)
        }
    }
}

/// How many pictures could not be read.
fn read_all(
    model: &Model,
    options: &Options,
    workers: usize,
    single: bool,
) -> anyhow::Result<usize> {
    let listed = options.files_from.as_deref().map(Sources::listed_in);
    let listed = listed.transpose()?.into_iter().flatten();
    let sources = Sources::of(options.images.clone()).chain(listed);
    let work = |source: foveate::Result<Source>| {
        let source = source.map_err(|e| e.to_string())?;
        let text = if single {
            stream(model, &source, options).map(|()| String::new())
        } else {
            whole(model, &source, options)
        };
        text.map_err(|e| source.blame(e))
    };
    let mut failed = 0;
    in_order(sources, workers, work, |text| {
        match text {
            Ok(text) => write!(std::io::stdout(), "{text}")?,
            Err(e) => {
                eprintln!("{e}");
                failed += 1;
            }
        }
        Ok::<(), std::io::Error>(())
    })?;
    Ok(failed)
}

/// Prints the text as it is read.
fn stream(model: &Model, source: &Source, options: &Options) -> anyhow::Result<()> {
    let image = source.open()?;
    let mut session = model.look_at(&image)?;
    let mut out = std::io::stdout().lock();
    let mut stream = session.stream_ocr()?;
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
    let reading = session.ocr()?;
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
    if options.timing {
        eprintln!("{}: {timing}", image.name());
    }
    if let Some(overlay) = &options.overlay {
        let lines = session.last_lines();
        foveate::draw_boxes(image, lines.iter().filter_map(|l| l.region), overlay)?;
    }
    Ok(())
}
