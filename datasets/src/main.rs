//! `foveate-datasets`: makes pictures with text for training and tests.

#![forbid(unsafe_code)]
use anyhow::Result;
use clap::{Parser, Subcommand};
#[cfg(feature = "eval")]
use foveate_datasets::eval::{
    self,
    arguments::{Drawing, Loading, Thresholds},
    small_print::evaluate as small_print,
};
use foveate_datasets::files::Set;
use foveate_datasets::fonts::{Fonts, Split};
use foveate_datasets::stream::{self, Kind, Options};
use std::io::{BufWriter, stdout};
use std::path::PathBuf;

#[derive(Parser)]
#[command(version, about)]
struct Cli {
    /// Folder with further fonts (default: $FOVEATE_FONTS, else .cache/fonts of the workspace).
    #[arg(long, global = true)]
    fonts: Option<PathBuf>,
    /// Folder with photographs to lay a part of the pictures on (see training/fetch_photos.py). The
    /// mix then holds crops without text too.
    #[arg(long, global = true)]
    photos: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Writes records to standard output (see FORMAT.md).
    Stream(StreamArgs),
    /// Writes flyers as picture files with a manifest (see FORMAT.md).
    Flyers(FlyersArgs),
    /// Scores a model and prints a table in Markdown.
    #[cfg(feature = "eval")]
    Eval(EvalArgs),
    /// Scores a model with each rule of reading switched off in turn, on the dev split.
    #[cfg(feature = "eval")]
    Ablate(AblateArgs),
    /// Prints what the encoder alone finds in pictures: a JSON object a line of glyphs.
    #[cfg(feature = "eval")]
    Lines(LinesArgs),
    /// Scores a model on real pictures in a folder that says what is right (see FORMAT.md), and
    /// prints tables in Markdown.
    #[cfg(feature = "eval")]
    Real(RealArgs),
    /// Prints how many words of each confidence are right, of drawn pictures and of real ones.
    #[cfg(feature = "eval")]
    Calibrate(eval::calibrate::Arguments),
    /// Lists the font families of both splits.
    Fonts,
}

#[derive(clap::Args)]
struct StreamArgs {
    /// Kind of pictures.
    #[arg(long)]
    kind: Kind,
    /// Fonts and layouts to draw from.
    #[arg(long, default_value = "train")]
    split: Split,
    /// Seed: the same seed gives the same bytes.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Side of crops, or longer side of flyers, in pixels.
    #[arg(long, default_value_t = 448)]
    size: usize,
    /// How many pictures (default: no end).
    #[arg(long)]
    count: Option<u64>,
    /// Worker threads.
    #[arg(long, default_value_t = 1)]
    threads: usize,
    /// Leave the pixels out.
    #[arg(long)]
    no_pixels: bool,
    /// Share of flyers that pass through the camera.
    #[arg(long, default_value_t = 0.35)]
    photographed: f32,
    /// File of font families that training is to show more seldom: a line for each, its name, a
    /// tab, and a share from 0 to 1.
    #[arg(long)]
    shares: Option<PathBuf>,
}

#[derive(clap::Args)]
struct FlyersArgs {
    /// Folder to write to.
    #[arg(long)]
    out: PathBuf,
    /// How many flyers.
    #[arg(long)]
    count: u64,
    /// Seed: the same seed gives the same files.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Fonts and layouts to draw from.
    #[arg(long, default_value = "train")]
    split: Split,
    /// Share that passes through the camera (default: 0.3 for tests, 0.35 for training).
    #[arg(long)]
    photographed: Option<f32>,
    /// Keep pictures that are there.
    #[arg(long)]
    resume: bool,
}

#[cfg(feature = "eval")]
#[derive(clap::Args)]
struct EvalArgs {
    /// What is to be read.
    #[arg(long, default_value = "flyer")]
    task: eval::Task,
    #[command(flatten)]
    model: Loading,
    /// Name of the adapter that cards are read with too (default: the task's; others take none).
    #[arg(long)]
    adapter: Option<String>,
    /// Folder of flyers that another program made, with a manifest (see FORMAT.md), to be read
    /// instead of drawn ones.
    #[arg(long, value_name = "DIR",
        conflicts_with_all = ["split", "count", "seed", "photographed", "task"])]
    from: Option<PathBuf>,
    #[command(flatten)]
    drawing: Drawing,
    /// The mode of encoding: auto, rapid, balanced or high (default: the model's).
    #[arg(long)]
    mode: Option<String>,
    #[command(flatten)]
    thresholds: Thresholds,
    /// Folder for pictures with a mistake, and what was expected and read.
    #[arg(long)]
    dump: Option<PathBuf>,
}

#[cfg(feature = "eval")]
#[derive(clap::Args)]
struct AblateArgs {
    #[command(flatten)]
    model: Loading,
    /// The rules to be switched off (default: each there is).
    #[arg(value_name = "RULE",
        default_values_t = foveate::readers::glyph::Rules::NAMES.map(String::from))]
    rules: Vec<String>,
    #[command(flatten)]
    drawing: Drawing,
}

#[cfg(feature = "eval")]
impl AblateArgs {
    fn run(&self, fonts: &Fonts) -> Result<()> {
        let (options, set) = (self.model.options(), self.drawing.set(Split::Dev, 60));
        let model = (self.model.model.as_path(), &options);
        let table = eval::ablate::ablate(model, &self.rules, fonts, &set)?;
        print!("{table}");
        Ok(())
    }
}

#[cfg(feature = "eval")]
#[derive(clap::Args)]
struct LinesArgs {
    #[command(flatten)]
    model: Loading,
    /// Pictures.
    pictures: Vec<PathBuf>,
}

#[cfg(feature = "eval")]
impl LinesArgs {
    fn run(&self) -> Result<()> {
        let model = self.model.load(&foveate::Options {
            rules: foveate::readers::glyph::Rules::off(),
            ..self.model.options()
        })?;
        for picture in &self.pictures {
            let name = picture.display().to_string();
            match foveate::Image::open(picture) {
                Ok(image) => eval::lines::print(&model, &image, &name)?,
                Err(e) => eprintln!("{e}"),
            }
        }
        Ok(())
    }
}

#[cfg(feature = "eval")]
#[derive(clap::Args)]
struct RealArgs {
    #[command(flatten)]
    model: Loading,
    /// Folder of the pictures, with `truth.json` and perhaps `qa.json`.
    #[arg(long, value_name = "FOLDER")]
    truth: PathBuf,
    /// What is scored (default: everything).
    #[arg(value_name = "PART")]
    parts: Vec<eval::real::Part>,
    /// The day that dates without a year come after, as YYYY-MM-DD; the current day by default.
    #[arg(long, value_name = "DAY")]
    today: Option<foveate_events::Date>,
    /// Write every event and answer with what is right there, one JSON object a line.
    #[arg(long, value_name = "FILE")]
    answers: Option<PathBuf>,
    #[command(flatten)]
    thresholds: Thresholds,
}

#[cfg(feature = "eval")]
impl RealArgs {
    fn run(&self) -> Result<()> {
        use eval::real::Part;
        let model = self.model.load(&foveate::Options {
            rules: self.thresholds.rules()?,
            ..self.model.options()
        })?;
        let parts = match self.parts.as_slice() {
            [] => &[Part::Text, Part::Events, Part::Questions],
            parts => parts,
        };
        let today = self.today.unwrap_or_else(foveate_events::Date::today);
        let report = eval::real::evaluate(&model, &self.truth, parts, today)?;
        print!("{report}");
        if let Some(file) = &self.answers {
            let lines: Vec<String> = report.answers.iter().map(ToString::to_string).collect();
            std::fs::write(file, lines.join("\n") + "\n")?;
        }
        Ok(())
    }
}

fn main() -> Result<()> {
    let cli = Cli::parse();
    let mut fonts = Fonts::discover(cli.fonts.as_deref());
    if let Some(folder) = &cli.photos {
        fonts.lay_on(folder)?;
    }
    match cli.command {
        Command::Stream(args) => {
            if let Some(file) = &args.shares {
                fonts.share(file)?;
            }
            stream::write(
                &fonts,
                &args.options(),
                &mut BufWriter::with_capacity(1 << 20, stdout().lock()),
            )?;
        }
        Command::Flyers(args) => args.set().write(&fonts, &args.out, args.resume)?,
        #[cfg(feature = "eval")]
        Command::Eval(args) => args.run(&fonts)?,
        #[cfg(feature = "eval")]
        Command::Ablate(args) => args.run(&fonts)?,
        #[cfg(feature = "eval")]
        Command::Lines(args) => args.run()?,
        #[cfg(feature = "eval")]
        Command::Real(args) => args.run()?,
        #[cfg(feature = "eval")]
        Command::Calibrate(args) => args.run(&fonts)?,
        Command::Fonts => list(&fonts),
    }
    Ok(())
}

impl StreamArgs {
    fn options(&self) -> Options {
        Options {
            kind: self.kind,
            split: self.split,
            seed: self.seed,
            size: self.size,
            count: self.count,
            threads: self.threads,
            pixels: !self.no_pixels,
            photographed: self.photographed,
        }
    }
}

impl FlyersArgs {
    fn set(&self) -> Set {
        let train = self.split == Split::Train;
        let usual = if train { 0.35 } else { 0.3 };
        Set {
            split: self.split,
            seed: self.seed,
            count: self.count,
            photographed: self.photographed.unwrap_or(usual),
        }
    }
}

#[cfg(feature = "eval")]
impl EvalArgs {
    fn run(&self, fonts: &Fonts) -> Result<()> {
        let mode = self.mode.as_deref().map(mode).transpose()?;
        let model = self.model.load(&foveate::Options {
            mode,
            threads: self.model.threads,
            rules: self.thresholds.rules()?,
            ..foveate::Options::default()
        })?;
        let set = self.drawing.set(Split::Test, 200);
        let dump = self.dump.as_deref();
        let cards = self.task == eval::Task::BusinessCard;
        anyhow::ensure!(
            cards || self.adapter.is_none(),
            "only cards are read with an adapter"
        );
        match self.task {
            eval::Task::Flyer => {
                let report = match &self.from {
                    Some(folder) => eval::from::evaluate(&model, folder, dump)?,
                    None => eval::evaluate(&model, fonts, &set, dump)?,
                };
                print!("{report}");
            }
            eval::Task::Unseen => {
                print!("{}", eval::unseen::evaluate(&model, fonts, &set, dump)?);
            }
            eval::Task::SmallPrint => {
                print!("{}", small_print(&model, fonts, &set, mode));
            }
            eval::Task::BusinessCard => {
                let name = self.adapter.as_deref().unwrap_or("business-card");
                let adapter = model.adapter(name)?;
                let report = eval::cards::evaluate(&model, &adapter, fonts, &set, dump)?;
                print!("{report}");
            }
        }
        Ok(())
    }
}

#[cfg(feature = "eval")]
fn mode(name: &str) -> Result<foveate::Mode> {
    Ok(match name {
        "auto" => foveate::Mode::Auto,
        "rapid" => foveate::Mode::Rapid,
        "balanced" => foveate::Mode::Balanced,
        "high" => foveate::Mode::High,
        _ => anyhow::bail!("no mode {name:?}: it is one of auto, rapid, balanced, high"),
    })
}

fn list(fonts: &Fonts) {
    for split in [Split::Train, Split::Dev, Split::Test] {
        for family in fonts.families(split) {
            let legible: Vec<_> = family.faces().iter().filter(|f| f.is_legible()).collect();
            let caps = legible.iter().filter(|f| f.metrics().caps_only).count();
            let small = legible.iter().filter(|f| f.metrics().small_only).count();
            println!(
                "{split:?}\t{}\t{} faces\t{} legible\t{caps} capitals only\t{small} small only",
                family.key,
                family.faces().len(),
                legible.len()
            );
        }
    }
}
