//! Arguments that the commands which score a model share.
use crate::files::Set;
use crate::fonts::Split;
use foveate::readers::glyph::Rules;
use foveate::{Model, Options};
use std::path::{Path, PathBuf};

/// The model.
#[derive(Debug, clap::Args)]
pub struct Loading {
    /// The model's folder.
    #[arg(long)]
    pub model: PathBuf,
    /// Threads of the model (default: all).
    #[arg(long, default_value_t = 0)]
    pub threads: usize,
}

impl Loading {
    /// Options of a model that is shown each picture once.
    #[must_use]
    pub fn options(&self) -> Options {
        Options {
            threads: self.threads,
            remembered_images: 0,
            ..Options::default()
        }
    }

    /// Loads it.
    ///
    /// # Errors
    /// The library's.
    pub fn load(&self, options: &Options) -> foveate::Result<Model> {
        Model::load_with(&self.model, options)
    }
}

/// The thresholds of reading.
#[derive(Debug, clap::Args)]
pub struct Thresholds {
    /// The thresholds of reading: `off`, or a JSON file with those that differ from the usual.
    #[arg(long, value_name = "off|FILE")]
    rules: Option<PathBuf>,
}

impl Thresholds {
    /// What `--rules` names.
    ///
    /// # Errors
    /// A file that cannot be read, or holds something else.
    pub fn rules(&self) -> anyhow::Result<Rules> {
        Ok(match self.rules.as_deref() {
            None => Rules::default(),
            Some(off) if off == Path::new("off") => Rules::off(),
            Some(file) => serde_json::from_slice(&std::fs::read(file)?)?,
        })
    }
}

/// The pictures that are drawn.
#[derive(Debug, clap::Args)]
pub struct Drawing {
    /// Fonts and layouts to draw from (default: test for eval, else dev).
    #[arg(long)]
    split: Option<Split>,
    /// How many pictures are drawn (default: 200 for eval, else 60).
    #[arg(long)]
    count: Option<u64>,
    /// Seed of the drawn pictures.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Share of them that passes through the camera.
    #[arg(long, default_value_t = 0.3)]
    photographed: f32,
}

impl Drawing {
    /// What is drawn; `split` and `count` where none was given.
    #[must_use]
    pub fn set(&self, split: Split, count: u64) -> Set {
        Set {
            split: self.split.unwrap_or(split),
            seed: self.seed,
            count: self.count.unwrap_or(count),
            photographed: self.photographed,
        }
    }
}
