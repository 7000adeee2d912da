//! Real pictures in a folder that says what is right: how much of their text is read, how many
//! words are made up, which events and answers are right (see `FORMAT.md`).
mod events;
mod questions;

use events::{EventMarks, EventTruth};
use foveate::{Image, Model, Session};
use foveate_events::Date;
use indicatif::ProgressBar;
use questions::{Question, QuestionMarks};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// What is scored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Part {
    /// The words of each picture.
    Text,
    /// The event of those that announce one.
    Events,
    /// The questions of `qa.json`.
    Questions,
}

/// A picture and what is right of it.
#[derive(Debug, Deserialize)]
pub(super) struct Picture {
    pub(super) file: PathBuf,
    kind: String,
    /// In reading order; empty where there is no text.
    pub(super) text: String,
    /// Words that count neither as read nor as made up: cut, tiny or half hidden.
    #[serde(default)]
    pub(super) optional: Vec<String>,
    event: Option<EventTruth>,
}

/// Pictures without text are of this kind.
const NO_TEXT: &str = "none";

/// Words of the pictures of a kind.
#[derive(Clone, Copy, Debug, Default)]
struct TextMarks {
    pictures: usize,
    /// Words read that are there, words that are there, and words read that are not.
    found: usize,
    there: usize,
    made_up: usize,
    failed: usize,
    time: Duration,
}

/// The scores of a folder.
#[derive(Debug, Default)]
pub struct Report {
    /// By kind, in the order of the truth.
    texts: Vec<(String, TextMarks)>,
    events: EventMarks,
    questions: QuestionMarks,
    /// Every event and answer, with what is right.
    pub answers: Vec<Value>,
}

/// Shows the pictures of `folder` to `model`, one after another. Dates without a year come after
/// `today`.
///
/// # Errors
/// When `truth.json`, or `qa.json` where it is asked for and there, is not what it should be. A
/// picture that cannot be read counts as one of which nothing was read.
pub fn evaluate(
    model: &Model,
    folder: &Path,
    parts: &[Part],
    today: Date,
) -> anyhow::Result<Report> {
    let pictures = pictures(folder)?;
    let asked = folder.join("qa.json");
    let wanted = parts.contains(&Part::Questions) && asked.exists();
    let questions: Vec<Question> = if wanted {
        read_json(&asked)?
    } else {
        Vec::new()
    };
    let mut report = Report::default();
    let progress = ProgressBar::new(pictures.len() as u64);
    for picture in &pictures {
        let name = picture.file.display();
        let began = Instant::now();
        let image = Image::open(folder.join(&picture.file));
        let session = image.and_then(|image| model.look_at(&image));
        let session = session
            .map_err(|e| progress.suspend(|| eprintln!("{name}: {e}")))
            .ok();
        if parts.contains(&Part::Text) {
            report
                .texts_of(&picture.kind)
                .add(picture, session.as_ref(), began);
        }
        if let Some(truth) = picture
            .event
            .as_ref()
            .filter(|_| parts.contains(&Part::Events))
        {
            let mut said = report.events.add(truth, session.as_ref(), today);
            said["file"] = json!(picture.file);
            report.answers.push(said);
        }
        for question in questions.iter().filter(|one| one.file == picture.file) {
            let said = report.questions.add(question, session.as_ref());
            report.answers.push(said);
        }
        progress.inc(1);
    }
    progress.finish_and_clear();
    Ok(report)
}

/// The pictures of a folder's `truth.json`.
pub(super) fn pictures(folder: &Path) -> anyhow::Result<Vec<Picture>> {
    let pictures: Vec<Picture> = read_json(&folder.join("truth.json"))?;
    let own = |file: &Path| file.file_name() == Some(file.as_os_str());
    if let Some(Picture { file, .. }) = pictures.iter().find(|picture| !own(&picture.file)) {
        anyhow::bail!("truth.json: {} is not a file of its folder", file.display());
    }
    Ok(pictures)
}

fn read_json<T: DeserializeOwned>(file: &Path) -> anyhow::Result<T> {
    let named = |e: &dyn fmt::Display| anyhow::anyhow!("{}: {e}", file.display());
    let bytes = std::fs::read(file).map_err(|e| named(&e))?;
    serde_json::from_slice(&bytes).map_err(|e| named(&e))
}

/// Words in small letters, without apostrophes, parted by all but a to z and 0 to 9.
pub(super) fn words(text: &str) -> Vec<String> {
    let text = text.to_lowercase().replace(['\'', '\u{2019}'], "");
    let words = text.split(|c: char| !(c.is_ascii_lowercase() || c.is_ascii_digit()));
    let words = words.filter(|word| !word.is_empty());
    words.map(str::to_owned).collect()
}

fn counted(words: Vec<String>) -> HashMap<String, usize> {
    let mut counts = HashMap::new();
    words
        .into_iter()
        .for_each(|word| *counts.entry(word).or_default() += 1);
    counts
}

impl TextMarks {
    fn add(&mut self, picture: &Picture, session: Option<&Session>, began: Instant) {
        let read = session.map(|session| session.fork().ocr().run());
        let reading = read.and_then(Result::ok);
        let whole = reading.as_ref().is_some_and(|read| read.stop.is_complete());
        let text = reading.map(|read| read.text).unwrap_or_default();
        self.count(picture, &text);
        self.failed += usize::from(!whole);
        self.time += began.elapsed();
    }

    fn count(&mut self, picture: &Picture, text: &str) {
        let (got, there) = (counted(words(text)), counted(words(&picture.text)));
        let optional = counted(words(&picture.optional.join(" ")));
        let times = |words: &HashMap<String, usize>, word| words.get(word).copied().unwrap_or(0);
        for (word, &n) in &got {
            self.found += n.min(times(&there, word));
            self.made_up += n.saturating_sub(times(&there, word) + times(&optional, word));
        }
        self.there += there.values().sum::<usize>();
        self.pictures += 1;
    }
}

impl std::ops::AddAssign for TextMarks {
    fn add_assign(&mut self, other: Self) {
        self.pictures += other.pictures;
        self.found += other.found;
        self.there += other.there;
        self.made_up += other.made_up;
        self.failed += other.failed;
        self.time += other.time;
    }
}

impl Report {
    fn texts_of(&mut self, kind: &str) -> &mut TextMarks {
        let known = self.texts.iter().position(|(one, _)| one == kind);
        let at = known.unwrap_or_else(|| {
            self.texts.push((kind.to_owned(), TextMarks::default()));
            self.texts.len() - 1
        });
        &mut self.texts[at].1
    }

    fn with_text(&self) -> TextMarks {
        let mut all = TextMarks::default();
        let texts = self.texts.iter().filter(|(kind, _)| kind != NO_TEXT);
        texts.for_each(|(_, marks)| all += *marks);
        all
    }
}

/// A row of the first table.
fn row(f: &mut fmt::Formatter<'_>, kind: &str, marks: &TextMarks) -> fmt::Result {
    let share = |of: usize| match of {
        0 => "-".to_owned(),
        of => format!("{:.3}", marks.found as f64 / of as f64),
    };
    let a_picture = |n: f64| n / marks.pictures.max(1) as f64;
    let precision = match marks.there {
        0 => share(0),
        _ => share(marks.found + marks.made_up),
    };
    writeln!(
        f,
        "| {kind} | {} | {} | {precision} | {:.2} | {} | {:.2} |",
        marks.pictures,
        share(marks.there),
        a_picture(marks.made_up as f64),
        marks.failed,
        a_picture(marks.time.as_secs_f64())
    )
}

/// Tables in Markdown.
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.texts.is_empty() {
            let made_up = "words made up a picture";
            writeln!(
                f,
                "| kind | pictures | word recall | precision | {made_up} | failed | s |"
            )?;
            writeln!(f, "| --- | --- | --- | --- | --- | --- | --- |")?;
            for (kind, marks) in self.texts.iter().filter(|(kind, _)| kind != NO_TEXT) {
                row(f, kind, marks)?;
            }
            row(f, "all with text", &self.with_text())?;
            for (kind, marks) in self.texts.iter().filter(|(kind, _)| kind == NO_TEXT) {
                row(f, kind, marks)?;
            }
        }
        write!(f, "{}{}", self.events, self.questions)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picture(json: &str) -> Picture {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn words_are_a_bag_and_optional_ones_count_neither_way() {
        let one = r#"{"file": "a.png", "kind": "sign", "text": "Rev'd Tom\nTom 7PM",
            "optional": ["crumb"], "event": null}"#;
        let mut report = Report::default();
        let marks = report.texts_of("sign");
        marks.count(&picture(one), "tom REVD, crumb crumb; 7 pm");
        // "7 pm" is two words, "7PM" one.
        assert_eq!((marks.found, marks.there, marks.made_up), (2, 4, 3));
        let empty = r#"{"file": "b.png", "kind": "none", "text": "", "event": null}"#;
        report.texts_of("none").count(&picture(empty), "Sto");
        let told = report.to_string();
        assert!(
            told.contains("| sign | 1 | 0.500 | 0.400 | 3.00 | 0 |"),
            "{told}"
        );
        assert!(
            told.contains("| all with text | 1 | 0.500 | 0.400 | 3.00 |"),
            "{told}"
        );
        assert!(told.contains("| none | 1 | - | - | 1.00 |"), "{told}");
    }
}
