//! What each rule of reading is worth: the same flyers with each one switched off in turn.
use super::{Report, picture};
use crate::files::Set;
use crate::fonts::Fonts;
use crate::pen::Pen;
use anyhow::Context;
use foveate::readers::glyph::Rules;
use foveate::{Model, Options};
use indicatif::ProgressBar;
use std::fmt;
use std::path::Path;

/// Scores with all rules, then without each one by itself, then without all of these.
#[derive(Debug)]
pub struct Ablation(Vec<(String, Report)>);

/// The variants: all rules, without each of `names`, without all of them.
fn variants(names: &[String]) -> anyhow::Result<Vec<(String, Rules)>> {
    let known = Rules::NAMES.join(", ");
    let without = |rules: Rules, name: &str| {
        let fewer = rules.without(name);
        fewer.with_context(|| format!("no rule {name:?}; there are {known}"))
    };
    let mut all = vec![("all rules".to_owned(), Rules::default())];
    let mut none = Rules::default();
    for name in names {
        all.push((format!("without {name}"), without(Rules::default(), name)?));
        none = without(none, name)?;
    }
    all.push(("without all of these".to_owned(), none));
    Ok(all)
}

/// Shows every flyer of `set` to the model in `dir` with each rule of `names` switched off in turn.
/// Each flyer is drawn once; the models are loaded side by side.
///
/// # Errors
/// A rule that there is not; a model that cannot be loaded.
pub fn ablate(
    (dir, options): (&Path, &Options),
    names: &[String],
    fonts: &Fonts,
    set: &Set,
) -> anyhow::Result<Ablation> {
    let load = |(name, rules): (String, Rules)| {
        let options = Options {
            rules,
            ..options.clone()
        };
        Ok((name, Model::load_with(dir, &options)?))
    };
    let models: Vec<(String, Model)> = variants(names)?
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
