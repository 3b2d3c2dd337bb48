//! The handshake of HTTP 1.1 Web Hooks for Event Delivery: a sender asks by OPTIONS whether it may send.

use http::header::ALLOW;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};

const REQUEST_ORIGIN: HeaderName = HeaderName::from_static("webhook-request-origin");
const REQUEST_RATE: HeaderName = HeaderName::from_static("webhook-request-rate");
const ALLOWED_ORIGIN: HeaderName = HeaderName::from_static("webhook-allowed-origin");
const ALLOWED_RATE: HeaderName = HeaderName::from_static("webhook-allowed-rate");

/// Who may send events here.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Handshake {
    origins: Vec<String>,
}

impl Handshake {
    /// Senders of these origins, such as `eventemitter.example.com`; `*` is any of them.
    pub fn allowing(origins: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self { origins: origins.into_iter().map(Into::into).collect() }
    }

    /// The answer to an OPTIONS request: 200 with what is allowed, 403 for another origin, 400 if none is named. As many events
    /// a minute may be sent as the sender likes: what is too much is answered by 429 when it comes. No callback is called.
    pub fn answer(&self, request: &HeaderMap) -> (StatusCode, HeaderMap) {
        let mut headers = HeaderMap::new();
        let Some(origin) = request.get(REQUEST_ORIGIN) else { return (StatusCode::BAD_REQUEST, headers) };
        let named = |own: &String| own == "*" || own.as_bytes().eq_ignore_ascii_case(origin.as_bytes());
        if !self.origins.iter().any(named) {
            return (StatusCode::FORBIDDEN, headers);
        }
        headers.insert(ALLOW, HeaderValue::from_static("OPTIONS, POST"));
        headers.insert(ALLOWED_ORIGIN, origin.clone());
        if request.contains_key(REQUEST_RATE) {
            headers.insert(ALLOWED_RATE, HeaderValue::from_static("*"));
        }
        (StatusCode::OK, headers)
    }
}
