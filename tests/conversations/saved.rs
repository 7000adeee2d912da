//! Conversations that are saved and taken up again, and turns that are forgotten.
use foveate::{ErrorKind, StopReason};

use crate::long_page;
use crate::world::{CONTEXT, Event, FLYER, model, picture};

#[test]
fn a_conversation_is_saved_and_taken_up_again() {
    let (model, decoder, log) = model();
    let image = picture(FLYER);
    let mut session = model.look_at(&image).unwrap();
    session.read::<Event>().run().unwrap();
    let saved = serde_json::to_string(&session.transcript()).unwrap();
    session.ask("And?").run().unwrap();
    let expected = log.lock().unwrap().clone();

    let transcript = serde_json::from_str(&saved).unwrap();
    let runs = decoder.runs();
    let mut restored = model
        .restore(&transcript, std::slice::from_ref(&image))
        .unwrap();
    assert_eq!((decoder.runs(), restored.turns().len()), (runs, 2));
    assert_eq!(restored.ask("And?").run().unwrap().text, "You said And?");
    assert_eq!(
        *log.lock().unwrap(),
        expected,
        "the same rows, places included"
    );

    let e = model
        .restore(&transcript, &[picture("another")])
        .unwrap_err();
    assert_eq!(e.kind(), ErrorKind::Transcript);
    assert_eq!(
        model.restore(&transcript, &[]).unwrap_err().kind(),
        ErrorKind::Transcript
    );
}

#[test]
fn feedback_is_json_with_the_conversation() {
    let (model, _, _) = model();
    let mut session = model.look_at(&picture("Hi")).unwrap();
    session.ocr().run().unwrap();
    let feedback = session.feedback(
        foveate::transcript::Sentiment::Negative,
        &[foveate::transcript::Issue::Misread],
        Some("Ho"),
    );
    let json = serde_json::to_value(&feedback).unwrap();
    assert_eq!(
        (&json["sentiment"], &json["issues"][0], &json["desired"]),
        (&"negative".into(), &"misread".into(), &"Ho".into())
    );
    assert_eq!(json["transcript"]["turns"][0]["answer"], "Hi");
}

#[test]
fn a_full_conversation_goes_on_when_old_turns_are_forgotten() {
    let (model, ..) = model();
    let mut session = model.look_at(&picture(FLYER)).unwrap();
    session.ask("One?").run().unwrap();
    session.ask("Two?").run().unwrap();
    let full = session.room();
    session.forget_turns(1).unwrap();
    assert!(session.room() > full);
    assert_eq!(session.turns().len(), 1);
    assert_eq!(session.turns()[0].prompt, "Two?");
    assert_eq!(session.pictures().len(), 1, "pictures stay");
    let read = session.read::<Event>().run().unwrap();
    assert_eq!(read.value.title, "Jazz Night");
    assert!(session.forget_turns(99).unwrap().turns().is_empty());
}

#[test]
fn making_room_turn_by_turn_comes_to_an_end() {
    let (model, ..) = model();
    let mut session = model.look_at(&picture(FLYER)).unwrap();
    session.ask("One?").run().unwrap();
    session.ask("Two?").run().unwrap();
    let rows = session.room();
    // No room can be made for it: the context is smaller than the question.
    let long = "long ".repeat(CONTEXT);
    let mut forgotten = 0;
    let why = loop {
        let e = session.ask(&long).run().unwrap_err();
        assert_eq!(e.kind(), ErrorKind::ContextFull);
        match session.forget_turns(1) {
            Ok(_) => forgotten += 1,
            Err(e) => break e,
        }
    };
    assert_eq!((why.kind(), forgotten), (ErrorKind::Transcript, 2));
    assert!(
        why.to_string().contains("no turn is left to forget"),
        "{why}"
    );
    session.forget_turns(0).unwrap();
    assert!(session.room() > rows && session.pictures().len() == 1);
    assert_eq!(session.ask("Three?").run().unwrap().text, "You said Three?");
}

/// What filled the context is saved, restored and forgotten like anything else.
#[test]
fn a_context_that_is_full_is_restored_and_goes_on() {
    let (model, ..) = model();
    let image = picture(&long_page());
    let mut session = model.look_at(&image).unwrap();
    session.ask("One?").run().unwrap();
    assert_eq!(session.ocr().run().unwrap().stop, StopReason::ContextFull);
    let saved = session.transcript();
    let mut restored = model.restore(&saved, std::slice::from_ref(&image)).unwrap();
    assert_eq!(restored.room(), session.room());
    for session in [&mut session, &mut restored] {
        let e = session.ask("And?").run().unwrap_err();
        assert_eq!(e.kind(), ErrorKind::ContextFull);
        session.forget_turns(2).unwrap();
        assert_eq!(session.ask("And?").run().unwrap().text, "You said And?");
    }
    assert_eq!(restored.transcript(), session.transcript());
}

#[test]
fn a_saved_picture_must_belong_to_a_turn() {
    let (model, ..) = model();
    let image = picture(FLYER);
    let session = model.look_at(&image).unwrap();
    let mut saved = serde_json::to_value(session.transcript()).unwrap();
    saved["pictures"][0]["after"] = 7.into();
    let saved = serde_json::from_value(saved).unwrap();
    let e = model.restore(&saved, &[image]).unwrap_err();
    assert!(e.to_string().contains("after 7 turns"), "{e}");
}

#[test]
fn a_saved_answer_must_be_what_its_tokens_spell() {
    let (model, ..) = model();
    let image = picture(FLYER);
    let mut session = model.look_at(&image).unwrap();
    session.ask("One?").run().unwrap();
    let mut saved = session.transcript();
    saved.turns[0].answer = "Something else".into();
    let e = model.restore(&saved, &[image]).unwrap_err();
    assert!(e.to_string().contains("You said One?"), "{e}");
}
