//! Patterns in paths, looked up folder by folder.
use super::name::unfound;
use crate::Result;
use glob::{MatchOptions, Pattern};
use std::ffi::OsStr;
use std::path::{Component, Path, PathBuf};

/// Most paths that one pattern may stand for: ten million paths take some gigabytes.
const MAX_FOUND: usize = 1_000_000;

/// As shells have it: case counts, and names that begin with a dot are asked for by one.
const OPTIONS: MatchOptions = MatchOptions {
    case_sensitive: true,
    require_literal_separator: true,
    require_literal_leading_dot: true,
};

/// Whether a part of `path` is a pattern, so that it may stand for other paths.
pub(super) fn is_pattern(path: &Path) -> bool {
    path.components()
        .any(|part| special(part.as_os_str()).is_some())
}

/// A part with `*`, `?` or `[` in it. What is not UTF-8 is taken as it is.
fn special(part: &OsStr) -> Option<&str> {
    part.to_str().filter(|text| text.contains(['*', '?', '[']))
}

/// The files that `path` stands for, by name. A folder that cannot be listed holds none that fits.
///
/// # Errors
/// A part that is no pattern (`[` without `]`), or one that stands for too much.
pub(super) fn files(path: &Path) -> Result<Vec<PathBuf>> {
    let mut found = vec![PathBuf::new()];
    let parts: Vec<_> = path.components().collect();
    for (i, part) in parts.iter().enumerate() {
        let is_last = i + 1 == parts.len();
        found = match (part, special(part.as_os_str())) {
            (Component::Normal(_), Some(text)) => below(&found, text, path)?,
            _ => found.into_iter().map(|folder| folder.join(part)).collect(),
        };
        found.retain(|path| {
            if is_last {
                path.is_file()
            } else {
                path.is_dir()
            }
        });
        if found.len() > MAX_FOUND {
            let name = path.display().to_string();
            return Err(unfound(&name, format!("more than {MAX_FOUND} paths fit")));
        }
    }
    found.sort();
    Ok(found)
}

/// What is in `folders` under names that fit a part of the pattern `whole`.
fn below(folders: &[PathBuf], part: &str, whole: &Path) -> Result<Vec<PathBuf>> {
    let pattern = Pattern::new(part).map_err(|e| {
        let name = whole.display().to_string();
        unfound(&name, format!("no file, and as a pattern: {}", e.msg))
    })?;
    // A name that is not UTF-8 is compared with U+FFFD for what is wrong in it, which `*` fits.
    let fits = |name: &OsStr| pattern.matches_with(&name.to_string_lossy(), OPTIONS);
    let mut found = Vec::new();
    for folder in folders {
        let here = folder.as_os_str().is_empty();
        let listed = std::fs::read_dir(if here { Path::new(".") } else { folder });
        let names = listed
            .into_iter()
            .flatten()
            .flatten()
            .map(|e| e.file_name());
        // Not joined to ".": files of the current folder are named as `ls` does.
        found.extend(
            names
                .filter(|name| fits(name))
                .map(|name| folder.join(name)),
        );
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn tree(files: &[&str]) -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        for name in files {
            let file = dir.path().join(name);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, b"").unwrap();
        }
        dir
    }

    /// What a pattern stands for in `dir`, below it.
    fn names(dir: &Path, pattern: &str) -> Vec<String> {
        let found = files(&dir.join(pattern)).unwrap();
        let below = |path: &PathBuf| {
            path.strip_prefix(dir)
                .unwrap()
                .to_string_lossy()
                .into_owned()
        };
        found.iter().map(below).collect()
    }

    #[test]
    fn patterns_stand_in_any_part() {
        let dir = tree(&[
            "a1/x.png", "a2/x.png", "a2/y.png", "b/x.png", "a3", ".a/x.png",
        ]);
        assert_eq!(names(dir.path(), "a*/x.png"), ["a1/x.png", "a2/x.png"]);
        assert_eq!(names(dir.path(), "*/?.png").len(), 4);
        assert_eq!(names(dir.path(), "a[23]/*"), ["a2/x.png", "a2/y.png"]);
        assert_eq!(names(dir.path(), "[!a]/*"), ["b/x.png"]);
        assert_eq!(names(dir.path(), "z*/*"), [""; 0]);
    }

    #[test]
    fn letters_are_characters() {
        let dir = tree(&["é.png", "ab.png"]);
        assert_eq!(names(dir.path(), "?.png"), ["é.png"]);
    }

    #[test]
    fn what_is_no_pattern_is_told() {
        let e = files(Path::new("x/[a.png")).err();
        // `x` is not there, so nothing is looked up in it.
        assert!(e.is_none_or(|e| e.to_string().contains("pattern")));
        let e = files(Path::new("[a.png")).unwrap_err().to_string();
        assert!(e.starts_with("[a.png: no file, and as a pattern"), "{e}");
    }

    #[test]
    fn many_stars_take_no_time() {
        let pattern = Pattern::new(&"*a".repeat(40)).unwrap();
        assert!(!pattern.matches_with(&("a".repeat(200) + "b"), OPTIONS));
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn names_that_are_not_utf8_fit_patterns() {
        use std::os::unix::ffi::OsStrExt;
        let dir = tree(&[]);
        let name = OsStr::from_bytes(b"a\xff.png");
        fs::write(dir.path().join(name), b"").unwrap();
        let found = files(&dir.path().join("a*.png")).unwrap();
        assert_eq!(found, [dir.path().join(name)]);
    }
}
