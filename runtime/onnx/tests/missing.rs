//! A library that is not there, or not one. A process of its own: a library is loaded once for each.

use std::{fs, path::PathBuf};

use foveate_onnx::{ErrorKind, Runtime, RuntimeOptions};

fn find(library: impl Into<PathBuf>) -> Result<&'static Runtime, foveate_onnx::Error> {
    Runtime::find(&RuntimeOptions {
        library: Some(library.into()),
    })
}

#[test]
fn what_is_wrong_is_said_and_then_the_right_one_loads() {
    let folder = std::env::temp_dir().join(format!("foveate-missing-{}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();

    let error = find(folder.join("nothing.so")).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::LibraryMissing);
    let text = error.to_string();
    for part in [
        "ONNX Runtime 1.",
        "nothing.so: not there",
        "to mend it: `",
        "ORT_DYLIB_PATH",
    ] {
        assert!(text.contains(part), "{text}");
    }
    assert_eq!(
        find(&folder).unwrap_err().kind(),
        ErrorKind::LibraryMissing,
        "an empty folder"
    );

    let text = folder.join("text.so");
    fs::write(&text, "this is not a library").unwrap();
    assert_eq!(find(&text).unwrap_err().kind(), ErrorKind::LibraryBroken);

    #[cfg(target_os = "linux")]
    other_libraries(&folder);

    // A failure before does not spoil the search after it.
    let runtime = Runtime::find(&RuntimeOptions::default()).unwrap();
    assert!(
        runtime.build_info().contains("ORT"),
        "{}",
        runtime.build_info()
    );
    let again = find(runtime.library()).unwrap();
    assert_eq!(again.library(), runtime.library());
    assert!(
        find(runtime.library().parent().unwrap()).is_ok(),
        "its folder is the same library"
    );
    assert_eq!(find(&text).unwrap_err().kind(), ErrorKind::LibraryInUse);

    fs::remove_dir_all(&folder).unwrap();
}

/// A whole ELF library that is not ONNX Runtime: the C library of this machine, wherever this process has it.
#[cfg(target_os = "linux")]
fn other_libraries(folder: &std::path::Path) {
    let maps = fs::read_to_string("/proc/self/maps").unwrap();
    let library = maps
        .split_whitespace()
        .find(|word| word.starts_with('/') && word.contains("libc.so"));
    let Some(library) = library else { return };
    let copy = folder.join("libc-copy.so");
    fs::copy(library, &copy).unwrap();
    let error = find(&copy).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::LibraryBroken);
    let bytes = fs::read(&copy).unwrap();
    fs::write(&copy, &bytes[..bytes.len() / 2]).unwrap();
    let error = find(&copy).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::LibraryBroken);
    assert!(error.to_string().contains("truncated"), "{error}");
}
