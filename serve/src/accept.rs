//! Which form of an answer a client asks for.
use crate::error::Refusal;
use axum::http::{HeaderMap, StatusCode, header};

/// The one of `offered` (media types, the usual one first) that `Accept` likes best.
pub(crate) fn chosen(
    headers: &HeaderMap,
    offered: &[&'static str],
) -> Result<&'static str, Refusal> {
    let accept = header_list(headers);
    if accept.trim().is_empty() {
        return Ok(offered[0]);
    }
    let mut best: Option<(&'static str, f32)> = None;
    for &media in offered {
        let liking = liking(&accept, media);
        if liking > best.map_or(0.0, |(_, most)| most) {
            best = Some((media, liking));
        }
    }
    let none = || {
        let message = format!(
            "the answer can be {}; Accept names none",
            offered.join(", ")
        );
        Refusal::new(StatusCode::NOT_ACCEPTABLE, "not_acceptable", message)
    };
    best.map(|(media, _)| media).ok_or_else(none)
}

fn header_list(headers: &HeaderMap) -> String {
    let values = headers.get_all(header::ACCEPT).iter();
    let values: Vec<_> = values.filter_map(|v| v.to_str().ok()).collect();
    values.join(",")
}

/// How much a list of ranges likes `media`, 0 to 1: the quality of the range that fits it best.
fn liking(accept: &str, media: &str) -> f32 {
    let family = media.split('/').next().unwrap_or_default();
    let fit = |range: &str| match range {
        "*/*" => 1,
        range if range.eq_ignore_ascii_case(media) => 3,
        range
            if range
                .strip_suffix("/*")
                .is_some_and(|f| f.eq_ignore_ascii_case(family)) =>
        {
            2
        }
        _ => 0,
    };
    let ranges = accept.split(',').map(|one| {
        let mut pieces = one.split(';').map(str::trim);
        let fits = fit(pieces.next().unwrap_or_default());
        let quality = pieces.find_map(|p| p.strip_prefix("q=").or(p.strip_prefix("Q=")));
        let quality = quality.and_then(|q| q.parse().ok()).unwrap_or(1.0_f32);
        (fits, quality)
    });
    let best = ranges
        .filter(|(fits, _)| *fits > 0)
        .max_by_key(|(fits, _)| *fits);
    best.map_or(0.0, |(_, quality)| quality)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_liked_form_is_chosen() {
        let offered = ["application/json", "text/plain", "text/calendar"];
        let choose = |accept: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT, accept.parse().unwrap());
            chosen(&headers, &offered).ok()
        };
        assert_eq!(
            chosen(&HeaderMap::new(), &offered).ok(),
            Some("application/json")
        );
        assert_eq!(choose("*/*"), Some("application/json"));
        assert_eq!(choose("text/*"), Some("text/plain"));
        assert_eq!(choose("text/calendar, */*;q=0.5"), Some("text/calendar"));
        assert_eq!(choose("text/plain;q=0, text/*"), Some("text/calendar"));
        assert_eq!(choose("image/png"), None);
    }
}
