//! Text, events and calendars.
use crate::{Served, file, flyer, root};
use serde_json::json;

#[test]
fn text_is_read_off_a_picture_or_a_form() {
    let served = Served::new();
    let jazz = flyer("jazz.png");
    let read = served
        .post_picture("/v1/ocr", "application/json", &jazz)
        .fine();
    let read = read.json();
    let line = &read["lines"][1];
    assert_eq!(line["text"], "Summer Jazz Night");
    assert_eq!(line["words"][1]["text"], "Jazz");
    assert!(line["confidence"].as_f64().unwrap() > 0.5);
    assert_eq!(read["picture"]["width"], 1000);
    let text = served.post_picture("/v1/ocr", "text/plain", &jazz).fine();
    assert!(text.header("content-type").starts_with("text/plain"));
    assert_eq!(text.body.trim_end(), read["text"]);
    let mut form =
        b"--XyZ\r\nContent-Disposition: form-data; name=\"image\"; filename=\"a.png\"\r\n\
        Content-Type: image/png\r\n\r\n"
            .to_vec();
    form.extend(&jazz);
    form.extend(b"\r\n--XyZ--\r\n");
    let headers = [
        ("Content-Type", "multipart/form-data; boundary=XyZ"),
        ("Accept", "text/plain"),
    ];
    assert_eq!(
        served.post("/v1/ocr", &headers, &form).fine().body,
        text.body
    );
}

#[test]
fn what_is_no_picture_is_named() {
    let served = Served::new();
    let json = "application/json";
    let post = |bytes: &[u8]| served.post_picture("/v1/ocr", json, bytes);
    post(b"not a picture").refused(400, "invalid_image");
    post(b"").refused(400, "no_image");
    for claims in [
        "50000x50000.png",
        "50000x50000.jpg",
        "50000x50000.gif",
        "50000x50000.tif",
    ] {
        post(&file(root().join("tests/bad").join(claims))).refused(400, "invalid_image");
    }
    served
        .post_picture("/v1/ocr", "image/png", b"x")
        .refused(406, "not_acceptable");
    let media = |media| [("Content-Type", media)];
    let post = |content, bytes: &[u8]| served.post("/v1/ocr", &media(content), bytes);
    post("text/html", b"x").refused(415, "unsupported_media_type");
    post("multipart/form-data", b"x").refused(400, "invalid_form");
    let other = b"--b\r\nContent-Disposition: form-data; name=\"other\"\r\n\r\nx\r\n--b--\r\n";
    post("multipart/form-data; boundary=b", other).refused(400, "no_image");
    post("multipart/form-data; boundary=b", &other[..40]).refused(400, "invalid_form");
}

#[test]
fn a_flyer_is_an_event_in_three_forms() {
    let served = Served::new();
    let jazz = flyer("jazz.png");
    let path = "/v1/events?today=2027-01-01";
    let read = served
        .post_picture(path, "application/json", &jazz)
        .fine()
        .json();
    assert_eq!(read["event"]["title"], "Summer Jazz Night");
    assert_eq!(read["starts"], "2027-06-12T20:00");
    assert_eq!(read["ends"], "2027-06-12T23:30");
    assert_eq!(read["confidence"], "high");
    assert_eq!(read["fields"][0]["path"], "/title");
    assert!(read["lines"].as_array().unwrap().len() > 5);
    let ics = served.post_picture(path, "text/calendar", &jazz).fine();
    assert!(ics.header("content-type").starts_with("text/calendar"));
    assert!(
        ics.body.contains("\r\nDTSTART:20270612T200000\r\n"),
        "{}",
        ics.body
    );
    let text = served.post_picture(path, "text/plain", &jazz).fine();
    assert_eq!(
        text.body,
        "Summer Jazz Night\n2027-06-12T20:00 - 2027-06-12T23:30\n\
         Riverside Hall, 27 Mill Street, Oakford\n"
    );
    let post = |path: &str| served.post_picture(path, "*/*", &jazz);
    post("/v1/events?today=soon").refused(400, "invalid_value");
    post("/v1/events?tomorrow=1").refused(400, "invalid_value");
}

#[test]
fn a_picture_that_announces_nothing_says_so() {
    let served = Served::new();
    let white = file(root().join("tests/bad/grey.png"));
    let read = served
        .post_picture("/v1/events", "application/json", &white)
        .fine()
        .json();
    assert_eq!(read["starts"], json!(null));
    assert!(
        read["problem"].as_str().unwrap().starts_with("no event"),
        "{read}"
    );
    served
        .post_picture("/v1/events", "text/calendar", &white)
        .refused(422, "no_event");
}

#[test]
fn corrected_fields_are_a_calendar() {
    let served = Served::new();
    let mut fields = json!({"title": "Jam", "date": "Sat 12 June", "start": "8pm",
        "today": "2027-01-01"});
    let told = served.post_json("/v1/calendar", &fields).fine().json();
    assert_eq!(told["starts"], "2027-06-12T20:00");
    let headers = [
        ("Content-Type", "application/json"),
        ("Accept", "text/calendar"),
    ];
    let post = |fields: &serde_json::Value| {
        served.post("/v1/calendar", &headers, fields.to_string().as_bytes())
    };
    assert!(post(&fields).fine().body.contains("SUMMARY:Jam\r\n"));
    fields["date"] = json!("sometime");
    post(&fields).refused(422, "no_event");
    fields["date"] = json!("x".repeat(501));
    post(&fields).refused(400, "invalid_value");
    fields["date"] = json!(1);
    post(&fields).refused(400, "invalid_json");
}
