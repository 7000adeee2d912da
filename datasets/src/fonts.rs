//! Fonts: where they come from, which are fit to read, and which families belong to which split.

mod face;
mod families;

pub use face::{Face, Glyph, Segment};
pub use families::family_key;

use crate::dice::Dice;
use crate::photos::Photos;
use anyhow::{Context, Result, ensure};
use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};

/// Which half of the fonts and layouts to draw from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Split {
    /// What models are trained on.
    Train,
    /// Families that training never shows; everything is chosen on these.
    Dev,
    /// Families and layouts that nothing is chosen on: only reported.
    Test,
}

/// The faces of one design.
pub struct Family {
    /// Name after folding (see [`family_key`]).
    pub key: String,
    faces: Vec<&'static Face>,
}

/// Every usable family, parted into train, dev and test.
pub struct Fonts {
    train: Vec<Family>,
    dev: Vec<Family>,
    test: Vec<Family>,
    /// Chance of a training face, once drawn, to be taken, by its family's name as in records; 1
    /// where there is none.
    shares: HashMap<String, f32>,
    /// What pictures may be laid on beside what is drawn.
    photos: Option<Photos>,
}

impl Fonts {
    /// All fonts of the machine, of `folder` (or `$FOVEATE_FONTS`, or `.cache/fonts` of the
    /// workspace), and the kept ones.
    pub fn discover(folder: Option<&Path>) -> Self {
        let mut db = fontdb::Database::new();
        db.load_system_fonts();
        if let Some(dir) = extra_folder(folder) {
            db.load_fonts_dir(dir);
        }
        Self::from_database(db)
    }

    /// Only the fonts that are compiled in: the same on every machine.
    pub fn kept() -> Self {
        Self::from_database(fontdb::Database::new())
    }

    fn from_database(mut db: fontdb::Database) -> Self {
        for bytes in families::KEPT {
            db.load_font_data(bytes.to_vec());
        }
        let mut groups: BTreeMap<String, BTreeMap<String, &'static Face>> = BTreeMap::new();
        for info in db.faces() {
            let Some((family, _)) = info.families.first() else {
                continue;
            };
            let Some(key) = family_key(family, source_path(&info.source)) else {
                continue;
            };
            let name = format!(
                "{} {:?} {} {:?}",
                info.post_script_name, info.style, info.weight.0, info.stretch
            );
            let face = Face::new(family.clone(), &name, info.source.clone(), info.index);
            groups
                .entry(key)
                .or_default()
                .entry(name)
                .or_insert_with(|| Box::leak(Box::new(face)));
        }
        Self::part(groups)
    }

    fn part(groups: BTreeMap<String, BTreeMap<String, &'static Face>>) -> Self {
        let mut fonts = Self {
            train: Vec::new(),
            dev: Vec::new(),
            test: Vec::new(),
            shares: HashMap::new(),
            photos: None,
        };
        for (key, faces) in groups {
            let side = if families::held_out(&key) {
                &mut fonts.test
            } else if families::chosen_on(&key) {
                &mut fonts.dev
            } else {
                &mut fonts.train
            };
            side.push(Family {
                key,
                faces: faces.into_values().collect(),
            });
        }
        fonts
    }

    /// Draws the training families named in `file` more seldom than the others: a line for each,
    /// its name as in the `fonts` of a record, a tab, and its share from 0 to 1 of what a family
    /// that is not named gets. The other splits know no shares.
    ///
    /// # Errors
    /// The file cannot be read, or a line is not of this form.
    pub fn share(&mut self, file: &Path) -> Result<()> {
        let text = std::fs::read_to_string(file)
            .with_context(|| format!("the shares of families in {}", file.display()))?;
        for (i, line) in text.lines().enumerate() {
            let found = line.split_once('\t');
            let parsed = found.and_then(|(name, share)| Some((name, share.parse::<f32>().ok()?)));
            let (name, share) = parsed.with_context(|| {
                format!(
                    "{}:{}: {line:?} is not a family's name, a tab and a number",
                    file.display(),
                    i + 1
                )
            })?;
            ensure!(
                (0.0..=1.0).contains(&share),
                "{}:{}: the share of {name} is {share}, not from 0 to 1",
                file.display(),
                i + 1
            );
            self.shares.insert(name.to_string(), share);
        }
        Ok(())
    }

    /// Lays a part of the pictures on the photographs of a folder, and makes some without text.
    ///
    /// # Errors
    /// The folder cannot be read, or a split has no picture.
    pub fn lay_on(&mut self, photos: &Path) -> Result<()> {
        self.photos = Some(Photos::of_folder(photos)?);
        Ok(())
    }

    /// The photographs, if there are any.
    pub fn photos(&self) -> Option<&Photos> {
        self.photos.as_ref()
    }

    /// Whether a face that was drawn is taken. Throws no dice where no shares are given, so that
    /// pictures stay as they were.
    fn takes(&self, dice: &mut Dice, split: Split, face: &Face) -> bool {
        split != Split::Train
            || self.shares.is_empty()
            || dice.chance(self.shares.get(&face.family).copied().unwrap_or(1.0))
    }

    /// The families of `split`.
    pub fn families(&self, split: Split) -> &[Family] {
        match split {
            Split::Train => &self.train,
            // The few fonts that are compiled in may leave it without any.
            Split::Dev if self.dev.is_empty() => &self.train,
            Split::Dev => &self.dev,
            Split::Test => &self.test,
        }
    }

    /// A face of a family of several cuts, that has small letters.
    pub fn pick_text(&self, dice: &mut Dice, split: Split) -> &'static Face {
        let families = self.families(split);
        if dice.chance(0.3) {
            let usual = families
                .iter()
                .filter(|f| families::USUAL.contains(&f.key.as_str()));
            let usual: Vec<&Family> = usual.collect();
            if !usual.is_empty() {
                let family = usual[dice.below(usual.len())];
                if let Some(face) = family.face(dice) {
                    return face;
                }
            }
        }
        for _ in 0..200 {
            let family = &families[dice.below(families.len())];
            let face = dice.pick(&family.faces);
            let text = family.faces.len() > 1 && face.is_legible() && !face.metrics().caps_only;
            if text && self.takes(dice, split, face) {
                return face;
            }
        }
        self.pick(dice, split)
    }

    /// A face that can be read; every family is equally likely, but for the shares given.
    pub fn pick(&self, dice: &mut Dice, split: Split) -> &'static Face {
        let families = self.families(split);
        for _ in 0..1000 {
            let family = &families[dice.below(families.len())];
            let face = dice.pick(&family.faces);
            if face.is_legible() && self.takes(dice, split, face) {
                return face;
            }
        }
        panic!("no legible font among {} families", families.len())
    }
}

impl Family {
    /// The faces of the family, legible or not.
    pub fn faces(&self) -> &[&'static Face] {
        &self.faces
    }

    /// A legible face of this family, if it has one.
    pub fn face(&self, dice: &mut Dice) -> Option<&'static Face> {
        (0..8)
            .map(|_| dice.pick(&self.faces))
            .find(|f| f.is_legible())
    }
}

fn source_path(source: &fontdb::Source) -> &str {
    match source {
        fontdb::Source::File(path) | fontdb::Source::SharedFile(path, _) => {
            path.to_str().unwrap_or("")
        }
        fontdb::Source::Binary(_) => "",
    }
}

/// The folder given, or the environment's, or `.cache/fonts` above the current folder or of this
/// workspace.
fn extra_folder(given: Option<&Path>) -> Option<PathBuf> {
    if let Some(dir) = given {
        return Some(dir.to_path_buf());
    }
    if let Some(dir) = std::env::var_os("FOVEATE_FONTS") {
        return Some(dir.into());
    }
    let here = std::env::current_dir().ok()?;
    let built = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors()
        .chain(built.ancestors())
        .map(|p| p.join(".cache/fonts"))
        .find(|p| p.is_dir())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shared(lines: &str) -> Result<Fonts> {
        let name = format!("foveate-shares-{}-{}", std::process::id(), lines.len());
        let file = std::env::temp_dir().join(name);
        std::fs::write(&file, lines).unwrap();
        let mut fonts = Fonts::kept();
        let done = fonts.share(&file);
        std::fs::remove_file(&file).unwrap();
        done.map(|()| fonts)
    }

    fn drawn(fonts: &Fonts, split: Split) -> Vec<&'static str> {
        let mut dice = Dice::new(1, 0);
        (0..300)
            .map(|_| fonts.pick(&mut dice, split).family.as_str())
            .collect()
    }

    #[test]
    fn a_family_of_no_share_is_not_drawn_and_the_test_split_knows_none() {
        let all = Fonts::kept();
        let before = [Split::Train, Split::Test].map(|split| drawn(&all, split));
        let [train, test] = [before[0][0], before[1][0]];
        let some = shared(&format!("{train}\t0\n{test}\t0\n")).unwrap();
        assert!(!drawn(&some, Split::Train).contains(&train));
        assert_eq!(drawn(&some, Split::Test), before[1]);
    }

    #[test]
    fn a_file_of_another_form_is_refused_by_its_line() {
        for (lines, said) in [
            (
                "Lora\t1\nOswald 0.5\n",
                ":2: \"Oswald 0.5\" is not a family's name",
            ),
            ("Lora\t1.5\n", "the share of Lora is 1.5, not from 0 to 1"),
        ] {
            let error = shared(lines).err().unwrap().to_string();
            assert!(error.contains(said), "{error}");
        }
    }
}
