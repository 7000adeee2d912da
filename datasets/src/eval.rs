//! A model's scores on flyers that it never saw.

use crate::canvas::Canvas;
use crate::files::{EventTruth, Set, save};
use crate::fonts::Fonts;
use crate::metrics::{self, Right};
use crate::pen::Pen;
use crate::record::Truth;
use foveate::when::{Date, Order, Printed, Schedule};
use foveate::{Image, Model};
use indicatif::ProgressBar;
use schemars::JsonSchema;
use serde::Deserialize;
use std::fmt;
use std::path::Path;
use std::time::{Duration, Instant};

/// What a model is asked for. The order of the fields is that of the question.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
pub struct FlyerEvent {
    /// What the event is called.
    pub title: Option<String>,
    /// Its day, as printed.
    pub date: Option<String>,
    /// When it begins, as printed.
    pub start: Option<String>,
    /// When it ends, as printed.
    pub end: Option<String>,
    /// The place by name.
    pub venue: Option<String>,
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
    /// Words read, and words there are.
    pub words: [usize; 2],
    /// Edits, and characters there are.
    pub characters: [usize; 2],
    /// Answers that were a value of the type.
    pub parsed: usize,
    /// From the picture to the event.
    pub time: Duration,
}

/// What a model said of one flyer.
struct Outcome {
    printed: Option<FlyerEvent>,
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
        let outcome = ask(model, &canvas);
        let right = report.halves[usize::from(truth.photographed)].add(&truth, &outcome);
        if let (Some(folder), false) = (dump, right.all()) {
            save(&canvas, &folder.join(format!("{index:05}.png")))?;
            let text = explained(&truth, &outcome);
            std::fs::write(folder.join(format!("{index:05}.txt")), text)?;
        }
        progress.inc(1);
    }
    progress.finish_and_clear();
    Ok(report)
}

fn ask(model: &Model, canvas: &Canvas) -> Outcome {
    let start = Instant::now();
    let (width, height) = (canvas.width as u32, canvas.height as u32);
    let answer = Image::from_rgb(width, height, canvas.data.clone()).and_then(|image| {
        let mut session = model.look_at(&image)?;
        let typed = session.read::<FlyerEvent>()?;
        let time = start.elapsed();
        let transcript = match typed.transcript {
            Some(text) => text,
            None => session.ocr()?.text,
        };
        Ok((typed.value, transcript, time))
    });
    match answer {
        Ok((printed, transcript, time)) => Outcome {
            printed: Some(printed),
            transcript,
            error: None,
            time,
        },
        Err(error) => Outcome {
            printed: None,
            transcript: String::new(),
            error: Some(error.to_string()),
            time: start.elapsed(),
        },
    }
}

/// What printed pieces mean. `today` only supplies the year of dates that have none.
pub fn normalised(printed: &FlyerEvent) -> EventTruth {
    let told = |text: &Option<String>| text.clone().filter(|t| !t.trim().is_empty());
    let (date, start, end) = (
        told(&printed.date),
        told(&printed.start),
        told(&printed.end),
    );
    let today = Date::new(2025, 1, 1).expect("a day of the calendar");
    let pieces = Printed {
        // Times can be read without a day, but not by themselves.
        date: Some(date.as_deref().unwrap_or("2025-01-01")),
        start: start.as_deref(),
        end: end.as_deref(),
    };
    let schedule = Schedule::read(pieces, today, Order::default());
    let schedule = schedule.as_ref();
    EventTruth {
        title: told(&printed.title),
        date: date.and(schedule.map(|s| s.date.to_string())),
        start: start.and(schedule.and_then(|s| s.start).map(|t| t.to_string())),
        end: end.and(schedule.and_then(|s| s.end).map(|t| t.to_string())),
        venue: told(&printed.venue),
    }
}

fn explained(truth: &Truth, outcome: &Outcome) -> String {
    let printed = outcome.printed.clone().unwrap_or_default();
    format!(
        "layout {}, fonts {:?}\nexpected {:#?}\nread {:#?}\nmeaning {:#?}\nerror {:?}\n\n--- expected text\n{}\n\n--- text read\n{}\n",
        truth.layout,
        truth.fonts,
        EventTruth::of(truth),
        printed,
        normalised(&printed),
        outcome.error,
        truth.text,
        outcome.transcript
    )
}

impl Tally {
    fn add(&mut self, truth: &Truth, outcome: &Outcome) -> Right {
        let right = match &outcome.printed {
            Some(printed) => metrics::score(&EventTruth::of(truth), &normalised(printed)),
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
        let (found, words) = metrics::words_found(&truth.text, &outcome.transcript);
        let (edits, characters) = metrics::character_errors(&truth.text, &outcome.transcript);
        self.words = [self.words[0] + found, self.words[1] + words];
        self.characters = [self.characters[0] + edits, self.characters[1] + characters];
        self.flyers += 1;
        self.parsed += usize::from(outcome.printed.is_some());
        self.time += outcome.time;
        right
    }

    fn percent(&self, row: usize) -> String {
        let share = 100.0 * self.right[row] as f64 / self.flyers.max(1) as f64;
        format!("{share:.1}% ({} of {})", self.right[row], self.flyers)
    }
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
            row(name, &|t| t.percent(i))?;
        }
        row("word recall", &|t| format!("{:.3}", ratio(t.words)))?;
        row("character error rate", &|t| {
            format!("{:.3}", ratio(t.characters))
        })?;
        row("answers that parse", &|t| {
            format!("{} of {}", t.parsed, t.flyers)
        })?;
        row("seconds a flyer", &|t| {
            format!("{:.2}", t.time.as_secs_f64() / t.flyers.max(1) as f64)
        })
    }
}
