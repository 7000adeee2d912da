//! What a model reads of pages with small print, mode by mode.

use super::{Tally, picture, ratio};
use crate::files::Set;
use crate::fonts::Fonts;
use crate::pen::Pen;
use crate::stream::{self, Kind, Options};
use foveate::{Image, Mode, Model};
use indicatif::ProgressBar;
use std::fmt;
use std::time::Instant;

/// Longer side of the pages, in pixels: the canvas of mode `high`, which makes nothing smaller.
const SIDE: usize = 1344;

/// Scores of one model over the same pages, in several modes.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// A mode and what was read in it; of the tallies words, characters and time count.
    pub modes: Vec<(Mode, Tally)>,
    /// Readings that failed.
    pub failed: usize,
}

/// Shows each page of `set` to `model` in `mode`; without one, in modes balanced and high.
pub fn evaluate(model: &Model, fonts: &Fonts, set: &Set, mode: Option<Mode>) -> Report {
    let modes = mode.map_or_else(|| vec![Mode::Balanced, Mode::High], |mode| vec![mode]);
    let mut report = Report {
        modes: modes
            .into_iter()
            .map(|mode| (mode, Tally::default()))
            .collect(),
        failed: 0,
    };
    let options = Options {
        kind: Kind::SmallPrint,
        split: set.split,
        seed: set.seed,
        size: SIDE,
        count: None,
        threads: 1,
        pixels: true,
        photographed: set.photographed,
    };
    let (progress, mut pen) = (ProgressBar::new(set.count), Pen::default());
    for index in 0..set.count {
        for (truth, canvas) in stream::samples(fonts, &options, index, &mut pen) {
            let Some(image) = canvas.and_then(|canvas| picture(&canvas).ok()) else {
                continue;
            };
            report.show(model, &image, &truth.text);
        }
        progress.inc(1);
    }
    progress.finish_and_clear();
    report
}

impl Report {
    fn show(&mut self, model: &Model, image: &Image, text: &str) {
        for (mode, tally) in &mut self.modes {
            let start = Instant::now();
            let read = model.session().and_then(|mut session| {
                session.add_image_in(image, *mode)?;
                session.ocr().run()
            });
            self.failed += usize::from(read.is_err());
            let read = read.map_or_else(|_| String::new(), |reading| reading.text);
            tally.time += start.elapsed();
            tally.reads(text, &read);
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "| mode | word recall | word precision | character error rate | seconds a page |"
        )?;
        writeln!(f, "| --- | --- | --- | --- | --- |")?;
        for (mode, tally) in &self.modes {
            let [recall, precision] = tally.recall_and_precision();
            let mode = format!("{mode:?}").to_lowercase();
            let (errors, seconds) = (
                ratio(tally.characters),
                tally.time.as_secs_f64() / tally.flyers.max(1) as f64,
            );
            writeln!(
                f,
                "| {mode} | {recall:.3} | {precision:.3} | {errors:.3} | {seconds:.2} |"
            )?;
        }
        let (pages, words) = self
            .modes
            .first()
            .map_or((0, 0), |(_, tally)| (tally.flyers, tally.words[1]));
        writeln!(
            f,
            "\n{pages} pages, {words} words; {} readings failed",
            self.failed
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_has_a_row_a_mode() {
        let mut report = Report {
            modes: vec![
                (Mode::Balanced, Tally::default()),
                (Mode::High, Tally::default()),
            ],
            failed: 1,
        };
        report.modes[0].1.reads("two words", "");
        report.modes[1].1.reads("two words", "two others words");
        let table = report.to_string();
        assert!(
            table.contains("| balanced | 0.000 | 0.000 | 1.000 | 0.00 |"),
            "{table}"
        );
        assert!(table.contains("| high | 1.000 | 0.667 |"), "{table}");
        assert!(
            table.contains("1 pages, 2 words; 1 readings failed"),
            "{table}"
        );
    }
}
