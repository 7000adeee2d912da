//! Flyers as picture files with a manifest (see FORMAT.md).

use crate::canvas::Canvas;
use crate::dice::Dice;
use crate::flyer::PAGE;
use crate::fonts::{Fonts, Split};
use crate::pen::Pen;
use crate::record::Truth;
use crate::stream::{self, Kind, Options, Sample};
use image::codecs::{jpeg::JpegEncoder, png::PngEncoder};
use image::{ExtendedColorType, ImageEncoder};
use indicatif::ProgressBar;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use std::io;
use std::path::Path;

/// Smallest lettering that stays in a file, in pixels of em size; the picture is made larger until
/// it does.
const LEAST_EM: f32 = 10.5;

/// Which flyers to make.
#[derive(Clone, Debug)]
pub struct Set {
    /// Fonts and layouts to draw from.
    pub split: Split,
    /// Seed.
    pub seed: u64,
    /// How many.
    pub count: u64,
    /// Share that passes through the camera: exactly this share of every run of flyers, evenly
    /// spread.
    pub photographed: f32,
}

/// The event of a flyer, normalised; `None` for what it does not tell.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventTruth {
    /// As printed.
    pub title: Option<String>,
    /// `YYYY-MM-DD` or `--MM-DD`.
    pub date: Option<String>,
    /// `HH:MM`.
    pub start: Option<String>,
    /// `HH:MM`.
    pub end: Option<String>,
    /// As printed.
    pub venue: Option<String>,
}

#[derive(Serialize)]
struct Entry<'a> {
    file: String,
    #[serde(flatten)]
    truth: &'a Truth,
    event: EventTruth,
}

#[derive(Serialize)]
struct Manifest<'a> {
    split: String,
    seed: u64,
    flyers: Vec<Entry<'a>>,
}

impl EventTruth {
    /// Out of the fields.
    pub fn of(truth: &Truth) -> Self {
        let value = |name| truth.fields.get(name).map(|f| f.value.clone());
        Self {
            title: value("title"),
            date: value("date"),
            start: value("start"),
            end: value("end"),
            venue: value("venue"),
        }
    }
}

impl Set {
    /// Flyer `index`, at a size of its own between 700 and 2000 pixels on the longer side.
    pub fn flyer(&self, fonts: &Fonts, index: u64, pixels: bool, pen: &mut Pen) -> Sample {
        let mut options = Options {
            kind: Kind::Flyers,
            split: self.split,
            seed: self.seed,
            size: PAGE as usize,
            count: None,
            threads: 1,
            pixels: false,
            photographed: if self.is_photographed(index) {
                1.0
            } else {
                0.0
            },
        };
        let (draft, _) = stream::whole_flyer(fonts, &options, index, pen);
        let least = draft.glyphs.iter().map(|g| g.h).fold(f32::MAX, f32::min);
        let wanted = Dice::new(self.seed ^ 0x51ce, index).range(700.0, 2000.0);
        options.size = wanted.max(PAGE * LEAST_EM / least).min(2000.0) as usize;
        options.pixels = pixels;
        stream::whole_flyer(fonts, &options, index, pen)
    }

    fn is_photographed(&self, index: u64) -> bool {
        let share = f64::from(self.photographed) + 1e-6;
        ((index + 1) as f64 * share).floor() > (index as f64 * share).floor()
    }

    /// Writes all flyers and the manifest to `folder`; with `resume` pictures that are there stay
    /// as they are.
    pub fn write(&self, fonts: &Fonts, folder: &Path, resume: bool) -> io::Result<()> {
        std::fs::create_dir_all(folder).map_err(|e| named(folder, &e))?;
        let progress = ProgressBar::new(self.count);
        let one = |pen: &mut Pen, index: u64| -> io::Result<(String, Truth)> {
            let file = self.name(index);
            let path = folder.join(&file);
            let there = resume && path.exists();
            let (truth, canvas) = self.flyer(fonts, index, !there, pen);
            if let Some(canvas) = canvas {
                save(&canvas, &path).map_err(|e| named(&path, &e))?;
            }
            progress.inc(1);
            Ok((file, truth))
        };
        let made: Vec<(String, Truth)> = (0..self.count)
            .into_par_iter()
            .map_init(Pen::default, one)
            .collect::<io::Result<_>>()?;
        progress.finish_and_clear();
        let flyers = made
            .iter()
            .map(|(file, truth)| Entry {
                file: file.clone(),
                truth,
                event: EventTruth::of(truth),
            })
            .collect();
        let manifest = Manifest {
            split: format!("{:?}", self.split).to_lowercase(),
            seed: self.seed,
            flyers,
        };
        let path = folder.join("manifest.json");
        std::fs::write(&path, serde_json::to_vec_pretty(&manifest)?).map_err(|e| named(&path, &e))
    }

    /// Photographs are JPEG, all others PNG.
    fn name(&self, index: u64) -> String {
        format!(
            "flyer-{index:05}.{}",
            if self.is_photographed(index) {
                "jpg"
            } else {
                "png"
            }
        )
    }
}

/// Writes beside the path first, so that a file that is there is whole.
pub fn save(canvas: &Canvas, path: &Path) -> io::Result<()> {
    let part = path.with_extension("part");
    let file = io::BufWriter::new(std::fs::File::create(&part)?);
    let size = (canvas.width as u32, canvas.height as u32);
    let rgb = ExtendedColorType::Rgb8;
    let written = if path.extension().is_some_and(|e| e == "jpg") {
        JpegEncoder::new_with_quality(file, 92).write_image(&canvas.data, size.0, size.1, rgb)
    } else {
        PngEncoder::new(file).write_image(&canvas.data, size.0, size.1, rgb)
    };
    written.map_err(io::Error::other)?;
    std::fs::rename(part, path)
}

/// The error with the path that it befell.
fn named(path: &Path, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("{}: {error}", path.display()))
}
