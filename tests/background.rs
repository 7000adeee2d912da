//! A session on a thread of its own: the same answers, in order, and cancelled by dropping.
#![cfg(feature = "async")]
use foveate::language::fake::Fake;
use foveate::language::{Cache, Dims, Output, Rows, TextDecoder};
use foveate::{AsyncSession, ErrorKind, Model, Request, StopReason};
use pollster::block_on;
use schemars::JsonSchema;
use serde::Deserialize;
use std::sync::Arc;
use std::time::Duration;

mod world;
use world::{model, picture};

const FLYER: &str = "title=Jazz_night|date=3_May|";

#[derive(Debug, Deserialize, JsonSchema, PartialEq)]
struct Event {
    title: String,
    date: Option<String>,
}

#[test]
fn answers_are_those_of_the_session_itself() {
    let (model, ..) = model();
    let mut plain = model.look_at(&picture(FLYER)).unwrap();
    let read = plain.ocr().run().unwrap().text;
    let event = plain.read::<Event>().run().unwrap();
    let said = plain.ask("And?").run().unwrap().text;

    let session = AsyncSession::new(model.session().unwrap()).unwrap();
    let session = block_on(async {
        session.add_image(&picture(FLYER)).await.unwrap();
        let mut pieces = session.stream_ocr(&Request::default());
        let mut text = String::new();
        while let Some(piece) = pieces.next().await {
            text += &piece.unwrap();
        }
        assert_eq!(text, read);
        let answer = pieces.finish().await.unwrap();
        assert_eq!((answer.text, answer.stop), (read, StopReason::End));

        let typed = session.read::<Event>().await.unwrap();
        assert_eq!((&typed.value, &typed.json), (&event.value, &event.json));
        let mut snapshots = session.stream_read::<Event>(&Request::default());
        let mut last = None;
        while let Some(value) = snapshots.next().await {
            last = Some(value.unwrap());
        }
        assert_eq!(last.unwrap()["title"], "Jazz night");
        assert_eq!(snapshots.finish().await.unwrap().text, event.json);

        // Two at once, awaited the other way round.
        let (first, second) = (session.ask("And?"), session.ask("Or?"));
        assert_eq!(second.await.unwrap().text, "You said Or?");
        assert_eq!(first.await.unwrap().text, said);
        let turns = session.run(|session, _| Ok(session.turns().len())).await;
        assert_eq!(turns.unwrap(), 5);
        session.into_session().await.unwrap()
    });
    let prompts: Vec<&str> = session.turns().iter().map(|t| t.prompt.as_str()).collect();
    assert_eq!(prompts[3..], ["And?", "Or?"]);
}

/// Takes its time over every token.
struct Slow(Arc<Fake>);

impl TextDecoder for Slow {
    fn dims(&self) -> Dims {
        self.0.dims()
    }
    fn new_cache(&self) -> Cache {
        self.0.new_cache()
    }
    fn forward(&self, cache: &mut Cache, rows: Rows<'_>) -> foveate::language::Result<Output> {
        std::thread::sleep(Duration::from_millis(5));
        self.0.forward(cache, rows)
    }
}

fn slow() -> (Model, AsyncSession) {
    let model = world::model_of(Box::new(Slow(model().1)));
    let session = AsyncSession::new(model.session().unwrap()).unwrap();
    (model, session)
}

#[test]
fn dropping_cancels() {
    let (_, session) = slow();
    let long = "a long question, so that its answer takes more than a moment to be written down";
    block_on(async {
        let mut pieces = session.stream(long);
        pieces.next().await.unwrap().unwrap();
        let never = session.ask("never");
        drop(never);
        drop(pieces);
        assert_eq!(session.ask("Hi").await.unwrap().text, "You said Hi");
        let session = session.into_session().await.unwrap();
        let turns = session.turns();
        assert_eq!(
            turns.len(),
            2,
            "what was dropped in the queue was not begun"
        );
        assert_eq!(turns[0].stop.as_deref(), Some("cancelled"));
        assert!(turns[0].answer.len() < long.len());
    });
}

#[test]
fn a_request_of_the_past_cancels_nothing() {
    let (_, session) = slow();
    let request = Request {
        cancel: Some(foveate::CancelHandle::new()),
        ..Request::default()
    };
    block_on(async {
        let mut first = session.ask_with("one", &request);
        let answer = (&mut first).await.unwrap();
        assert_eq!(answer.text, "You said one");
        drop(first);
        assert_eq!(
            session.ask_with("two", &request).await.unwrap().text,
            "You said two"
        );
    });
}

#[test]
fn errors_come_to_who_asked() {
    let (model, ..) = model();
    let session = AsyncSession::new(model.look_at(&picture(FLYER)).unwrap()).unwrap();
    let short = Request {
        max_tokens: Some(3),
        ..Request::default()
    };
    block_on(async {
        let kind = session
            .read_with::<Event>(&short)
            .await
            .map_err(|e| e.kind());
        assert_eq!(kind.err(), Some(ErrorKind::BudgetTooSmall));
        let mut values = session.stream_read::<Event>(&short);
        let e = values.next().await.unwrap().unwrap_err();
        assert_eq!(e.kind(), ErrorKind::BudgetTooSmall);
        assert!(values.next().await.is_none());
        assert!(
            values
                .finish()
                .await
                .unwrap_err()
                .to_string()
                .contains("broke off")
        );
        let long = "x".repeat(3 * world::CONTEXT);
        let kind = session.ask(&long).await.map_err(|e| e.kind());
        assert_eq!(kind.err(), Some(ErrorKind::ContextFull));
    });
}
