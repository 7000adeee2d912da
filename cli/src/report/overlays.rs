//! Where the pictures of boxes go.
use foveate::batch::{Source, printable};
use std::collections::HashMap;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

/// Endings that make a name one of a picture, not of a folder.
const ENDINGS: [&str; 8] = ["png", "jpg", "jpeg", "webp", "gif", "bmp", "tif", "tiff"];

/// A place for the boxes of each picture.
pub enum Overlays {
    /// None are drawn.
    None,
    /// The file for the only picture.
    File(PathBuf),
    /// A folder, and how often each name in it was taken, lower case.
    Folder(PathBuf, HashMap<String, u32>),
}

impl Overlays {
    /// A file for a single picture, a folder for several or where `out` is one. A folder that is
    /// not there is made.
    pub fn new(out: Option<&Path>, is_single: bool) -> Result<Self, String> {
        let Some(out) = out else {
            return Ok(Self::None);
        };
        let named_folder = out.is_dir() || out.as_os_str().as_encoded_bytes().ends_with(b"/");
        if is_single && !named_folder {
            return Ok(Self::File(out.to_owned()));
        }
        let shown = printable(&out.display().to_string()).into_owned();
        if !named_folder && (out.exists() || is_picture(out)) {
            return Err(format!(
                "--overlay {shown} names a file; the boxes of several pictures go into a folder"
            ));
        }
        fs::create_dir_all(out).map_err(|e| format!("--overlay {shown}: {e}"))?;
        Ok(Self::Folder(out.to_owned(), HashMap::new()))
    }

    /// Where the boxes of the next picture go: in a folder a PNG under the picture's name, with a
    /// number where that is taken. No picture of the user's is ever written over.
    pub fn next(&mut self, source: &Source) -> Result<Option<PathBuf>, String> {
        let (out, clashes) = match self {
            Self::None => return Ok(None),
            Self::File(file) => (file.clone(), is_same(file, path_of(source))),
            Self::Folder(dir, taken) => {
                let folder = path_of(source).and_then(Path::parent).map(|parent| {
                    let here = parent.as_os_str().is_empty();
                    if here { Path::new(".") } else { parent }
                });
                (dir.join(free(source, taken)), is_same(dir, folder))
            }
        };
        if clashes {
            return Err(source
                .blame("--overlay names the picture itself or its folder; name another place"));
        }
        Ok(Some(out))
    }
}

fn is_picture(path: &Path) -> bool {
    let ending = path.extension().and_then(|e| e.to_str());
    ending.is_some_and(|e| ENDINGS.iter().any(|known| known.eq_ignore_ascii_case(e)))
}

fn path_of(source: &Source) -> Option<&Path> {
    match source {
        Source::File(path) => Some(path),
        Source::Input => None,
    }
}

/// Whether both are there and are the same.
fn is_same(a: &Path, b: Option<&Path>) -> bool {
    let real = |path: &Path| path.canonicalize().ok();
    b.and_then(real).is_some_and(|b| real(a) == Some(b))
}

/// A name that no picture before had.
fn free(source: &Source, taken: &mut HashMap<String, u32>) -> OsString {
    let stem = path_of(source).and_then(Path::file_stem);
    let stem = stem.map_or_else(|| OsString::from("stdin"), OsString::from);
    let mut name = stem.clone();
    loop {
        // Some file systems do not tell small letters from large ones.
        let times = taken
            .entry(name.to_string_lossy().to_lowercase())
            .or_default();
        *times += 1;
        if *times == 1 {
            break;
        }
        let number = *times;
        name = stem.clone();
        name.push(format!("-{number}"));
    }
    name.push(".png");
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_has_a_name_for_each_picture() {
        let dir = tempfile::tempdir().unwrap();
        let mut overlays = Overlays::new(Some(&dir.path().join("out")), false).unwrap();
        let mut name = |path: &str| {
            let out = overlays.next(&Source::File(path.into())).unwrap().unwrap();
            out.file_name().unwrap().to_str().unwrap().to_owned()
        };
        let names = ["/a/x.png", "/b/x.jpg", "/c/X.png", "/x-2.gif", "/y"].map(&mut name);
        assert_eq!(names, ["x.png", "x-2.png", "X-3.png", "x-2-2.png", "y.png"]);
        let out = overlays.next(&Source::Input).unwrap().unwrap();
        assert!(out.ends_with("out/stdin.png"));
    }

    #[test]
    fn pictures_are_not_written_over() {
        let dir = tempfile::tempdir().unwrap();
        let picture = dir.path().join("x.png");
        fs::write(&picture, b"").unwrap();
        let source = Source::File(picture.clone());
        for (out, is_single) in [(dir.path(), false), (dir.path(), true), (&picture, true)] {
            let mut overlays = Overlays::new(Some(out), is_single).unwrap();
            assert!(
                overlays
                    .next(&source)
                    .unwrap_err()
                    .contains("another place")
            );
        }
        for file in [picture.as_path(), Path::new("boxes.PNG")] {
            assert!(Overlays::new(Some(file), false).is_err());
        }
        let other = dir.path().join("boxes.png");
        let mut overlays = Overlays::new(Some(&other), true).unwrap();
        assert_eq!(overlays.next(&source).unwrap(), Some(other));
    }
}
