//! Several questions about a picture, in the terminal.
//!
//! ```text
//! cargo run --release --example chat -- MODEL_DIR IMAGE
//! ```
//! The picture is encoded once; each question computes only its own rows.
use foveate::{Image, Model};
use std::io::{BufRead, Write};

fn main() -> anyhow::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let (Some(dir), Some(picture)) = (arguments.next(), arguments.next()) else {
        anyhow::bail!("usage: chat MODEL_DIR IMAGE");
    };
    let model = Model::load(dir)?;
    let mut session = model.look_at(&Image::open(picture)?)?;
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
