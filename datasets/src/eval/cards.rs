//! What a model reads off business cards that it never saw, by itself and with the adapter that was
//! made for them.

use super::{percent, ratio};
use crate::canvas::Canvas;
use crate::dice::Dice;
use crate::files::{Set, save};
use crate::fonts::Fonts;
use crate::metrics;
use crate::pen::Pen;
use crate::record::Truth;
use crate::stream::{self, Kind, Options, Sample};
use foveate::{Adapter, Image, Model, Session};
use indicatif::ProgressBar;
use schemars::JsonSchema;
use serde::Deserialize;
use std::fmt;
use std::path::Path;
use std::time::{Duration, Instant};

/// The fields of a card, in the order of the question.
pub const FIELDS: [&str; 7] = [
    "name", "job", "company", "phone", "email", "website", "address",
];

/// What a model is asked for. The order of the fields is that of the question.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
pub struct BusinessCard {
    /// Whose card it is.
    pub name: Option<String>,
    /// What they do.
    pub job: Option<String>,
    /// Where they do it.
    pub company: Option<String>,
    /// The telephone number, as printed.
    pub phone: Option<String>,
    /// The e-mail address.
    pub email: Option<String>,
    /// The web address.
    pub website: Option<String>,
    /// The postal address.
    pub address: Option<String>,
}

impl BusinessCard {
    /// Out of the fields of a picture.
    pub fn of(truth: &Truth) -> Self {
        let [name, job, company, phone, email, website, address] =
            FIELDS.map(|name| truth.fields.get(name).map(|f| f.value.clone()));
        Self {
            name,
            job,
            company,
            phone,
            email,
            website,
            address,
        }
    }

    /// What is told, in the order of [`FIELDS`].
    fn told(&self) -> [Option<&str>; 7] {
        let fields = [
            &self.name,
            &self.job,
            &self.company,
            &self.phone,
            &self.email,
            &self.website,
            &self.address,
        ];
        fields.map(|text| text.as_deref().filter(|t| !t.trim().is_empty()))
    }

    /// Which fields of `got` are right, in the order of [`FIELDS`]: a similarity of at least 0.9 as
    /// for the title of a flyer, but all digits of a telephone number, and every letter of an
    /// e-mail or web address but for its case. What the card does not tell must be left out.
    pub fn right(&self, got: &Self) -> [bool; 7] {
        let (expected, got) = (self.told(), got.told());
        std::array::from_fn(|i| match (expected[i], got[i]) {
            (None, None) => true,
            (Some(a), Some(b)) => alike(FIELDS[i], a, b),
            _ => false,
        })
    }
}

fn alike(field: &str, a: &str, b: &str) -> bool {
    let digits = |t: &str| -> String { t.chars().filter(char::is_ascii_digit).collect() };
    let letters = |t: &str| t.to_lowercase().split_whitespace().collect::<String>();
    match field {
        "phone" => digits(a) == digits(b),
        "email" | "website" => letters(a) == letters(b),
        _ => metrics::similarity(a, b) >= 0.9,
    }
}

/// Scores of one model over the same cards, without and with an adapter.
#[derive(Clone, Debug)]
pub struct Report {
    /// The adapter's name.
    pub adapter: String,
    /// Without it, with it.
    pub columns: [Tally; 2],
}

/// Sums over cards.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    /// Cards.
    pub cards: usize,
    /// Cards of which every field is right.
    pub whole: usize,
    /// Right fields, in the order of [`FIELDS`].
    pub right: [usize; 7],
    /// Words found, words there are, and words read.
    pub words: [usize; 3],
    /// Edits, and characters there are.
    pub characters: [usize; 2],
    /// Answers that were a value of the type.
    pub parsed: usize,
    /// From the picture to the card.
    pub time: Duration,
}

/// What was read off a card.
#[derive(Default)]
struct Outcome {
    card: Option<BusinessCard>,
    transcript: String,
    error: Option<String>,
    time: Duration,
}

/// Shows every card of `set` to `model`, without and with `adapter`; cards that are not all right
/// with it are written to `dump`. Each card goes through the camera with the probability
/// `set.photographed`.
///
/// # Errors
/// An adapter that does not fit the model, and a picture that cannot be written to `dump`.
pub fn evaluate(
    model: &Model,
    adapter: &Adapter,
    fonts: &Fonts,
    set: &Set,
    dump: Option<&Path>,
) -> anyhow::Result<Report> {
    // Forks of one session share its decoder, which is so made once.
    let [alone, mut with] = [model.session()?, model.session()?];
    with.set_adapter(Some(adapter))?;
    let mut columns = [Tally::default(), Tally::default()];
    let progress = ProgressBar::new(set.count);
    let mut pen = Pen::default();
    dump.map_or(Ok(()), std::fs::create_dir_all)?;
    for index in 0..set.count {
        let (truth, canvas) = card(fonts, set, index, &mut pen);
        let Some(canvas) = canvas else { continue };
        let outcomes = ask(model, [&alone, &with], &canvas);
        let mut all_right = false;
        for (tally, outcome) in columns.iter_mut().zip(&outcomes) {
            all_right = tally.add(&truth, outcome);
        }
        if let (Some(folder), false) = (dump, all_right) {
            save(&canvas, &folder.join(format!("{index:05}.png")))?;
            let text = explained(&truth, &outcomes);
            std::fs::write(folder.join(format!("{index:05}.txt")), text)?;
        }
        progress.inc(1);
    }
    progress.finish_and_clear();
    Ok(Report {
        adapter: adapter.name().to_owned(),
        columns,
    })
}

/// Card `index`, its longer side between 700 and 2000 pixels as that of flyers.
fn card(fonts: &Fonts, set: &Set, index: u64, pen: &mut Pen) -> Sample {
    let options = Options {
        kind: Kind::Cards,
        split: set.split,
        seed: set.seed,
        size: Dice::new(set.seed ^ 0x51ce, index).range(700.0, 2000.0) as usize,
        count: None,
        threads: 1,
        pixels: true,
        photographed: set.photographed,
    };
    stream::samples(fonts, &options, index, pen).remove(0)
}

/// What each session reads off the card. It is encoded once, and the time of that counts for all.
fn ask(model: &Model, sessions: [&Session; 2], canvas: &Canvas) -> [Outcome; 2] {
    let failed = |e: &foveate::Error| Outcome {
        error: Some(e.to_string()),
        ..Outcome::default()
    };
    let (width, height) = (canvas.width as u32, canvas.height as u32);
    let start = Instant::now();
    let seen = Image::from_rgb(width, height, canvas.data.clone()).and_then(|image| {
        model.encode(&image, model.default_mode())?;
        Ok(image)
    });
    let seeing = start.elapsed();
    sessions.map(|session| {
        let start = Instant::now();
        let read = match &seen {
            Ok(image) => read(session.fork(), image).unwrap_or_else(|e| failed(&e)),
            Err(e) => failed(e),
        };
        Outcome {
            time: seeing + start.elapsed(),
            ..read
        }
    })
}

fn read(mut session: Session, image: &Image) -> foveate::Result<Outcome> {
    let typed = session.add_image(image)?.read::<BusinessCard>().run()?;
    Ok(Outcome {
        card: Some(typed.value),
        transcript: typed.transcript.unwrap_or_default(),
        ..Outcome::default()
    })
}

fn explained(truth: &Truth, outcomes: &[Outcome; 2]) -> String {
    let mut text = format!(
        "layout {}, fonts {:?}\nexpected {:#?}\n\n--- expected text\n{}\n",
        truth.layout,
        truth.fonts,
        BusinessCard::of(truth),
        truth.text
    );
    for (outcome, how) in outcomes.iter().zip(["without", "with"]) {
        text += &format!(
            "\n--- {how} the adapter\nread {:#?}\nerror {:?}\n{}\n",
            outcome.card.clone().unwrap_or_default(),
            outcome.error,
            outcome.transcript
        );
    }
    text
}

impl Tally {
    /// Whether every field is right.
    fn add(&mut self, truth: &Truth, outcome: &Outcome) -> bool {
        let right = match &outcome.card {
            Some(card) => BusinessCard::of(truth).right(card),
            None => [false; 7],
        };
        for (sum, right) in self.right.iter_mut().zip(right) {
            *sum += usize::from(right);
        }
        let whole = right.iter().all(|r| *r);
        self.whole += usize::from(whole);
        let words = metrics::words_found(&truth.text, &outcome.transcript);
        let (edits, characters) = metrics::character_errors(&truth.text, &outcome.transcript);
        for (sum, n) in self.words.iter_mut().zip(words) {
            *sum += n;
        }
        self.characters = [self.characters[0] + edits, self.characters[1] + characters];
        self.cards += 1;
        self.parsed += usize::from(outcome.card.is_some());
        self.time += outcome.time;
        whole
    }
}

/// A table in Markdown.
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "| | without | with `{}` |", self.adapter)?;
        writeln!(f, "| --- | --- | --- |")?;
        let mut row = |name: &str, cell: &dyn Fn(&Tally) -> String| {
            let [without, with] = &self.columns;
            writeln!(f, "| {name} | {} | {} |", cell(without), cell(with))
        };
        row("cards with every field right", &|t| {
            percent([t.whole, t.cards])
        })?;
        for (i, name) in FIELDS.into_iter().enumerate() {
            row(name, &|t| percent([t.right[i], t.cards]))?;
        }
        row("word recall / precision", &|t| {
            let [found, there, read] = t.words;
            format!("{:.3} / {:.3}", ratio([found, there]), ratio([found, read]))
        })?;
        row("character error rate", &|t| {
            format!("{:.3}", ratio(t.characters))
        })?;
        row("answers that parse", &|t| {
            format!("{} of {}", t.parsed, t.cards)
        })?;
        row("seconds a card", &|t| {
            format!("{:.2}", t.time.as_secs_f64() / t.cards.max(1) as f64)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn card(name: &str, phone: &str, email: Option<&str>) -> BusinessCard {
        BusinessCard {
            name: Some(name.into()),
            phone: Some(phone.into()),
            email: email.map(str::to_owned),
            ..BusinessCard::default()
        }
    }

    #[test]
    fn fields_are_right_by_their_meaning() {
        let truth = card("Ada Lovelace", "(020) 555-0142", Some("ada@calculus.org"));
        let all = [true; 7];
        let got = card("ADA LOVELACE", "020 555 0142", Some("Ada@calculus.org"));
        assert_eq!(truth.right(&got), all);
        // A number that is one digit off is another number; so is an address.
        let got = card("Ada Lovelacc", "020 555 0143", Some("ada@calculus.com"));
        let [name, _, _, phone, email, ..] = truth.right(&got);
        assert_eq!((name, phone, email), (true, false, false));
    }

    #[test]
    fn what_is_not_told_must_be_left_out() {
        let truth = card("A", "1", None);
        assert!(truth.right(&card("A", "1", Some(" ")))[4]);
        assert!(!truth.right(&card("A", "1", Some("a@b.c")))[4]);
        assert!(!card("A", "1", Some("a@b.c")).right(&truth)[4]);
    }
}
