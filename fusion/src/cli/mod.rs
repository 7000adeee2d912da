//! Commands and what they share.
mod commands;
mod pictures;

use clap::{Args, CommandFactory, Parser, Subcommand};
use foveate::when::Date;
use foveate::{Mode, Model, Options};
use std::path::PathBuf;
use std::process::ExitCode;

/// Ask questions of pictures, on the machine that holds them.
#[derive(Parser)]
#[command(name = "foveate", version, after_help = EXIT_CODES)]
struct Cli {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    common: Common,
}

const EXIT_CODES: &str = "Exit codes: 0 every picture was answered; 1 some were not (named on standard error); 2 wrong \
usage; 3 the model cannot be loaded.\nPictures are files, folders, patterns such as 'scans/*.jpg', or - for standard input.";

/// Options of every command.
#[derive(Args)]
struct Common {
    /// The model's folder.
    #[arg(long, global = true, default_value = "models/nano")]
    model: PathBuf,
    /// How closely pictures are looked at: auto, rapid, balanced or high.
    #[arg(long, global = true, value_parser = mode)]
    mode: Option<Mode>,
    /// Threads of the graphs; 0 is as many as there are cores.
    #[arg(long, global = true, default_value_t = 0)]
    threads: usize,
    /// The ONNX Runtime library, if it is not to be searched for.
    #[arg(long, global = true, value_name = "FILE")]
    runtime: Option<PathBuf>,
    /// Print where the time went on standard error.
    #[arg(long, global = true)]
    timing: bool,
    /// Print JSON, one object a line.
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Subcommand)]
enum Command {
    /// Answer a question about each picture.
    Ask {
        /// The question.
        prompt: String,
        /// Pictures.
        #[arg(required = true)]
        images: Vec<String>,
    },
    /// Read a value of a JSON Schema off each picture.
    Read {
        /// A file that holds the schema.
        #[arg(long, value_name = "FILE")]
        schema: PathBuf,
        /// Most tokens of an answer.
        #[arg(long)]
        max_tokens: Option<usize>,
        /// Pictures.
        #[arg(required = true)]
        images: Vec<String>,
    },
    /// Turn pictures of flyers into an iCalendar.
    Event {
        /// The day that dates without a year come after; the current day by default.
        #[arg(long)]
        today: Option<Date>,
        /// Pictures.
        #[arg(required = true)]
        images: Vec<String>,
    },
    /// Read the text of each picture.
    Ocr {
        /// Pictures.
        #[arg(required = true)]
        images: Vec<String>,
    },
    /// Answer questions about one picture, read from standard input, one a line.
    Chat {
        /// The picture.
        image: String,
    },
    /// Read each picture several times and say how long each stage takes.
    Bench {
        /// How often.
        #[arg(long, default_value_t = 5)]
        runs: usize,
        /// Guess ahead (speculative decoding).
        #[arg(long)]
        draft: bool,
        /// Pictures.
        #[arg(required = true)]
        images: Vec<String>,
    },
    /// Say what the model is.
    Info,
    /// Print completions for a shell.
    Completions {
        /// The shell.
        shell: clap_complete::Shell,
    },
}

fn mode(text: &str) -> Result<Mode, String> {
    match text {
        "auto" => Ok(Mode::Auto),
        "rapid" => Ok(Mode::Rapid),
        "balanced" => Ok(Mode::Balanced),
        "high" => Ok(Mode::High),
        _ => Err("auto, rapid, balanced or high".into()),
    }
}

/// Parses the command line and carries it out.
pub fn run() -> ExitCode {
    let Cli { command, common } = Cli::parse();
    if let Command::Completions { shell } = command {
        clap_complete::generate(
            shell,
            &mut Cli::command(),
            "foveate",
            &mut std::io::stdout(),
        );
        return ExitCode::SUCCESS;
    }
    let options = Options {
        threads: common.threads,
        mode: common.mode,
        runtime: common.runtime.clone(),
        ..Options::default()
    };
    let model = match Model::load_with(&common.model, &options) {
        Ok(model) => model,
        Err(e) => {
            eprintln!("{e}");
            return ExitCode::from(3);
        }
    };
    match commands::run(&model, command, &common) {
        Ok(failed) => ExitCode::from(u8::from(failed > 0)),
        Err(e) => {
            eprintln!("{e:#}");
            ExitCode::from(1)
        }
    }
}
