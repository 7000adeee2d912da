//! Several questions about a picture, in the terminal.
//!
//! ```text
//! cargo run --release --example chat -- [--model NAME|FOLDER] PICTURE
//! ```
//! The picture is encoded once; each question computes only its own rows.
use clap::Parser;
use foveate::{Image, Model};
use std::io::{BufRead, Write};
use std::path::PathBuf;

#[derive(Parser)]
struct Arguments {
    /// The model: its name, or a path to its folder.
    #[arg(long, default_value = "nano")]
    model: PathBuf,
    picture: PathBuf,
}

fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let model = Model::load(&arguments.model)?;
    let mut session = model.look_at(&Image::open(&arguments.picture)?)?;
    session.prewarm()?;
    let mut out = std::io::stdout().lock();
    write!(out, "> ")?;
    out.flush()?;
    for line in std::io::stdin().lock().lines() {
        let mut stream = session.ask(line?).stream()?;
        for piece in stream.by_ref() {
            write!(out, "{}", piece?)?;
            out.flush()?;
        }
        let (stop, _, usage) = stream.finish();
        writeln!(
            out,
            "\n({stop}; {} rows, {} of them cached)",
            usage.prompt, usage.cached
        )?;
        write!(out, "> ")?;
        out.flush()?;
    }
    Ok(())
}
