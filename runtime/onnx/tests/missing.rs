//! A library that is not there, or not one. A process of its own: a library is loaded once for
//! each.

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
        "to fix it: `",
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

    #[cfg(unix)]
    no_interface(&folder);

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

/// A whole ELF library that is not ONNX Runtime: the C library of this machine, wherever this
/// process has it.
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

/// A library with ONNX Runtime's entry point, which gives nothing.
#[cfg(unix)]
fn no_interface(folder: &std::path::Path) {
    let Some(library) = compiled(folder, "null", "void *OrtGetApiBase(void) { return 0; }") else {
        return;
    };
    let error = find(&library).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::LibraryBroken);
    assert!(error.to_string().contains("is not ONNX Runtime"), "{error}");
}

/// A shared library of C source; `None` where there is no C compiler.
#[cfg(unix)]
fn compiled(folder: &std::path::Path, name: &str, source: &str) -> Option<PathBuf> {
    let (code, library) = (
        folder.join(format!("{name}.c")),
        folder.join(format!("{name}.so")),
    );
    fs::write(&code, source).unwrap();
    let compiler = std::process::Command::new("cc")
        .args(["-shared", "-fPIC", "-o"])
        .args([&library, &code])
        .status();
    compiler.is_ok_and(|s| s.success()).then_some(library)
}

/// Set in the process that the next test starts of itself, since it spoils the process it runs in.
const CHILD: &str = "FOVEATE_MISSING_CHILD";

/// A library that says it is version 1.31 and then has no interface: `ort` keeps it, so nothing
/// else can be loaded.
#[cfg(unix)]
#[test]
fn a_library_that_only_claims_to_be_it_is_named() {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("claims");
    if std::env::var_os(CHILD).is_some() {
        let library = folder.join("claims.so");
        let error = find(&library).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::LibraryBroken);
        assert!(
            error.to_string().contains("claims.so: is not ONNX Runtime"),
            "{error}"
        );
        let error = find(folder.join("other.so")).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::LibraryInUse);
        assert!(error.to_string().contains("start it again"), "{error}");
        return;
    }
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("other.so"), "").unwrap();
    let source = "static void *api(unsigned v) { return 0; }
        static const char *version(void) { return \"1.31.0\"; }
        static const void *base[2] = { (const void *)api, (const void *)version };
        const void *OrtGetApiBase(void) { return base; }";
    if compiled(&folder, "claims", source).is_none() {
        return;
    }
    let output = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "a_library_that_only_claims_to_be_it_is_named"])
        .env(CHILD, "1")
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
}
