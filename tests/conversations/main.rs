//! Sessions of several questions, limits and threads, on fakes whose answers are obvious
//! (`world/mod.rs`).
mod saved;
#[path = "../world/mod.rs"]
mod world;

use foveate::onnx::GoOn;
use foveate::readers::glyph::{EncodeGlyphs, Seen};
use foveate::{CancelHandle, ErrorKind, Image, Mode, Request, Session, StopReason};
use std::time::Duration;
use world::{Event, FLYER, Watched, model, picture};

#[test]
fn a_second_question_costs_no_encoding_and_no_prefill_of_what_was_there() {
    let (model, decoder, _) = model();
    let image = picture(&"abcdefgh".repeat(40));
    let mut session = model.look_at(&image).unwrap();
    let first = session.ask("One?").run().unwrap();
    assert_eq!((model.encoder_runs(), first.usage.cached), (1, 0));
    let rows = decoder.rows();
    // A rejected draft token would be a row more.
    let request = Request {
        draft: false,
        ..Request::default()
    };
    let second = session.ask("Two?").with(&request).run().unwrap();
    assert_eq!(second.text, "You said Two?");
    assert_eq!(model.encoder_runs(), 1);
    assert!(second.usage.cached > 320, "{:?}", second.usage);
    assert_eq!(
        decoder.rows() - rows,
        second.usage.prompt - second.usage.cached + second.usage.generated
    );
    // Another session knows the picture, though not the rows.
    model.ask(&image, "Three?").unwrap();
    model.ask(&picture("other"), "Four?").unwrap();
    assert_eq!(model.encoder_runs(), 2);
}

#[test]
fn limits_end_answers_and_name_themselves() {
    let (model, _, _) = model();
    let mut session = model.look_at(&picture(FLYER)).unwrap();
    let ask = |session: &mut Session, request: Request| {
        session
            .ask("Say something long.")
            .with(&request)
            .run()
            .unwrap()
    };
    let few = ask(
        &mut session,
        Request {
            max_tokens: Some(3),
            ..Request::default()
        },
    );
    assert_eq!(
        (few.text.as_str(), few.stop),
        ("You", StopReason::MaxTokens)
    );
    let none = ask(
        &mut session,
        Request {
            time_limit: Some(Duration::ZERO),
            ..Request::default()
        },
    );
    assert_eq!((none.text.as_str(), none.stop), ("", StopReason::TimeLimit));
    let cancel = CancelHandle::new();
    cancel.cancel();
    let none = ask(
        &mut session,
        Request {
            cancel: Some(cancel.clone()),
            ..Request::default()
        },
    );
    assert_eq!(none.stop, StopReason::Cancelled);
    let e = session
        .read::<Event>()
        .with(&Request {
            cancel: Some(cancel),
            ..Request::default()
        })
        .run()
        .unwrap_err();
    assert_eq!(e.kind(), ErrorKind::Cancelled);
    let e = session
        .read::<Event>()
        .with(&Request {
            time_limit: Some(Duration::ZERO),
            ..Request::default()
        })
        .run()
        .unwrap_err();
    assert_eq!(e.kind(), ErrorKind::Timeout);
    assert_eq!(session.ask("Again?").run().unwrap().text, "You said Again?");
}

/// Encodes for as long as it may, and cancels the handle that it holds.
struct Endless(CancelHandle);

impl EncodeGlyphs for Endless {
    fn encode(&self, image: &Image, mode: Mode) -> foveate::Result<Seen> {
        world::Glyphs.encode(image, mode)
    }

    fn encode_while(
        &self,
        image: &Image,
        mode: Mode,
        go_on: Option<&GoOn<'_>>,
    ) -> foveate::Result<Seen> {
        let Some(go_on) = go_on else {
            return self.encode(image, mode);
        };
        self.0.cancel();
        while go_on() {}
        Err(foveate::Error::Transcript("of whatever kind".into()))
    }
}

#[test]
fn a_cancelled_request_encodes_nothing_and_leaves_the_session_as_it_was() {
    let (model, ..) = model();
    let mut session = model.session().unwrap();
    let room = session.room();
    let cancel = CancelHandle::new();
    cancel.cancel();
    let cancelled = Request {
        cancel: Some(cancel),
        ..Request::default()
    };
    let late = Request {
        time_limit: Some(Duration::ZERO),
        ..Request::default()
    };
    for (request, kind) in [
        (&cancelled, ErrorKind::Cancelled),
        (&late, ErrorKind::Timeout),
    ] {
        let e = session
            .add_image_with(&picture(FLYER), request)
            .unwrap_err();
        assert_eq!(e.kind(), kind);
        assert!(e.to_string().ends_with("nothing was written yet"), "{e}");
        assert!(model.look_at_with(&picture(FLYER), request).is_err());
    }
    assert_eq!(model.encoder_runs(), 0);
    assert_eq!((session.pictures().len(), session.room()), (0, room));
    session.add_image(&picture("Hi")).unwrap();
    assert_eq!(session.ocr().run().unwrap().text, "Hi");
}

#[test]
fn a_request_cancelled_while_a_picture_is_encoded_is_so_named() {
    let (_, decoder, _) = model();
    let cancel = CancelHandle::new();
    let encoder = Endless(cancel.clone());
    let model = world::model_seeing(Box::new(encoder), Box::new(Watched(decoder)));
    let request = Request {
        cancel: Some(cancel.clone()),
        ..Request::default()
    };
    let mut session = model.session().unwrap();
    let e = session
        .add_image_with(&picture("Hi"), &request)
        .unwrap_err();
    assert_eq!(e.kind(), ErrorKind::Cancelled);
    assert_eq!((session.pictures().len(), model.encoder_runs()), (0, 0));
    session.add_image(&picture("Hi")).unwrap();
    assert_eq!(session.ocr().run().unwrap().text, "Hi");
}

#[test]
fn a_dropped_stream_leaves_the_session_usable() {
    let (model, _, log) = model();
    let mut session = model.look_at(&picture("Hello_world")).unwrap();
    let mut stream = session.ocr().stream().unwrap();
    let read: String = stream.by_ref().take(5).map(|p| p.unwrap()).collect();
    assert_eq!((read.as_str(), stream.stop()), ("Hello", None));
    drop(stream);
    assert_eq!(session.turns()[0].answer, "Hello");
    assert_eq!(session.ask("Next?").run().unwrap().text, "You said Next?");
    let (ids, _) = log.lock().unwrap().clone();
    assert_eq!(
        ids.iter().filter(|&&id| id == 5).count(),
        1,
        "the dropped answer was ended"
    );
}

#[test]
fn forks_go_their_own_ways() {
    let (model, _, _) = model();
    let mut session = model.look_at(&picture(FLYER)).unwrap();
    session.ocr().run().unwrap();
    let mut other = session.fork();
    assert_eq!(other.ask("Left?").run().unwrap().text, "You said Left?");
    assert_eq!(
        session.read::<Event>().run().unwrap().value.title,
        "Jazz Night"
    );
    assert_eq!((session.turns().len(), other.turns().len()), (2, 2));
}

/// A picture of letters whose transcript does not fit into the context beside it.
fn long_page() -> String {
    let letter = |i: u32| char::from(b'a' + (i * i % 251 % 26) as u8);
    (0..1500).map(letter).collect()
}

#[test]
fn a_full_context_is_an_error_with_both_counts_and_changes_nothing() {
    let (model, _, _) = model();
    let mut session = model.session().unwrap();
    session.add_image(&picture(&long_page())).unwrap();
    let e = session.add_image(&picture(&"y".repeat(600))).unwrap_err();
    assert_eq!(e.kind(), ErrorKind::ContextFull);
    assert!(
        e.to_string().contains("2000") && e.to_string().contains("2102"),
        "{e}"
    );
    let e = session.ask("long ".repeat(200)).run().unwrap_err();
    assert_eq!(e.kind(), ErrorKind::ContextFull);
    assert_eq!(session.turns().len(), 0);
    let reading = session.ocr().run().unwrap();
    assert_eq!(reading.stop, StopReason::ContextFull);
}

#[test]
fn eight_threads_answer_as_one() {
    let (model, _, _) = model();
    let texts: Vec<String> = (0..8)
        .map(|i| format!("title=Number_{i}|date={i}_May|"))
        .collect();
    let one: Vec<Event> = texts
        .iter()
        .map(|t| model.read(&picture(t)).unwrap())
        .collect();
    let many: Vec<Event> = std::thread::scope(|scope| {
        let threads: Vec<_> = texts
            .iter()
            .map(|t| scope.spawn(|| model.read::<Event>(&picture(t)).unwrap()))
            .collect();
        threads.into_iter().map(|t| t.join().unwrap()).collect()
    });
    assert_eq!(one, many);
}

#[test]
fn snapshots_grow_by_whole_fields() {
    let (model, _, _) = model();
    let mut session = model.look_at(&picture(FLYER)).unwrap();
    let snapshots = session.read::<Event>().stream().unwrap();
    let values: Vec<String> = snapshots.map(|v| v.unwrap().to_string()).collect();
    assert_eq!(values.first().unwrap(), "{}");
    assert!(
        values.contains(&r#"{"title":"Jazz Night"}"#.to_owned()),
        "{values:?}"
    );
    assert_eq!(
        values.last().unwrap(),
        r#"{"title":"Jazz Night","date":"SAT 3 MAY","venue":null}"#
    );
    assert!(values.len() <= 6, "{values:?}");
}
