//! Who may ask: the bearer of the token; without one, whoever names this machine as its host.
use crate::error::Refusal;
use crate::work::Shared;
use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use std::net::IpAddr;
use std::sync::Arc;
use subtle::ConstantTimeEq;

/// What anybody may see: they hold nothing of a request and nothing of the model.
const OPEN: [&str; 3] = ["/", "/healthz", "/openapi.json"];

/// Lets requests through that may pass, and counts all.
pub(crate) async fn guard(
    State(shared): State<Arc<Shared>>,
    request: Request,
    next: Next,
) -> Response {
    let matched = request.extensions().get::<MatchedPath>();
    let route = matched.map_or("other", MatchedPath::as_str).to_owned();
    let response = match may_pass(&shared, &route, request.headers()) {
        Ok(()) => next.run(request).await,
        Err(refusal) => refusal.into_response(),
    };
    shared.metrics.answered(&route, response.status().as_u16());
    response
}

fn may_pass(shared: &Shared, route: &str, headers: &HeaderMap) -> Result<(), Refusal> {
    let Some(token) = &shared.options.token else {
        return names_this_machine(headers);
    };
    if OPEN.contains(&route) || has_token(headers, token) {
        return Ok(());
    }
    let message = "this server needs its token: Authorization: Bearer TOKEN";
    Err(Refusal::new(
        StatusCode::UNAUTHORIZED,
        "invalid_api_key",
        message,
    ))
}

fn has_token(headers: &HeaderMap, token: &str) -> bool {
    let named = headers.get(header::AUTHORIZATION).map(|a| a.as_bytes());
    let Some((scheme, named)) = named.and_then(|named| named.split_at_checked(7)) else {
        return false;
    };
    // In constant time: how long it takes tells nothing of the token but its length.
    scheme.eq_ignore_ascii_case(b"bearer ") && bool::from(named.ct_eq(token.as_bytes()))
}

/// A page of a stranger may have its own name lead to this machine, so that a browser lets it ask;
/// the browser then names that host.
fn names_this_machine(headers: &HeaderMap) -> Result<(), Refusal> {
    let named = headers.get(header::HOST);
    if named.is_none_or(|host| host.to_str().is_ok_and(is_local)) {
        return Ok(());
    }
    let message = "without a token only localhost and loopback addresses are served as Host; \
                   start the server with a token to serve other names";
    Err(Refusal::new(
        StatusCode::MISDIRECTED_REQUEST,
        "unknown_host",
        message,
    ))
}

fn is_local(host: &str) -> bool {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) => name,
        _ => host,
    };
    let bare = name.trim_start_matches('[').trim_end_matches(']');
    name.eq_ignore_ascii_case("localhost")
        || bare
            .parse::<IpAddr>()
            .is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_of_this_machine() {
        for host in [
            "localhost",
            "LOCALHOST:8080",
            "127.0.0.1:1",
            "[::1]:80",
            "[::1]",
            "127.1.2.3",
        ] {
            assert!(is_local(host), "{host}");
        }
        for host in [
            "example.org",
            "localhost.example.org:80",
            "10.0.0.1",
            "",
            "[::2]:80",
        ] {
            assert!(!is_local(host), "{host}");
        }
    }

    #[test]
    fn tokens_are_compared_whole() {
        let with = |value: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::AUTHORIZATION, value.parse().unwrap());
            has_token(&headers, "secret")
        };
        assert!(with("Bearer secret") && with("bearer secret"));
        for wrong in [
            "Bearer secre",
            "Bearer secrets",
            "secret",
            "Basic secret",
            "Bearer ",
            "",
        ] {
            assert!(!with(wrong), "{wrong}");
        }
    }
}
