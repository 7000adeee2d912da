//! The bundle `models/base`, whose parts `make base` fetches: a pretrained spotter reads, a
//! pretrained decoder says what it means.
use foveate::{ErrorKind, Image, Model, Request, StopReason, Typed};
use foveate_events::CalendarEvent;
use std::path::{Path, PathBuf};

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
fn numbers_are_those_of_the_page_and_have_boxes() {
    let schema = serde_json::json!({"type": "object", "properties": {
        "ticket_price": {"type": "number"}, "street_number": {"type": "integer"}},
        "required": ["ticket_price", "street_number"]});
    let mut session = model().look_at(&flyer("jazz.png")).unwrap();
    let read: foveate::Typed<serde_json::Value> = session.read_schema(&schema).run().unwrap();
    let numbers = serde_json::json!({"ticket_price": 15, "street_number": 27});
    assert_eq!(read.value, numbers);
    // "27 Mill Street" is above "Tickets $15 at the door".
    let [price, street] = [0, 1].map(|i| read.fields[i].1.rect);
    assert!(
        street.y1 < price.y0 && price.x0 > 300.0,
        "{:?}",
        read.fields
    );
}

#[test]
fn a_blank_picture_tells_nothing() {
    let blank = Image::from_rgb(640, 480, vec![255; 640 * 480 * 3]).unwrap();
    let answer = model().ask(&blank, "What is it?").unwrap();
    assert!(!answer.found && answer.usage.runs == 0, "{answer:?}");
    assert_eq!((answer.text.as_str(), answer.region), ("", None));
}

#[test]
fn a_list_has_all_of_a_kind_and_what_is_asked_next_is_as_without_it() {
    let (model, image) = (model(), flyer("jazz.png"));
    let mut session = model.look_at(&image).unwrap();
    let list = session.ask("Who is playing?").as_type::<Vec<String>>();
    let list = list.run().unwrap();
    assert_eq!(list.value, ["the Clara Moss Quartet"]);
    assert_eq!(list.fields.len(), 1, "{:?}", list.fields);
    let mut restored = model.restore(&session.transcript(), &[image]).unwrap();
    let [a, b] = [&mut session, &mut restored].map(|s| s.ask("Where is it?").run().unwrap().text);
    assert_eq!((&*a, &*b), ("Riverside Hall", "Riverside Hall"));
}

/// The update for schemas stands in for one for questions, which base has none of.
#[test]
fn an_update_for_questions_answers_them_and_is_refused_where_it_is_none() {
    let dir = tempfile::tempdir().unwrap();
    let base = root().join("models/base");
    for file in std::fs::read_dir(&base).unwrap().map(Result::unwrap) {
        std::fs::copy(file.path(), dir.path().join(file.file_name())).ok();
    }
    let config = std::fs::read_to_string(base.join("config.json")).unwrap();
    let mut config: serde_json::Value = serde_json::from_str(&config).unwrap();
    let file = dir.path().join("config.json");
    config["asks"] = config["schemas"].clone();
    std::fs::write(&file, config.to_string()).unwrap();
    let own = Model::load(dir.path()).unwrap();
    let image = flyer("jazz.png");
    let [mut a, mut b] = [&model(), &own].map(|model| model.look_at(&image).unwrap());
    let [a, b] = [&mut a, &mut b].map(|session| {
        session.ask("Where is it?").run().unwrap();
        session.ask("Who is playing?").run().unwrap()
    });
    assert_eq!([&*a.text, &*b.text], ["the Clara Moss Quartet"; 2]);
    // The question before was the update's, and goes on without it.
    assert!(b.usage.cached < a.usage.cached, "{:?}", [a.usage, b.usage]);

    config["asks"] = serde_json::json!({"file": "README.md"});
    std::fs::write(&file, config.to_string()).unwrap();
    let refused = Model::load(dir.path()).unwrap_err();
    assert!(refused.to_string().contains("README.md"), "{refused}");
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

fn gguf() -> PathBuf {
    root().join("models/base/SmolLM2-135M-Instruct.Q4_1.gguf")
}

#[test]
fn a_gguf_file_of_others_answers_text() {
    let model = Model::load(gguf()).unwrap();
    assert_eq!(
        (model.name(), model.architecture()),
        ("SmolLM2-135M-Instruct.Q4_1", Some("chat"))
    );
    let mut session = model.session().unwrap();
    let asked = |question: &str| {
        let rows = model.template().asked(model.tokenizer(), question);
        rows.unwrap().len()
    };
    let begin = model.template().begin.len();
    let brief = Request {
        max_tokens: Some(24),
        ..Request::default()
    };
    let question = "What is gravity?";
    let first = session.ask(question).with(&brief).run().unwrap();
    assert!(first.text.len() > 24 && first.found, "{first:?}");
    assert_eq!(first.region, None, "no boxes");
    assert_eq!(
        (first.stop, first.usage.generated),
        (StopReason::MaxTokens, 24)
    );
    assert_eq!(
        (first.usage.prompt, first.usage.cached),
        (begin + asked(question), 0)
    );
    // The second goes on from the first: its rows, the end of the answer and the new question.
    let second = session.ask("Why?").with(&brief).run().unwrap();
    assert_eq!(
        second.usage.prompt,
        first.usage.prompt + 24 + 1 + asked("Why?")
    );
    assert!(
        second.usage.cached >= first.usage.prompt,
        "{:?}",
        second.usage
    );
    let again = model
        .session()
        .unwrap()
        .ask(question)
        .with(&brief)
        .run()
        .unwrap();
    assert_eq!(again.text, first.text, "greedy answers are the same");
}

#[test]
fn a_gguf_file_of_others_answers_in_a_type() {
    let model = Model::load(gguf()).unwrap();
    let schema = serde_json::json!({"type": "object", "additionalProperties": false,
        "required": ["kind", "strength", "names"], "properties": {
            "kind": {"enum": ["a force", "a dish"]},
            "strength": {"type": "integer", "minimum": 0, "maximum": 9},
            "names": {"type": "array", "minItems": 1, "maxItems": 2,
                "items": {"type": "string", "maxLength": 12}}}});
    let mut session = model.session().unwrap();
    let query = session
        .ask("What kind of thing is gravity? As JSON.")
        .as_schema::<serde_json::Value>(&schema);
    let typed = query.run().unwrap();
    assert_eq!(typed.stop, StopReason::End);
    assert_eq!(
        typed.value,
        serde_json::from_str::<serde_json::Value>(&typed.json).unwrap()
    );
    assert!(
        ["a force", "a dish"]
            .iter()
            .any(|kind| typed.value["kind"] == *kind)
    );
    assert!((0..=9).contains(&typed.value["strength"].as_i64().unwrap()));
    let names = typed.value["names"].as_array().unwrap();
    assert!((1..=2).contains(&names.len()), "{names:?}");
    for name in names {
        assert!(name.as_str().unwrap().chars().count() <= 12, "{name}");
    }
    let (usage, fields) = (typed.usage, typed.fields);
    assert!(
        usage.forced > 0 && usage.forced < usage.generated,
        "{usage:?}"
    );
    assert!(fields.is_empty(), "no boxes: {fields:?}");
}

#[test]
fn a_gguf_file_of_others_is_shown_the_text_of_pictures() {
    let model = Model::load(gguf()).unwrap();
    let mut session = model.look_at(&flyer("jazz.png")).unwrap();
    let reading = session.ocr().run().unwrap();
    assert_eq!((reading.stop, reading.usage.runs), (StopReason::End, 0));
    assert!(reading.text.contains("Riverside Hall"), "{}", reading.text);
    assert!(session.pictures()[0].tokens > 50);
    let answer = session.ask("At which hall is the concert?").run().unwrap();
    assert!(
        answer.text.contains("Hall") && answer.region.is_none(),
        "{answer:?}"
    );
}

#[test]
fn gguf_files_that_are_none_are_refused_by_name() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("model.gguf");
    let error = || Model::load(&file).unwrap_err();
    let missing = error();
    assert!(missing.to_string().contains("model.gguf"), "{missing}");
    let mut begin = vec![0; 1 << 16];
    let mut whole = std::fs::File::open(gguf()).unwrap();
    std::io::Read::read_exact(&mut whole, &mut begin).unwrap();
    for bytes in [&b"no model"[..], &begin[..20], &begin] {
        std::fs::write(&file, bytes).unwrap();
        let e = error();
        assert_eq!(e.kind(), ErrorKind::AssetsInvalid, "{e}");
        assert!(e.to_string().contains("model.gguf"), "{e}");
    }
    let model = Model::load(gguf()).unwrap();
    let e = model.adapter("business-card").unwrap_err();
    assert_eq!(e.kind(), ErrorKind::AdapterMismatch);
    assert!(
        e.to_string()
            .contains("of architecture chat take no adapters"),
        "{e}"
    );
}
