//! What can be said on the command line.
use crate::examples;
use clap::{Args, Parser, Subcommand};
use foveate::batch::Ends;
use foveate::{Limits, Mode, Request};
use foveate_events::Date;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Ask questions of pictures, on the machine that holds them.
#[derive(Parser)]
#[command(name = "foveate", version, after_help = EXIT_CODES)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Command,
    #[command(flatten)]
    pub common: Common,
}

pub const EXIT_CODES: &str = "\
Exit codes: 0 every picture was answered; 1 some were not, or the answer went round in circles, \
filled the context or took longer than --timeout (each is named on standard error, the others are \
answered all the same); 2 wrong usage; 3 the model or its adapter cannot be loaded. Whoever closes \
the output early gets the code of what was answered until then. Ctrl-C ends the command at once \
and without a word, as a signal does (130 in a shell).\n\
Pictures are files, folders, patterns such as 'scans*/*.jpg', or - for the bytes of one on \
standard input. Several are answered at once, on all cores, and printed in the order they are \
named.";

/// Most threads that can be asked for: no machine has more cores for one picture.
const MAX_THREADS: usize = 1024;

/// Options of every command.
#[derive(Args)]
pub struct Common {
    /// The model: a name, or a path to its folder (with a / in it). Names are looked for in the
    /// folders of FOVEATE_MODELS, in models beside the executable, and in the user's data folder
    /// (~/.local/share/foveate/models) or the system's (/usr/share/foveate/models).
    #[arg(
        long,
        global = true,
        default_value = "nano",
        value_name = "NAME|FOLDER"
    )]
    pub model: PathBuf,
    /// What the decoder was taught for one kind of picture: the name of an adapter that came with
    /// the model (`info` names them), or a path to its folder.
    #[arg(long, global = true, value_name = "NAME|FOLDER")]
    pub adapter: Option<PathBuf>,
    /// The resolution that pictures are encoded at: auto, rapid, balanced or high.
    #[arg(long, global = true, value_parser = mode)]
    pub mode: Option<Mode>,
    /// Threads for each picture; as many pictures are answered at once as leaves no core idle. 0
    /// shares the cores among the pictures.
    #[arg(long, global = true, default_value_t = 0, value_parser = threads)]
    pub threads: usize,
    /// The ONNX Runtime library, if it is not to be searched for.
    #[arg(long, global = true, value_name = "FILE")]
    pub runtime: Option<PathBuf>,
    /// The thresholds of reading: `off`, or a JSON file with those that differ from the usual.
    #[arg(long, global = true, value_name = "off|FILE")]
    pub rules: Option<PathBuf>,
    /// Most pixels of a picture, width times height; larger ones are refused before they are
    /// decoded.
    #[arg(long, global = true, default_value_t = Limits::default().max_pixels, value_name = "N")]
    pub max_pixels: u64,
    /// Most bytes of a picture's file.
    #[arg(long, global = true, default_value_t = Limits::default().max_bytes, value_name = "N")]
    pub max_bytes: u64,
    /// Most seconds for each picture, from when it is decoded to the end of its answer; in `chat`
    /// for the picture and for each answer. What takes longer is not answered.
    #[arg(long, global = true, value_name = "SECONDS", value_parser = seconds)]
    pub timeout: Option<Duration>,
    /// Most bytes that views of a picture take at once in a model of the server tier, its weights
    /// aside; `info` says what one view takes. 0 encodes one view after another, which is as fast
    /// on a CPU.
    #[arg(long, global = true, default_value_t = 0, value_name = "BYTES")]
    pub view_memory: u64,
    /// Print where the time went on standard error.
    #[arg(long, global = true)]
    pub timing: bool,
    /// Print JSON, one object a line.
    #[arg(long, global = true)]
    pub json: bool,
}

impl Common {
    /// How an answer is to be made.
    pub fn request(&self) -> Request {
        Request {
            time_limit: self.timeout,
            ..Request::default()
        }
    }

    /// What a picture may take.
    pub fn limits(&self) -> Limits {
        Limits {
            max_pixels: self.max_pixels,
            max_bytes: self.max_bytes,
            ..Limits::default()
        }
    }
}

/// The pictures of a command.
#[derive(Args)]
pub struct Pictures {
    /// Files, folders, patterns such as 'scans*/*.jpg', or - for a picture on standard input.
    #[arg(value_name = "PICTURE", required_unless_present = "files_from")]
    pub images: Vec<PathBuf>,
    /// A file that names pictures, one a line, or - for such a list on standard input.
    #[arg(long, value_name = "FILE")]
    pub files_from: Option<PathBuf>,
    /// The names in the list end in zero bytes, as `find -print0` writes them.
    #[arg(short = '0', long, requires = "files_from")]
    pub null: bool,
}

impl Pictures {
    /// What ends the names of the list.
    pub fn ends(&self) -> Ends {
        if self.null { Ends::Zeros } else { Ends::Lines }
    }

    /// What is wrong with them before any is looked for.
    pub fn misuse(&self) -> Option<&'static str> {
        let is_input = |path: &&PathBuf| path.as_path() == Path::new("-");
        let inputs = self.images.iter().chain(&self.files_from);
        (inputs.filter(is_input).count() > 1)
            .then_some("standard input can be one picture or one list, and is named several times")
    }
}

/// What is written besides the answers.
#[derive(Args)]
pub struct Outputs {
    /// Draw the boxes that the answer was read from on the picture, into this file; those of
    /// several pictures into this folder, under their names.
    #[arg(long, value_name = "OUT.png|FOLDER")]
    pub overlay: Option<PathBuf>,
    /// Write a page of all pictures: thumbnails with boxes, what was read, how sure it is, and what
    /// went wrong. It can be sorted, and needs no other file.
    #[arg(long, value_name = "FILE.html", value_parser = page)]
    pub report: Option<PathBuf>,
}

#[derive(Subcommand)]
pub enum Command {
    /// Answer a question about each picture.
    #[command(after_help = examples::with_codes(examples::ASK))]
    Ask {
        /// The question.
        #[arg(value_parser = question)]
        prompt: String,
        /// The answer is a list of all things of a kind: one a line, none where the picture has
        /// none.
        #[cfg_attr(feature = "remote", arg(long, conflicts_with = "server"))]
        #[cfg_attr(not(feature = "remote"), arg(long))]
        list: bool,
        #[cfg(feature = "remote")]
        #[command(flatten)]
        server: crate::commands::remote::Server,
        #[command(flatten)]
        outputs: Outputs,
        #[command(flatten)]
        pictures: Pictures,
    },
    /// Read a value of a JSON Schema off each picture.
    #[command(after_help = examples::with_codes(examples::READ))]
    Read {
        /// A file that holds the schema.
        #[arg(long, value_name = "FILE")]
        schema: PathBuf,
        /// Most tokens of an answer.
        #[arg(long)]
        max_tokens: Option<usize>,
        #[command(flatten)]
        outputs: Outputs,
        #[command(flatten)]
        pictures: Pictures,
    },
    /// Turn pictures of flyers into an iCalendar.
    #[command(after_help = examples::with_codes(examples::EVENT))]
    Event {
        /// The day that dates without a year come after, as YYYY-MM-DD; the current day by default.
        #[arg(long, value_name = "DAY")]
        today: Option<Date>,
        #[command(flatten)]
        outputs: Outputs,
        #[command(flatten)]
        pictures: Pictures,
    },
    /// Read the text of each picture.
    #[command(after_help = examples::with_codes(examples::OCR))]
    Ocr {
        #[command(flatten)]
        outputs: Outputs,
        #[command(flatten)]
        pictures: Pictures,
    },
    /// Answer questions about one picture, read from standard input, one a line.
    #[command(after_help = examples::of(examples::CHAT))]
    Chat {
        /// The picture.
        #[arg(value_name = "PICTURE")]
        image: PathBuf,
    },
    /// Read each picture several times and say how long each stage takes, what a second question
    /// costs, and with --adapter what it takes to swap that in.
    #[command(after_help = examples::of(examples::BENCH))]
    Bench {
        /// How often.
        #[arg(long, default_value_t = 5)]
        runs: usize,
        /// Read without drafting (prompt lookup) too, and say what it is worth.
        #[arg(long)]
        speculation: bool,
        #[command(flatten)]
        pictures: Pictures,
    },
    /// Answer questions over HTTP: OpenAI's form of chats, text and events of pictures, and a page
    /// at /.
    #[cfg(feature = "serve")]
    Serve(crate::commands::serve::Arguments),
    /// Say what the model is, what memory it takes, and how many rows it has room for.
    #[command(after_help = examples::of(examples::INFO))]
    Info,
    /// Print completions for a shell.
    #[command(after_help = examples::of(examples::COMPLETIONS))]
    Completions {
        /// The shell.
        shell: clap_complete::Shell,
    },
    /// Print the page of the manual.
    #[command(after_help = examples::of(examples::MAN))]
    Man {
        /// Write the page of each command into this folder instead.
        #[arg(long, value_name = "FOLDER")]
        folder: Option<PathBuf>,
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

fn seconds(text: &str) -> Result<Duration, String> {
    let seconds = text.parse().ok().filter(|&s: &f64| s > 0.0);
    let limit = seconds.and_then(|s| Duration::try_from_secs_f64(s).ok());
    limit.ok_or_else(|| "a number of seconds over 0 is expected".into())
}

fn threads(text: &str) -> Result<usize, String> {
    let threads = text.parse().ok().filter(|&n| n <= MAX_THREADS);
    threads.ok_or_else(|| format!("a number from 0 to {MAX_THREADS} is expected"))
}

fn page(text: &str) -> Result<PathBuf, String> {
    let path = PathBuf::from(text);
    let ending = path
        .extension()
        .and_then(|e| e.to_str())
        .unwrap_or_default();
    let is_page = ["html", "htm"]
        .iter()
        .any(|known| known.eq_ignore_ascii_case(ending));
    is_page
        .then_some(path)
        .ok_or_else(|| "a name that ends in .html is expected".into())
}

fn question(text: &str) -> Result<String, String> {
    if text.trim().is_empty() {
        return Err("the question is empty".into());
    }
    Ok(text.to_owned())
}
