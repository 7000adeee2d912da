//! What each rule of reading is worth: the same flyers with each one switched off in turn.
use super::{Report, picture};
use crate::files::Set;
use crate::fonts::Fonts;
use crate::pen::Pen;
use foveate::readers::glyph::Rules;
use foveate::{Model, Options};
use indicatif::ProgressBar;
use std::fmt;
use std::path::Path;

/// Scores with all rules, then without each one by itself, then without any.
#[derive(Debug)]
pub struct Ablation(Vec<(String, Report)>);

/// The variants: their names, and their rules.
fn variants() -> Vec<(String, Rules)> {
    let without = |name: &&'static str| {
        let rules = Rules::default().without(name)?;
        Some((format!("without {name}"), rules))
    };
    let each = Rules::NAMES.iter().filter_map(without);
    std::iter::once(("all rules".to_owned(), Rules::default()))
        .chain(each)
        .chain([("without any".to_owned(), Rules::off())])
        .collect()
}

/// Shows every flyer of `set` to the model in `dir` under each variant of its rules. Each flyer is
/// drawn once; the models are loaded side by side.
///
/// # Errors
/// A model that cannot be loaded.
pub fn ablate(dir: &Path, options: &Options, fonts: &Fonts, set: &Set) -> anyhow::Result<Ablation> {
    let load = |(name, rules): (String, Rules)| {
        let options = Options {
            rules,
            ..options.clone()
        };
        Ok((name, Model::load_with(dir, &options)?))
    };
    let models: Vec<(String, Model)> = variants()
        .into_iter()
        .map(load)
        .collect::<anyhow::Result<_>>()?;
    let mut reports = vec![Report::default(); models.len()];
    let progress = ProgressBar::new(set.count * models.len() as u64);
    let mut pen = Pen::default();
    for index in 0..set.count {
        let (truth, canvas) = set.flyer(fonts, index, true, &mut pen);
        let Some(canvas) = canvas else { continue };
        for ((_, model), report) in models.iter().zip(&mut reports) {
            report.show(model, &truth, || picture(&canvas), None)?;
            progress.inc(1);
        }
    }
    progress.finish_and_clear();
    let names = models.into_iter().map(|(name, _)| name);
    Ok(Ablation(names.zip(reports).collect()))
}

/// A table in Markdown: clean / photographed.
impl fmt::Display for Ablation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "| rules | events | fields | word recall | word precision | s a flyer |"
        )?;
        writeln!(f, "| --- | --- | --- | --- | --- | --- |")?;
        for (name, report) in &self.0 {
            let both = |cell: &dyn Fn(&super::Tally) -> String| {
                format!("{} / {}", cell(&report.halves[0]), cell(&report.halves[1]))
            };
            writeln!(
                f,
                "| {name} | {} | {} | {} | {} | {} |",
                both(&|t| format!("{} of {}", t.right[0], t.flyers)),
                both(&|t| format!("{} of {}", t.right[1..].iter().sum::<usize>(), 4 * t.flyers)),
                both(&|t| format!("{:.3}", t.recall_and_precision()[0])),
                both(&|t| format!("{:.3}", t.recall_and_precision()[1])),
                both(&|t| format!("{:.2}", t.time.as_secs_f64() / t.flyers.max(1) as f64)),
            )?;
        }
        Ok(())
    }
}
