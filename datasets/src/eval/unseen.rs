//! What a model fills in where a schema names its fields as no schema of training does.

use super::{picture, ratio, save};
use crate::canvas::Canvas;
use crate::dice::Dice;
use crate::files::Set;
use crate::fonts::{Fonts, Split};
use crate::metrics;
use crate::pen::Pen;
use crate::record::Truth;
use foveate::Model;
use indicatif::ProgressBar;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::path::Path;
use std::{fmt, io};

/// Names that training lacks too, under "dev": for what is chosen, as those of `NAMES` are not.
const DEV: &str = include_str!("../../../training/page/names.json");

/// The fields of a flyer, and names of theirs that stand neither in `training/fields.json` nor in
/// `training/page`.
const NAMES: [(&str, [&str; 3]); 10] = [
    ("title", ["happening", "what_takes_place", "headline"]),
    ("date", ["calendar_day", "held_on", "which_day"]),
    ("start", ["opening_time", "from_what_hour", "commences"]),
    ("end", ["closing_time", "till_what_hour", "finishes"]),
    ("venue", ["held_at", "spot", "site_name"]),
    ("address", ["house_and_street", "postal_line", "find_us_at"]),
    ("price", ["entrance_money", "to_pay", "charge"]),
    ("organizer", ["run_by", "people_behind_it", "in_charge"]),
    ("phone", ["dial", "call_us_on", "ring_them_at"]),
    ("website", ["homepage", "on_the_web", "internet_page"]),
];

/// Scores of one model over the fields of flyers.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// Flyers.
    pub flyers: usize,
    /// Answers that were no value of the schema.
    pub failed: usize,
    /// Of each field: right, asked for where it is printed, rightly left out, asked for where it
    /// is not printed.
    pub fields: BTreeMap<&'static str, [usize; 4]>,
}

/// Asks for four to six fields of every flyer of `set`, each of them optional. A value is right by
/// a similarity of at least 0.9 to what is printed; one that is not printed must be left out. Split
/// `dev` has names of its own. Flyers with a mistake are written to `dump`, with what was asked,
/// what is printed and what was said.
///
/// # Errors
/// When nothing can be written to `dump`.
pub fn evaluate(
    model: &Model,
    fonts: &Fonts,
    set: &Set,
    dump: Option<&Path>,
) -> io::Result<Report> {
    let mut report = Report::default();
    let names = names(set.split);
    let progress = ProgressBar::new(set.count);
    let mut pen = Pen::default();
    dump.map_or(Ok(()), std::fs::create_dir_all)?;
    for index in 0..set.count {
        let (truth, canvas) = set.flyer(fonts, index, true, &mut pen);
        let Some(canvas) = canvas else { continue };
        let asked = chosen(&names, &mut Dice::new(set.seed ^ 0x005c_8e4a, index));
        report.flyers += 1;
        match ask(model, &canvas, &asked) {
            Ok(said) => {
                let right = report.add(&truth, &asked, &said);
                if let (Some(folder), false) = (dump, right.iter().all(|&right| right)) {
                    let text = folder.join(format!("{index:05}.txt"));
                    save(&canvas, &text.with_extension("png"))?;
                    std::fs::write(text, compared(&truth, &asked, &said, &right))?;
                }
            }
            Err(_) => report.failed += 1,
        }
        progress.inc(1);
    }
    progress.finish_and_clear();
    Ok(report)
}

/// A line a field: its mark, its name, what is printed and what was said.
fn compared(
    truth: &Truth,
    asked: &[(&str, String)],
    said: &Map<String, Value>,
    right: &[bool],
) -> String {
    let line = |((field, name), right): (&(&str, String), &bool)| {
        let printed = truth.fields.get(*field).map(|f| &*f.text);
        let mark = if *right { "right" } else { "wrong" };
        let got = said.get(name).unwrap_or(&Value::Null);
        format!("{mark} {field} as {name}: {printed:?} was read as {got}\n")
    };
    asked.iter().zip(right).map(line).collect()
}

/// Each field with its names.
fn names(split: Split) -> Vec<(&'static str, Vec<String>)> {
    let dev = match split {
        Split::Dev => names_of_dev(),
        _ => BTreeMap::new(),
    };
    let fields = NAMES.iter().map(|&(field, names)| {
        let own = dev.get(field).cloned();
        (
            field,
            own.unwrap_or_else(|| names.map(str::to_owned).to_vec()),
        )
    });
    fields.collect()
}

fn names_of_dev() -> BTreeMap<String, Vec<String>> {
    let mut file: Value = serde_json::from_str(DEV).expect("names.json is in this repository");
    serde_json::from_value(file["dev"].take()).expect("lists of names by field")
}

/// Fields, each with the name that it is asked for by.
fn chosen(names: &[(&'static str, Vec<String>)], dice: &mut Dice) -> Vec<(&'static str, String)> {
    let mut all: Vec<_> = names
        .iter()
        .map(|(field, names)| (*field, names[dice.below(names.len())].clone()))
        .collect();
    dice.shuffle(&mut all);
    let count = 4 + dice.below(3);
    all[..count].to_vec()
}

fn schema(asked: &[(&str, String)]) -> Value {
    let property =
        |(_, name): &(&str, String)| (name.clone(), json!({ "type": ["string", "null"] }));
    let properties: Map<String, Value> = asked.iter().map(property).collect();
    json!({ "type": "object", "properties": properties })
}

fn ask(
    model: &Model,
    canvas: &Canvas,
    asked: &[(&str, String)],
) -> foveate::Result<Map<String, Value>> {
    let mut session = model.look_at(&picture(canvas)?)?;
    Ok(session.read_schema(&schema(asked)).run()?.value)
}

impl Report {
    /// Counts an answer; which of its fields are right.
    fn add(
        &mut self,
        truth: &Truth,
        asked: &[(&'static str, String)],
        said: &Map<String, Value>,
    ) -> Vec<bool> {
        let count = |(field, name): &(&'static str, String)| {
            let (field, name) = (*field, name.as_str());
            let got = said.get(name).and_then(Value::as_str).unwrap_or_default();
            let counts = self.fields.entry(field).or_default();
            match truth.fields.get(field) {
                Some(printed) => {
                    let right = is_right(&printed.text, got);
                    counts[0] += usize::from(right);
                    counts[1] += 1;
                    right
                }
                None => {
                    counts[2] += usize::from(got.is_empty());
                    counts[3] += 1;
                    got.is_empty()
                }
            }
        };
        asked.iter().map(count).collect()
    }

    /// Right fields and left out ones, and all that were asked for.
    #[must_use]
    pub fn sum(&self) -> [usize; 4] {
        let add = |a: [usize; 4], b: &[usize; 4]| std::array::from_fn(|i| a[i] + b[i]);
        self.fields.values().fold([0; 4], add)
    }
}

fn is_right(printed: &str, got: &str) -> bool {
    metrics::similarity(&printed.to_lowercase(), &got.to_lowercase()) >= 0.9
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [right, printed, left, absent] = self.sum();
        writeln!(
            f,
            "| field, by other names | right | left out where it is not printed |"
        )?;
        writeln!(f, "| --- | --- | --- |")?;
        for (field, [right, printed, left, absent]) in &self.fields {
            writeln!(f, "| {field} | {right} of {printed} | {left} of {absent} |")?;
        }
        let share = ratio([right + left, printed + absent]);
        writeln!(
            f,
            "| all ({share:.3}) | {right} of {printed} | {left} of {absent} |"
        )?;
        writeln!(
            f,
            "| flyers, answers that failed | {} | {} |",
            self.flyers, self.failed
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_is_one_of_training() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../training");
        let written = std::fs::read_dir(format!("{folder}/page/written")).unwrap();
        let mut files: Vec<_> = written.map(|file| file.unwrap().path()).collect();
        let lists = ["fields.json", "page/asked.json", "page/names.json"];
        files.extend(lists.map(|f| format!("{folder}/{f}").into()));
        let test = NAMES.iter().flat_map(|(_, names)| names.map(String::from));
        let names: Vec<String> = test.collect();
        let dev: Vec<String> = names_of_dev().into_values().flatten().collect();
        for file in files {
            let text = std::fs::read_to_string(&file).unwrap();
            for name in names.iter().chain(&dev) {
                let fields = ["E", "F"].map(|kind| format!("\n{kind} {name} > "));
                let mut found = fields.iter().any(|f| text.contains(f));
                // The names of dev stand in a list of their own.
                found |= names.contains(name) && text.contains(&format!("\"{name}\""));
                assert!(!found, "{name}: {file:?}");
            }
        }
    }

    #[test]
    fn dev_has_names_of_its_own_for_every_field() {
        for ((field, dev), (_, test)) in names(Split::Dev).iter().zip(NAMES) {
            let shared = dev.iter().any(|name| test.contains(&name.as_str()));
            assert!(!dev.is_empty() && !shared, "{field}: {dev:?}");
        }
    }

    #[test]
    fn fields_are_asked_for_once_each() {
        let mut dice = Dice::new(3, 1);
        for _ in 0..50 {
            let asked = chosen(&names(Split::Test), &mut dice);
            assert!((4..=6).contains(&asked.len()));
            let mut fields: Vec<_> = asked.iter().map(|a| a.0).collect();
            fields.sort_unstable();
            fields.dedup();
            assert_eq!(fields.len(), asked.len());
        }
    }

    #[test]
    fn case_and_a_letter_are_no_mistake() {
        assert!(is_right("Jazz in the Park", "JAZZ IN THE PARK"));
        assert!(!is_right("Jazz in the Park", "Park"));
    }
}
