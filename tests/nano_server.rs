//! What the server tier's small model reads of small print: a page of the generator's split `dev`
//! with letters of 10 pixels.
use foveate::bundle::Tier;
use foveate::{ErrorKind, Image, Mode, Model};
use serde_json::json;
use std::path::Path;

mod tiny;

/// Its decoder is one of tracks; those of another decoder's sizes are refused by name.
#[test]
fn tracks_of_other_sizes_are_refused() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let bundle = tiny::copy();
    let tracks = root.join("models/nano-server");
    for file in std::fs::read_dir(&tracks).unwrap() {
        let file = file.unwrap();
        let name = file.file_name().into_string().unwrap();
        if name.starts_with("track") || name == "ends.onnx" {
            std::fs::copy(file.path(), bundle.path().join(name)).unwrap();
        }
    }
    let error = Model::load(bundle.path()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::AssetsInvalid);
    let text = error.to_string();
    assert!(
        text.contains("tracks.json") && text.contains("`dim` is 256"),
        "{text}"
    );
    tiny::edited(&bundle.path().join("tracks.json"), |sizes| {
        sizes["dim"] = json!(0)
    });
    let text = Model::load(bundle.path()).unwrap_err().to_string();
    assert!(text.contains("`dim` is 0"), "{text}");
}

#[test]
fn small_print() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let model = Model::load(root.join("models/nano-server")).unwrap();
    assert_eq!(model.tier(), Some(Tier::Server));
    let page = Image::open(root.join("tests/data/small-print.png")).unwrap();
    let mut session = model.session().unwrap();
    session.add_image_in(&page, Mode::High).unwrap();
    let reading = session.ocr().run().unwrap();
    let kept = std::fs::read_to_string(root.join("tests/data/small-print.txt")).unwrap();
    let [read, kept] =
        [&reading.text, &kept].map(|text| text.split_whitespace().collect::<Vec<_>>());
    // Letters this small are near the limit: with another processor's sums a word comes or goes,
    // and a line is elsewhere.
    let shared = |a: &[&str], b: &[&str]| a.iter().filter(|word| b.contains(word)).count();
    let text = &reading.text;
    assert!(10 * shared(&kept, &read) >= 9 * kept.len(), "lost: {text}");
    assert!(
        10 * shared(&read, &kept) >= 9 * read.len(),
        "made up: {text}"
    );
}
