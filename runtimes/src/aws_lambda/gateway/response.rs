//! Answers as gateways read them.

use aws_lambda_events::alb::AlbTargetGroupResponse;
use aws_lambda_events::apigw::{ApiGatewayProxyResponse, ApiGatewayV2httpResponse};
use aws_lambda_events::encodings::Body;
use bytes::Bytes;
use http::header::{CONTENT_ENCODING, CONTENT_TYPE, SET_COOKIE};
use http::response::Parts;
use http::{HeaderMap, HeaderValue};
use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};

use super::super::EventError;
use super::Origin;

/// Media types, or their beginnings, whose bodies are text.
const TEXT: [&str; 5] = ["text/", "application/json", "application/javascript", "application/xml", "application/yaml"];

/// Ends of media types whose bodies are text.
const TEXT_SUFFIXES: [&str; 3] = ["+json", "+xml", "+yaml"];

/// An answer in the form that its origin reads.
///
/// Format 1.0 has all headers as lists. Format 2.0 has cookies beside them and each header once, its values joined with
/// commas. A load balancer reads one of two maps, by its own setting: it gets both.
pub(super) fn of(origin: Origin, parts: &Parts, bytes: Bytes) -> Result<Box<RawValue>, EventError> {
    let (body, encoded) = encoded(&parts.headers, bytes);
    let status = i64::from(parts.status.as_u16());
    match origin {
        Origin::V1 => {
            let mut response = ApiGatewayProxyResponse::default();
            response.status_code = status;
            response.multi_value_headers = readable(&parts.headers);
            response.body = Some(body);
            response.is_base64_encoded = encoded;
            json(&response)
        }
        Origin::V2 => {
            let (headers, cookies) = joined(&parts.headers);
            let mut response = ApiGatewayV2httpResponse::default();
            response.status_code = status;
            response.headers = headers;
            response.cookies = cookies;
            response.body = Some(body);
            response.is_base64_encoded = encoded;
            json(&response)
        }
        Origin::LoadBalancer => {
            let mut response = AlbTargetGroupResponse::default();
            response.status_code = status;
            response.status_description =
                Some(format!("{status} {}", parts.status.canonical_reason().unwrap_or_default()));
            let (mut once, cookies) = joined(&parts.headers);
            // One of several cookies is all that the map of single values holds.
            once.extend(
                cookies.last().and_then(|cookie| HeaderValue::from_str(cookie).ok()).map(|one| (SET_COOKIE, one)),
            );
            response.headers = once;
            response.multi_value_headers = readable(&parts.headers);
            response.body = Some(body);
            response.is_base64_encoded = encoded;
            json(&response)
        }
    }
}

/// Each header once, its values joined, and the cookies to be set, which cannot be.
pub(super) fn joined(headers: &HeaderMap) -> (HeaderMap, Vec<String>) {
    let headers = readable(headers);
    let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    let cookies = headers.get_all(SET_COOKIE).iter().map(text).collect();
    let mut once = HeaderMap::new();
    for name in headers.keys().filter(|name| *name != SET_COOKIE) {
        let all: Vec<String> = headers.get_all(name).iter().map(text).collect();
        if let Ok(value) = HeaderValue::from_bytes(all.join(", ").as_bytes()) {
            once.insert(name, value);
        }
    }
    (once, cookies)
}

/// Headers whose values are UTF-8: JSON holds no other text.
fn readable(headers: &HeaderMap) -> HeaderMap {
    let values = headers.iter().filter_map(|(name, value)| {
        let text = String::from_utf8_lossy(value.as_bytes());
        Some((name.clone(), HeaderValue::from_bytes(text.as_bytes()).ok()?))
    });
    let mut readable = HeaderMap::new();
    for (name, value) in values {
        readable.append(name, value);
    }
    readable
}

/// The body as text where its type says so and its bytes are, else in base64; and whether it is.
fn encoded(headers: &HeaderMap, bytes: Bytes) -> (Body, bool) {
    if bytes.is_empty() {
        return (Body::Text(String::new()), false);
    }
    let textual = !headers.contains_key(CONTENT_ENCODING) && is_text(headers);
    match std::str::from_utf8(&bytes) {
        Ok(text) if textual => (Body::Text(text.to_owned()), false),
        _ => (Body::Binary(bytes.into()), true),
    }
}

fn is_text(headers: &HeaderMap) -> bool {
    let Some(kind) = headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()) else { return false };
    let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    TEXT.iter().any(|text| kind.starts_with(text)) || TEXT_SUFFIXES.iter().any(|suffix| kind.ends_with(suffix))
}

fn json(response: &impl Serialize) -> Result<Box<RawValue>, EventError> {
    to_raw_value(response).map_err(|error| EventError::Answer { problem: error.to_string() })
}

#[cfg(test)]
mod tests {
    use http::{HeaderName, Response};
    use serde_json::Value;

    use super::*;

    fn answer(origin: Origin, headers: &[(&'static str, &[u8])], body: &'static [u8]) -> Value {
        let mut response = Response::new(());
        for (name, value) in headers {
            let value = HeaderValue::from_bytes(value).unwrap();
            response.headers_mut().append(HeaderName::from_static(name), value);
        }
        let json = of(origin, &response.into_parts().0, Bytes::from_static(body)).unwrap();
        serde_json::from_str(json.get()).unwrap()
    }

    const HEADERS: [(&str, &[u8]); 6] = [
        ("content-type", b"text/plain"),
        ("vary", b"a"),
        ("vary", b"b"),
        ("set-cookie", b"one=1"),
        ("set-cookie", b"two=2"),
        ("x-odd", b"\xff"),
    ];

    #[test]
    fn each_origin_gets_every_value_of_a_header() {
        let v1 = answer(Origin::V1, &HEADERS, b"text");
        assert_eq!(v1["multiValueHeaders"]["vary"], serde_json::json!(["a", "b"]));
        assert_eq!(v1["multiValueHeaders"]["set-cookie"], serde_json::json!(["one=1", "two=2"]));
        assert_eq!(v1["headers"], serde_json::json!({}), "or values would be sent twice");
        let v2 = answer(Origin::V2, &HEADERS, b"text");
        assert_eq!(v2["headers"]["vary"], "a, b");
        assert_eq!(v2["cookies"], serde_json::json!(["one=1", "two=2"]));
        assert_eq!(v2["headers"].get("set-cookie"), None);
        let balanced = answer(Origin::LoadBalancer, &HEADERS, b"text");
        assert_eq!(balanced["headers"]["vary"], "a, b");
        assert_eq!(balanced["multiValueHeaders"]["vary"], serde_json::json!(["a", "b"]));
        assert_eq!(balanced["statusDescription"], "200 OK");
    }

    #[test]
    fn text_is_sent_as_text_and_all_else_in_base64() {
        let body = |headers: &[(&'static str, &[u8])], body: &'static [u8]| {
            let answer = answer(Origin::V2, headers, body);
            (answer["body"].as_str().unwrap().to_owned(), answer["isBase64Encoded"].as_bool().unwrap())
        };
        for kind in ["text/plain", "Application/JSON; charset=utf-8", "application/problem+json", "image/svg+xml"] {
            assert_eq!(body(&[("content-type", kind.as_bytes())], b"a"), ("a".to_owned(), false), "{kind}");
        }
        for kind in ["application/octet-stream", "image/png", "texts/x"] {
            assert_eq!(body(&[("content-type", kind.as_bytes())], b"a"), ("YQ==".to_owned(), true), "{kind}");
        }
        assert_eq!(body(&[("content-type", b"text/plain; charset=latin1")], b"\xe9"), ("6Q==".to_owned(), true));
        assert_eq!(
            body(&[("content-type", b"text/plain"), ("content-encoding", b"br")], b"a"),
            ("YQ==".to_owned(), true)
        );
        assert_eq!(body(&[], b"a"), ("YQ==".to_owned(), true));
        assert_eq!(body(&[], b""), (String::new(), false));
    }
}
