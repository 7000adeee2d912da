//! The text of pictures, in reading order, as it is read.
//!
//! ```text
//! cargo run --release --example ocr -- [--model DIR] [--timing] [--overlay OUT.png] IMAGE...
//! ```
//! Exit codes: 0, every picture was read; 1, some could not be (each is named on standard error); 2, wrong usage; 3, the
//! model cannot be loaded.
use clap::Parser;
use foveate::{Image, Model};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

#[derive(Parser)]
struct Options {
    /// The model's folder.
    #[arg(long, default_value = "models/nano")]
    model: PathBuf,
    /// Print where the time went on standard error.
    #[arg(long)]
    timing: bool,
    /// Draw the boxes of the lines (of the last picture, if several are given).
    #[arg(long, value_name = "OUT.png")]
    overlay: Option<PathBuf>,
    /// Pictures with text.
    #[arg(required = true, value_name = "IMAGE")]
    images: Vec<PathBuf>,
}

fn main() -> ExitCode {
    let options = Options::parse();
    let model = match Model::load(&options.model) {
        Ok(model) => model,
        Err(e) => {
            eprintln!("{e}");
            return ExitCode::from(3);
        }
    };
    let mut failed = false;
    for path in &options.images {
        if let Err(e) = read(&model, path, &options) {
            eprintln!("{}: {e}", path.display());
            failed = true;
        }
    }
    ExitCode::from(u8::from(failed))
}

fn read(model: &Model, path: &Path, options: &Options) -> anyhow::Result<()> {
    let image = Image::open(path)?;
    let mut session = model.look_at(&image)?;
    let mut out = std::io::stdout().lock();
    if options.images.len() > 1 {
        writeln!(out, "== {}", path.display())?;
    }
    let mut stream = session.stream_ocr()?;
    for piece in stream.by_ref() {
        out.write_all(piece?.as_bytes())?;
        out.flush()?;
    }
    let (stop, timing, _) = stream.finish();
    writeln!(out)?;
    if !stop.is_complete() {
        eprintln!("{}: not all was read: {stop}", path.display());
    }
    if options.timing {
        eprintln!("{}: {timing}", path.display());
    }
    if let Some(overlay) = &options.overlay {
        let lines = session.last_lines();
        foveate::draw_boxes(&image, lines.iter().filter_map(|l| l.region), overlay)?;
    }
    Ok(())
}
