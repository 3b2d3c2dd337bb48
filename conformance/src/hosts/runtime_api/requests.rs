//! The requests of the Runtime API and of the Extensions API.

use std::convert::Infallible;
use std::sync::Arc;

use bytes::Bytes;
use http::header::{CONTENT_TYPE, TRANSFER_ENCODING};
use http::request::Parts;
use http::{HeaderMap, Method, Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use serde::Deserialize;
use serde_json::json;

use super::state::{State, WrongAnswer};
use super::{FunctionError, InvocationResult, MAX_RESPONSE_BYTES, Refusal, streaming};

const RUNTIME: &str = "/2018-06-01/runtime";
const EXTENSION: &str = "/2020-01-01/extension";
const MODE: &str = "lambda-runtime-function-response-mode";
const ERROR_TYPE: &str = "lambda-runtime-function-error-type";
const STREAMED: &str = "application/vnd.awslambda.http-integration-response";

/// Most bytes of a stream that are kept: what the host allows is far more, what a test sends far less.
const MAX_STREAM_BYTES: usize = 64 * 1024 * 1024;

type Answer = Response<Full<Bytes>>;

/// Why a request is refused.
struct Refused(StatusCode, &'static str, String);

/// A body read to its end.
struct Content {
    bytes: Bytes,
    trailers: Option<HeaderMap>,
}

pub(super) async fn answer(state: Arc<State>, request: Request<Incoming>) -> Result<Answer, Infallible> {
    let (parts, body) = request.into_parts();
    let name = format!("{} {}", parts.method, parts.uri.path());
    let answered = dispatch(&state, &parts, body).await;
    Ok(answered.unwrap_or_else(|Refused(status, error_type, problem)| {
        let answer = respond(status, &json!({ "errorType": error_type, "errorMessage": problem }));
        let refusal = Refusal { request: name, status: status.as_u16(), error_type, problem };
        state.with(|inner| inner.refusals.push(refusal));
        answer
    }))
}

async fn dispatch(state: &State, parts: &Parts, body: Incoming) -> Result<Answer, Refused> {
    let path = parts.uri.path();
    if let Some(rest) = path.strip_prefix(EXTENSION) {
        return extension(state, parts, rest).await;
    }
    match (&parts.method, path.strip_prefix(RUNTIME)) {
        (&Method::GET, Some("/invocation/next")) => Ok(next(state).await),
        (&Method::POST, Some("/init/error")) => {
            let error = reported(parts, &read(body, MAX_RESPONSE_BYTES).await?)?;
            let late = state.with(|inner| {
                inner.init_errors.push(error);
                inner.polled
            });
            if late { Err(wrong_state("init is over")) } else { Ok(accepted()) }
        }
        (&Method::POST, Some(rest)) => match rest.strip_prefix("/invocation/").and_then(|rest| rest.split_once('/')) {
            Some((id, "response")) => response(state, parts, id, body).await,
            Some((id, "error")) => {
                let answerer = answerer(state, id)?;
                let content = read(body, MAX_RESPONSE_BYTES).await;
                let error = content.and_then(|content| reported(parts, &content));
                let told = match &error {
                    Ok(error) => error.clone(),
                    Err(Refused(_, kind, problem)) => function_error(kind, problem),
                };
                // Who invoked may have stopped waiting.
                let _ = answerer.send(InvocationResult::Error(told));
                error.map(|_| accepted())
            }
            _ => Err(not_found()),
        },
        _ => Err(not_found()),
    }
}

async fn next(state: &State) -> Answer {
    let (id, invocation) = state.next().await;
    let mut response = Response::new(Full::new(invocation.event));
    let headers = [
        ("lambda-runtime-aws-request-id", id),
        ("lambda-runtime-deadline-ms", invocation.deadline_ms.to_string()),
        ("lambda-runtime-invoked-function-arn", "arn:aws:lambda:us-east-1:123456789012:function:function".to_owned()),
        ("lambda-runtime-trace-id", invocation.trace.unwrap_or_default()),
        ("content-type", "application/json".to_owned()),
    ];
    for (name, value) in headers.into_iter().filter(|(_, value)| !value.is_empty()) {
        if let Ok(value) = value.parse() {
            response.headers_mut().insert(name, value);
        }
    }
    response
}

async fn response(state: &State, parts: &Parts, id: &str, body: Incoming) -> Result<Answer, Refused> {
    let answerer = answerer(state, id)?;
    let streamed = parts.headers.get(MODE).map(http::HeaderValue::as_bytes);
    let result = match streamed {
        None => read(body, MAX_RESPONSE_BYTES).await.map(|content| InvocationResult::Response(content.bytes)),
        Some(b"streaming") => stream(parts, body).await,
        Some(other) => {
            let problem = format!("the response mode is {:?}", String::from_utf8_lossy(other));
            Err(Refused(StatusCode::BAD_REQUEST, "InvalidResponseMode", problem))
        }
    };
    let (told, answer) = match result {
        Ok(result) => (result, Ok(accepted())),
        Err(refused) => {
            let kind = match refused.0 {
                StatusCode::PAYLOAD_TOO_LARGE => "Function.ResponseSizeTooLarge",
                _ => refused.1,
            };
            (InvocationResult::Error(function_error(kind, &refused.2)), Err(refused))
        }
    };
    // Who invoked may have stopped waiting.
    let _ = answerer.send(told);
    answer
}

async fn stream(parts: &Parts, body: Incoming) -> Result<InvocationResult, Refused> {
    let refused = |problem: &str| Refused(StatusCode::BAD_REQUEST, "InvalidStreamedResponse", problem.to_owned());
    let is = |name: &http::HeaderName, value: &str| parts.headers.get(name).is_some_and(|own| own == value);
    if !is(&TRANSFER_ENCODING, "chunked") {
        return Err(refused("a stream is not sent in chunks"));
    }
    if !is(&CONTENT_TYPE, STREAMED) {
        return Err(refused("a stream is not of the HTTP integration's content type"));
    }
    let content = read(body, MAX_STREAM_BYTES).await?;
    streaming::parse(&content.bytes, content.trailers.as_ref()).map_err(|problem| refused(&problem))
}

async fn extension(state: &State, parts: &Parts, rest: &str) -> Result<Answer, Refused> {
    let header = |name: &str| parts.headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    match (&parts.method, rest) {
        (&Method::POST, "/register") => {
            let Some(name) = header("lambda-extension-name") else {
                return Err(Refused(
                    StatusCode::BAD_REQUEST,
                    "Extension.InvalidExtensionName",
                    "it has none".to_owned(),
                ));
            };
            if state.with(|inner| inner.polled) {
                return Err(wrong_state("extensions are registered before the first event is asked for"));
            }
            state.with(|inner| inner.extensions.push(name.clone()));
            let about = json!({ "functionName": "function", "functionVersion": "$LATEST", "handler": "bootstrap" });
            let mut answer = respond(StatusCode::OK, &about);
            if let Ok(id) = name.parse() {
                answer.headers_mut().insert("lambda-extension-identifier", id);
            }
            Ok(answer)
        }
        (&Method::GET, "/event/next") => {
            let id = header("lambda-extension-identifier").unwrap_or_default();
            if !state.with(|inner| inner.extensions.contains(&id)) {
                let problem = format!("{id:?} is not registered");
                return Err(Refused(StatusCode::FORBIDDEN, "Extension.UnknownExtensionIdentifier", problem));
            }
            // It is asked for no kind of event, and so there is none to come.
            std::future::pending().await
        }
        _ => Err(not_found()),
    }
}

/// The whole body: 413 if it is over the limit, 400 if it breaks off.
async fn read(mut body: Incoming, limit: usize) -> Result<Content, Refused> {
    let mut content = Content { bytes: Bytes::new(), trailers: None };
    let (mut all, mut size) = (Vec::new(), 0_usize);
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| {
            Refused(StatusCode::BAD_REQUEST, "Runtime.TruncatedResponse", format!("the body broke off: {error}"))
        })?;
        match frame.into_data() {
            Ok(bytes) => {
                size += bytes.len();
                // What is over the limit is read on, so that who sends it comes to read the answer.
                if size <= limit {
                    all.extend_from_slice(&bytes);
                }
            }
            Err(frame) => content.trailers = frame.into_trailers().ok(),
        }
    }
    if size > limit {
        let problem = format!("{size} bytes: at most {limit}");
        return Err(Refused(StatusCode::PAYLOAD_TOO_LARGE, "RequestEntityTooLarge", problem));
    }
    content.bytes = Bytes::from(all);
    Ok(content)
}

/// The error that a body reports.
fn reported(parts: &Parts, content: &Content) -> Result<FunctionError, Refused> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Reported {
        error_type: String,
        error_message: String,
    }
    let refused = |problem: String| Refused(StatusCode::BAD_REQUEST, "InvalidErrorReport", problem);
    if !parts.headers.contains_key(ERROR_TYPE) {
        return Err(refused(format!("there is no header {ERROR_TYPE}")));
    }
    let reported: Reported = serde_json::from_slice(&content.bytes).map_err(|error| refused(error.to_string()))?;
    Ok(FunctionError { error_type: reported.error_type, message: reported.error_message })
}

fn answerer(state: &State, id: &str) -> Result<tokio::sync::oneshot::Sender<InvocationResult>, Refused> {
    state.answerer(id).map_err(|wrong| match wrong {
        WrongAnswer::UnknownId => {
            Refused(StatusCode::BAD_REQUEST, "InvalidRequestID", format!("there is no invocation {id:?}"))
        }
        WrongAnswer::WrongState => wrong_state("this invocation is not running"),
    })
}

fn function_error(error_type: &str, message: &str) -> FunctionError {
    FunctionError { error_type: error_type.to_owned(), message: message.to_owned() }
}

fn wrong_state(problem: &str) -> Refused {
    Refused(StatusCode::FORBIDDEN, "InvalidStateTransition", problem.to_owned())
}

fn not_found() -> Refused {
    Refused(StatusCode::NOT_FOUND, "NotFound", "there is no such request".to_owned())
}

fn accepted() -> Answer {
    respond(StatusCode::ACCEPTED, &json!({ "status": "OK" }))
}

fn respond(status: StatusCode, body: &serde_json::Value) -> Answer {
    let mut response = Response::new(Full::new(Bytes::from(body.to_string())));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, http::HeaderValue::from_static("application/json"));
    response
}
