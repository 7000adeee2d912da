//! What is too large, too much, too slow or too late; and clients that leave.
use crate::{FORGETFUL, Served, flyer};
use std::io::Read;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

const HEAD: &str = "POST /v1/ocr HTTP/1.1\r\nHost: localhost\r\nContent-Type: image/png\r\n";

#[test]
fn a_body_that_is_too_large_is_refused_by_its_header() {
    let served = Served::with(|o| o.max_body = 1000);
    // None of the body is sent.
    let answer = served.raw(format!("{HEAD}Content-Length: 200000000\r\n\r\n").as_bytes());
    assert!(answer.starts_with("HTTP/1.1 413 "), "{answer}");
    assert!(answer.contains("body_too_large"), "{answer}");
    let large = vec![0; 200_000];
    served
        .post_picture("/v1/ocr", "*/*", &large)
        .refused(413, "body_too_large");
    // A body that does not say how long it is.
    let chunk = format!(
        "{HEAD}Transfer-Encoding: chunked\r\n\r\n7d0\r\n{}",
        "x".repeat(2000)
    );
    assert!(served.raw(chunk.as_bytes()).starts_with("HTTP/1.1 413 "));
}

#[test]
fn bodies_are_bounded_together() {
    let served = Served::with(|o| o.max_bodies = 1000);
    let refused = served.post_picture("/v1/ocr", "*/*", &[0; 1001]);
    refused.refused(429, "overloaded");
    assert_eq!(refused.header("retry-after"), "1");
    served
        .post_picture("/v1/ocr", "*/*", &[0; 999])
        .refused(400, "invalid_image");
}

#[test]
fn more_than_may_wait_are_refused_and_the_others_answered() {
    let served = Served::of(&FORGETFUL, |o| o.queue = 1);
    let jazz = flyer("jazz.png");
    let refused = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..12 {
            scope.spawn(|| {
                let answer = served.post_picture("/v1/ocr", "text/plain", &jazz);
                if answer.status == 429 {
                    answer.refused(429, "overloaded");
                    let seconds: u64 = answer.header("retry-after").parse().unwrap();
                    assert!((1..=60).contains(&seconds));
                    refused.fetch_add(1, Ordering::Relaxed);
                } else {
                    answer.fine();
                }
            });
        }
    });
    let refused = refused.into_inner();
    assert!((1..12).contains(&refused), "{refused}");
    let counted = served.metric("foveate_requests_total{route=\"/v1/ocr\",status=\"429\"}");
    assert_eq!(counted as usize, refused);
}

#[test]
fn what_is_late_is_refused() {
    let served = Served::of(&FORGETFUL, |o| o.deadline = Duration::from_millis(1));
    let late = served.post_picture("/v1/ocr", "*/*", &flyer("jazz.png"));
    late.refused(408, "deadline_exceeded");
}

#[test]
fn half_a_body_and_half_a_head_are_let_go() {
    let served = Served::with(|o| {
        o.body_timeout = Duration::from_millis(50);
        o.header_timeout = Duration::from_millis(50);
    });
    let half = served.raw(format!("{HEAD}Content-Length: 100\r\n\r\nhalf").as_bytes());
    assert!(
        half.starts_with("HTTP/1.1 408 ") && half.contains("body_timeout"),
        "{half}"
    );
    let half = served.raw(b"POST /v1/ocr HTTP/1.1\r\nHost: loc");
    assert!(!half.contains(" 200 "), "{half}");
    // An open connection on which nothing follows.
    let idle = served.raw(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n");
    assert!(idle.starts_with("HTTP/1.1 200 "), "{idle}");
    served.get("/healthz").fine();
}

#[test]
fn many_slow_clients_do_not_keep_out_others() {
    let served = Served::new();
    let slow: Vec<_> = (0..200)
        .map(|_| served.sent(b"POST /v1/ocr HTTP/1.1\r\nHo"))
        .collect();
    served
        .post_picture("/v1/ocr", "text/plain", &flyer("jazz.png"))
        .fine();
    drop(slow);
}

#[test]
fn a_head_that_is_too_large_is_refused() {
    let served = Served::new();
    let head = format!(
        "GET / HTTP/1.1\r\nHost: localhost\r\nX: {}\r\n\r\n",
        "x".repeat(1_000_000)
    );
    // What is left unread may reset the connection before the answer is read.
    let answer = served.raw(head.as_bytes());
    assert!(
        answer.is_empty() || answer.starts_with("HTTP/1.1 431 "),
        "{answer}"
    );
}

#[test]
fn who_leaves_is_not_answered() {
    let served = Served::of(&FORGETFUL, |_| ());
    let jazz = flyer("jazz.png");
    let head = format!("{HEAD}Content-Length: {}\r\n\r\n", jazz.len());
    let request = [head.as_bytes(), &jazz].concat();
    let leaving: Vec<_> = (0..20).map(|_| served.sent(&request)).collect();
    served.wait_for("foveate_queue_length", 3.0);
    drop(leaving);
    served.wait_for("foveate_requests_gone_total", 4.0);
    assert_eq!(served.metric("foveate_queue_length"), 0.0);
}

#[test]
fn who_leaves_a_stream_ends_the_work() {
    let served = Served::new();
    let asked = r#"{"model": "nano", "stream": true, "temperature": 2,
        "messages": [{"role": "user", "content": "Hello"}]}"#;
    let head = "POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\n\
        Content-Type: application/json\r\n";
    let request = format!("{head}Content-Length: {}\r\n\r\n{asked}", asked.len());
    let mut stream = served.sent(request.as_bytes());
    let mut first = [0; 15];
    stream.read_exact(&mut first).unwrap();
    assert_eq!(&first, b"HTTP/1.1 200 OK");
    drop(stream);
    served.wait_for("foveate_work_total", 1.0);
}
