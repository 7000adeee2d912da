//! What the server tier's small model reads of small print, as a snapshot: a page of the
//! generator's split `dev` with letters of 10 pixels.
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
    insta::assert_snapshot!("small_print", reading.text);
}
