//! Requests as the host writes them into events: `Data.req`.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use bytes::Bytes;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE, HOST, TRANSFER_ENCODING};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, StatusCode, Uri};
use http_body_util::Full;
use serde::Deserialize;

use super::super::InvocationError;
use super::super::payload::Payload;
use crate::problem::Problem;

const EXPECTED: &str = "a request";

/// The input that `function.json` calls the request.
const NAMES: [&str; 1] = ["req"];

/// Types, or their beginnings, whose bodies the host writes in base64.
const BASE64_TYPES: [&str; 2] = ["application/octet-stream", "multipart/"];

/// A request, as the event tells it.
pub(super) enum Told {
    /// All of it.
    Whole(Box<Request<Full<Bytes>>>),
    /// Without its body: what to answer.
    Lost(Problem),
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Raw {
    url: String,
    method: String,
    #[serde(default)]
    headers: BTreeMap<String, Values>,
    #[serde(default)]
    body: Option<String>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Values {
    One(String),
    Many(Vec<String>),
}

/// The request of an event. Its path and query are those of the URL: `Query` has each name once.
pub(super) fn of(event: &[u8]) -> Result<Told, InvocationError> {
    let malformed = |problem: String| InvocationError::malformed(EXPECTED, &problem);
    let text = Payload::of(event, &NAMES)?.text();
    if !text.trim_start().starts_with('{') {
        return Err(malformed("it is not an object".to_owned()));
    }
    let raw: Raw = serde_json::from_str(&text).map_err(|error| malformed(error.to_string()))?;
    let uri: Uri = raw.url.parse().map_err(|error| malformed(format!("{:?} is no URL: {error}", raw.url)))?;
    let mut target = uri.path().to_owned();
    if let Some(query) = uri.query() {
        target.push('?');
        target.push_str(query);
    }
    let target: Uri = target.parse().map_err(|error| malformed(format!("{:?} has no path: {error}", raw.url)))?;
    let method =
        Method::from_bytes(raw.method.as_bytes()).map_err(|_| malformed(format!("{:?} is no method", raw.method)))?;
    let mut headers = headers(raw.headers).map_err(malformed)?;
    let body = match raw.body {
        Some(text) => body(text, &headers).map_err(malformed)?,
        None if headers.contains_key(TRANSFER_ENCODING) => return Ok(Told::Lost(lost())),
        None => Bytes::new(),
    };
    if !headers.contains_key(HOST)
        && let Some(host) = uri.authority().and_then(|host| HeaderValue::from_str(host.as_str()).ok())
    {
        headers.insert(HOST, host);
    }
    // The body is here: how it came, and how long it was before the host wrote it anew, is over.
    headers.remove(TRANSFER_ENCODING);
    headers.insert(CONTENT_LENGTH, HeaderValue::from(body.len()));
    let mut request = Request::new(Full::new(body));
    (*request.method_mut(), *request.uri_mut(), *request.headers_mut()) = (method, target, headers);
    Ok(Told::Whole(Box::new(request)))
}

fn headers(raw: BTreeMap<String, Values>) -> Result<HeaderMap, String> {
    let mut headers = HeaderMap::new();
    for (name, values) in raw {
        let known = HeaderName::try_from(&name).map_err(|_| format!("{name:?} is no name of a header"))?;
        let values = match values {
            Values::One(value) => vec![value],
            Values::Many(values) => values,
        };
        for value in values {
            let value = HeaderValue::from_str(&value).map_err(|_| format!("{name:?} has a value that is none"))?;
            headers.append(&known, value);
        }
    }
    Ok(headers)
}

fn body(text: String, headers: &HeaderMap) -> Result<Bytes, String> {
    let kind = headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let kind = kind.trim().to_ascii_lowercase();
    if BASE64_TYPES.iter().any(|known| kind.starts_with(known)) {
        return BASE64.decode(text).map(Bytes::from).map_err(|error| format!("the body is not base64: {error}"));
    }
    Ok(Bytes::from(text))
}

/// Of a body sent in chunks the host keeps nothing.
fn lost() -> Problem {
    let detail = "the body came in chunks, which get lost on the way here: send it with its content-length";
    Problem::new(StatusCode::LENGTH_REQUIRED, "body_lost", detail)
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt as _;
    use serde_json::{Value, json};

    use super::*;

    fn told(request: &Value) -> Result<Told, InvocationError> {
        of(json!({ "Data": { "req": request }, "Metadata": {} }).to_string().as_bytes())
    }

    async fn whole(request: &Value) -> (http::request::Parts, Bytes) {
        let Ok(Told::Whole(request)) = told(request) else { panic!("{request}") };
        let (parts, body) = request.into_parts();
        (parts, body.collect().await.unwrap().to_bytes())
    }

    #[tokio::test]
    async fn a_request_comes_as_its_client_sent_it() {
        let request = json!({
            "Url": "http://h/api/order/%C3%A9?x=1&x=2%203", "Method": "POST", "Query": { "x": "1,2 3" },
            "Headers": { "Content-Type": ["application/json"], "X-A": ["1", "2"] }, "Params": {}, "Identities": [],
            "Body": "{\"id\":1}",
        });
        let (parts, body) = whole(&request).await;
        assert_eq!(parts.uri, "/api/order/%C3%A9?x=1&x=2%203", "both values of a repeated parameter");
        assert_eq!((parts.method, &body[..]), (Method::POST, &br#"{"id":1}"#[..]));
        assert_eq!(parts.headers.get_all("x-a").iter().collect::<Vec<_>>(), ["1", "2"]);
        assert_eq!(
            (&parts.headers[HOST], &parts.headers[CONTENT_LENGTH]),
            (&"h".parse().unwrap(), &HeaderValue::from(8))
        );
        let binary = json!({ "Url": "http://h/", "Method": "PUT", "Headers": { "content-type": "Application/octet-stream" }, "Body": "AP8=" });
        assert_eq!(&whole(&binary).await.1[..], [0, 255]);
    }

    #[test]
    fn what_is_no_request_is_told_and_a_lost_body_is_answered() {
        for bad in [
            json!(null),
            json!([]),
            json!({}),
            json!({ "Url": 1, "Method": "GET" }),
            json!({ "Url": "no url at all", "Method": "GET" }),
            json!({ "Url": "http://h/", "Method": "G T" }),
            json!({ "Url": "http://h/", "Method": "GET", "Headers": { "a b": ["x"] } }),
            json!({ "Url": "http://h/", "Method": "GET", "Headers": { "a": ["\n"] } }),
            json!({ "Url": "http://h/", "Method": "GET", "Headers": [] }),
            json!({ "Url": "http://h/", "Method": "GET", "Body": {} }),
            json!({ "Url": "http://h/", "Method": "PUT", "Headers": { "Content-Type": ["multipart/x"] }, "Body": "?" }),
        ] {
            let told = told(&bad).map(drop).unwrap_err();
            assert_eq!(told.error_type(), "Anyport.MalformedInvocation", "{bad}");
        }
        let chunked = json!({ "Url": "http://h/", "Method": "PUT", "Headers": { "Transfer-Encoding": ["chunked"] } });
        let Ok(Told::Lost(problem)) = told(&chunked) else { panic!("it is taken for empty") };
        assert_eq!((problem.status, problem.code.as_str()), (411, "body_lost"));
    }
}
