//! Which tier answers, and why (`tiers.rs`).
mod tiers;

use foveate::engine::{
    Cause, Conversation, Engine, Kept, Leave, Outgoing, Place, Policy, Privacy, Reply, Route,
    Router, Sent, Terms,
};
use foveate::{ErrorKind, Image, Request};
use tiers::{CONTEXT, Server, device, picture};

fn terms(consent: bool) -> Terms {
    Terms {
        request: Request::default(),
        consent,
    }
}

/// A conversation about a picture, and what the server sees of it.
fn about(image: &Image, leave: Leave, policy: &Policy) -> (Box<dyn Conversation>, Server) {
    let server = Server::default();
    let router = Router::new(device(), server.clone(), policy.clone());
    let mut conversation = router.begin().unwrap();
    conversation.show(image, leave).unwrap();
    (conversation, server)
}

/// The answer to a question about a picture, and how often the server was asked.
fn asked(image: &Image, leave: Leave, policy: &Policy, consent: bool) -> (Reply, usize) {
    let (mut conversation, server) = about(image, leave, policy);
    let reply = conversation.answer("Where?", &terms(consent)).unwrap();
    println!("{}", reply.route);
    assert_eq!(conversation.last().as_ref(), Some(&reply));
    let n = server.seen.lock().unwrap().len();
    (reply, n)
}

#[test]
fn what_the_device_is_sure_of_stays_there() {
    let (reply, sent) = asked(
        &picture(20, 90, false),
        Leave::Allowed,
        &Policy::default(),
        true,
    );
    assert_eq!((reply.text.as_str(), sent), ("here", 0));
    assert_eq!(reply.route, Route::only(Place::Device));
    assert_eq!(reply.region.unwrap().picture, 0);
}

#[test]
fn what_asks_for_the_server_is_told() {
    let policy = Policy {
        context: Some(CONTEXT / 2),
        ..Policy::default()
    };
    for (image, cause) in [
        (
            picture(20, 50, false),
            Cause::Confidence {
                found: 0.5,
                least: 0.6,
            },
        ),
        (
            picture(8, 90, false),
            Cause::Print {
                found: 8.0,
                least: 12.0,
            },
        ),
        (picture(20, 90, true), Cause::NotFound),
    ] {
        let (reply, sent) = asked(&image, Leave::Allowed, &policy, true);
        assert_eq!((reply.text.as_str(), sent), ("there", 2));
        assert_eq!(reply.route.place, Place::Server);
        assert_eq!(reply.route.cause, Some(cause.clone()));
        // Without consent the device answers, and says why.
        let (reply, sent) = asked(&image, Leave::Allowed, &policy, false);
        assert_ne!(reply.text, "there");
        assert_eq!((reply.route.cause, sent), (Some(cause), 0));
        assert_eq!(reply.route.kept, Some(Kept::NoConsent));
    }
    let off = Policy {
        confidence: None,
        not_found: false,
        print: None,
        ..policy
    };
    let (reply, sent) = asked(&picture(8, 30, false), Leave::Allowed, &off, true);
    assert_eq!((reply.route, sent), (Route::only(Place::Device), 0));
}

#[test]
fn a_long_conversation_asks_for_the_server() {
    let policy = Policy {
        context: Some(60),
        ..Policy::default()
    };
    let (mut conversation, server) = about(&picture(20, 90, false), Leave::Allowed, &policy);
    let long = "long ".repeat(12);
    let reply = conversation.answer(&long, &terms(true)).unwrap();
    let Some(Cause::Context { found, most: 60 }) = reply.route.cause else {
        panic!("{:?}", reply.route)
    };
    assert!(found > 60 && reply.route.place == Place::Server);
    assert_eq!(server.seen.lock().unwrap().len(), 2);
    // Beyond the device's room there is no answer without consent.
    let longer = "long ".repeat(CONTEXT);
    let error = conversation.answer(&longer, &terms(false)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ContextFull);
    assert_eq!(
        conversation.answer(&longer, &terms(true)).unwrap().text,
        "there"
    );
    let reply = conversation.answer("And?", &terms(true)).unwrap();
    assert_eq!(
        reply.route.place,
        Place::Server,
        "the device has no room any more"
    );
    let seen = server.seen.lock().unwrap();
    let earlier = &seen[seen.len() - 3..];
    assert_eq!(
        earlier[0],
        format!("{long} there"),
        "the server gets what was said"
    );
}

#[test]
fn a_private_picture_and_the_privacy_rule_keep_everything_here() {
    let unsure = picture(8, 30, false);
    let (reply, sent) = asked(&unsure, Leave::Never, &Policy::default(), true);
    assert_eq!((reply.text.as_str(), sent), ("here", 0));
    let flyer = "flyer".to_owned();
    assert_eq!(reply.route.kept, Some(Kept::Private { picture: flyer }));

    let rule = Policy {
        privacy: Some(Privacy::forbid("no consultation hours")),
        ..Policy::default()
    };
    let (reply, sent) = asked(&unsure, Leave::Allowed, &rule, true);
    assert_eq!((reply.text.as_str(), sent), ("here", 0));
    let why = "no consultation hours".to_owned();
    assert_eq!(reply.route.kept, Some(Kept::Rule { why }));

    let salary = |outgoing: &Outgoing| {
        let asks = |part: &Sent| matches!(part, Sent::Question(text) if text.contains("salary"));
        outgoing
            .parts
            .iter()
            .any(asks)
            .then(|| "salaries".to_owned())
    };
    let rule = Policy {
        privacy: Some(Privacy::new(salary)),
        ..Policy::default()
    };
    let (mut conversation, server) = about(&unsure, Leave::Allowed, &rule);
    let reply = conversation.answer("Whose salary?", &terms(true)).unwrap();
    assert_eq!(reply.route.place, Place::Device);
    let reply = conversation.answer("Where?", &terms(true)).unwrap();
    assert_eq!(reply.route.place, Place::Server);
    assert_eq!(server.seen.lock().unwrap().last().unwrap(), "Where?");
}

#[test]
fn a_server_that_fails_is_made_up_for_and_the_answer_says_so() {
    for image in [picture(8, 90, false), picture(20, 30, false)] {
        let (mut conversation, server) = about(&image, Leave::Allowed, &Policy::default());
        *server.down.lock().unwrap() = 1;
        let reply = conversation.answer("Where?", &terms(true)).unwrap();
        assert_eq!(
            (reply.text.as_str(), reply.route.place),
            ("here", Place::Device)
        );
        let Some(Kept::Failed { why }) = &reply.route.kept else {
            panic!("{:?}", reply.route)
        };
        assert!(why.contains("nobody listens"));
        let reply = conversation.answer("Where?", &terms(true)).unwrap();
        assert_eq!(reply.route.place, Place::Server);
    }
}

#[test]
fn both_tiers_know_the_whole_conversation() {
    let (mut conversation, server) =
        about(&picture(8, 90, false), Leave::Allowed, &Policy::default());
    conversation.instruct("English").unwrap();
    let first = conversation.answer("One?", &terms(false)).unwrap();
    let pieces: Vec<String> = conversation
        .ask("Two?", &terms(true))
        .unwrap()
        .map(|piece| piece.unwrap())
        .collect();
    assert_eq!(pieces, ["the", "re"]);
    let third = conversation.answer("Three?", &terms(false)).unwrap();
    assert_eq!([first.text, third.text], ["here", "here"]);
    conversation.answer("Four?", &terms(true)).unwrap();
    let seen = server.seen.lock().unwrap();
    let last = [
        "see flyer",
        "keep to English",
        "One? here",
        "Two? there",
        "Three? here",
        "Four?",
    ];
    assert!(seen.ends_with(&last.map(str::to_owned)), "{seen:?}");
}

#[test]
fn what_would_leave_is_listed_before_it_does() {
    let (conversation, server) = about(&picture(8, 90, false), Leave::Allowed, &Policy::default());
    let outgoing = conversation.outgoing("Where?").unwrap();
    assert_eq!(
        outgoing.parts.last(),
        Some(&Sent::Question("Where?".into()))
    );
    assert!(server.seen.lock().unwrap().is_empty());
    let local = device().begin().unwrap();
    assert!(local.outgoing("Where?").is_none(), "nothing leaves");
}
