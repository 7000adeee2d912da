//! What the server tier's small model reads of small print, as a snapshot: a page of the
//! generator's split `dev` with letters of 10 pixels.
use foveate::bundle::Tier;
use foveate::{Image, Mode, Model};
use std::path::Path;

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
