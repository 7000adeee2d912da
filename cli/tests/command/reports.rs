//! What is written besides the answers: boxes on pictures, and a page of a batch.
use crate::{PICTURE, album, foveate, foveate_on, root, short, text};
use std::path::Path;

fn ocr(arguments: &[&str]) -> std::process::Output {
    foveate(&[&["--mode", "rapid", "ocr"][..], arguments].concat())
}

/// A short answer: the text of a picture goes round in circles, as the weights are random.
fn read(arguments: &[&str]) -> std::process::Output {
    foveate(&short(arguments))
}

fn is_png(path: &Path) -> bool {
    std::fs::read(path).is_ok_and(|bytes| bytes.starts_with(b"\x89PNG"))
}

#[test]
fn boxes_are_drawn_on_one_picture_or_on_each_in_a_folder() {
    let dir = album(&["a.png", "b.png"]);
    let at = |name: &str| dir.path().join(name).display().to_string();
    let (folder, file, boxes) = (at(""), at("one.png"), at("boxes"));
    let drawn = ocr(&["--overlay", &file, PICTURE]);
    assert!(is_png(Path::new(&file)) && !drawn.stdout.is_empty());
    // The same name twice: neither is written over.
    let out = read(&[
        "--overlay",
        &boxes,
        &at("a.png"),
        &at("b.png"),
        &at("a.png"),
    ]);
    assert_eq!(out.status.code(), Some(0), "{}", text(&out.stderr));
    for name in ["boxes/a.png", "boxes/b.png", "boxes/a-2.png"] {
        assert!(is_png(&dir.path().join(name)), "{name}");
    }
    // Nor is a picture of the user's.
    let before = std::fs::read(at("a.png")).unwrap();
    let out = read(&["--overlay", &folder, &at("a.png"), PICTURE]);
    assert_eq!(out.status.code(), Some(1));
    assert!(text(&out.stderr).contains("--overlay names the picture itself or its folder"));
    assert_eq!(std::fs::read(at("a.png")).unwrap(), before);
    assert!(is_png(&dir.path().join("picture.png")));
}

#[test]
fn a_report_has_a_row_for_every_picture_and_names_what_went_wrong() {
    let dir = album(&["a.png", "<b>&'\".png"]);
    std::fs::write(dir.path().join("c.png"), b"no picture").unwrap();
    let folder = dir.path().display().to_string();
    let file = dir.path().join("report.html").display().to_string();
    let out = read(&["--report", &file, &folder, "/nowhere.png"]);
    assert_eq!(out.status.code(), Some(1), "{}", text(&out.stderr));
    let page = std::fs::read_to_string(&file).unwrap();
    let count = |what: &str| page.matches(what).count();
    assert_eq!((count("<tr><td>"), count("</tr>")), (4, 5));
    assert_eq!((count("data:image/jpeg;base64,"), count("<svg")), (2, 2));
    assert_eq!(count("<td class=\"failed\">"), 2);
    assert!(page.contains("&lt;b&gt;&amp;&#39;&quot;.png"), "{page}");
    assert!(!page.contains("<b>&") && page.ends_with("</html>\n"));
    for (row, why) in page
        .lines()
        .filter(|l| l.contains("\"failed\""))
        .zip(["c.png", "nowhere"])
    {
        assert!(row.contains(why), "{row}");
    }
}

#[test]
fn a_report_has_a_column_for_every_field() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("r.html").display().to_string();
    let schema = "tests/data/title.schema.json";
    let read = [
        "--mode",
        "rapid",
        "read",
        "--max-tokens",
        "40",
        "--schema",
        schema,
    ];
    let out = foveate(&[&read[..], &["--report", &file, PICTURE]].concat());
    assert_eq!(out.status.code(), Some(0), "{}", text(&out.stderr));
    let page = std::fs::read_to_string(&file).unwrap();
    assert!(
        page.contains("<i class=\"k0\"></i>title</button>"),
        "{page}"
    );
    // Random weights read lines that stand nowhere: those of `nano` have boxes, below.
    ocr(&["--rules", "off", "--report", &file, PICTURE]);
    let page = std::fs::read_to_string(&file).unwrap();
    assert!(page.contains("<i class=\"k0\"></i>text</button>"), "{page}");
    // Thumbnails of standard input, too; and no name but one of a page.
    let picture = std::fs::read(root().join(PICTURE)).unwrap();
    let ask = ["--mode", "rapid", "ask", "<What>?", "--report", &file, "-"];
    let out = foveate_on(&picture, &ask);
    let page = std::fs::read_to_string(&file).unwrap();
    assert!(
        page.contains("&lt;What&gt;?") && page.contains("data:image"),
        "{}",
        text(&out.stderr)
    );
    let out = ocr(&["--report", "flyer.png", PICTURE]);
    assert_eq!(out.status.code(), Some(2));
    assert!(text(&out.stderr).contains("ends in .html"));
    let out = ocr(&["--report", "/nowhere/r.html", PICTURE]);
    assert!(
        text(&out.stderr).contains("/nowhere/r.html: "),
        "{}",
        text(&out.stderr)
    );
}

#[test]
fn a_report_draws_the_boxes_of_lines() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("report.html");
    let [nano, flyer] = ["models/nano", "examples/flyers/jazz.png"].map(|path| root().join(path));
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_foveate"));
    command
        .arg("--model")
        .arg(nano)
        .args(["--mode", "rapid", "ocr", "--report"]);
    let out = command.arg(&file).arg(flyer).output().unwrap();
    assert_eq!(out.status.code(), Some(0), "{}", text(&out.stderr));
    let page = std::fs::read_to_string(&file).unwrap();
    assert!(page.contains("<rect class=\"k0\" x="), "{page}");
}
