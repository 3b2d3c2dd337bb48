//! What the headers of a request must and may be.

use anyport_ports::CallContext;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE, TRANSFER_ENCODING};
use http::{HeaderMap, StatusCode};
use uuid::Uuid;

use crate::layers::CORRELATION_ID;
use crate::problem::Problem;

/// Most headers of a request.
pub(crate) const MAX_HEADERS: usize = 100;

/// Most bytes of header names and values of a request.
pub(crate) const MAX_HEADER_BYTES: usize = 32 * 1024;

/// The header that names a request in answers and logs.
pub(crate) const REQUEST_ID: &str = "x-request-id";

/// Refuses more headers than a client has use for.
pub(crate) fn check_headers(headers: &HeaderMap) -> Result<(), Problem> {
    let refuse =
        |detail: String| Err(Problem::new(StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE, "headers_too_large", detail));
    if headers.len() > MAX_HEADERS {
        return refuse(format!("the request has {} headers: at most {MAX_HEADERS}", headers.len()));
    }
    let bytes: usize = headers.iter().map(|(name, value)| name.as_str().len() + value.len()).sum();
    if bytes > MAX_HEADER_BYTES {
        return refuse(format!("the request has {bytes} bytes of headers: at most {MAX_HEADER_BYTES}"));
    }
    Ok(())
}

/// The request's own id if it is sane, else a fresh one.
pub(crate) fn request_id(headers: &HeaderMap) -> String {
    let sane = |id: &&str| {
        let plain = id.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'));
        plain && (1..=128).contains(&id.len())
    };
    let given = headers.get(REQUEST_ID).and_then(|value| value.to_str().ok()).filter(sane);
    given.map_or_else(|| Uuid::now_v7().to_string(), str::to_owned)
}

/// What the request came of: as it says, if that is an id, or else the request itself.
pub(super) fn correlation_id(headers: &HeaderMap, request_id: &str) -> String {
    let given = headers.get(CORRELATION_ID).and_then(|id| id.to_str().ok()).unwrap_or_default();
    let context = CallContext::none().with_request_id(request_id).with_correlation_id(given);
    context.correlation_id().unwrap_or_default().to_owned()
}

/// Whether the request says that it has no body.
pub(crate) fn is_empty(headers: &HeaderMap) -> bool {
    let length = headers.get(CONTENT_LENGTH).is_none_or(|length| length.as_bytes() == b"0");
    length && !headers.contains_key(TRANSFER_ENCODING)
}

/// Refuses a media type other than JSON, in UTF-8.
pub(crate) fn check_json(headers: &HeaderMap) -> Result<(), Problem> {
    let refuse = |what: &str| {
        let detail = format!("{what}: send content-type: application/json");
        Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type", detail))
    };
    let Some(value) = headers.get(CONTENT_TYPE) else {
        return refuse("the body has no media type");
    };
    let Ok(value) = value.to_str() else {
        return refuse("the media type is not visible ASCII");
    };
    let mut parts = value.split(';').map(str::trim);
    let media_type = parts.next().unwrap_or_default().to_ascii_lowercase();
    let suffixed = media_type.strip_prefix("application/").is_some_and(|subtype| subtype.ends_with("+json"));
    if media_type != "application/json" && !suffixed {
        return refuse("the body is not JSON by its media type");
    }
    let charset = parts.filter_map(|part| part.split_once('=')).find(|(name, _)| name.eq_ignore_ascii_case("charset"));
    match charset {
        Some((_, charset)) if !charset.trim_matches('"').eq_ignore_ascii_case("utf-8") => {
            refuse("the body is in another charset than UTF-8")
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn only_json_in_utf_8_is_taken() {
        let check = |value: &'static str| {
            let headers = HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static(value))]);
            check_json(&headers).is_ok()
        };
        for good in [
            "application/json",
            "Application/JSON; charset=UTF-8",
            "application/merge-patch+json",
            "application/json;x=y",
        ] {
            assert!(check(good), "{good}");
        }
        for bad in ["", "text/plain", "application/jsonp", "application/json; charset=latin1", "text/x+json"] {
            assert!(!check(bad), "{bad}");
        }
    }

    #[test]
    fn an_id_is_kept_if_it_is_sane() {
        let of = |value: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(REQUEST_ID, HeaderValue::from_str(value).unwrap());
            request_id(&headers)
        };
        assert_eq!(of("a-1_b.C"), "a-1_b.C");
        for insane in ["", "a b", "a\"b", &"a".repeat(129)] {
            assert_ne!(of(insane), insane);
        }
    }
}
