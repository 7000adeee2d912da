//! What the shipped model reads off the shipped flyers, as snapshots (`cargo insta review` after a
//! new model).
use foveate::{Image, Model, Request, Typed, Usage};
use foveate_events::{CalendarEvent, Entry, ics};
use std::path::{Path, PathBuf};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The shipped model, or `None` with a note where the checkout has none yet.
fn model() -> Option<Model> {
    let dir = root().join("models/nano");
    if !dir.join("config.json").is_file() {
        eprintln!("skipped: {} is not in this checkout", dir.display());
        return None;
    }
    Some(Model::load(dir).unwrap())
}

fn flyers() -> Vec<(String, PathBuf)> {
    let pictures = ["png", "jpg"];
    let listed = std::fs::read_dir(root().join("examples/flyers"))
        .unwrap()
        .map(|e| e.unwrap().path());
    let mut found: Vec<(String, PathBuf)> = listed
        .filter(|p| {
            p.extension()
                .is_some_and(|e| pictures.iter().any(|x| e == *x))
        })
        .map(|p| (p.file_stem().unwrap().to_string_lossy().into_owned(), p))
        .collect();
    found.sort();
    found
}

#[test]
fn transcripts() {
    let Some(model) = model() else { return };
    for (name, path) in flyers() {
        let reading = model.ocr(&Image::open(path).unwrap()).unwrap();
        insta::assert_snapshot!(format!("transcript_{name}"), reading.text);
    }
}

#[test]
fn events() {
    let Some(model) = model() else { return };
    let today = "2026-01-01".parse().unwrap();
    for (name, path) in flyers() {
        let image = Image::open(path).unwrap();
        let read: Typed<CalendarEvent> = model.look_at(&image).unwrap().read().run().unwrap();
        let flyer = read
            .value
            .as_flyer(read.transcript.as_deref())
            .with_headlines(&read.headlines);
        let calendar =
            Entry::from_flyer(flyer, today).map(|e| ics(&[e], today).replace("\r\n", "\n"));
        let calendar = calendar.unwrap_or_else(|e| e.to_string());
        insta::assert_snapshot!(
            format!("event_{name}"),
            format!("{}\n\n{calendar}", read.json)
        );
    }
}

/// The transcript with the boxes of its words, the fields with theirs, and what both cost.
fn read_all(model: &Model, image: &Image, draft: bool) -> (String, Usage) {
    let request = Request {
        draft,
        ..Request::default()
    };
    let mut session = model.look_at(image).unwrap();
    let reading = session.ocr().with(&request).run().unwrap();
    let typed: Typed<CalendarEvent> = session.read().with(&request).run().unwrap();
    let tokens = serde_json::to_string(&session.turns().to_vec()).unwrap();
    let told = format!("{tokens}\n{:?}\n{:?}", reading.lines, typed.fields);
    (told, session.usage())
}

#[test]
fn drafting_reads_the_same_in_half_the_runs() {
    let Some(model) = model() else { return };
    let (mut fast, mut slow) = (0, 0);
    for (name, path) in flyers() {
        let image = Image::open(path).unwrap();
        let (drafted, usage) = read_all(&model, &image, true);
        let (plain, without) = read_all(&model, &image, false);
        assert_eq!(drafted, plain, "{name}");
        assert_eq!(without.drafted, 0);
        eprintln!("{name}: {usage:?}, {} runs without", without.runs);
        (fast, slow) = (fast + usage.runs, slow + without.runs);
    }
    assert!(fast * 2 < slow, "{fast} runs against {slow}");
}
