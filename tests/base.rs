//! The bundle `models/base`, whose graphs `make base` fetches: a pretrained spotter reads, the
//! decoder of `nano` says what it means.
use foveate::{Image, Model, StopReason, Typed};
use foveate_events::CalendarEvent;
use std::path::Path;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn model() -> Model {
    Model::load(root().join("models/base")).unwrap_or_else(|e| panic!("{e}; run `make base`"))
}

fn flyer(name: &str) -> Image {
    Image::open(root().join("examples/flyers").join(name)).unwrap()
}

#[test]
fn flyers_are_read_word_for_word_and_become_events() {
    let model = model();
    let mut session = model.look_at(&flyer("jazz.png")).unwrap();
    let reading = session.ocr().run().unwrap();
    assert_eq!(reading.stop, StopReason::End);
    insta::assert_snapshot!("base_jazz", reading.text);
    for line in &reading.lines {
        let region = line.region.unwrap();
        assert!(region.confidence > 0.5, "{}: {region:?}", line.text);
        assert!(region.rect.x1 > region.rect.x0 && region.rect.y1 > region.rect.y0);
    }
    let typed: Typed<CalendarEvent> = session.read().run().unwrap();
    assert_eq!(typed.value.title.as_deref(), Some("Summer Jazz Night"));
    assert_eq!(typed.value.venue.as_deref(), Some("Riverside Hall"));
    assert_eq!(
        typed.fields.len(),
        5,
        "every field has its box: {:?}",
        typed.fields
    );
}

#[test]
fn a_blank_picture_is_an_empty_reading() {
    let blank = Image::from_rgb(640, 480, vec![255; 640 * 480 * 3]).unwrap();
    let reading = model().ocr(&blank).unwrap();
    assert_eq!((reading.text.as_str(), reading.lines.len()), ("", 0));
}

#[test]
fn a_bundle_that_names_no_decoder_beside_it_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let config = std::fs::read_to_string(root().join("models/base/config.json")).unwrap();
    for (decoder, says) in [("../nano", "beside this one"), ("nowhere", "nowhere")] {
        let text = config.replace(
            r#""decoder": "nano""#,
            &format!(r#""decoder": "{decoder}""#),
        );
        std::fs::write(dir.path().join("config.json"), text).unwrap();
        let e = Model::load(dir.path()).unwrap_err();
        assert!(e.to_string().contains(says), "{e}");
    }
}
