//! Pictures from files, folders, patterns and standard input.
use anyhow::{Context, Result, bail};
use foveate::Image;
use std::io::Read;
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
    /// Standard input.
    Input,
}

impl Source {
    /// Its path, or `-`.
    pub fn name(&self) -> String {
        match self {
            Self::File(path) => path.display().to_string(),
            Self::Input => "-".into(),
        }
    }

    /// Reads it.
    pub fn open(&self) -> Result<Image> {
        match self {
            Self::File(path) => Ok(Image::open(path)?),
            Self::Input => {
                let mut bytes = Vec::new();
                std::io::stdin()
                    .lock()
                    .take(MAX_INPUT + 1)
                    .read_to_end(&mut bytes)?;
                if bytes.len() as u64 > MAX_INPUT {
                    bail!("standard input holds more than {MAX_INPUT} bytes");
                }
                Ok(Image::from_bytes(&bytes)?.labelled("-"))
            }
        }
    }
}

/// The pictures that the arguments name, in their order; those of a folder or a pattern by name.
pub fn find(arguments: &[String]) -> Result<Vec<Source>> {
    let mut sources = Vec::new();
    for argument in arguments {
        let path = Path::new(argument);
        if argument == "-" {
            sources.push(Source::Input);
        } else if path.is_dir() {
            sources.extend(listed(path, |name| {
                ENDINGS.iter().any(|e| has_ending(name, e))
            })?);
        } else if argument.contains(['*', '?']) && !path.exists() {
            let folder = path
                .parent()
                .filter(|p| !p.as_os_str().is_empty())
                .unwrap_or(Path::new("."));
            let pattern = path
                .file_name()
                .and_then(|n| n.to_str())
                .context("the pattern names no file")?;
            sources.extend(listed(folder, |name| {
                matches(pattern.as_bytes(), name.as_bytes())
            })?);
        } else {
            sources.push(Source::File(path.to_owned()));
        }
    }
    Ok(sources)
}

fn has_ending(name: &str, ending: &str) -> bool {
    Path::new(name)
        .extension()
        .is_some_and(|e| e.eq_ignore_ascii_case(ending))
}

fn listed(folder: &Path, wanted: impl Fn(&str) -> bool) -> Result<Vec<Source>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).with_context(|| folder.display().to_string())? {
        let path = entry?.path();
        if path.is_file()
            && path
                .file_name()
                .and_then(|n| n.to_str())
                .is_some_and(&wanted)
        {
            found.push(Source::File(path));
        }
    }
    found.sort();
    Ok(found)
}

/// `*` stands for any letters, `?` for one.
fn matches(pattern: &[u8], name: &[u8]) -> bool {
    match (pattern.split_first(), name.split_first()) {
        (None, None) => true,
        (Some((b'*', rest)), _) => (0..=name.len()).any(|n| matches(rest, &name[n..])),
        (Some((b'?', rest)), Some((_, tail))) => matches(rest, tail),
        (Some((p, rest)), Some((n, tail))) => p == n && matches(rest, tail),
        _ => false,
    }
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
        ] {
            assert_eq!(
                matches(pattern.as_bytes(), name.as_bytes()),
                expected,
                "{pattern} {name}"
            );
        }
    }

    #[test]
    fn folders_give_their_pictures_by_name() {
        let dir = tempfile::tempdir().unwrap();
        for name in ["b.png", "a.JPG", "notes.txt"] {
            std::fs::write(dir.path().join(name), b"").unwrap();
        }
        let folder = dir.path().display().to_string();
        let names = |args: &[String]| {
            find(args)
                .unwrap()
                .iter()
                .map(|s| s.name().rsplit('/').next().unwrap().to_owned())
                .collect::<Vec<_>>()
        };
        assert_eq!(names(std::slice::from_ref(&folder)), ["a.JPG", "b.png"]);
        assert_eq!(
            names(&[format!("{folder}/*.txt"), "-".into()]),
            ["notes.txt", "-"]
        );
    }
}
