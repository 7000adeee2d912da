//! What those who watch over it see, and who may ask.
use crate::{NANO, Served};
use foveate_serve::{Error, Options, Server};

#[test]
fn it_says_that_it_runs_and_what_it_serves() {
    let served = Served::new();
    assert_eq!(served.get("/healthz").fine().body, "ok\n");
    let models = served.get("/v1/models").fine().json();
    assert_eq!(models["data"][0]["id"], "nano");
    assert_eq!(
        served.get("/v1/models/nano").fine().json()["object"],
        "model"
    );
    served
        .get("/v1/models/other")
        .refused(404, "model_not_found");
    served.get("/nothing").refused(404, "not_found");
    let wrong = served.get("/v1/ocr");
    wrong.refused(405, "method_not_allowed");
    assert_eq!(wrong.header("allow"), "POST");
    let metrics = served.get("/metrics").fine();
    assert!(
        metrics
            .header("content-type")
            .starts_with("text/plain; version=0.0.4")
    );
    let counted = "foveate_requests_total{route=\"/v1/models/{model}\",status=\"404\"} 1";
    assert!(metrics.body.contains(counted), "{}", metrics.body);
    for family in [
        "queue_length",
        "resident_memory_bytes",
        "picture_cache_hits_total",
    ] {
        assert!(
            metrics.body.contains(&format!("\nfoveate_{family} ")),
            "{family}"
        );
    }
}

#[test]
fn every_path_of_the_description_is_served() {
    let served = Served::new();
    let description = served.get("/openapi.json").fine().json();
    for (path, methods) in description["paths"].as_object().unwrap() {
        for method in methods.as_object().unwrap().keys() {
            let answer = match method.as_str() {
                "get" => served.get(&path.replace("{model}", "nano")).fine(),
                _ => served.post(path, &[], b""),
            };
            let told = &description["paths"][path][method]["responses"];
            assert!(
                told[answer.status.to_string()].is_object(),
                "{path}: {answer:?}"
            );
        }
    }
}

#[test]
fn the_page_lets_in_nothing_from_elsewhere() {
    let page = Served::new().get("/").fine();
    assert!(page.header("content-type").starts_with("text/html"));
    let policy = page.header("content-security-policy");
    for rule in [
        "default-src 'none'",
        "connect-src 'self'",
        "script-src 'sha256-",
    ] {
        assert!(policy.contains(rule), "{policy}");
    }
    assert_eq!(page.header("x-content-type-options"), "nosniff");
}

#[test]
fn a_token_is_asked_for() {
    let served = Served::with(|o| o.token = Some("secret".into()));
    let bare = served.get("/v1/models");
    bare.refused(401, "invalid_api_key");
    assert_eq!(bare.header("www-authenticate"), "Bearer");
    served.get("/metrics").refused(401, "invalid_api_key");
    served.get("/healthz").fine();
    let with = |token: &str| {
        let head = format!("GET /v1/models HTTP/1.0\r\nAuthorization: Bearer {token}\r\n\r\n");
        served.raw(head.as_bytes())
    };
    assert!(with("secret").contains("\"nano\""));
    assert!(with("wrong").starts_with("HTTP/1.0 401 "));
}

#[test]
fn without_a_token_only_this_machine_is_served() {
    let served = Served::new();
    let named = |host: &str| {
        let head = format!("GET /v1/models HTTP/1.0\r\nHost: {host}\r\n\r\n");
        served.raw(head.as_bytes())
    };
    assert!(named("localhost:8080").contains("\"nano\""));
    assert!(named("example.org").starts_with("HTTP/1.0 421 "));
    let bind = |token: Option<&str>| {
        let address = ([0, 0, 0, 0], 0).into();
        let token = token.map(str::to_owned);
        let options = Options {
            address,
            token,
            ..Options::default()
        };
        Server::bind(NANO.clone(), options).err()
    };
    assert!(matches!(bind(None), Some(Error::NoToken(_))));
    assert!(matches!(bind(Some("")), Some(Error::BadToken)));
    assert!(matches!(bind(Some("two words")), Some(Error::BadToken)));
}
