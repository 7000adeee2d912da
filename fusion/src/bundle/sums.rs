//! The SHA-256 of a bundle's files, as its `config.json` names them, checked at load.
use crate::{Error, Result};
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::fmt::Write;
use std::fs::File;
use std::io::Read;
use std::path::{Component, Path};
use std::time::{Duration, Instant};

/// Bytes that are read at once.
const BLOCK: usize = 1 << 17;

/// What was held against the sums of `config.json` when a bundle was loaded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Checked {
    /// Files whose SHA-256 was right.
    pub files: usize,
    /// Their bytes.
    pub bytes: u64,
    /// How long it took, beside the graphs that were opened in the meantime.
    pub time: Duration,
}

/// Holds the files of `dir` against the sums that `config` names: those of the table `sha256`, and
/// of each part with a `file` and a `sha256`. A file that is not there is left to who needs it.
pub(crate) fn check(dir: &Path, config: &Value) -> Result<Checked> {
    let began = Instant::now();
    let mut named = Vec::new();
    collect(config, &mut named);
    let mut checked = Checked::default();
    for (name, expected) in named {
        let refused = |file: &Path, why: String| Error::AssetsInvalid {
            file: file.to_owned(),
            why,
        };
        let mut parts = Path::new(name).components();
        let (Some(Component::Normal(_)), None) = (parts.next(), parts.next()) else {
            let why = format!("{name:?}: the name of a file in the bundle was expected");
            return Err(refused(&dir.join("config.json"), why));
        };
        let file = dir.join(name);
        if !file.is_file() {
            continue;
        }
        let (found, bytes) = sum(&file).map_err(|e| refused(&file, e.to_string()))?;
        if found != expected {
            let expected = expected.to_owned();
            return Err(Error::AssetsDamaged {
                file,
                found,
                expected,
            });
        }
        checked.files += 1;
        checked.bytes += bytes;
    }
    checked.time = began.elapsed();
    Ok(checked)
}

/// The names of files and their sums in a part of `config.json`.
fn collect<'c>(config: &'c Value, named: &mut Vec<(&'c str, &'c str)>) {
    let Some(parts) = config.as_object() else {
        return;
    };
    match (&config["file"], &config["sha256"]) {
        (Value::String(file), Value::String(sum)) => named.push((file, sum)),
        (Value::Null, Value::Object(table)) => {
            let sums = table.iter();
            named.extend(sums.filter_map(|(file, sum)| Some((&**file, sum.as_str()?))));
        }
        _ => {}
    }
    parts.values().for_each(|part| collect(part, named));
}

/// Lower-case hexadecimal SHA-256 of a file, and how many bytes it has.
fn sum(file: &Path) -> std::io::Result<(String, u64)> {
    let (mut file, mut hash) = (File::open(file)?, Sha256::new());
    let (mut block, mut bytes) = (vec![0; BLOCK], 0);
    loop {
        match file.read(&mut block)? {
            0 => break,
            n => {
                hash.update(&block[..n]);
                bytes += n as u64;
            }
        }
    }
    Ok((hex(&hash.finalize()), bytes))
}

/// Lower-case hexadecimal digits of a digest.
pub(crate) fn hex(digest: &[u8]) -> String {
    digest.iter().fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use std::fs;

    /// SHA-256 of "abc" (FIPS 180-2, appendix B.1).
    const ABC: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

    #[test]
    fn the_file_that_differs_is_named_with_both_sums() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("a"), "abc").unwrap();
        fs::write(dir.path().join("b"), "abd").unwrap();
        let table = |sums: Value| check(dir.path(), &json!({"sha256": sums}));
        let part = |file: &str| {
            check(
                dir.path(),
                &json!({"x": {"y": {"file": file, "sha256": ABC}}}),
            )
        };
        for checked in [table(json!({"a": ABC, "absent": ABC})), part("a")] {
            let checked = checked.unwrap();
            assert_eq!((checked.files, checked.bytes), (1, 3));
        }
        for error in [table(json!({"a": ABC, "b": ABC})), part("b")].map(Result::unwrap_err) {
            let Error::AssetsDamaged {
                file,
                found,
                expected,
            } = &error
            else {
                panic!("{error}");
            };
            assert_eq!((file.file_name(), &**expected), (Some("b".as_ref()), ABC));
            assert!(error.to_string().contains(found), "{error}");
        }
        assert!(matches!(part("../a"), Err(Error::AssetsInvalid { .. })));
        assert_eq!(check(dir.path(), &json!({"format": 2})).unwrap().files, 0);
    }
}
