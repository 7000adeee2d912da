//! The bundle `models/base`, whose parts `make base` fetches: a pretrained spotter reads, a
//! pretrained decoder says what it means.
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
fn questions_are_answered_in_the_words_of_the_page() {
    let mut session = model().look_at(&flyer("jazz.png")).unwrap();
    let answer = session.ask("How much are the tickets?").run().unwrap();
    assert!(
        answer.found && "$15 at the door".starts_with(&answer.text),
        "{answer:?}"
    );
    let region = answer.region.unwrap();
    // Its line is the eighth of ten: below the middle of the picture.
    assert!(
        region.rect.y0 > 500.0 && region.rect.y1 > region.rect.y0,
        "{region:?}"
    );
    let answer = session.ask("Is there parking?").run().unwrap();
    assert!(!answer.found, "{answer:?}");
    assert_eq!((answer.text.as_str(), answer.region), ("not found", None));
}

#[test]
fn a_blank_picture_tells_nothing() {
    let blank = Image::from_rgb(640, 480, vec![255; 640 * 480 * 3]).unwrap();
    let answer = model().ask(&blank, "What is it?").unwrap();
    assert!(!answer.found && answer.usage.runs == 0, "{answer:?}");
    assert_eq!((answer.text.as_str(), answer.region), ("", None));
}

#[test]
fn a_conversation_is_saved_and_taken_up_again() {
    let (model, image) = (model(), flyer("jazz.png"));
    let mut session = model.look_at(&image).unwrap();
    session.ocr().run().unwrap();
    let first = session.ask("Where is it?").run().unwrap();
    assert_eq!(first.text, "Riverside Hall");
    let mut restored = model.restore(&session.transcript(), &[image]).unwrap();
    let [a, b] = [&mut session, &mut restored].map(|s| s.ask("When is it?").run().unwrap().text);
    assert_eq!(a, b);
}

#[test]
fn a_bundle_without_its_parts_is_refused_by_name() {
    let dir = tempfile::tempdir().unwrap();
    let config = std::fs::read_to_string(root().join("models/base/config.json")).unwrap();
    std::fs::write(dir.path().join("page.safetensors"), []).unwrap();
    for (from, to, says) in [
        ("\"page.safe", "\"wage.safe", "wage.safetensors"),
        (
            r#""file": "SmolLM2-135M-Instruct.Q4_1.gguf""#,
            r#""file": "../a.gguf""#,
            "../a.gguf",
        ),
        (r#""format": 2"#, r#""format": 9"#, "format 9"),
        (r#""weights""#, r#""w""#, "weights"),
    ] {
        std::fs::write(dir.path().join("config.json"), config.replace(from, to)).unwrap();
        let e = Model::load(dir.path()).unwrap_err();
        assert!(e.to_string().contains(says), "{e}");
    }
}

#[test]
fn a_gguf_file_of_others_answers_text_and_is_shown_pictures() {
    let model = Model::load(root().join("models/base/SmolLM2-135M-Instruct.Q4_1.gguf")).unwrap();
    let mut session = model.session().unwrap();
    let answer = session.ask("What is gravity?").run().unwrap();
    assert!(answer.text.len() > 10 && answer.found, "{answer:?}");
    let schema = serde_json::json!({"type": "object", "required": ["kind"],
        "properties": {"kind": {"enum": ["a force", "a dish"]}}});
    let query = session
        .ask("What kind of thing is it? As JSON.")
        .as_schema::<serde_json::Value>(&schema);
    let kind = query.run().unwrap().value["kind"].clone();
    assert!(kind == "a force" || kind == "a dish", "{kind}");
    let mut session = model.look_at(&flyer("jazz.png")).unwrap();
    let reading = session.ocr().run().unwrap();
    assert!(reading.text.contains("Riverside Hall"), "{}", reading.text);
    let answer = session.ask("At which hall is the concert?").run().unwrap();
    assert!(
        answer.text.contains("Hall") && answer.region.is_none(),
        "{answer:?}"
    );
}
