//! What a server answers, and what it is not waited for.
use crate::{
    EVENTS, Odd, Serving, brief, foveate, model, options, picture, piece, polite, received,
};
use foveate::engine::{Engine, Leave, Local, Place, Remote, Terms};
use foveate::{CancelHandle, ErrorKind, Request, StopReason};
use std::io::Write;
use std::sync::mpsc::channel;
use std::time::Duration;

#[test]
fn the_same_conversation_here_and_there() {
    let serving = Serving::new();
    let engines: [Box<dyn Engine>; 2] = [Box::new(Local::new(model())), Box::new(serving.remote())];
    let terms = Terms {
        request: brief(),
        consent: true,
    };
    let [here, there] = engines.map(|engine| {
        let mut conversation = engine.begin().unwrap();
        conversation.instruct("Be brief.").unwrap();
        conversation.show(&picture(), Leave::Allowed).unwrap();
        let pieces = conversation.ask("Where is it?", &terms).unwrap();
        let pieces: Vec<String> = pieces.map(|piece| piece.unwrap()).collect();
        let first = conversation.last().unwrap();
        assert_eq!(pieces.concat(), first.text);
        assert!(pieces.len() > 1, "it is streamed: {pieces:?}");
        let second = conversation.answer("And when?", &terms).unwrap();
        assert!(!second.text.is_empty() && second.usage.generated > 0);
        first
    });
    assert_eq!(here.text, there.text);
    assert_eq!(
        (here.stop, there.stop),
        (StopReason::MaxTokens, StopReason::MaxTokens)
    );
    assert_eq!(here.usage.generated, there.usage.generated);
    assert_eq!(
        [here.route.place, there.route.place],
        [Place::Device, Place::Server]
    );
    assert_eq!(there.region, None, "the form has no place for boxes");
}

#[test]
fn events_are_read_as_they_come() {
    let odd = Odd::new(polite);
    let mut conversation = Remote::new(&options(&odd.url)).unwrap().begin().unwrap();
    let pieces = conversation.ask("Who?", &Terms::default()).unwrap();
    let pieces: Vec<String> = pieces.map(|piece| piece.unwrap()).collect();
    assert_eq!(pieces, ["Hel", "lo"]);
    assert_eq!(conversation.last().unwrap().stop, StopReason::End);
}

/// Sends one piece, and no more until the client leaves; then says so.
fn stalling() -> (Odd, std::sync::mpsc::Receiver<()>) {
    let (left, leaves) = channel();
    let left = std::sync::Mutex::new(left);
    let odd = Odd::new(move |mut stream| {
        received(&mut stream);
        let _ = stream.write_all(format!("{EVENTS}{}", piece("Hel")).as_bytes());
        // Comments, as servers send them to keep a connection; they fail once it is closed.
        while stream.write_all(b": wait\n\n").is_ok() {
            std::thread::sleep(Duration::from_millis(5));
        }
        let _ = left.lock().unwrap().send(());
    });
    (odd, leaves)
}

#[test]
fn a_deadline_ends_an_answer_and_the_connection() {
    let (odd, leaves) = stalling();
    let mut conversation = Remote::new(&options(&odd.url)).unwrap().begin().unwrap();
    let terms = Terms {
        request: Request {
            time_limit: Some(Duration::from_millis(700)),
            ..Request::default()
        },
        consent: true,
    };
    let told = conversation.answer("Who?", &terms).unwrap();
    assert_eq!(
        (told.text.as_str(), told.stop),
        ("Hel", StopReason::TimeLimit)
    );
    leaves.recv().unwrap();

    let mute = Odd::new(|mut stream| {
        received(&mut stream);
        std::thread::park(); // says nothing
    });
    let mut conversation = Remote::new(&options(&mute.url)).unwrap().begin().unwrap();
    let error = conversation.answer("Who?", &terms).unwrap_err();
    assert_eq!((error.kind(), mute.count()), (ErrorKind::Timeout, 1));
}

#[test]
fn an_answer_is_cancelled_or_let_go() {
    let (odd, leaves) = stalling();
    let remote = Remote::new(&options(&odd.url)).unwrap();
    let cancel = CancelHandle::default();
    let terms = Terms {
        request: Request {
            cancel: Some(cancel.clone()),
            ..Request::default()
        },
        consent: true,
    };
    let mut conversation = remote.begin().unwrap();
    let mut pieces = conversation.ask("Who?", &terms).unwrap();
    assert_eq!(pieces.next().unwrap().unwrap(), "Hel");
    let other = std::thread::spawn(move || cancel.cancel());
    assert!(pieces.next().is_none());
    other.join().unwrap();
    drop(pieces);
    let told = conversation.last().unwrap();
    assert_eq!(
        (told.text.as_str(), told.stop),
        ("Hel", StopReason::Cancelled)
    );
    leaves.recv().unwrap();
    // Cancelled before it is asked.
    let error = remote.begin().unwrap().answer("Who?", &terms).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Cancelled);
    leaves.recv().unwrap();
    // Dropped.
    let mut conversation = remote.begin().unwrap();
    let mut pieces = conversation.ask("Who?", &Terms::default()).unwrap();
    assert_eq!(pieces.next().unwrap().unwrap(), "Hel");
    drop(pieces);
    leaves.recv().unwrap();
    assert_eq!(conversation.last().unwrap().stop, StopReason::Cancelled);
}

#[test]
fn the_command_lists_asks_and_says_why() {
    let serving = Serving::new();
    let url = format!("http://{}", serving.address);
    let ask = |more: &[&str]| {
        let mut command = foveate();
        command.args([
            "--json",
            "ask",
            "Where is it?",
            "tests/data/tiny/picture.png",
        ]);
        let out = command
            .args(["--server", &url, "--server-model", "tiny"])
            .args(more)
            .output();
        let out = out.unwrap();
        let [said, told] = [out.stdout, out.stderr].map(|bytes| String::from_utf8(bytes).unwrap());
        (said, told)
    };
    let (listed, _) = ask(&["--dry-run"]);
    assert!(
        listed.contains(&format!("bytes to {url}/v1/chat/completions:")),
        "{listed}"
    );
    assert!(listed.contains("picture.png, 150 x 110 pixels"), "{listed}");
    assert!(listed.contains("question: Where is it?"), "{listed}");
    let (said, told) = ask(&[]);
    let said: serde_json::Value = serde_json::from_str(&said).expect(&told);
    assert_eq!(said["place"], "device");
    // Whether random weights are unsure is their affair; where it was answered is told either way.
    let (said, told) = ask(&["--consent"]);
    let said: serde_json::Value = serde_json::from_str(&said).expect(&told);
    assert!(["device", "server"].contains(&said["place"].as_str().unwrap()));
    let out = foveate()
        .args(["ask", "x", "y.png", "--consent"])
        .output()
        .unwrap();
    assert_eq!(out.status.code(), Some(2));
    let open = ["ask", "x", "y.png", "--server", "http://example.org"];
    let out = foveate().args(open).output().unwrap();
    let told = String::from_utf8(out.stderr).unwrap();
    assert!(
        out.status.code() == Some(2) && told.contains("https is expected"),
        "{told}"
    );
}
