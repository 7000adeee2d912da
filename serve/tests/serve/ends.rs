//! How the server ends.
use crate::{FORGETFUL, Served, flyer};
use std::net::TcpStream;
use std::time::Duration;

#[test]
fn what_is_in_hand_is_answered_first() {
    let mut served = Served::of(&FORGETFUL, |o| o.grace = Duration::from_secs(600));
    let jazz = flyer("jazz.png");
    std::thread::scope(|scope| {
        let asked = scope.spawn(|| served.post_picture("/v1/ocr", "text/plain", &jazz).fine());
        served.wait_for("foveate_requests_working", 1.0);
        served.stop();
        assert!(asked.join().unwrap().body.contains("Summer Jazz Night"));
    });
    let address = served.address;
    served.join();
    assert!(TcpStream::connect(address).is_err());
}

#[test]
fn once_the_grace_is_over_the_rest_is_refused() {
    let mut served = Served::of(&FORGETFUL, |o| o.grace = Duration::ZERO);
    let jazz = flyer("jazz.png");
    let head = format!(
        "POST /v1/ocr HTTP/1.1\r\nHost: localhost\r\nContent-Type: image/png\r\n\
         Content-Length: {}\r\n\r\n",
        jazz.len()
    );
    let request = [head.as_bytes(), &jazz].concat();
    let waiting: Vec<_> = (0..20).map(|_| served.sent(&request)).collect();
    served.wait_for("foveate_queue_length", 2.0);
    served.stop();
    served.join();
    drop(waiting);
}
