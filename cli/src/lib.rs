//! The command line of foveate: commands, and what they share.
#![forbid(unsafe_code)]

mod bench;
mod commands;
mod many;

use anyhow::{Context, Result};
use clap::{Args, CommandFactory, Parser, Subcommand};
use foveate::readers::glyph::Rules;
use foveate::{Mode, Model, Options, Session};
use foveate_events::Date;
use many::Job;
use std::path::{Path, PathBuf};
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

const EXIT_CODES: &str = "\
Exit codes: 0 every picture was answered; 1 some were not (each is named on standard error, the others are answered all \
the same); 2 wrong usage; 3 the model or its adapter cannot be loaded.\n\
Pictures are files, folders, patterns such as 'scans/*.jpg', or - for the bytes of one on standard input. Several are \
answered at once, on all cores, and printed in the order they are named.";

/// Options of every command.
#[derive(Args)]
struct Common {
    /// The model's folder.
    #[arg(long, global = true, default_value = "models/nano")]
    model: PathBuf,
    /// What the decoder was taught for one kind of picture: the name of an adapter that came with the model (`info` names
    /// them).
    #[arg(long, global = true, value_name = "NAME")]
    adapter: Option<String>,
    /// How closely pictures are looked at: auto, rapid, balanced or high.
    #[arg(long, global = true, value_parser = mode)]
    mode: Option<Mode>,
    /// Threads for each picture; as many pictures are answered at once as leaves no core idle. 0 shares the cores among the
    /// pictures.
    #[arg(long, global = true, default_value_t = 0)]
    threads: usize,
    /// The ONNX Runtime library, if it is not to be searched for.
    #[arg(long, global = true, value_name = "FILE")]
    runtime: Option<PathBuf>,
    /// The thresholds of reading: `off`, or a JSON file with those that differ from the usual.
    #[arg(long, global = true, value_name = "off|FILE")]
    rules: Option<PathBuf>,
    /// Print where the time went on standard error.
    #[arg(long, global = true)]
    timing: bool,
    /// Print JSON, one object a line.
    #[arg(long, global = true)]
    json: bool,
}

/// The pictures of a command.
#[derive(Args)]
struct Pictures {
    /// Files, folders, patterns such as 'scans/*.jpg', or - for a picture on standard input.
    #[arg(value_name = "PICTURE", required_unless_present = "files_from")]
    images: Vec<PathBuf>,
    /// A file that names pictures, one a line, or - for such a list on standard input.
    #[arg(long, value_name = "FILE")]
    files_from: Option<PathBuf>,
}

impl Pictures {
    /// What is wrong with them before any is looked for.
    fn misuse(&self) -> Option<&'static str> {
        let is_input = |path: &&PathBuf| path.as_path() == Path::new("-");
        let inputs = self.images.iter().chain(&self.files_from);
        (inputs.filter(is_input).count() > 1)
            .then_some("standard input can be one picture or one list, and is named several times")
    }
}

#[derive(Subcommand)]
enum Command {
    /// Answer a question about each picture.
    #[command(after_help = EXIT_CODES)]
    Ask {
        /// The question.
        prompt: String,
        #[command(flatten)]
        pictures: Pictures,
    },
    /// Read a value of a JSON Schema off each picture.
    #[command(after_help = EXIT_CODES)]
    Read {
        /// A file that holds the schema.
        #[arg(long, value_name = "FILE")]
        schema: PathBuf,
        /// Most tokens of an answer.
        #[arg(long)]
        max_tokens: Option<usize>,
        #[command(flatten)]
        pictures: Pictures,
    },
    /// Turn pictures of flyers into an iCalendar.
    #[command(after_help = EXIT_CODES)]
    Event {
        /// The day that dates without a year come after; the current day by default.
        #[arg(long)]
        today: Option<Date>,
        #[command(flatten)]
        pictures: Pictures,
    },
    /// Read the text of each picture.
    #[command(after_help = EXIT_CODES)]
    Ocr {
        #[command(flatten)]
        pictures: Pictures,
    },
    /// Answer questions about one picture, read from standard input, one a line.
    Chat {
        /// The picture.
        image: PathBuf,
    },
    /// Read each picture several times and say how long each stage takes, what a second question costs, and with --adapter
    /// what it takes to swap that in.
    Bench {
        /// How often.
        #[arg(long, default_value_t = 5)]
        runs: usize,
        /// Read without guessing ahead (speculative decoding) too, and say what it is worth.
        #[arg(long)]
        speculation: bool,
        #[command(flatten)]
        pictures: Pictures,
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

impl Command {
    fn pictures(&self) -> Option<&Pictures> {
        match self {
            Self::Ask { pictures, .. }
            | Self::Read { pictures, .. }
            | Self::Event { pictures, .. }
            | Self::Ocr { pictures }
            | Self::Bench { pictures, .. } => Some(pictures),
            Self::Chat { .. } | Self::Info | Self::Completions { .. } => None,
        }
    }

    /// The pictures, looked up; those of a benchmark one by one.
    fn job(&self, threads: usize) -> Result<Option<Job>> {
        let job = self.pictures().map(|pictures| Job::new(pictures, threads));
        let alone = matches!(self, Self::Bench { .. });
        let job = job.transpose()?;
        Ok(job.map(|job| if alone { job.one_by_one(threads) } else { job }))
    }
}

/// Parses the command line and carries it out.
pub fn run() -> ExitCode {
    let Cli { command, common } = Cli::parse();
    if let Command::Completions { shell } = command {
        let mut out = std::io::stdout();
        clap_complete::generate(shell, &mut Cli::command(), "foveate", &mut out);
        return ExitCode::SUCCESS;
    }
    if let Some(misuse) = command.pictures().and_then(Pictures::misuse) {
        let kind = clap::error::ErrorKind::ArgumentConflict;
        Cli::command().error(kind, misuse).exit();
    }
    match carry_out(&command, &common) {
        Ok(code) => code,
        Err(e) => {
            eprintln!("{e:#}");
            ExitCode::from(1)
        }
    }
}

fn carry_out(command: &Command, common: &Common) -> Result<ExitCode> {
    let job = command.job(common.threads)?;
    let plan = job.as_ref().map(|job| job.plan);
    let options = Options {
        threads: plan.map_or(common.threads, |plan| plan.threads),
        at_once: plan.map_or(1, |plan| plan.workers),
        mode: common.mode,
        runtime: common.runtime.clone(),
        // Each picture is shown once.
        remembered_images: 0,
        rules: rules(common.rules.as_deref())?,
        ..Options::default()
    };
    let start = match begun(common, &options) {
        Ok(start) => start,
        Err(e) => {
            eprintln!("{e}");
            return Ok(ExitCode::from(3));
        }
    };
    let failed = match (command, job) {
        (_, Some(job)) => commands::run(&start, command, job, common)?,
        (Command::Chat { image }, None) => commands::chat(&start, image, common).map(|()| 0)?,
        (_, None) => {
            commands::info(start.model());
            0
        }
    };
    Ok(ExitCode::from(u8::from(failed > 0)))
}

/// The thresholds of reading that `--rules` names.
fn rules(named: Option<&Path>) -> Result<Rules> {
    match named {
        None => Ok(Rules::default()),
        Some(off) if off.as_os_str() == "off" => Ok(Rules::off()),
        Some(file) => {
            let name = || file.display().to_string();
            let json = std::fs::read(file).with_context(name)?;
            serde_json::from_slice(&json).with_context(name)
        }
    }
}

/// A conversation about nothing yet, with the adapter that was asked for.
fn begun(common: &Common, options: &Options) -> foveate::Result<Session> {
    let model = Model::load_with(&common.model, options)?;
    let adapter = common.adapter.as_deref().map(|name| model.adapter(name));
    let mut start = model.session()?;
    start.set_adapter(adapter.transpose()?.as_ref())?;
    Ok(start)
}
