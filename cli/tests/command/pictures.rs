//! Answers about pictures: their order, where they come from, what is printed beside them.
use crate::{PICTURE, album, files, foveate, foveate_on, root, short, text};

#[test]
fn a_schema_is_answered_and_a_bad_picture_named() {
    let dir = tempfile::tempdir().unwrap();
    let schema = dir.path().join("schema.json");
    std::fs::write(
        &schema,
        r#"{"type":"object","properties":{"title":{"type":["string","null"],"maxLength":20}}}"#,
    )
    .unwrap();
    let schema = schema.display().to_string();
    let bad = "tests/bad/empty.png";
    let out = foveate(&[
        "--mode",
        "rapid",
        "read",
        "--schema",
        &schema,
        "--max-tokens",
        "60",
        bad,
        PICTURE,
    ]);
    assert_eq!(out.status.code(), Some(1), "{}", text(&out.stderr));
    assert!(text(&out.stderr).contains(bad), "{}", text(&out.stderr));
    let stdout = text(&out.stdout);
    assert_eq!(stdout.lines().count(), 1, "{stdout}");
    assert!(
        serde_json::from_str::<serde_json::Value>(&stdout)
            .unwrap()
            .is_object(),
        "{stdout}"
    );
}

#[test]
fn info_and_completions() {
    let out = foveate(&["info"]);
    assert!(out.status.success() && text(&out.stdout).contains("tiny"));
    let out = foveate(&["completions", "bash"]);
    assert!(out.status.success() && text(&out.stdout).contains("foveate"));
}

#[test]
fn many_pictures_keep_their_order_around_a_bad_one() {
    let dir = album(&["a.png", "b.png", "c.png", "e.png", "f.png"]);
    let folder = dir.path().display().to_string();
    std::fs::write(dir.path().join("d.png"), b"no picture").unwrap();
    for threads in ["0", "1", "64"] {
        let out = foveate(&short(&["--threads", threads, &folder, PICTURE]));
        let stderr = text(&out.stderr);
        assert_eq!(out.status.code(), Some(1), "{stderr}");
        let mut expected: Vec<String> = ["a.png", "b.png", "c.png", "e.png", "f.png"]
            .iter()
            .map(|name| format!("{folder}/{name}"))
            .collect();
        expected.push(PICTURE.into());
        assert_eq!(files(&out), expected);
        assert_eq!(
            stderr.lines().count(),
            1,
            "no bar, one bad picture: {stderr}"
        );
        assert!(stderr.starts_with(&format!("{folder}/d.png: ")), "{stderr}");
    }
}

#[test]
fn pictures_come_from_lists_patterns_and_standard_input() {
    let dir = album(&["x1.png", "x2.png", "y.png"]);
    let folder = dir.path().display().to_string();
    let pattern = format!("{folder}/x?.png");
    let list = dir.path().join("list.txt");
    std::fs::write(&list, format!("{folder}/y.png\n\n{PICTURE}\n")).unwrap();
    let list = list.display().to_string();
    let expected = [
        format!("{folder}/x1.png"),
        format!("{folder}/x2.png"),
        format!("{folder}/y.png"),
        PICTURE.to_owned(),
    ];
    let out = foveate(&short(&[&pattern, "--files-from", &list]));
    assert_eq!(files(&out), expected, "{}", text(&out.stderr));
    assert!(out.status.success());

    let names = format!("{folder}/y.png\n/nowhere.png\n{PICTURE}\n");
    let out = foveate_on(names.as_bytes(), &short(&["--files-from", "-"]));
    assert_eq!(files(&out), expected[2..], "{}", text(&out.stderr));
    assert_eq!(out.status.code(), Some(1));
    assert!(text(&out.stderr).contains("/nowhere.png"));

    let picture = std::fs::read(root().join(PICTURE)).unwrap();
    let out = foveate_on(&picture, &short(&["-"]));
    assert_eq!(files(&out), ["-"], "{}", text(&out.stderr));
    let out = foveate_on(b"no picture", &short(&["-"]));
    assert_eq!(out.status.code(), Some(1));
    assert!(
        text(&out.stderr).starts_with("-: "),
        "{}",
        text(&out.stderr)
    );
}

#[test]
fn names_that_stand_for_nothing_are_told() {
    let dir = tempfile::tempdir().unwrap();
    let empty = dir.path().display().to_string();
    let out = foveate(&short(&[&empty, "/nowhere/*.png", PICTURE]));
    assert_eq!((out.status.code(), files(&out).len()), (Some(1), 1));
    let stderr = text(&out.stderr);
    assert!(stderr.contains(&format!("{empty}: no picture in this folder")));
    assert!(stderr.contains("/nowhere"), "{stderr}");
    // Standard input is one picture, or one list.
    let out = foveate_on(b"", &short(&["-", "--files-from", "-"]));
    assert_eq!(out.status.code(), Some(2), "{}", text(&out.stderr));
    assert_eq!(foveate(&short(&[])).status.code(), Some(2));
}

#[test]
fn an_adapter_is_named_and_changes_answers() {
    let with = |adapter: &'static str| foveate(&short(&["--adapter", adapter, PICTURE]));
    let (plain, loud) = (foveate(&short(&[PICTURE])), with("loud"));
    for out in [&plain, &loud] {
        assert!(out.status.success(), "{}", text(&out.stderr));
    }
    assert_ne!(text(&plain.stdout), text(&loud.stdout));
    let quiet = with("quiet");
    assert_eq!(quiet.status.code(), Some(3));
    let stderr = text(&quiet.stderr);
    assert!(stderr.contains("quiet") && stderr.contains("it has loud"));
    assert!(text(&foveate(&["info"]).stdout).contains("adapters       loud"));
}

#[test]
fn drafting_second_questions_and_adapters_are_measured() {
    let bench = ["--mode", "rapid", "bench", "--runs", "1", "--speculation"];
    let out = foveate(&[&bench[..], &["--adapter", "loud", PICTURE]].concat());
    let stdout = text(&out.stdout);
    assert!(out.status.success(), "{}", text(&out.stderr));
    for told in [
        "drafted tokens accepted",
        "the same answer",
        "second question: ",
        "adapter loud (rank 4): loaded in ",
    ] {
        assert!(stdout.contains(told), "{told} in {stdout}");
    }
    assert_eq!(stdout.lines().count(), 4, "{stdout}");
}

#[test]
fn sixty_pictures_with_broken_ones_among_them() {
    const BROKEN: [&str; 6] = ["empty", "text", "cut", "magic-only", "0x0", "50000x50000"];
    let names: Vec<String> = (0..60).map(|i| format!("{i:02}.png")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let dir = album(&names);
    for (i, bad) in BROKEN.iter().enumerate() {
        let bad = root().join(format!("tests/bad/{bad}.png"));
        std::fs::copy(bad, dir.path().join(names[10 * i + 5])).unwrap();
    }
    let folder = dir.path().display().to_string();
    let out = foveate(&short(&[&folder]));
    assert_eq!(out.status.code(), Some(1));
    let (bad, sound): (Vec<_>, Vec<_>) = (0..60).partition(|i| i % 10 == 5);
    let path = |i: &usize| format!("{folder}/{}", names[*i]);
    assert_eq!(files(&out), sound.iter().map(path).collect::<Vec<_>>());
    let said = text(&out.stderr);
    let named: Vec<_> = said.lines().filter_map(|l| l.split_once(": ")).collect();
    let named: Vec<_> = named.iter().map(|(name, _)| *name).collect();
    assert_eq!(named, bad.iter().map(path).collect::<Vec<_>>(), "{said}");
}

/// The only line of JSON on standard output.
fn json(out: &std::process::Output) -> serde_json::Value {
    serde_json::from_slice(&out.stdout).unwrap_or_else(|e| {
        panic!("{e}: {}{}", text(&out.stdout), text(&out.stderr));
    })
}

#[test]
fn what_is_odd_about_a_file_is_told_and_carried_in_json() {
    let cut = "tests/bad/cut-scan.jpg";
    let ocr = ["--mode", "rapid", "--json", "ocr", cut];
    let ask = ["--mode", "rapid", "--json", "ask", "What is it?", cut];
    for arguments in [&ocr[..], &ask] {
        let out = foveate(arguments);
        let line = json(&out);
        let note = line["notes"][0].as_str().unwrap();
        assert!(note.contains("cut off"), "{line}");
        assert!(line["stop"].is_string(), "{line}");
        let said = text(&out.stderr);
        assert!(said.contains(&format!("{cut}: {note}")), "{said}");
    }
    let line = json(&foveate(&short(&[PICTURE])));
    assert_eq!(line["notes"], serde_json::json!([]));
    assert_eq!(line["stop"], "end");
}

#[test]
fn info_says_memory_and_rows() {
    let line = json(&foveate(&["--json", "info"]));
    assert_eq!(line["name"], "tiny");
    for number in ["rows", "picture_rows", "file_bytes"] {
        assert!(line[number].as_u64().unwrap() > 0, "{line}");
    }
    assert_eq!(line["checked"]["files"], 0, "its config.json names no sums");
    let said = text(&foveate(&["info"]).stdout);
    assert!(
        said.contains("of a conversation") && said.contains(" MB"),
        "{said}"
    );
    assert!(said.contains("not bounded by --view-memory"), "{said}");
}

#[test]
fn info_says_what_views_take_and_how_many_go_at_once() {
    // Scores of 36 patches in two heads, and rows of 16 and 32: `GlobalSizes::view_bytes`.
    let view = 4 * (2 * 2 * 36 * 36 + 36 * (6 * 16 + 2 * 32));
    for (memory, at_once) in [(0, 1), (view, 1), (3 * view + 1, 3)] {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_foveate"));
        command.args(["--model", "tests/data/tiny-server", "--json", "info"]);
        command.args(["--view-memory", &memory.to_string()]);
        let line = json(&command.current_dir(root()).output().unwrap());
        assert_eq!(
            (&line["view_bytes"], &line["views_at_once"]),
            (&view.into(), &at_once.into())
        );
    }
}

#[test]
fn json_of_every_command_says_how_it_ended_how_sure_it_is_and_what_is_odd() {
    let rapid = ["--mode", "rapid", "--json"];
    let schema = "tests/data/title.schema.json";
    let ocr = ["ocr", PICTURE];
    let ask = ["ask", "What?", PICTURE];
    let read = ["read", "--max-tokens", "40", "--schema", schema, PICTURE];
    let bench = ["bench", "--runs", "1", PICTURE];
    let with = |arguments: &[&str]| json(&foveate(&[&rapid[..], arguments].concat()));
    for line in [with(&ocr), with(&ask), with(&read), with(&bench)] {
        assert_eq!(line["file"], PICTURE);
        assert!(
            line["stop"].is_string() && line["notes"].is_array(),
            "{line}"
        );
    }
    let chat = foveate_on(b"What?\n", &[&rapid[..], &["chat", PICTURE]].concat());
    for line in [with(&ask), json(&chat)] {
        assert!(
            line["stop"].is_string() && line["notes"].is_array(),
            "{line}"
        );
        assert_eq!(
            line["box"].is_null(),
            line["confidence"].is_null(),
            "{line}"
        );
    }
    let (text, value) = (with(&ocr), with(&read));
    for (of, places) in [(&text, &text["lines"]), (&value, &value["boxes"])] {
        for place in places.as_array().unwrap() {
            let sure = place["confidence"].as_f64();
            let known = place["box"].is_null() || sure.is_some_and(|p| (0.0..=1.0).contains(&p));
            assert!(known, "{of}");
        }
    }
}
