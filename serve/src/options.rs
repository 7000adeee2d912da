//! How the server is run.
use foveate::Limits;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

/// How the server is run.
#[derive(Clone)]
pub struct Options {
    /// Where it listens: 127.0.0.1:8080 by default. Any address but a loopback one needs a token.
    pub address: SocketAddr,
    /// What requests must name as `Authorization: Bearer TOKEN`. The page, its description and
    /// `/healthz` are open. None by default; then only names of this machine are taken as `Host`.
    pub token: Option<String>,
    /// Requests that are answered at once, each on a thread of its own. 1 by default. The model
    /// should be loaded with as many pictures at once ([`foveate::Options::at_once`]).
    pub workers: usize,
    /// Requests that may wait for a worker; others are refused with 429. 64 by default: of
    /// flyers, about what one worker answers within the deadline.
    pub queue: usize,
    /// Longest time from the end of a request to the end of its answer. 60 s by default.
    pub deadline: Duration,
    /// Most bytes of a request's body. 32 MiB by default: a photograph of 24 MB as base64.
    pub max_body: usize,
    /// Most bytes of the bodies of all requests together. 256 MiB by default.
    pub max_bodies: usize,
    /// What a picture may take; by default 50 million pixels, 150 MB of RGB.
    pub limits: Limits,
    /// Most pictures of a request. 16 by default, as many as a model remembers.
    pub max_pictures: usize,
    /// Connections at once; others wait to be accepted. 512 by default.
    pub connections: usize,
    /// Longest time for the head of a request, and for the next one on an open connection. 10 s by
    /// default.
    pub header_timeout: Duration,
    /// Longest time for the body of a request. 30 s by default.
    pub body_timeout: Duration,
    /// Longest time that a client may leave what it is sent unread. 30 s by default.
    pub write_timeout: Duration,
    /// Time that requests in hand have to end once the server is to stop. 10 s by default.
    pub grace: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            address: SocketAddr::from((Ipv4Addr::LOCALHOST, 8080)),
            token: None,
            workers: 1,
            queue: 64,
            deadline: Duration::from_secs(60),
            max_body: 32 << 20,
            max_bodies: 256 << 20,
            limits: Limits {
                max_pixels: 50_000_000,
                ..Limits::default()
            },
            max_pictures: 16,
            connections: 512,
            header_timeout: Duration::from_secs(10),
            body_timeout: Duration::from_secs(30),
            write_timeout: Duration::from_secs(30),
            grace: Duration::from_secs(10),
        }
    }
}
