//! The library's file: its name, its version, and whether it is whole.
use std::{
    env, fs,
    path::{Path, PathBuf},
};

/// The library's file name on this system.
pub(super) fn file_name() -> String {
    format!(
        "{}onnxruntime{}",
        env::consts::DLL_PREFIX,
        env::consts::DLL_SUFFIX
    )
}

/// The library at a path: the file itself, or the one in the folder: first by its plain name, then
/// the highest version (`libonnxruntime.so.1.31.1`, as the wheels have it).
pub(super) fn library_in(path: &Path) -> Option<PathBuf> {
    if !path.is_dir() {
        return path.exists().then(|| path.to_owned());
    }
    let plain = path.join(file_name());
    if plain.is_file() {
        return Some(plain);
    }
    let files = fs::read_dir(path).ok()?.flatten().map(|entry| entry.path());
    files
        .filter_map(|file| Some((version_in_name(&file)?, file)))
        .max()
        .map(|(_, file)| file)
}

/// `[1, 31, 1]` of `libonnxruntime.so.1.31.1` or `libonnxruntime.1.31.1.dylib`.
fn version_in_name(file: &Path) -> Option<Vec<u32>> {
    let rest = file.file_name()?.to_str()?.strip_prefix("libonnxruntime")?;
    let version = rest
        .strip_prefix(".so.")
        .or_else(|| rest.strip_prefix('.')?.strip_suffix(".dylib"))?;
    version.split('.').map(|part| part.parse().ok()).collect()
}

pub(super) fn same_file(a: &Path, b: &Path) -> bool {
    let real = |path: &Path| fs::canonicalize(path).unwrap_or(path.to_owned());
    real(a) == real(b)
}

/// Refuses a 64-bit little-endian ELF file that is shorter than its own section table says. The
/// system's loader maps such a file (a broken download) and the process dies of SIGBUS when it
/// touches the missing part.
pub(super) fn whole(library: &Path) -> Result<(), String> {
    use std::io::Read;
    let Ok(file) = fs::File::open(library) else {
        return Ok(());
    };
    let length = file.metadata().map_err(|error| error.to_string())?.len();
    let mut header = Vec::new();
    file.take(64)
        .read_to_end(&mut header)
        .map_err(|error| error.to_string())?;
    if !header.starts_with(b"\x7fELF\x02\x01") {
        return if cfg!(target_os = "linux") {
            Err("is not a 64-bit ELF library".to_owned())
        } else {
            Ok(())
        };
    }
    let number = |at: usize, bytes: usize| {
        let bytes = header.get(at..at + bytes)?;
        Some(
            bytes
                .iter()
                .rev()
                .fold(0_u64, |number, &byte| number << 8 | u64::from(byte)),
        )
    };
    // e_shoff, e_shentsize and e_shnum of the ELF header; the section table is the last thing in
    // the file.
    let end = (|| number(40, 8)?.checked_add(number(58, 2)? * number(60, 2)?))();
    match end {
        Some(end) if end <= length => Ok(()),
        _ => Err(format!("is truncated: {length} bytes")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_in_names_are_compared_as_numbers() {
        let version = |name: &str| version_in_name(Path::new(name));
        assert_eq!(version("libonnxruntime.so.1.31.1"), Some(vec![1, 31, 1]));
        assert_eq!(
            version("/a/libonnxruntime.1.9.0.dylib"),
            Some(vec![1, 9, 0])
        );
        assert!(version("libonnxruntime.so.1.31.1") > version("libonnxruntime.so.1.9.0"));
        assert_eq!(version("libonnxruntime_providers_shared.so"), None);
        assert_eq!(version("libonnxruntime.so.1.31.1.part"), None);
    }
}
