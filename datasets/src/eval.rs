//! A model's scores on flyers that it never saw.

pub mod ablate;
pub mod arguments;
pub mod calibrate;
pub mod cards;
pub mod from;
pub mod lines;
mod meaning;
pub mod real;
pub mod small_print;
pub mod unseen;

use crate::canvas::Canvas;
use crate::files::{EventTruth, Set, save};
use crate::fonts::Fonts;
use crate::metrics::{self, Corners, Grounding, Right};
use crate::pen::Pen;
use crate::record::Truth;
use foveate::{Image, Model, Rect, Region};
use foveate_events::CalendarEvent;
use indicatif::ProgressBar;
pub use meaning::normalised;
use std::fmt;
use std::path::Path;
use std::time::{Duration, Instant};

/// What a model is scored on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Task {
    /// The event that a flyer announces.
    Flyer,
    /// Who a business card is of, without and with an adapter.
    BusinessCard,
    /// Fields of a flyer that a schema names as no schema of training does.
    Unseen,
    /// The words of pages with small print, in modes balanced and high.
    SmallPrint,
}

/// Scores over the clean and over the photographed flyers.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// Clean, photographed.
    pub halves: [Tally; 2],
}

/// Sums over flyers.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    /// Flyers.
    pub flyers: usize,
    /// All four right, then title, date, start, venue.
    pub right: [usize; 5],
    /// Words found, words there are, and words read.
    pub words: [usize; 3],
    /// Edits, and characters there are.
    pub characters: [usize; 2],
    /// Where the right fields were said to stand.
    pub grounding: Grounding,
    /// Answers that were a value of the type.
    pub parsed: usize,
    /// From the picture to the event.
    pub time: Duration,
}

/// What a model said of one flyer.
struct Outcome {
    printed: Option<CalendarEvent>,
    /// What a calendar makes of it.
    meaning: EventTruth,
    /// JSON pointer and box of the fields that were read off the picture.
    boxes: Vec<(String, Corners)>,
    transcript: String,
    error: Option<String>,
    time: Duration,
}

/// Shows every flyer of `set` to `model`; flyers with a mistake are written to `dump`.
///
/// # Errors
/// When a picture cannot be written to `dump`.
pub fn evaluate(
    model: &Model,
    fonts: &Fonts,
    set: &Set,
    dump: Option<&Path>,
) -> std::io::Result<Report> {
    let mut report = Report::default();
    let progress = ProgressBar::new(set.count);
    let mut pen = Pen::default();
    dump.map_or(Ok(()), std::fs::create_dir_all)?;
    for index in 0..set.count {
        let (truth, canvas) = set.flyer(fonts, index, true, &mut pen);
        let Some(canvas) = canvas else { continue };
        let missed = dump.map(|folder| folder.join(format!("{index:05}.txt")));
        let right = report.show(model, &truth, || picture(&canvas), missed.as_deref())?;
        if let (Some(text), false) = (missed, right.all()) {
            save(&canvas, &text.with_extension("png"))?;
        }
        progress.inc(1);
    }
    progress.finish_and_clear();
    Ok(report)
}

pub(super) fn picture(canvas: &Canvas) -> foveate::Result<Image> {
    Image::from_rgb(
        canvas.width as u32,
        canvas.height as u32,
        canvas.data.clone(),
    )
}

fn ask(model: &Model, picture: impl FnOnce() -> foveate::Result<Image>) -> Outcome {
    let start = Instant::now();
    let answer = picture().and_then(|image| {
        let mut session = model.look_at(&image)?;
        let typed = session.read::<CalendarEvent>().run()?;
        let time = start.elapsed();
        let transcript = match session.text() {
            Some(text) => text,
            None => session.ocr().run()?.text,
        };
        let read = typed.transcript.as_deref();
        let flyer = typed.value.as_flyer(read.or(Some(&transcript)));
        let meaning = meaning::of(flyer.with_headlines(&typed.headlines), &typed.value);
        let place = |(path, region): (String, Region)| (path, corners(region.rect));
        let boxes = typed.fields.into_iter().map(place).collect();
        Ok((typed.value, meaning, boxes, transcript, time))
    });
    match answer {
        Ok((printed, meaning, boxes, transcript, time)) => Outcome {
            printed: Some(printed),
            meaning,
            boxes,
            transcript,
            error: None,
            time,
        },
        Err(error) => Outcome {
            printed: None,
            meaning: EventTruth::default(),
            boxes: Vec::new(),
            transcript: String::new(),
            error: Some(error.to_string()),
            time: start.elapsed(),
        },
    }
}

fn corners(rect: Rect) -> Corners {
    [rect.x0, rect.y0, rect.x1, rect.y1]
}

/// Where a field stands: the smallest box around the ink of its glyphs; `None` for a field that the
/// flyer does not have.
pub fn true_box(truth: &Truth, field: &str) -> Option<Corners> {
    let ranges = truth.fields.get(field)?.glyphs.iter();
    ranges
        .filter_map(|&[from, to]| truth.inks.get(from..to))
        .flatten()
        .map(|ink| ink.map(f64::from))
        .reduce(metrics::around)
}

/// Of the fields that are right, how well their boxes lie; what the flyer does not tell has no box
/// and does not count.
fn grounding(truth: &Truth, right: Right, boxes: &[(String, Corners)]) -> Grounding {
    let mut grounding = Grounding::default();
    let fields = [
        ("title", right.title),
        ("date", right.date),
        ("start", right.start),
        ("venue", right.venue),
    ];
    for (name, _) in fields.into_iter().filter(|f| f.1) {
        let read = boxes.iter().find(|b| b.0.strip_prefix('/') == Some(name));
        if let Some(expected) = true_box(truth, name) {
            grounding.add(expected, read.map(|b| b.1));
        }
    }
    grounding
}

fn explained(truth: &Truth, outcome: &Outcome) -> String {
    let printed = outcome.printed.clone().unwrap_or_default();
    format!(
        "layout {}, fonts {:?}\nexpected {:#?}\nread {:#?}\nmeaning {:#?}\nerror {:?}\n\n\
         --- expected text\n{}\n\n--- text read\n{}\n",
        truth.layout,
        truth.fonts,
        EventTruth::of(truth),
        printed,
        outcome.meaning,
        outcome.error,
        truth.text,
        outcome.transcript
    )
}

impl Report {
    /// Shows one flyer to `model`; with a mistake, what was expected and read is written to
    /// `missed`.
    fn show(
        &mut self,
        model: &Model,
        truth: &Truth,
        picture: impl FnOnce() -> foveate::Result<Image>,
        missed: Option<&Path>,
    ) -> std::io::Result<Right> {
        let outcome = ask(model, picture);
        let right = self.halves[usize::from(truth.photographed)].add(truth, &outcome);
        if let (Some(path), false) = (missed, right.all()) {
            std::fs::write(path, explained(truth, &outcome))?;
        }
        Ok(right)
    }
}

impl Tally {
    /// One picture's text, and what was read of it.
    fn reads(&mut self, text: &str, read: &str) {
        let words = metrics::words_found(text, read);
        let (edits, characters) = metrics::character_errors(text, read);
        for (sum, n) in self.words.iter_mut().zip(words) {
            *sum += n;
        }
        self.characters = [self.characters[0] + edits, self.characters[1] + characters];
        self.flyers += 1;
    }

    fn add(&mut self, truth: &Truth, outcome: &Outcome) -> Right {
        let right = match &outcome.printed {
            Some(_) => metrics::score(&EventTruth::of(truth), &outcome.meaning),
            None => Right::default(),
        };
        let marks = [
            right.all(),
            right.title,
            right.date,
            right.start,
            right.venue,
        ];
        for (sum, mark) in self.right.iter_mut().zip(marks) {
            *sum += usize::from(mark);
        }
        self.reads(&truth.text, &outcome.transcript);
        self.grounding += grounding(truth, right, &outcome.boxes);
        self.parsed += usize::from(outcome.printed.is_some());
        self.time += outcome.time;
        right
    }
}

impl Tally {
    /// Words found as a share of those there are, and of those read.
    #[must_use]
    pub fn recall_and_precision(&self) -> [f64; 2] {
        let [found, there, read] = self.words;
        [ratio([found, there]), ratio([found, read])]
    }
}

/// `50.0% (1 of 2)`
fn percent([part, whole]: [usize; 2]) -> String {
    let share = 100.0 * ratio([part, whole]);
    format!("{share:.1}% ({part} of {whole})")
}

fn ratio([part, whole]: [usize; 2]) -> f64 {
    part as f64 / whole.max(1) as f64
}

/// A table in Markdown.
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "| | clean | photographed |")?;
        let mut row = |name: &str, cell: &dyn Fn(&Tally) -> String| {
            writeln!(
                f,
                "| {name} | {} | {} |",
                cell(&self.halves[0]),
                cell(&self.halves[1])
            )
        };
        row("---", &|_| "---".into())?;
        let names = [
            "events with title, date, start and venue all right",
            "title",
            "date",
            "start",
            "venue",
        ];
        for (i, name) in names.into_iter().enumerate() {
            row(name, &|t| percent([t.right[i], t.flyers]))?;
        }
        row("word recall / precision", &|t| {
            let [recall, precision] = t.recall_and_precision();
            format!("{recall:.3} / {precision:.3}")
        })?;
        row("character error rate", &|t| {
            format!("{:.3}", ratio(t.characters))
        })?;
        row("right fields with a box of IoU 0.5 or more", &|t| {
            percent([t.grounding.on_it, t.grounding.fields])
        })?;
        row("mean IoU of the boxes of right fields", &|t| {
            let mean = t.grounding.overlap / t.grounding.fields.max(1) as f64;
            format!("{mean:.3}")
        })?;
        row("answers that parse", &|t| {
            format!("{} of {}", t.parsed, t.flyers)
        })?;
        row("seconds a flyer", &|t| {
            format!("{:.2}", t.time.as_secs_f64() / t.flyers.max(1) as f64)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::Field;

    /// A title on two lines and a date; no venue.
    fn truth() -> Truth {
        let field = |glyphs: &[[usize; 2]]| Field {
            text: String::new(),
            glyphs: glyphs.to_vec(),
            value: String::new(),
        };
        Truth {
            kind: "flyer",
            seed: 0,
            photographed: false,
            layout: "",
            fonts: Vec::new(),
            text: String::new(),
            lines: Vec::new(),
            fields: [
                ("title", field(&[[0, 2], [3, 4]])),
                ("date", field(&[[2, 3]])),
            ]
            .into(),
            glyphs: Vec::new(),
            inks: vec![
                [0.0, 0.0, 10.0, 20.0],
                [10.0, 0.0, 20.0, 18.0],
                [95.0, 89.0, 105.0, 109.0],
                [0.0, 20.0, 10.0, 40.0],
            ],
            size: [200, 200],
        }
    }

    fn near(got: Corners, expected: Corners) {
        let far = got.iter().zip(expected).any(|(a, b)| (a - b).abs() > 1e-4);
        assert!(!far, "{got:?}, not {expected:?}");
    }

    #[test]
    fn a_fields_box_goes_around_the_ink_of_all_its_glyphs() {
        near(true_box(&truth(), "title").unwrap(), [0.0, 0.0, 20.0, 40.0]);
        near(
            true_box(&truth(), "date").unwrap(),
            [95.0, 89.0, 105.0, 109.0],
        );
        assert_eq!(true_box(&truth(), "venue"), None);
    }

    #[test]
    fn only_right_fields_that_are_told_count() {
        let right = Right {
            title: true,
            date: true,
            start: false,
            venue: true,
        };
        let boxes = [
            ("/title".to_owned(), [0.0, 0.0, 20.0, 30.0]),
            ("/start".to_owned(), [0.0, 0.0, 1.0, 1.0]),
        ];
        let got = grounding(&truth(), right, &boxes);
        // The title by three quarters; the date has no box; the flyer does not tell the venue.
        assert_eq!((got.fields, got.on_it), (2, 1));
        assert!((got.overlap - 0.75).abs() < 1e-4, "{}", got.overlap);
        let none = grounding(&truth(), Right::default(), &boxes);
        assert_eq!(none, Grounding::default());
    }
}
