//! How far the confidence of words can be relied on: of the words that a model is so sure of, the
//! share that is right.
use super::arguments::{Drawing, Loading, Thresholds};
use super::{picture, real as truths};
use crate::files::Set;
use crate::fonts::{Fonts, Split};
use crate::pen::Pen;
use foveate::{Model, Options, Reading};
use indicatif::ProgressBar;
use std::collections::HashMap;
use std::fmt;
use std::path::{Path, PathBuf};

/// The least confidence of each bin: narrow where most words are.
const BINS: [f32; 8] = [0.0, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99];

/// What is read, and by whom.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    #[command(flatten)]
    model: Loading,
    /// Folder of real pictures, with `truth.json` (see FORMAT.md).
    #[arg(long, value_name = "FOLDER")]
    truth: Option<PathBuf>,
    #[command(flatten)]
    drawing: Drawing,
    #[command(flatten)]
    thresholds: Thresholds,
}

impl Arguments {
    /// Prints the tables.
    ///
    /// # Errors
    /// Those of loading the model, of [`drawn`] and of [`real`].
    pub fn run(&self, fonts: &Fonts) -> anyhow::Result<()> {
        let options = Options {
            rules: self.thresholds.rules()?,
            ..self.model.options()
        };
        let model = self.model.load(&options)?;
        let set = self.drawing.set(Split::Dev, 60);
        if set.count > 0 {
            println!("drawn pictures:\n\n{}", drawn(&model, fonts, &set)?);
        }
        if let Some(folder) = &self.truth {
            println!("real pictures:\n\n{}", real(&model, folder)?);
        }
        Ok(())
    }
}

/// A reliability table (Guo et al. 2017, "On calibration of modern neural networks").
#[derive(Clone, Debug, Default)]
pub struct Reliability {
    bins: [Bin; BINS.len()],
}

/// The words of a bin.
#[derive(Clone, Copy, Debug, Default)]
struct Bin {
    words: usize,
    right: usize,
    /// Sum of the confidences.
    confidence: f64,
}

/// Reads the drawn pictures of `set`.
///
/// # Errors
/// The model's.
pub fn drawn(model: &Model, fonts: &Fonts, set: &Set) -> anyhow::Result<Reliability> {
    let mut table = Reliability::default();
    let mut pen = Pen::default();
    let progress = ProgressBar::new(set.count);
    for index in 0..set.count {
        let (truth, canvas) = set.flyer(fonts, index, true, &mut pen);
        if let Some(canvas) = canvas {
            let reading = model.ocr(&picture(&canvas)?)?;
            table.add(&reading, &truth.text, &[]);
        }
        progress.inc(1);
    }
    progress.finish_and_clear();
    Ok(table)
}

/// Reads the real pictures of a folder (see `FORMAT.md`). One that cannot be read is named and
/// left out.
///
/// # Errors
/// When the folder's `truth.json` is not what it should be.
pub fn real(model: &Model, folder: &Path) -> anyhow::Result<Reliability> {
    let mut table = Reliability::default();
    let pictures = truths::pictures(folder)?;
    let progress = ProgressBar::new(pictures.len() as u64);
    for picture in &pictures {
        let image = foveate::Image::open(folder.join(&picture.file));
        match image.and_then(|image| model.ocr(&image)) {
            Ok(reading) => table.add(&reading, &picture.text, &picture.optional),
            Err(e) => progress.suspend(|| eprintln!("{}: {e}", picture.file.display())),
        }
        progress.inc(1);
    }
    progress.finish_and_clear();
    Ok(table)
}

impl Reliability {
    /// Counts the words of a reading: one is right if the `text` holds it and no surer word of the
    /// reading is that one. Words that are only in `optional` do not count.
    fn add(&mut self, reading: &Reading, text: &str, optional: &[String]) {
        let words = reading.lines.iter().flat_map(|line| &line.words);
        let sure = words.filter_map(|word| Some((&*word.text, word.region?.confidence)));
        self.count(sure.collect(), text, optional);
    }

    fn count(&mut self, mut read: Vec<(&str, f32)>, text: &str, optional: &[String]) {
        let mut there = counted(text);
        let mut optional = counted(&optional.join(" "));
        read.sort_by(|a, b| b.1.total_cmp(&a.1));
        for (word, confidence) in read {
            let parts = truths::words(word);
            let right = parts.iter().all(|part| take(&mut there, part));
            let counts = right || !parts.iter().all(|part| take(&mut optional, part));
            if counts && !parts.is_empty() {
                self.bin(confidence).add(confidence, right);
            }
        }
    }

    fn bin(&mut self, confidence: f32) -> &mut Bin {
        let after = BINS.partition_point(|least| *least <= confidence);
        &mut self.bins[after.saturating_sub(1)]
    }

    /// All words.
    fn all(&self) -> Bin {
        let sum = |all: Bin, bin: &Bin| Bin {
            words: all.words + bin.words,
            right: all.right + bin.right,
            confidence: all.confidence + bin.confidence,
        };
        self.bins.iter().fold(Bin::default(), sum)
    }

    /// The expected calibration error: how far mean confidence and share right are apart, over the
    /// bins, each by its words.
    #[must_use]
    pub fn error(&self) -> f64 {
        let apart = |bin: &Bin| (bin.confidence - bin.right as f64).abs();
        self.bins.iter().map(apart).sum::<f64>() / self.all().words.max(1) as f64
    }
}

fn counted(text: &str) -> HashMap<String, usize> {
    let mut counts = HashMap::new();
    let words = truths::words(text).into_iter();
    words.for_each(|word| *counts.entry(word).or_default() += 1);
    counts
}

/// Takes one of a word; whether there was one.
fn take(words: &mut HashMap<String, usize>, word: &str) -> bool {
    let left = words.get_mut(word).filter(|left| **left > 0);
    left.map(|left| *left -= 1).is_some()
}

impl Bin {
    fn add(&mut self, confidence: f32, right: bool) {
        self.words += 1;
        self.right += usize::from(right);
        self.confidence += f64::from(confidence);
    }

    fn row(&self, f: &mut fmt::Formatter<'_>, name: &str) -> fmt::Result {
        let mean = |sum: f64| match self.words {
            0 => "-".to_owned(),
            words => format!("{:.3}", sum / words as f64),
        };
        let (sure, right) = (mean(self.confidence), mean(self.right as f64));
        writeln!(f, "| {name} | {} | {sure} | {right} |", self.words)
    }
}

/// A table in Markdown.
impl fmt::Display for Reliability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "| confidence | words | its mean | right |")?;
        writeln!(f, "| --- | --- | --- | --- |")?;
        let ends = BINS.iter().skip(1).chain([&1.0]);
        for ((bin, from), to) in self.bins.iter().zip(BINS).zip(ends) {
            bin.row(f, &format!("{from} to {to}"))?;
        }
        self.all().row(f, "all")?;
        writeln!(f, "\nexpected calibration error: {:.3}", self.error())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_counted_by_how_sure_they_are() {
        let mut table = Reliability::default();
        let read = vec![
            ("Tea", 0.3),
            ("tea,", 0.97),
            ("7pm", 1.0),
            ("crumb", 0.55),
            ("·", 0.2),
        ];
        table.count(read, "Tea at 7PM", &["crumb".to_owned()]);
        let told = table.to_string();
        for row in [
            "| 0 to 0.5 | 1 | 0.300 | 0.000 |", // there is but one "tea"
            "| 0.5 to 0.6 | 0 | - | - |",       // optional
            "| 0.95 to 0.99 | 1 | 0.970 | 1.000 |",
            "| 0.99 to 1 | 1 | 1.000 | 1.000 |",
            "| all | 3 | 0.757 | 0.667 |",
            "expected calibration error: 0.110",
        ] {
            assert!(told.contains(row), "{row} in\n{told}");
        }
    }

    #[test]
    fn nothing_is_no_error() {
        assert_eq!(Reliability::default().error(), 0.0);
    }
}
