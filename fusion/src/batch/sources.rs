//! Pictures from files, folders, patterns, lists and standard input.
use crate::{Error, Image, Result};
use std::io::{BufRead, Read};
use std::path::{Path, PathBuf};

/// Endings of files that a folder is searched for.
const ENDINGS: [&str; 8] = ["png", "jpg", "jpeg", "webp", "gif", "bmp", "tif", "tiff"];
/// Most bytes read from standard input, as for files.
const MAX_INPUT: u64 = 256 << 20;

/// A picture that is still to be read.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Source {
    /// A file.
    File(PathBuf),
    /// The bytes of one picture on standard input.
    Input,
}

impl Source {
    /// Its path, or `-`.
    #[must_use]
    pub fn name(&self) -> String {
        match self {
            Self::File(path) => path.display().to_string(),
            Self::Input => "-".into(),
        }
    }

    /// What went wrong with it, under its name; messages that begin with the name stay as they are.
    #[must_use]
    pub fn blame(&self, why: impl std::fmt::Display) -> String {
        let (name, why) = (self.name(), why.to_string());
        if why.strip_prefix(&name).is_some_and(|w| w.starts_with(':')) {
            why
        } else {
            format!("{name}: {why}")
        }
    }

    /// Reads and decodes it.
    ///
    /// # Errors
    /// [`Error::InvalidImage`] for what is no picture, [`Error::Unfound`] for standard input that cannot be read or that
    /// holds more than 256 MiB.
    pub fn open(&self) -> Result<Image> {
        match self {
            Self::File(path) => Image::open(path),
            Self::Input => {
                let mut bytes = Vec::new();
                let mut input = std::io::stdin().lock().take(MAX_INPUT + 1);
                input
                    .read_to_end(&mut bytes)
                    .map_err(|e| unfound("-", &e))?;
                if bytes.len() as u64 > MAX_INPUT {
                    let why = format!("standard input holds more than {MAX_INPUT} bytes");
                    return Err(unfound("-", why));
                }
                Image::from_bytes(&bytes)
                    .map(|image| image.labelled("-"))
                    .map_err(|e| named(e, "-"))
            }
        }
    }
}

/// The same error of a picture under its name.
fn named(error: Error, name: &str) -> Error {
    match error {
        Error::InvalidImage { source, .. } => Error::InvalidImage {
            name: name.into(),
            source,
        },
        other => other,
    }
}

fn unfound(name: impl Into<String>, why: impl ToString) -> Error {
    Error::Unfound {
        name: name.into(),
        why: why.to_string(),
    }
}

/// The pictures that names stand for, in their order; those of a folder or a pattern by name. Nothing is looked up before
/// it is asked for, and a name that stands for no picture is an error in its place, after which the others follow.
///
/// A name is a file, a folder (all PNG, JPEG, WebP, GIF, BMP and TIFF files right in it, by their endings), a pattern with
/// `*` and `?` in its last part, or `-` for standard input.
pub struct Sources {
    names: Box<dyn Iterator<Item = Result<Name>> + Send>,
    found: std::vec::IntoIter<Source>,
}

/// A name, and whether `-` in its place is standard input.
struct Name {
    path: PathBuf,
    listed: bool,
}

impl Sources {
    /// Those of arguments, as a command line has them.
    pub fn of<I: IntoIterator<Item = PathBuf>>(arguments: I) -> Self
    where
        I::IntoIter: Send + 'static,
    {
        let name = |path| {
            Ok(Name {
                path,
                listed: false,
            })
        };
        Self {
            names: Box::new(arguments.into_iter().map(name)),
            found: Vec::new().into_iter(),
        }
    }

    /// Those of a list with a name a line, which is read no faster than the pictures are asked for. Empty lines are passed
    /// over; standard input cannot be one of the pictures. `list` is what errors call it.
    pub fn listed(list: String, lines: impl BufRead + Send + 'static) -> Self {
        let mut broken = false;
        let names = lines
            .lines()
            // Of a list that cannot be read further there is one error.
            .take_while(move |line| !std::mem::replace(&mut broken, line.is_err()))
            .filter(|line| line.as_ref().map_or(true, |line| !line.is_empty()))
            .map(move |line| match line {
                Ok(line) => Ok(Name {
                    path: line.into(),
                    listed: true,
                }),
                Err(e) => Err(unfound(list.clone(), e)),
            });
        Self {
            names: Box::new(names),
            found: Vec::new().into_iter(),
        }
    }

    /// Those of a file that lists them, or of a list on standard input (`-`).
    ///
    /// # Errors
    /// [`Error::Unfound`] for a file that cannot be opened.
    pub fn listed_in(list: &Path) -> Result<Self> {
        let name = list.display().to_string();
        if name == "-" {
            let input = std::io::BufReader::new(std::io::stdin());
            return Ok(Self::listed("the list on standard input".into(), input));
        }
        let file = std::fs::File::open(list).map_err(|e| unfound(&name, e))?;
        Ok(Self::listed(name, std::io::BufReader::new(file)))
    }
}

impl std::fmt::Debug for Sources {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sources")
            .field("found", &self.found)
            .finish_non_exhaustive()
    }
}

impl Iterator for Sources {
    type Item = Result<Source>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(source) = self.found.next() {
                return Some(Ok(source));
            }
            match self.names.next()?.and_then(|name| expand(&name)) {
                Ok(found) => self.found = found.into_iter(),
                Err(e) => return Some(Err(e)),
            }
        }
    }
}

/// What a name stands for: at least one picture.
fn expand(name: &Name) -> Result<Vec<Source>> {
    let path = &name.path;
    let shown = path.display().to_string();
    if shown == "-" {
        if name.listed {
            let why = "a list can name files and folders only; for a file of this name write ./-";
            return Err(unfound(shown, why));
        }
        return Ok(vec![Source::Input]);
    }
    if path.is_dir() {
        let found = files(path, |file| ENDINGS.iter().any(|e| has_ending(file, e)))?;
        let why = || {
            format!(
                "no picture in this folder (looked for {})",
                ENDINGS.join(", ")
            )
        };
        return some(found, shown, why);
    }
    let pattern = path.file_name().and_then(|last| last.to_str());
    match pattern {
        Some(pattern) if pattern.contains(['*', '?']) && !path.exists() => {
            let folder = path.parent().filter(|p| !p.as_os_str().is_empty());
            let found = files(folder.unwrap_or(Path::new(".")), |file| {
                matches(pattern.as_bytes(), file.as_bytes())
            })?;
            some(found, shown, || "no file fits this pattern".into())
        }
        _ => Ok(vec![Source::File(path.clone())]),
    }
}

fn some(found: Vec<Source>, name: String, why: impl Fn() -> String) -> Result<Vec<Source>> {
    if found.is_empty() {
        Err(unfound(name, why()))
    } else {
        Ok(found)
    }
}

fn has_ending(name: &str, ending: &str) -> bool {
    Path::new(name)
        .extension()
        .is_some_and(|e| e.eq_ignore_ascii_case(ending))
}

/// The files right in `folder` whose names are wanted, by name.
fn files(folder: &Path, wanted: impl Fn(&str) -> bool) -> Result<Vec<Source>> {
    let refused = |e: std::io::Error| unfound(folder.display().to_string(), e);
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(refused)? {
        // Not joined to ".": files of the current folder are named as `ls` does.
        let entry = entry.map_err(refused)?;
        let path = if folder == Path::new(".") {
            entry.file_name().into()
        } else {
            entry.path()
        };
        let fits = entry.file_name().to_str().is_some_and(&wanted);
        if fits && path.is_file() {
            found.push(Source::File(path));
        }
    }
    found.sort();
    Ok(found)
}

/// Whether the whole of `name` fits `pattern`, in which `*` stands for any letters and `?` for one. Time is at most the
/// product of their lengths: after a mismatch only the last `*` is tried one letter further on.
fn matches(pattern: &[u8], name: &[u8]) -> bool {
    let (mut p, mut n) = (0, 0);
    // Where to go on after a mismatch: behind the last `*`, and the letter that it begins at.
    let mut again = None;
    while n < name.len() {
        match pattern.get(p) {
            Some(b'*') => {
                again = Some((p + 1, n));
                p += 1;
            }
            Some(&c) if c == b'?' || c == name[n] => (p, n) = (p + 1, n + 1),
            _ => {
                let Some((behind, from)) = again else {
                    return false;
                };
                again = Some((behind, from + 1));
                (p, n) = (behind, from + 1);
            }
        }
    }
    pattern[p..].iter().all(|&c| c == b'*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns() {
        for (pattern, name, expected) in [
            ("*.png", "a.png", true),
            ("*.png", "a.jpg", false),
            ("a?c*", "abcd", true),
            ("a?c*", "ac", false),
            ("*", "", true),
            ("*a*b", "aabab", true),
            ("*a*b", "aaba", false),
            ("**", "x", true),
            ("", "x", false),
        ] {
            let got = matches(pattern.as_bytes(), name.as_bytes());
            assert_eq!(got, expected, "{pattern} {name}");
        }
        let (many, name) = ("*a".repeat(40), "a".repeat(200) + "b");
        assert!(!matches(many.as_bytes(), name.as_bytes()));
    }

    #[test]
    fn errors_carry_the_name_once() {
        let source = Source::File("a.png".into());
        assert_eq!(source.blame("a.png: is empty"), "a.png: is empty");
        assert_eq!(source.blame("no date was read"), "a.png: no date was read");
    }

    /// Last parts of the paths found, or the error.
    fn names(sources: Sources) -> Vec<String> {
        sources
            .map(|source| match source {
                Ok(Source::File(path)) => path.file_name().unwrap().to_string_lossy().into_owned(),
                Ok(Source::Input) => "-".into(),
                Err(e) => e.to_string(),
            })
            .collect()
    }

    fn folder(files: &[&str]) -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        for name in files {
            std::fs::write(dir.path().join(name), b"").unwrap();
        }
        dir
    }

    #[test]
    fn folders_and_patterns_give_their_pictures_by_name() {
        let dir = folder(&["b.png", "a.JPG", "notes.txt"]);
        let all = || dir.path().to_owned();
        assert_eq!(names(Sources::of([all()])), ["a.JPG", "b.png"]);
        let got = names(Sources::of([all().join("*.txt"), "-".into()]));
        assert_eq!(got, ["notes.txt", "-"]);
    }

    #[test]
    fn what_is_not_found_is_named_in_its_place() {
        let dir = folder(&["b.png"]);
        let empty = folder(&["notes.txt"]);
        let got = names(Sources::of([
            dir.path().join("*.gif"),
            empty.path().to_owned(),
            dir.path().join("b.png"),
        ]));
        assert!(
            got[0].ends_with("*.gif: no file fits this pattern"),
            "{}",
            got[0]
        );
        assert!(got[1].contains("no picture in this folder"), "{}", got[1]);
        assert_eq!(got[2], "b.png");
    }

    #[test]
    fn lists_are_read_line_by_line() {
        let list = b"x/a.png\r\n\n-\nb.png".as_slice();
        let got = names(Sources::listed("list".into(), list));
        assert_eq!((got[0].as_str(), got[2].as_str()), ("a.png", "b.png"));
        assert!(got[1].starts_with("-: a list can name"), "{}", got[1]);
        // A list that cannot be read is one error, not one without end.
        let got = names(Sources::listed(
            "list".into(),
            b"a.png\n\xff\nb.png".as_slice(),
        ));
        assert_eq!(got.len(), 2);
        assert!(got[1].starts_with("list: "), "{}", got[1]);
        let missing = Sources::listed_in(Path::new("/nowhere/list")).unwrap_err();
        assert!(missing.to_string().contains("/nowhere/list"));
    }
}
