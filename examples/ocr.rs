//! The text of a picture, printed as it is read.
//!
//! ```text
//! cargo run --release --example ocr -- [--model NAME|FOLDER] [--overlay OUT.png] PICTURE
//! ```
//! `foveate ocr` does the same for many pictures at once.
use clap::Parser;
use foveate::{Image, Model};
use std::io::Write;
use std::path::PathBuf;

#[derive(Parser)]
struct Arguments {
    /// The model: its name, or a path to its folder.
    #[arg(long, default_value = "nano")]
    model: PathBuf,
    /// Draw the boxes of the lines into this file.
    #[arg(long, value_name = "OUT.png")]
    overlay: Option<PathBuf>,
    picture: PathBuf,
}

fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let image = Image::open(&arguments.picture)?;
    let mut session = Model::load(&arguments.model)?.look_at(&image)?;
    let mut out = std::io::stdout().lock();
    let mut stream = session.ocr().stream()?;
    for piece in stream.by_ref() {
        write!(out, "{}", piece?)?;
        out.flush()?;
    }
    let (stop, timing, _) = stream.finish();
    writeln!(out, "\n({stop}; {timing})")?;
    if let Some(overlay) = &arguments.overlay {
        let lines = session.last_lines();
        foveate::draw_boxes(&image, lines.iter().filter_map(|l| l.region), overlay)?;
    }
    Ok(())
}
