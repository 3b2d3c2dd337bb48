//! Answers as the host reads them out of the answer to an event: `{"Outputs":{"res":{"statusCode":"201","body":..,"headers":{..}}}}`.
//!
//! A header has one value there, and the body is text. What cannot be said so is answered by a problem instead of being changed
//! on its way: `enableProxyingHttpRequest` has no such bounds.

use bytes::Bytes;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE, SET_COOKIE};
use http::{HeaderMap, HeaderName, Response, StatusCode};
use http_body_util::BodyExt as _;
use serde_json::{Map, Value, json};

use crate::http::{REQUEST_ID, ResponseBody};
use crate::problem::Problem;

/// The output that `function.json` calls the answer.
pub(super) const NAME: &str = "res";

/// Largest answer, in bytes: the host holds it whole.
const MAX_BYTES: usize = 64 * 1024 * 1024;

/// The answer to an event that is a request.
pub(super) async fn of(response: Response<ResponseBody>) -> Response<ResponseBody> {
    let (parts, body) = response.into_parts();
    let answer = match http_body_util::Limited::new(body, MAX_BYTES).collect().await {
        Ok(whole) => answer(parts.status, &parts.headers, &whole.to_bytes()),
        Err(error) if error.downcast_ref::<http_body_util::LengthLimitError>().is_some() => {
            Err("is larger than the 64 MiB that can be sent")
        }
        Err(_) => Err("broke off"),
    };
    super::wrapped(answer.unwrap_or_else(|why| refused(&parts.headers, why)))
}

/// The answer, or what about it cannot be said.
fn answer(status: StatusCode, headers: &HeaderMap, body: &Bytes) -> Result<Value, &'static str> {
    let Ok(text) = std::str::from_utf8(body) else { return Err("has a body that is no text") };
    let mut said = Map::new();
    // The length is that of the body which is not sent, if it was asked for the head alone.
    for name in headers.keys().filter(|name| *name != CONTENT_LENGTH) {
        let values: Option<Vec<&str>> = headers.get_all(name).iter().map(|value| value.to_str().ok()).collect();
        let Some(values) = values else { return Err("has a header that is no ASCII text") };
        if name == SET_COOKIE && values.len() > 1 {
            return Err("sets several cookies");
        }
        said.insert(name.as_str().to_owned(), Value::from(values.join(", ")));
    }
    Ok(json!({ "statusCode": status.as_str(), "headers": said, "body": text }))
}

fn refused(headers: &HeaderMap, why: &str) -> Value {
    tracing::error!(why, "an answer cannot be given through an event: set enableProxyingHttpRequest in host.json");
    let detail = format!("the answer {why}, and the way that this host was set up to take it has no place for that");
    let problem = Problem::new(StatusCode::NOT_IMPLEMENTED, "answer_not_expressible", detail);
    let mut said = Map::new();
    said.insert(CONTENT_TYPE.as_str().to_owned(), Value::from(crate::problem::PROBLEM_JSON));
    if let Some(id) = headers.get(HeaderName::from_static(REQUEST_ID)).and_then(|id| id.to_str().ok()) {
        said.insert(REQUEST_ID.to_owned(), Value::from(id));
    }
    let body = serde_json::to_string(&problem).unwrap_or_default();
    json!({ "statusCode": StatusCode::NOT_IMPLEMENTED.as_str(), "headers": said, "body": body })
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    async fn said(headers: &[(&'static str, &'static [u8])], body: &'static [u8]) -> Value {
        let mut response = Response::new(ResponseBody::from(Bytes::from_static(body)));
        for (name, value) in headers {
            response.headers_mut().append(HeaderName::from_static(name), HeaderValue::from_bytes(value).unwrap());
        }
        let sent = of(response).await.into_body().collect().await.unwrap().to_bytes();
        serde_json::from_slice::<Value>(&sent).unwrap()["Outputs"]["res"].clone()
    }

    #[tokio::test]
    async fn what_can_be_said_is_said_and_nothing_else_is_changed() {
        let plain =
            said(&[("content-type", b"text/plain"), ("vary", b"a"), ("vary", b"b"), ("set-cookie", b"one=1")], b"test")
                .await;
        assert_eq!(
            plain,
            json!({
                "statusCode": "200", "body": "test",
                "headers": { "content-type": "text/plain", "vary": "a, b", "set-cookie": "one=1" },
            })
        );
        for (headers, body) in [
            (&[("set-cookie", &b"one=1"[..]), ("set-cookie", b"two=2")][..], &b"x"[..]),
            (&[("content-type", b"image/png")], b"\xff\x00"),
            (&[("x-odd", b"\xff")], b""),
        ] {
            let refused = said(headers, body).await;
            assert_eq!(refused["statusCode"], "501");
            assert!(refused["body"].as_str().unwrap().contains("answer_not_expressible"), "{refused}");
        }
    }
}
