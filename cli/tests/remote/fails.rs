//! Servers that are not there, refuse, break off, or are not who they say.
use crate::{EVENTS, Odd, Serving, foveate, options, piece, polite, received};
use foveate::engine::{Engine, Remote, RemoteError, RemoteOptions, Terms};
use foveate::{Error, ErrorKind};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use std::io::Write;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// The error of a question.
fn error(options: &RemoteOptions) -> Error {
    let mut conversation = Remote::new(options).unwrap().begin().unwrap();
    let error = conversation.answer("Who?", &Terms::default()).unwrap_err();
    println!("{error}");
    assert!(conversation.last().is_none());
    error
}

/// An address at which nobody listens.
fn nobody() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    format!("http://{}", listener.local_addr().unwrap())
}

#[test]
fn a_dead_server_is_a_named_error() {
    let url = nobody();
    let error = error(&options(&url));
    assert_eq!(error.kind(), ErrorKind::Unreachable);
    let Error::Remote(RemoteError::Unreachable {
        attempts,
        url: named,
        ..
    }) = error
    else {
        panic!("{error}")
    };
    assert_eq!((attempts, named), (3, format!("{url}/v1/chat/completions")));
}

#[test]
fn a_server_that_comes_up_in_time_is_reached() {
    let url = nobody();
    let address = url.strip_prefix("http://").unwrap().to_owned();
    std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(100));
        std::mem::forget(Odd::on(TcpListener::bind(address).unwrap(), polite));
    });
    let options = RemoteOptions {
        retries: 12,
        ..options(&url)
    };
    let mut conversation = Remote::new(&options).unwrap().begin().unwrap();
    let told = conversation.answer("Who?", &Terms::default()).unwrap();
    assert_eq!(told.text, "Hello");
}

#[test]
fn nothing_is_sent_twice() {
    let status = |line: &'static str| {
        Odd::new(move |mut stream| {
            received(&mut stream);
            let body = r#"{"error": {"message": "come back later"}}"#;
            let head = format!("HTTP/1.1 {line}\r\nContent-Length: {}\r\n", body.len());
            let elsewhere = "Location: http://127.0.0.1:1/\r\n";
            let answer = format!("{head}{elsewhere}Connection: close\r\n\r\n{body}");
            let _ = stream.write_all(answer.as_bytes());
        })
    };
    for (line, number) in [
        ("503 Service Unavailable", 503),
        ("429 Too Many Requests", 429),
        ("307 Temporary Redirect", 307),
    ] {
        let odd = status(line);
        let error = error(&options(&odd.url));
        let Error::Remote(RemoteError::Status {
            status, message, ..
        }) = &error
        else {
            panic!("{error}")
        };
        assert_eq!((*status, message.as_str()), (number, "come back later"));
        assert_eq!((odd.count(), error.kind()), (1, ErrorKind::Remote));
    }
    let slammed = Odd::new(|mut stream| drop(received(&mut stream)));
    let cut = Odd::new(|mut stream| {
        received(&mut stream);
        let _ = stream.write_all(format!("{EVENTS}{}", piece("Hel")).as_bytes());
    });
    let failing = Odd::new(|mut stream| {
        received(&mut stream);
        let event = "data: {\"error\": {\"message\": \"out of memory\"}}\n\n";
        let _ = stream.write_all(format!("{EVENTS}{event}").as_bytes());
    });
    let babble = Odd::new(|mut stream| {
        received(&mut stream);
        let _ = stream.write_all(format!("{EVENTS}data: babble\n\n").as_bytes());
    });
    let endless = Odd::new(|mut stream| {
        received(&mut stream);
        let _ = stream.write_all(EVENTS.as_bytes());
        while stream.write_all(&[b'x'; 4096]).is_ok() {}
    });
    for odd in [slammed, cut, failing, babble, endless] {
        let error = error(&options(&odd.url));
        assert!(
            matches!(error, Error::Remote(RemoteError::Broken { .. })),
            "{error}"
        );
        assert_eq!(odd.count(), 1);
    }
}

#[test]
fn a_token_is_sent_and_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("token");
    std::fs::write(&file, "secret\n").unwrap();
    let serving = Serving::start(foveate(), &["--token-file", file.to_str().unwrap()]);
    let error = error(&serving.options());
    let Error::Remote(RemoteError::Status { status: 401, .. }) = error else {
        panic!("{error}")
    };
    let with = |token: &str| RemoteOptions {
        token: Some(token.to_owned()),
        ..serving.options()
    };
    let terms = Terms {
        request: crate::brief(),
        consent: true,
    };
    let mut conversation = Remote::new(&with("secret")).unwrap().begin().unwrap();
    assert!(conversation.answer("Who?", &terms).is_ok());
    let refused = Remote::new(&with("two\r\nlines")).unwrap_err();
    assert!(refused.to_string().contains("token"), "{refused}");
}

#[test]
fn addresses_are_checked() {
    for (url, said) in [
        ("http://example.org", "https is expected"),
        ("http://127.0.0.1.example.org", "https is expected"),
        ("ftp://127.0.0.1", "such as https://example.org"),
        ("", "such as https://example.org"),
        ("https://name:secret@example.org", "give a token"),
    ] {
        let error = Remote::new(&options(url)).unwrap_err();
        assert!(error.to_string().contains(said), "{url}: {error}");
    }
    for url in [
        "https://example.org",
        "http://[::1]:8080/",
        "http://localhost:8080",
    ] {
        assert!(Remote::new(&options(url)).is_ok(), "{url}");
    }
}

fn tls(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/remote/tls")
        .join(name)
}

/// A server with a certificate that the tests' authority signed.
fn secure() -> Odd {
    let certificate = CertificateDer::from_pem_file(tls("server.pem")).unwrap();
    let key = PrivateKeyDer::from_pem_file(tls("server.key")).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .unwrap();
    let config = Arc::new(config);
    Odd::new(move |stream| {
        let connection = ServerConnection::new(config.clone()).unwrap();
        let mut stream = StreamOwned::new(connection, stream);
        // Who refuses the certificate sends nothing.
        if stream.conn.complete_io(&mut stream.sock).is_ok() {
            polite(&mut stream);
            stream.conn.send_close_notify();
            let _ = stream.flush();
        }
    })
}

#[test]
fn certificates_are_checked() {
    let odd = secure();
    let url = odd.url.replace("http:", "https:");
    let untrusted = error(&options(&url));
    let Error::Remote(RemoteError::Untrusted { .. }) = untrusted else {
        panic!("{untrusted}")
    };
    assert_eq!(odd.count(), 1, "not tried again");
    let trusted = RemoteOptions {
        authority: Some(tls("authority.pem")),
        ..options(&url)
    };
    let mut conversation = Remote::new(&trusted).unwrap().begin().unwrap();
    assert_eq!(
        conversation.answer("Who?", &Terms::default()).unwrap().text,
        "Hello"
    );
    // The right authority, and a name that the certificate does not hold.
    let other = RemoteOptions {
        url: url.replace("127.0.0.1", "localhost"),
        ..trusted.clone()
    };
    let Error::Remote(RemoteError::Untrusted { .. }) = error(&other) else {
        panic!("a name that is not the certificate's was taken")
    };
    let none = RemoteOptions {
        authority: Some(tls("server.key")),
        ..trusted
    };
    let error = Remote::new(&none).unwrap_err();
    assert!(
        error
            .to_string()
            .contains("certificates in PEM are expected"),
        "{error}"
    );
}
