//! Names of files: any bytes, in folders, patterns and lists, and none commands the terminal.
use crate::{PICTURE, album, command, fed, files, foveate, foveate_on, root, short, text};
use std::ffi::OsStr;
use std::path::PathBuf;

/// A folder with the picture under a name that is not UTF-8, and what it is called in JSON.
#[cfg(target_os = "linux")]
fn odd() -> (tempfile::TempDir, PathBuf, String) {
    use std::os::unix::ffi::OsStrExt;
    let dir = album(&[]);
    let path = dir.path().join(OsStr::from_bytes(b"a\xff.png"));
    std::fs::copy(root().join(PICTURE), &path).unwrap();
    let shown = path.display().to_string();
    (dir, path, shown)
}

#[test]
#[cfg(target_os = "linux")]
fn names_that_are_not_utf8_are_read_wherever_they_stand() {
    use std::os::unix::ffi::OsStrExt;
    let (dir, path, shown) = odd();
    let folder = dir.path().display().to_string();
    for name in [folder.clone(), format!("{folder}/a*.png")] {
        let out = foveate(&short(&[&name]));
        assert_eq!(files(&out), [shown.as_str()], "{}", text(&out.stderr));
    }
    let out = command(&short(&[])).arg(&path).output().unwrap();
    assert_eq!(files(&out), [shown.as_str()], "{}", text(&out.stderr));
    let bytes = path.as_os_str().as_bytes();
    for (end, options) in [
        (b"\n", &["--files-from", "-"][..]),
        (b"\0", &["-0", "--files-from", "-"]),
    ] {
        let out = foveate_on(&[bytes, end].concat(), &short(options));
        assert_eq!(files(&out), [shown.as_str()], "{}", text(&out.stderr));
        assert_eq!(out.status.code(), Some(0));
    }
}

#[test]
fn lists_as_other_programs_write_them() {
    let dir = album(&["a.png", "b c.png"]);
    let folder = dir.path().display();
    let (a, b) = (format!("{folder}/a.png"), format!("{folder}/b c.png"));
    let lines = |list: &str| {
        let out = foveate_on(list.as_bytes(), &short(&["--files-from", "-"]));
        assert_eq!(out.status.code(), Some(0), "{}", text(&out.stderr));
        files(&out)
    };
    assert_eq!(
        lines(&format!("\u{feff}{a}\r\n\r\n{b}\r\n")),
        [a.clone(), b.clone()]
    );
    assert_eq!(lines(&format!("{a}\n{b}")), [a.clone(), b.clone()]);
    let zeros = format!("{a}\0{b}\0");
    let out = foveate_on(zeros.as_bytes(), &short(&["-0", "--files-from", "-"]));
    assert_eq!(files(&out), [a, b], "{}", text(&out.stderr));
}

#[test]
fn a_list_with_a_missing_file_says_where_it_is_named() {
    let list = format!("{PICTURE}\n\n/nowhere/b.png\n{PICTURE}\n");
    let out = foveate_on(list.as_bytes(), &short(&["--files-from", "-"]));
    assert_eq!((out.status.code(), files(&out).len()), (Some(1), 2));
    let said = text(&out.stderr);
    assert!(said.starts_with("/nowhere/b.png: "), "{said}");
    assert!(
        said.contains("line 3 of the list on standard input"),
        "{said}"
    );
}

#[test]
fn patterns_stand_in_the_names_of_folders_too() {
    let dir = tempfile::tempdir().unwrap();
    for name in ["a1", "a2", "b"] {
        let folder = dir.path().join(name);
        std::fs::create_dir(&folder).unwrap();
        std::fs::copy(root().join(PICTURE), folder.join("x.png")).unwrap();
    }
    let root = dir.path().display();
    let out = foveate(&short(&[&format!("{root}/a*/?.png")]));
    let expected = ["a1", "a2"].map(|name| format!("{root}/{name}/x.png"));
    assert_eq!(files(&out), expected, "{}", text(&out.stderr));
}

#[test]
fn blank_input_and_empty_folders_are_told_in_words() {
    let empty = tempfile::tempdir().unwrap();
    let empty = empty.path().display().to_string();
    for (input, name, said) in [
        (&b""[..], "-", "-: standard input is empty"),
        (b" \n", "-", "-: "),
        (b"", &empty, "no picture in this folder (looked for png"),
    ] {
        let out = foveate_on(input, &short(&[name]));
        let stderr = text(&out.stderr);
        assert_eq!(out.status.code(), Some(1), "{stderr}");
        assert!(
            stderr.contains(said) && stderr.lines().count() == 1,
            "{stderr}"
        );
    }
    let out = foveate_on(b"\n\n", &short(&["--files-from", "-"]));
    assert_eq!(out.status.code(), Some(1), "a list that names nothing");
    assert!(
        text(&out.stderr).contains("names no picture"),
        "{}",
        text(&out.stderr)
    );
}

#[test]
#[cfg(unix)]
fn names_do_not_command_the_terminal() {
    let name = "\u{1b}[31m\u{9b}2J\n.png";
    let dir = album(&["a.png", name]);
    std::fs::write(dir.path().join(format!("b{name}")), b"no picture").unwrap();
    let missing = dir.path().join(format!("c{name}"));
    let mut ocr = command(&["--mode", "rapid", "ocr"]);
    ocr.arg(dir.path()).arg(missing);
    let out = fed(ocr, b"");
    assert_eq!(out.status.code(), Some(1));
    let all = text(&out.stdout) + &text(&out.stderr);
    let commands = |c: char| c.is_control() && c != '\n' && c != '\t';
    assert!(!all.contains(commands), "{all:?}");
    assert!(text(&out.stdout).contains(r"== "), "{all}");
    for shown in [
        r"/\u{1b}[31m\u{9b}2J\n.png",
        r"/b\u{1b}[31m",
        r"/c\u{1b}[31m",
    ] {
        assert!(all.contains(shown), "{shown} in {all}");
    }
}
