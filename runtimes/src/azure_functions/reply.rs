//! What the host is told, in JSON: `{"Outputs":{},"Logs":[],"ReturnValue":null}`, of which all may be absent.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderValue, Response, StatusCode};
use serde_json::{Map, Value, json};

use super::InvocationError;
use crate::http::ResponseBody;

/// That an event was handled. Never less than an object: after an empty answer, or `null`, the host waits until the function's
/// timeout, and restarts this process then.
pub(super) fn done() -> Response<ResponseBody> {
    with_outputs(Map::new())
}

/// That an event was handled, with what goes to the function's output bindings.
///
/// A text that happens to be base64 (`test` is) the host decodes, unless its binding says `dataType: binary`. So every text
/// is sent in base64 itself.
pub(super) fn with_outputs(outputs: Map<String, Value>) -> Response<ResponseBody> {
    if outputs.is_empty() {
        return response(StatusCode::OK, &json!({}));
    }
    let outputs: Map<String, Value> = outputs.into_iter().map(|(name, value)| (name, undecoded(value))).collect();
    response(StatusCode::OK, &json!({ "Outputs": outputs }))
}

/// That an event was not handled.
pub(super) fn failed(error: &InvocationError) -> Response<ResponseBody> {
    response(error.status(), &json!({ "errorType": error.error_type(), "errorMessage": error.to_string() }))
}

/// That it can be called: what the host asks for until it is answered, and as a health ping later.
pub(super) fn ready() -> Response<ResponseBody> {
    response(StatusCode::OK, &json!({ "status": "ready" }))
}

fn undecoded(value: Value) -> Value {
    match value {
        Value::String(text) => Value::from(BASE64.encode(text)),
        other => other,
    }
}

fn response(status: StatusCode, body: &Value) -> Response<ResponseBody> {
    let mut response = Response::new(ResponseBody::from(Bytes::from(body.to_string())));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_sent_so_that_the_host_gives_them_back() {
        for text in ["test", "abcd", "", "plain text", "dGVzdA=="] {
            let sent = undecoded(Value::from(text));
            assert_eq!(BASE64.decode(sent.as_str().unwrap()).unwrap(), text.as_bytes());
        }
        assert_eq!(
            undecoded(json!({ "body": "test" })),
            json!({ "body": "test" }),
            "what is within an object is left alone"
        );
    }
}
