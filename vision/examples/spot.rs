//! Spots the text of pictures and prints one JSON object a picture.
//!
//! ```text
//! cargo run --release -p foveate-vision --example spot -- [OPTION...] PICTURE...
//! ```
//! `--model DIR` is the bundle (`models/base`), `--threads N` the threads of an operator.
//! `--text` prints lines of text instead, `--timing` prints seconds to standard error. A picture
//! that cannot be read is reported there and skipped; the exit status is then 1.
use std::{
    path::PathBuf,
    process::ExitCode,
    time::{Duration, Instant},
};

use foveate_onnx::GraphOptions;
use foveate_vision::{Limits, Pixels, Spotted, Spotter, SpotterConfig};
use serde::{Deserialize, Serialize};

/// What the command line asks for.
struct Wish {
    model: PathBuf,
    graphs: GraphOptions,
    text: bool,
    timing: bool,
    pictures: Vec<PathBuf>,
}

/// The part of a bundle's `config.json` that is used here.
#[derive(Deserialize)]
struct Bundle {
    spotter: SpotterConfig,
}

/// What is printed of a picture.
#[derive(Serialize)]
struct Printed<'a> {
    picture: String,
    size: [u32; 2],
    #[serde(flatten)]
    spotted: &'a Spotted,
}

fn main() -> ExitCode {
    match run(&wish()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("spot: {error}");
            ExitCode::FAILURE
        }
    }
}

fn wish() -> Wish {
    let mut wish = Wish {
        model: "models/base".into(),
        graphs: GraphOptions::default(),
        text: false,
        timing: false,
        pictures: Vec::new(),
    };
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        match word.as_str() {
            "--model" => wish.model = words.next().unwrap_or_default().into(),
            "--threads" => {
                wish.graphs.threads = words.next().and_then(|n| n.parse().ok()).unwrap_or(0);
            }
            "--text" => wish.text = true,
            "--timing" => wish.timing = true,
            _ => wish.pictures.push(word.into()),
        }
    }
    wish
}

/// Whether every picture could be read.
fn run(wish: &Wish) -> Result<bool, Box<dyn std::error::Error>> {
    let begin = Instant::now();
    let config = std::fs::read(wish.model.join("config.json"))?;
    let bundle: Bundle = serde_json::from_slice(&config)?;
    let spotter = Spotter::open(&wish.model, &bundle.spotter, &wish.graphs)?;
    if wish.timing {
        eprintln!("load {}", seconds(begin.elapsed()));
    }
    let mut all = true;
    for path in &wish.pictures {
        let begin = Instant::now();
        match spot(wish, path, &spotter) {
            Ok(()) if wish.timing => {
                eprintln!("{} {}", seconds(begin.elapsed()), path.display());
            }
            Ok(()) => {}
            Err(error) => {
                eprintln!("spot: {error}");
                all = false;
            }
        }
    }
    Ok(all)
}

fn spot(wish: &Wish, path: &PathBuf, spotter: &Spotter) -> Result<(), Box<dyn std::error::Error>> {
    let pixels = Pixels::open(path, &Limits::default())?;
    let spotted = spotter.spot(&pixels)?;
    if wish.text {
        for line in &spotted.lines {
            println!("{}", line.text);
        }
        return Ok(());
    }
    let printed = Printed {
        picture: path.display().to_string(),
        size: [pixels.width(), pixels.height()],
        spotted: &spotted,
    };
    println!("{}", serde_json::to_string(&printed)?);
    Ok(())
}

fn seconds(time: Duration) -> String {
    format!("{:.3} s", time.as_secs_f64())
}
