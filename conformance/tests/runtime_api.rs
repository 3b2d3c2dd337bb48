//! The double of AWS Lambda's Runtime API is as strict as the host.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::time::Duration;

use anyport_conformance::hosts::runtime_api::{Invocation, InvocationResult, MAX_RESPONSE_BYTES, RuntimeApi};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

const RUNTIME: &str = "/2018-06-01/runtime";

/// Sends one request and reads what comes until the end; `cut` closes the sending half before the body is whole.
async fn send(api: &RuntimeApi, line: &str, headers: &str, body: &[u8], length: usize) -> String {
    let mut stream = TcpStream::connect(api.address()).await.unwrap();
    let framed = if headers.contains("chunked") { String::new() } else { format!("content-length: {length}\r\n") };
    let head = format!("{line} HTTP/1.1\r\nhost: test\r\nconnection: close\r\n{headers}{framed}\r\n");
    stream.write_all(head.as_bytes()).await.unwrap();
    stream.write_all(body).await.unwrap();
    if body.len() < length {
        stream.shutdown().await.unwrap();
    }
    let mut answer = Vec::new();
    // A connection that was cut may be reset: what came before counts.
    let _ = timeout(Duration::from_secs(20), stream.read_to_end(&mut answer)).await.unwrap();
    String::from_utf8_lossy(&answer).into_owned()
}

async fn post(api: &RuntimeApi, path: &str, headers: &str, body: &[u8]) -> String {
    send(api, &format!("POST {RUNTIME}{path}"), headers, body, body.len()).await
}

/// The next event's id, once there is one.
async fn next(api: &RuntimeApi) -> String {
    let answer = send(api, &format!("GET {RUNTIME}/invocation/next"), "", b"", 0).await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert!(answer.contains("lambda-runtime-deadline-ms: ") && answer.ends_with("{}"), "{answer}");
    let id = answer.split("lambda-runtime-aws-request-id: ").nth(1).unwrap();
    id.split("\r\n").next().unwrap().to_owned()
}

/// Plays one invocation to its end.
async fn played(api: &RuntimeApi, play: impl AsyncFnOnce(String)) -> InvocationResult {
    let invoked = api.invoke(Invocation::new("{}").trace("Root=1-x"));
    let playing = async { play(next(api).await).await };
    tokio::join!(timeout(Duration::from_secs(20), invoked), playing).0.unwrap()
}

fn error_type(result: InvocationResult) -> String {
    let InvocationResult::Error(error) = result else { panic!("{result:?}") };
    error.error_type
}

const REPORT: &str = "lambda-runtime-function-error-type: unhandled\r\n";

#[tokio::test]
async fn answers_are_taken_once_and_for_their_own_invocation() {
    let api = RuntimeApi::start().await.unwrap();
    let result = played(&api, async |id| {
        let wrong = post(&api, "/invocation/other/response", "", b"1").await;
        assert!(wrong.starts_with("HTTP/1.1 400") && wrong.contains("InvalidRequestID"), "{wrong}");
        let right = post(&api, &format!("/invocation/{id}/response"), "", b"1").await;
        assert!(right.starts_with("HTTP/1.1 202") && right.ends_with(r#"{"status":"OK"}"#), "{right}");
        let again = post(&api, &format!("/invocation/{id}/error"), REPORT, b"{}").await;
        assert!(again.starts_with("HTTP/1.1 403") && again.contains("InvalidStateTransition"), "{again}");
    });
    assert_eq!(result.await, InvocationResult::Response("1".into()));
    let statuses: Vec<u16> = api.refusals().iter().map(|refusal| refusal.status).collect();
    assert_eq!(statuses, [400, 403]);
}

#[tokio::test]
async fn an_answer_fits_exactly_and_is_whole() {
    let api = RuntimeApi::start().await.unwrap();
    for (size, status) in [(MAX_RESPONSE_BYTES, 202), (MAX_RESPONSE_BYTES + 1, 413)] {
        let result = played(&api, async |id| {
            let answer = post(&api, &format!("/invocation/{id}/response"), "", &vec![b'1'; size]).await;
            assert!(answer.starts_with(&format!("HTTP/1.1 {status}")), "{answer}");
        });
        match result.await {
            InvocationResult::Response(bytes) => assert_eq!((status, bytes.len()), (202, size)),
            other => assert_eq!((status, error_type(other).as_str()), (413, "Function.ResponseSizeTooLarge")),
        }
    }
    let cut = played(&api, async |id| {
        send(&api, &format!("POST {RUNTIME}/invocation/{id}/response"), "", b"half", 8).await;
    });
    assert_eq!(error_type(cut.await), "Runtime.TruncatedResponse");
}

#[tokio::test]
async fn errors_are_reported_in_their_form_and_of_init_before_it_is_over() {
    let api = RuntimeApi::start().await.unwrap();
    let report = br#"{"errorType":"T","errorMessage":"m"}"#;
    assert!(post(&api, "/init/error", REPORT, report).await.starts_with("HTTP/1.1 202"));
    assert_eq!(api.init_errors()[0].error_type, "T");
    let told = played(&api, async |id| {
        assert!(post(&api, &format!("/invocation/{id}/error"), REPORT, report).await.starts_with("HTTP/1.1 202"));
    });
    assert_eq!(error_type(told.await), "T");
    assert!(post(&api, "/init/error", REPORT, report).await.starts_with("HTTP/1.1 403"));
    for (headers, body) in [("", &report[..]), (REPORT, b"text"), (REPORT, br#"{"errorType":"T"}"#)] {
        let malformed = played(&api, async |id| {
            assert!(post(&api, &format!("/invocation/{id}/error"), headers, body).await.starts_with("HTTP/1.1 400"));
        });
        assert_eq!(error_type(malformed.await), "InvalidErrorReport");
    }
    let late = send(&api, "POST /2020-01-01/extension/register", "lambda-extension-name: e\r\n", b"", 0).await;
    assert!(late.starts_with("HTTP/1.1 403"), "{late}");
}

const STREAMED: &str = "lambda-runtime-function-response-mode: streaming\r\ntransfer-encoding: chunked\r\n\
    content-type: application/vnd.awslambda.http-integration-response\r\n";

fn chunks(parts: &[&[u8]], trailers: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    for part in parts {
        bytes.extend(format!("{:x}\r\n", part.len()).bytes());
        bytes.extend_from_slice(part);
        bytes.extend(b"\r\n");
    }
    bytes.extend(format!("0\r\n{trailers}\r\n").bytes());
    bytes
}

#[tokio::test]
async fn streams_have_prelude_body_and_trailers() {
    let api = RuntimeApi::start().await.unwrap();
    let prelude = &br#"{"statusCode":201,"headers":{},"cookies":["a=1"]}"#[..];
    let result = played(&api, async |id| {
        let headers = format!("{STREAMED}trailer: lambda-runtime-function-error-type\r\n");
        let body = chunks(&[prelude, &[0; 8], b"bo", b"dy"], "lambda-runtime-function-error-type: Broken\r\n");
        let answer = post(&api, &format!("/invocation/{id}/response"), &headers, &body).await;
        assert!(answer.starts_with("HTTP/1.1 202"), "{answer}");
    });
    let InvocationResult::Streamed { prelude: head, body, error_type: kind } = result.await else { panic!() };
    assert_eq!((head["statusCode"].as_u64(), &body[..], kind.as_deref()), (Some(201), &b"body"[..], Some("Broken")));
    for (headers, body) in [
        (STREAMED.to_owned(), chunks(&[prelude, b"body"], "")),
        (STREAMED.replace("vnd.awslambda.http-integration-response", "json"), chunks(&[prelude, &[0; 8]], "")),
        (STREAMED.replace("streaming", "other"), chunks(&[prelude, &[0; 8]], "")),
    ] {
        let refused = played(&api, async |id| {
            let answer = post(&api, &format!("/invocation/{id}/response"), &headers, &body).await;
            assert!(answer.starts_with("HTTP/1.1 400"), "{answer}");
        });
        assert!(error_type(refused.await).starts_with("Invalid"));
    }
}
