//! A picture that may not leave does not: a proxy between the two counts what is sent.
use crate::{Serving, brief, counting, model, options, picture};
use foveate::engine::{
    Engine, Kept, Leave, Local, Place, Policy, Privacy, Remote, Router, Sent, Terms,
};
use foveate::{Error, Image};
use std::sync::atomic::Ordering::SeqCst;

fn consenting() -> Terms {
    Terms {
        request: brief(),
        consent: true,
    }
}

/// A policy that asks the server about every picture.
fn eager() -> Policy {
    Policy {
        context: Some(0),
        ..Policy::default()
    }
}

#[test]
fn a_forbidden_picture_never_leaves() {
    let serving = Serving::new();
    let (proxy, bytes) = counting(serving.address.clone());
    let remote = Remote::new(&options(&proxy.url)).unwrap();
    let device = Local::new(model());
    let router = Router::new(device.clone(), remote.clone(), eager());

    let mut conversation = router.begin().unwrap();
    conversation.show(&picture(), Leave::Never).unwrap();
    // A second picture that may leave does not take the first one with it.
    let other = Image::from_rgb(20, 20, vec![200; 1200]).unwrap();
    conversation.show(&other, Leave::Allowed).unwrap();
    for question in ["Where?", "When?"] {
        let reply = conversation.answer(question, &consenting()).unwrap();
        assert_eq!(reply.route.place, Place::Device);
        let kept = reply.route.kept.unwrap();
        assert!(matches!(&kept, Kept::Private { picture } if picture.contains("picture.png")));
    }
    // Nor does a request that nobody consented to, nor one that the rule forbids.
    for (consent, privacy) in [(false, None), (true, Some(Privacy::forbid("a rule")))] {
        let policy = Policy { privacy, ..eager() };
        let router = Router::new(device.clone(), remote.clone(), policy);
        let mut conversation = router.begin().unwrap();
        conversation.show(&picture(), Leave::Allowed).unwrap();
        let terms = Terms {
            consent,
            ..consenting()
        };
        let reply = conversation.answer("Where?", &terms).unwrap();
        assert_eq!(reply.route.place, Place::Device);
    }
    // Nor can it be shown to a server past the router.
    let refused = remote
        .begin()
        .unwrap()
        .show(&picture(), Leave::Never)
        .unwrap_err();
    assert!(matches!(refused, Error::Forbidden { .. }), "{refused}");
    // Nor does listing send anything.
    let mut listing = remote.begin().unwrap();
    listing.show(&picture(), Leave::Allowed).unwrap();
    let listed = listing.outgoing("Where?").unwrap();
    assert_eq!((bytes.load(SeqCst), proxy.count()), (0, 0));

    // What may leave is what was listed, and a head.
    let mut conversation = router.begin().unwrap();
    conversation.show(&picture(), Leave::Allowed).unwrap();
    let reply = conversation.answer("Where?", &consenting()).unwrap();
    assert_eq!(reply.route.place, Place::Server);
    let sent = bytes.load(SeqCst);
    println!("{sent} bytes were sent; listed were\n{listed}");
    // `max_tokens` was not in the listing's request.
    let head = sent - listed.bytes;
    assert!(
        head < 600,
        "{sent} bytes were sent, {} were listed",
        listed.bytes
    );
    let Sent::Picture {
        size, bytes: png, ..
    } = &listed.parts[0]
    else {
        panic!("{listed}")
    };
    assert!(*size == [150, 110] && listed.bytes > png * 4 / 3);
}

#[test]
fn a_server_that_dies_is_made_up_for_here() {
    let serving = Serving::new();
    let router = Router::new(Local::new(model()), serving.remote(), eager());
    let mut conversation = router.begin().unwrap();
    conversation.show(&picture(), Leave::Allowed).unwrap();
    let reply = conversation.answer("Where?", &consenting()).unwrap();
    assert_eq!(reply.route.place, Place::Server);
    drop(serving);
    let reply = conversation.answer("When?", &consenting()).unwrap();
    println!("{}", reply.route);
    assert_eq!(reply.route.place, Place::Device);
    assert!(matches!(reply.route.kept, Some(Kept::Failed { .. })));
}
