//! The page for people: one file, without anything from elsewhere.
use axum::http::header;
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};
use std::sync::LazyLock;

const TEXT: &str = include_str!("page/page.html");
const STYLE: &str = include_str!("page/page.css");
const SCRIPT: &str = include_str!("page/page.js");

/// All of it.
static PAGE: LazyLock<String> = LazyLock::new(|| {
    let styled = TEXT.replace("<style></style>", &format!("<style>{STYLE}</style>"));
    styled.replace("<script></script>", &format!("<script>{SCRIPT}</script>"))
});

/// Only the page's own style and script count, and nothing but this server is asked.
static POLICY: LazyLock<String> = LazyLock::new(|| {
    let hash = |text| STANDARD.encode(Sha256::digest(text));
    format!(
        "default-src 'none'; script-src 'sha256-{}'; style-src 'sha256-{}'; img-src blob: data:; \
         connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
        hash(SCRIPT),
        hash(STYLE)
    )
});

pub(crate) async fn page() -> Response {
    let headers = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CONTENT_SECURITY_POLICY, POLICY.as_str()),
        (header::REFERRER_POLICY, "no-referrer"),
    ];
    (headers, PAGE.as_str()).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_names_no_other_address() {
        let page = PAGE.replace("http://www.w3.org/2000/svg", ""); // the name of a vocabulary
        for other in ["http://", "https://", "//cdn", "@import", "url("] {
            assert!(!page.contains(other), "{other}");
        }
    }

    #[test]
    fn it_has_one_style_and_one_script_and_nothing_the_policy_forbids() {
        for tag in ["style", "script"] {
            assert_eq!(PAGE.matches(&format!("<{tag}")).count(), 1);
            assert_eq!(PAGE.matches(&format!("</{tag}>")).count(), 1);
            assert!(!PAGE.contains(&format!("<{tag}></{tag}>")));
        }
        assert!(!PAGE.contains(" style=\"") && !PAGE.contains(" onclick="));
    }
}
