//! Pictures from files, folders, patterns, lists and standard input.
use super::list::{Ends, List};
use super::name::{Name, printable, unfound};
use super::patterns;
use crate::{Error, Image, Result};
use foveate_vision::Limits;
use std::ffi::OsStr;
use std::io::{BufRead, Read};
use std::path::{Path, PathBuf};

/// Endings of files that a folder is searched for.
const ENDINGS: [&str; 8] = ["png", "jpg", "jpeg", "webp", "gif", "bmp", "tif", "tiff"];

/// A picture that is still to be read.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Source {
    /// A file.
    File(PathBuf),
    /// The bytes of one picture on standard input.
    Input,
}

impl Source {
    /// Its path, or `-`. What is not UTF-8 in a path is replaced; [`printable`] makes it fit for a
    /// terminal.
    #[must_use]
    pub fn name(&self) -> String {
        match self {
            Self::File(path) => path.display().to_string(),
            Self::Input => "-".into(),
        }
    }

    /// What went wrong with it, under its name, which is made [`printable`]. Messages that begin
    /// with the name have it once.
    #[must_use]
    pub fn blame(&self, why: impl std::fmt::Display) -> String {
        let (name, why) = (self.name(), why.to_string());
        let rest = why.strip_prefix(&name).and_then(|w| w.strip_prefix(": "));
        format!("{}: {}", printable(&name), rest.unwrap_or(&why))
    }

    /// Reads and decodes it within the default [`Limits`].
    ///
    /// # Errors
    /// As [`open_within`](Self::open_within).
    pub fn open(&self) -> Result<Image> {
        self.open_within(&Limits::default())
    }

    /// Reads and decodes it within `limits`.
    ///
    /// # Errors
    /// [`Error::InvalidImage`] for what is no picture, [`Error::Unfound`] for standard input that
    /// is empty, cannot be read, or holds more bytes than `limits` allow.
    pub fn open_within(&self, limits: &Limits) -> Result<Image> {
        match self {
            Self::File(path) => Image::open_within(path, limits),
            Self::Input => {
                let image = Image::from_bytes_within(&input(limits.max_bytes)?, limits);
                let image = image.map(|image| image.labelled("-"));
                image.map_err(|e| named(e, "-"))
            }
        }
    }
}

/// All of standard input: at least one byte, and at most `most`.
fn input(most: u64) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut input = std::io::stdin().lock().take(most.saturating_add(1));
    let read = input.read_to_end(&mut bytes);
    read.map_err(|e| unfound("-", e))?;
    if bytes.is_empty() {
        let why = "standard input is empty; the bytes of a picture are expected";
        return Err(unfound("-", why));
    }
    if bytes.len() as u64 > most {
        let why = format!("standard input holds more than {most} bytes");
        return Err(unfound("-", why));
    }
    Ok(bytes)
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

/// The pictures that names stand for, in their order; those of a folder or a pattern by name.
/// Nothing is looked up before it is asked for, and a name that stands for no picture is an error
/// in its place, after which the others follow.
///
/// A name is a file, a folder (all PNG, JPEG, WebP, GIF, BMP and TIFF files right in it, by their
/// endings), a pattern with `*`, `?` or `[...]` in any of its parts, or `-` for standard input.
/// What is there is never a pattern, whatever is in its name.
pub struct Sources {
    names: Box<dyn Iterator<Item = Result<Name>> + Send>,
    found: std::vec::IntoIter<Source>,
}

impl Sources {
    /// Those of arguments, as a command line has them.
    pub fn of<I: IntoIterator<Item = PathBuf>>(arguments: I) -> Self
    where
        I::IntoIter: Send + 'static,
    {
        let name = |path| Ok(Name { path, place: None });
        Self::named(arguments.into_iter().map(name))
    }

    /// Those of a list, which is read no faster than the pictures are asked for. Names are any
    /// bytes on Unix, UTF-8 elsewhere; a byte order mark before them is passed over, and so are
    /// empty names. Standard input cannot be one of the pictures. `list` is what errors call it.
    ///
    /// A name of more than 64 KiB, or as many empty ones, end it: it is no list.
    pub fn listed(list: String, ends: Ends, names: impl BufRead + Send + 'static) -> Self {
        Self::named(List::new(list, names, ends))
    }

    /// Those of a file that lists them, or of a list on standard input (`-`).
    ///
    /// # Errors
    /// [`Error::Unfound`] for a file that cannot be opened.
    pub fn listed_in(list: &Path, ends: Ends) -> Result<Self> {
        let name = printable(&list.display().to_string()).into_owned();
        if name == "-" {
            let input = std::io::BufReader::new(std::io::stdin());
            let name = "the list on standard input".into();
            return Ok(Self::listed(name, ends, input));
        }
        if list.is_dir() {
            return Err(unfound(
                &name,
                "a folder; a file that lists pictures is expected",
            ));
        }
        let file = std::fs::File::open(list).map_err(|e| unfound(&name, e))?;
        Ok(Self::listed(name, ends, std::io::BufReader::new(file)))
    }

    fn named(names: impl Iterator<Item = Result<Name>> + Send + 'static) -> Self {
        Self {
            names: Box::new(names),
            found: Vec::new().into_iter(),
        }
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
    let nothing = |why: &str| {
        let place = name.place.as_ref().map(|place| format!(" ({place})"));
        let why = format!("{why}{}", place.unwrap_or_default());
        unfound(&path.display().to_string(), why)
    };
    if path == Path::new("-") {
        return match name.place {
            Some(_) => Err(nothing(
                "a list names files and folders only; for a file of this name write ./-",
            )),
            None => Ok(vec![Source::Input]),
        };
    }
    let (found, otherwise) = if path.is_dir() {
        let why = format!(
            "no picture in this folder (looked for {})",
            ENDINGS.join(", ")
        );
        (pictures(path)?, why)
    } else if path.exists() {
        return Ok(vec![Source::File(path.clone())]);
    } else if patterns::is_pattern(path) {
        (patterns::files(path)?, "no file fits this pattern".into())
    } else {
        (Vec::new(), missing(path))
    };
    if found.is_empty() {
        return Err(nothing(&otherwise));
    }
    Ok(found.into_iter().map(Source::File).collect())
}

/// Why a path that is not there is not: in the system's words.
fn missing(path: &Path) -> String {
    let why = std::fs::metadata(path).err();
    why.map_or_else(|| "no such file".into(), |e| e.to_string())
}

/// The pictures right in `folder`, by name.
fn pictures(folder: &Path) -> Result<Vec<PathBuf>> {
    let refused = |e| unfound(&folder.display().to_string(), e);
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(refused)? {
        let path = entry.map_err(refused)?.path();
        if path.extension().is_some_and(is_ending) && path.is_file() {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

fn is_ending(ending: &OsStr) -> bool {
    ENDINGS.iter().any(|e| ending.eq_ignore_ascii_case(e))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_carry_the_name_once_and_printable() {
        let source = Source::File("a.png".into());
        assert_eq!(source.blame("a.png: is empty"), "a.png: is empty");
        assert_eq!(source.blame("no date was read"), "a.png: no date was read");
        let name = "a\u{1b}[2J\nb.png";
        for why in ["is bad".to_owned(), format!("{name}: is bad")] {
            let told = Source::File(name.into()).blame(why);
            assert_eq!(told, r"a\u{1b}[2J\nb.png: is bad");
        }
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
        let dir = folder(&["b.png", "a.JPG", "notes.txt", "[x].png"]);
        let all = || dir.path().to_owned();
        assert_eq!(names(Sources::of([all()])), ["[x].png", "a.JPG", "b.png"]);
        let got = names(Sources::of([all().join("*.txt"), "-".into()]));
        assert_eq!(got, ["notes.txt", "-"]);
        // What is there is no pattern.
        assert_eq!(names(Sources::of([all().join("[x].png")])), ["[x].png"]);
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn names_that_are_not_utf8_are_found_in_folders() {
        use std::os::unix::ffi::OsStrExt;
        let dir = folder(&["b.png"]);
        let path = dir.path().join(OsStr::from_bytes(b"a\xff.png"));
        std::fs::write(&path, b"").unwrap();
        let found: Vec<_> = Sources::of([dir.path().to_owned()]).flatten().collect();
        assert_eq!(found[0], Source::File(path));
        assert_eq!(found.len(), 2);
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
    fn what_a_list_names_in_vain_has_its_line() {
        let dir = folder(&["a.png"]);
        let here = dir.path().join("a.png").display().to_string();
        let list = format!("{here}\r\n\n-\n/nowhere/b.png\n/nowhere/*.png\n");
        let list = std::io::Cursor::new(list);
        let got = names(Sources::listed("list".into(), Ends::Lines, list));
        assert_eq!(got[0], "a.png");
        assert!(got[1].starts_with("-: a list names"), "{}", got[1]);
        assert!(got[2].starts_with("/nowhere/b.png: "), "{}", got[2]);
        assert!(got[2].ends_with("(line 4 of list)"), "{}", got[2]);
        assert!(got[3].ends_with("pattern (line 5 of list)"), "{}", got[3]);
    }

    #[test]
    fn a_list_that_cannot_be_opened_is_named() {
        for list in ["/nowhere/list", "/"] {
            let e = Sources::listed_in(Path::new(list), Ends::Lines).unwrap_err();
            assert!(e.to_string().starts_with(list), "{e}");
        }
    }
}
