//! Flyers that another program made: pictures in a folder with a manifest.

use super::Report;
use crate::files::EventTruth;
use crate::record::{Field, Truth};
use foveate::{Image, Model};
use indicatif::ProgressBar;
use serde::Deserialize;
use std::io;
use std::path::{Path, PathBuf};

/// The manifest's part that is asked for (see `FORMAT.md`); what else it holds is ignored.
#[derive(Deserialize)]
struct Manifest {
    flyers: Vec<Entry>,
}

#[derive(Deserialize)]
struct Entry {
    file: PathBuf,
    #[serde(default)]
    photographed: bool,
    #[serde(default)]
    text: String,
    event: EventTruth,
}

/// As [`super::evaluate`], of the flyers of a folder ([`read`]); of those with a mistake `dump`
/// gets what was expected and read.
///
/// # Errors
/// When the folder's manifest is none, or nothing can be written to `dump`. A picture that cannot
/// be read counts as misread.
pub fn evaluate(model: &Model, folder: &Path, dump: Option<&Path>) -> io::Result<Report> {
    let mut report = Report::default();
    let flyers = read(folder)?;
    let progress = ProgressBar::new(flyers.len() as u64);
    dump.map_or(Ok(()), std::fs::create_dir_all)?;
    for (path, truth) in flyers {
        let missed = dump
            .zip(path.file_name())
            .map(|(folder, name)| folder.join(name).with_extension("txt"));
        report.show(model, &truth, || Image::open(&path), missed.as_deref())?;
        progress.inc(1);
    }
    progress.finish_and_clear();
    Ok(report)
}

/// The pictures of a folder's `manifest.json` and what they tell. They have no boxes, so that
/// grounding is not scored.
///
/// # Errors
/// When the manifest cannot be read, is none, or names a file that is not in the folder itself.
pub fn read(folder: &Path) -> io::Result<Vec<(PathBuf, Truth)>> {
    let path = folder.join("manifest.json");
    let refuse = |why: String| {
        let message = format!("{}: {why}", path.display());
        io::Error::new(io::ErrorKind::InvalidData, message)
    };
    let bytes = std::fs::read(&path)
        .map_err(|e| io::Error::new(e.kind(), format!("{}: {e}", path.display())))?;
    let manifest: Manifest =
        serde_json::from_slice(&bytes).map_err(|e| refuse(format!("is no manifest: {e}")))?;
    let mut flyers = Vec::with_capacity(manifest.flyers.len());
    for entry in manifest.flyers {
        if entry.file.file_name() != Some(entry.file.as_os_str()) {
            let name = entry.file.display();
            return Err(refuse(format!("{name} is not a file of this folder")));
        }
        flyers.push((folder.join(&entry.file), entry.truth()));
    }
    Ok(flyers)
}

impl Entry {
    fn truth(self) -> Truth {
        let EventTruth {
            title,
            date,
            start,
            end,
            venue,
        } = self.event;
        let told = [
            ("title", title),
            ("date", date),
            ("start", start),
            ("end", end),
            ("venue", venue),
        ];
        let field = |(name, value): (&'static str, Option<String>)| {
            let field = Field {
                text: String::new(),
                glyphs: Vec::new(),
                value: value?,
            };
            Some((name, field))
        };
        Truth {
            kind: "flyer",
            seed: 0,
            photographed: self.photographed,
            layout: "",
            fonts: Vec::new(),
            text: self.text,
            lines: Vec::new(),
            fields: told.into_iter().filter_map(field).collect(),
            glyphs: Vec::new(),
            inks: Vec::new(),
            size: [0; 2],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manifest(text: &str) -> io::Result<Vec<(PathBuf, Truth)>> {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("manifest.json"), text).unwrap();
        read(folder.path())
    }

    #[test]
    fn what_a_flyer_tells_is_taken_and_the_rest_ignored() {
        let flyers = manifest(
            r#"{"flyers": [{"file": "a.png", "text": "Fair", "layout": "box",
                "event": {"title": "Fair", "date": "--05-03"}}]}"#,
        )
        .unwrap();
        let [(path, truth)] = flyers.as_slice() else {
            panic!("{} flyers", flyers.len())
        };
        assert!(path.ends_with("a.png") && !truth.photographed);
        let event = EventTruth::of(truth);
        assert_eq!(event.title.as_deref(), Some("Fair"));
        assert_eq!(event.date.as_deref(), Some("--05-03"));
        assert_eq!((event.start, event.venue), (None, None));
    }

    #[test]
    fn what_is_no_manifest_is_refused() {
        for (text, why) in [
            ("", "is no manifest"),
            (
                r#"{"flyers": [{"file": "a.png"}]}"#,
                "missing field `event`",
            ),
            (
                r#"{"flyers": [{"file": "../a.png", "event": {}}]}"#,
                "not a file of this folder",
            ),
            (
                r#"{"flyers": [{"file": "", "event": {}}]}"#,
                "not a file of this folder",
            ),
        ] {
            let error = manifest(text).map(|f| f.len()).unwrap_err().to_string();
            assert!(error.contains(why), "{text}: {error}");
        }
        let error = read(Path::new("no/such/folder")).map(|f| f.len());
        assert!(error.unwrap_err().to_string().contains("manifest.json"));
    }
}
