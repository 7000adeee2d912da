//! Answers of `nano`: in one piece and in many they are the same.
use foveate::Model;
use foveate_bindings::{Kind, Picture, Question, Settings, Step, Work};
use serde_json::Value;
use std::path::Path;
use std::sync::LazyLock;
use std::time::Duration;

static NANO: LazyLock<Model> = LazyLock::new(|| Model::load(root().join("models/nano")).unwrap());

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

fn begun(question: &Question, settings: Settings) -> Work {
    let jazz = Picture::Path(root().join("examples/flyers/jazz.png"));
    Work::begin(&NANO, jazz, question.clone(), settings).unwrap()
}

/// The pieces, and the whole answer without its clock.
fn answered(question: &Question, stream: bool) -> (Vec<String>, Value) {
    let settings = Settings {
        stream,
        ..Settings::default()
    };
    let work = begun(question, settings);
    let mut pieces = Vec::new();
    loop {
        match work.step(Duration::from_secs(600)) {
            Step::Piece(piece) => pieces.push(piece),
            Step::Waiting => {}
            Step::Ended(end) => {
                let mut answer = end.unwrap();
                answer["seconds"] = Value::Null;
                return (pieces, answer);
            }
        }
    }
}

#[test]
fn pieces_make_the_answer() {
    for question in [Question::Ocr, Question::Ask("What is the title?".into())] {
        let (pieces, streamed) = answered(&question, true);
        let (none, whole) = answered(&question, false);
        assert_eq!(streamed, whole);
        assert!(none.is_empty());
        assert_eq!(pieces.concat(), whole["text"].as_str().unwrap());
    }
}

#[test]
fn a_value_grows_into_the_answer() {
    let schema = r#"{"type": "object", "required": ["title"],
        "properties": {"title": {"type": "string"}, "venue": {"type": ["string", "null"]}}}"#;
    let question = Question::read(schema).unwrap();
    let (pieces, mut streamed) = answered(&question, true);
    let (_, whole) = answered(&question, false);
    // A stream of a value counts from when the text of the picture was read.
    let counted = |answer: &Value| answer["usage"]["generated"].as_u64().unwrap();
    assert!(counted(&streamed) < counted(&whole));
    streamed["usage"] = whole["usage"].clone();
    assert_eq!(streamed, whole);
    assert_eq!(whole["value"]["title"], "Summer Jazz Night");
    assert_eq!(whole["fields"][0]["path"], "/title");
    let last: Value = serde_json::from_str(pieces.last().unwrap()).unwrap();
    assert_eq!(last, whole["value"]);
}

#[test]
fn an_event_is_a_calendar() {
    let (_, event) = answered(&Question::event(Some("2027-01-01")).unwrap(), false);
    assert_eq!(event["starts"], "2027-06-12T20:00");
    assert!(event["ics"].as_str().unwrap().contains("BEGIN:VEVENT"));
}

#[test]
fn what_is_wrong_is_named() {
    assert_eq!(Question::read("{").unwrap_err().kind, Kind::InvalidArgument);
    assert_eq!(
        Question::event(Some("soon")).unwrap_err().kind,
        Kind::InvalidArgument
    );
    let late = Settings {
        time_limit: Some(Duration::ZERO),
        ..Settings::default()
    };
    let failed = begun(&Question::Ocr, late).wait().unwrap_err();
    assert_eq!(failed.kind, Kind::Timeout);
}
