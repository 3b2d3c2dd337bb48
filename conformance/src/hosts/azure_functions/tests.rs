//! Handlers that are wrong on purpose: the double does to each what the host does, and says so.

use std::fs;
use std::net::SocketAddr;
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use super::*;
use crate::hosts::gateway::HttpCall;

/// A handler: what it answers, by its path.
type Answers = fn(&str) -> (u16, &'static str, String);

/// What the handler was sent: the path, the headers, the body.
type Seen = Arc<Mutex<Vec<(String, Vec<(String, String)>, String)>>>;

struct Wrong {
    address: SocketAddr,
    seen: Seen,
    _server: JoinSet<()>,
}

async fn handler(answers: Answers) -> Wrong {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (address, seen, mut server) = (listener.local_addr().unwrap(), Seen::default(), JoinSet::new());
    let noted = Arc::clone(&seen);
    server.spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let seen = Arc::clone(&noted);
            let service = service_fn(move |request: Request<Incoming>| {
                let seen = Arc::clone(&seen);
                async move {
                    let (head, body) = request.into_parts();
                    let body = body.collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default();
                    let headers =
                        head.headers.iter().map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()));
                    let path = head.uri.to_string();
                    seen.lock().unwrap().push((
                        path.clone(),
                        headers.collect(),
                        String::from_utf8_lossy(&body).into_owned(),
                    ));
                    let (status, kind, body) = answers(&path);
                    let mut response = Response::new(Full::new(Bytes::from(body)));
                    *response.status_mut() = status.try_into().unwrap();
                    if status == 302 {
                        response.headers_mut().insert("location", "/elsewhere".parse().unwrap());
                    }
                    if !kind.is_empty() {
                        response.headers_mut().insert("content-type", kind.parse().unwrap());
                    }
                    Ok::<_, std::convert::Infallible>(response)
                }
            });
            tokio::spawn(hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service));
        }
    });
    Wrong { address, seen, _server: server }
}

fn app(more: &Value) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let mut host = json!({
        "version": "2.0", "functionTimeout": "00:00:00.4",
        "customHandler": { "description": { "defaultExecutablePath": "handler" } },
    });
    host.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    fs::write(folder.path().join("host.json"), host.to_string()).unwrap();
    let function = |name: &str, bindings: Value| {
        fs::create_dir_all(folder.path().join(name)).unwrap();
        fs::write(folder.path().join(name).join("function.json"), json!({ "bindings": bindings }).to_string()).unwrap();
    };
    function(
        "onQueue",
        json!([
            { "type": "queueTrigger", "direction": "in", "name": "q", "queueName": "jobs", "connection": "AzureWebJobsStorage" },
            { "type": "queue", "direction": "out", "name": "out", "queueName": "next", "connection": "AzureWebJobsStorage" },
            { "type": "queue", "direction": "out", "name": "raw", "queueName": "raw", "connection": "x", "dataType": "binary" },
        ]),
    );
    function("onTimer", json!([{ "type": "timerTrigger", "direction": "in", "name": "t", "schedule": "0 0 3 * * *" }]));
    function(
        "ask",
        json!([
            { "type": "httpTrigger", "direction": "in", "name": "req", "route": "ask/{id}", "methods": ["get", "post"] },
            { "type": "http", "direction": "out", "name": "res" },
        ]),
    );
    function(
        "returns",
        json!([
            { "type": "httpTrigger", "direction": "in", "name": "req" }, { "type": "http", "direction": "out", "name": "$return" },
        ]),
    );
    folder
}

async fn host(answers: Answers, more: &Value) -> (FunctionsHost, Wrong, TempDir) {
    let (wrong, app) = (handler(answers).await, app(more));
    let host = FunctionsHost::start_with(app.path(), Handler::At(wrong.address)).await.unwrap();
    (host, wrong, app)
}

fn json_of(body: &Value) -> (u16, &'static str, String) {
    (200, "application/json", body.to_string())
}

fn get(target: &str) -> HttpCall {
    HttpCall { method: "GET".to_owned(), target: target.to_owned(), ..HttpCall::default() }
}

const MESSAGE: &str = r#"{"id":1}"#;

#[tokio::test]
async fn an_empty_answer_hangs_until_the_functions_timeout() {
    for answers in [(|_| (200, "", String::new())) as Answers, |_| (200, "application/json", "null".to_owned())] {
        let (host, _wrong, _app) = host(answers, &json!({})).await;
        let begun = std::time::Instant::now();
        let outcome = host.queue_message(&QueueMessage::new("jobs", MESSAGE)).await.unwrap();
        assert_eq!(outcome, Outcome::TimedOut);
        assert!(begun.elapsed() >= Duration::from_millis(400));
        let function = || "onQueue".to_owned();
        assert_eq!(
            host.notices(),
            [Notice::EmptyAnswer { function: function() }, Notice::TimedOut { function: function() }]
        );
    }
}

#[tokio::test]
async fn plain_text_and_what_is_no_answer_fail() {
    for answers in [
        (|_| (200, "text/plain", "{}".to_owned())) as Answers,
        |_| (200, "application/json", "done".to_owned()),
        |_| json_of(&json!([])),
        |_| json_of(&json!({ "Outputs": "x" })),
        |_| (500, "application/json", "{}".to_owned()),
    ] {
        let (host, _wrong, _app) = host(answers, &json!({})).await;
        let outcome = host.queue_message(&QueueMessage::new("jobs", MESSAGE)).await.unwrap();
        assert!(matches!(outcome, Outcome::Failed(_)), "{outcome:?}");
    }
}

#[tokio::test]
async fn a_text_that_looks_like_base64_is_decoded() {
    let answers = |_: &str| {
        json_of(
            &json!({ "Outputs": { "out": "test", "raw": "test", "plain": "not base64" }, "ReturnValue": "abcd", "Logs": ["l"] }),
        )
    };
    let (host, _wrong, _app) = host(answers, &json!({})).await;
    let Some(Outcome::Succeeded(answer)) = host.queue_message(&QueueMessage::new("jobs", MESSAGE)).await else {
        panic!()
    };
    assert_eq!(answer.outputs["out"], Output::Bytes(vec![0xb5, 0xeb, 0x2d]), "the text is gone");
    assert_eq!(answer.outputs["raw"], Output::Json(json!("test")), "its binding says that it is binary");
    assert_eq!(answer.outputs["plain"], Output::Json(json!("not base64")));
    assert!(matches!(answer.return_value, Some(Output::Bytes(_))));
    assert_eq!(answer.logs, ["l"]);
    assert_eq!(host.notices().len(), 2, "{:?}", host.notices());
}

#[tokio::test]
async fn events_come_as_the_host_sends_them() {
    let (host, wrong, _app) = host(|_| json_of(&json!({})), &json!({})).await;
    host.queue_message(&QueueMessage::new("jobs", r#"{"id":1,"PopReceipt":"mine"}"#)).await.unwrap();
    let seen = wrong.seen.lock().unwrap().clone();
    let (ping, event) = (&seen[0], seen.last().unwrap());
    assert_eq!(ping.0, "/", "it is asked whether it is there");
    assert_eq!(event.0, "/onQueue", "without /api");
    let header = |name: &str| event.1.iter().find(|(own, _)| own == name).map(|(_, value)| value.as_str());
    assert_eq!(header("transfer-encoding"), Some("chunked"));
    assert_eq!(header("content-length"), None);
    assert_eq!(header("content-type"), Some("application/json; charset=utf-8"));
    assert!(header("x-azure-functions-invocationid").is_some() && header("traceparent").is_some());
    assert_eq!(header("x-ms-invocation-id"), None, "that is for requests which are passed on");
    let body: Value = serde_json::from_str(&event.2).unwrap();
    assert_eq!(body["Data"]["q"], r#""{\"id\":1,\"PopReceipt\":\"mine\"}""#);
    assert_eq!((&body["Metadata"]["PopReceipt"], &body["Metadata"]["id"]), (&json!("\"mine\""), &json!("\"1\"")));
    assert_eq!(body["Metadata"]["QueueTrigger"], Value::Null);
    assert_eq!(body["Metadata"]["sys"]["MethodName"], "onQueue");
}

#[tokio::test]
async fn redirects_are_followed_after_events() {
    let answers = |path: &str| match path {
        "/elsewhere" => json_of(&json!({ "Logs": ["followed"] })),
        _ => (302, "", String::new()),
    };
    let (host, _wrong, _app) = host(answers, &json!({})).await;
    let Some(Outcome::Succeeded(answer)) = host.timer("onTimer").await else { panic!() };
    assert_eq!(answer.logs, ["followed"]);
}

#[tokio::test]
async fn a_message_that_fails_is_poison_after_so_many_deliveries() {
    let (host, wrong, _app) = host(|_| (500, "", String::new()), &json!({})).await;
    let poisoned = Fate::Poisoned { queue: "jobs-poison".to_owned(), attempts: 5 };
    assert_eq!(host.enqueue("jobs", "hello").await, poisoned);
    let seen = wrong.seen.lock().unwrap().clone();
    let counts: Vec<Value> = seen
        .iter()
        .filter(|(path, ..)| path == "/onQueue")
        .map(|(.., body)| {
            let body: Value = serde_json::from_str(body).unwrap();
            assert_eq!(body["Data"]["q"], "\"hello\"");
            body["Metadata"]["DequeueCount"].clone()
        })
        .collect();
    assert_eq!(counts, ["1", "2", "3", "4", "5"]);
}

#[tokio::test]
async fn a_retry_policy_tells_which_attempt_it_is() {
    let retry = json!({ "retry": { "strategy": "fixedDelay", "maxRetryCount": 2, "delayInterval": "00:00:00" } });
    let (host, wrong, _app) = host(|_| (500, "", String::new()), &retry).await;
    host.retry_after(Duration::ZERO);
    assert!(matches!(host.timer("onTimer").await, Some(Outcome::Failed(_))));
    let seen = wrong.seen.lock().unwrap().clone();
    let events: Vec<Value> = seen
        .iter()
        .filter(|(path, ..)| path == "/onTimer")
        .map(|(.., body)| serde_json::from_str(body).unwrap())
        .collect();
    let counts: Vec<&Value> = events.iter().map(|event| &event["Metadata"]["RetryContext"]["RetryCount"]).collect();
    assert_eq!(counts, [0, 1, 2]);
    assert!(
        events[0]["Metadata"]["RetryContext"]["Exception"].is_null()
            && events[2]["Metadata"]["RetryContext"]["Exception"].is_object()
    );
    assert_eq!(
        events[0]["Data"]["t"],
        json!({ "Schedule": { "AdjustForDST": true }, "ScheduleStatus": null, "IsPastDue": false })
    );
}

#[tokio::test]
async fn requests_told_as_events_are_answered_by_outputs() {
    let answers = |path: &str| match path {
        "/ask" => json_of(&json!({ "Outputs": { "res": {
            "status": 418, "statusCode": "201", "body": "test", "headers": { "X-A": "1", "set-cookie": ["a", "b"] },
        } } })),
        _ => json_of(&json!({ "ReturnValue": { "statusCode": 404, "value": 1 } })),
    };
    let (host, wrong, _app) = host(answers, &json!({})).await;
    let mut call = HttpCall { method: "POST".to_owned(), body: b"abc".to_vec(), ..get("/api/ask/7?x=1&x=2") };
    call.headers.push(("Transfer-Encoding".to_owned(), "chunked".to_owned()));
    let reply = host.http(&call).await;
    assert_eq!((reply.status, &reply.body[..]), (201, &b"test"[..]), "`status` is not heard");
    assert_eq!(reply.headers[0], ("set-cookie".to_owned(), r#"["a","b"]"#.to_owned()), "a header is one value");
    assert_eq!(host.notices(), [Notice::StatusIgnored { function: "ask".to_owned() }]);
    let event: Value = serde_json::from_str(&wrong.seen.lock().unwrap().last().unwrap().2).unwrap();
    let request = &event["Data"]["req"];
    assert_eq!(request["Body"], Value::Null, "a body in chunks is lost");
    assert_eq!(request["Query"]["x"], "1,2");
    assert_eq!(request["Url"], "https://localhost/api/ask/7?x=1&x=2");
    call.headers.clear();
    host.http(&call).await;
    let event: Value = serde_json::from_str(&wrong.seen.lock().unwrap().last().unwrap().2).unwrap();
    assert_eq!(event["Data"]["req"]["Body"], "abc");

    let returned = host.http(&get("/api/returns")).await;
    assert_eq!(
        (returned.status, &returned.body[..]),
        (200, &br#"{"statusCode":404,"value":1}"#[..]),
        "without a body it is one"
    );
    assert_eq!(host.http(&get("/ask/7")).await.status, 404, "the default prefix is /api");
    assert_eq!(host.http(&HttpCall { method: "DELETE".to_owned(), ..get("/api/ask/7") }).await.status, 404);
}

#[tokio::test]
async fn forwarding_loses_what_proxying_keeps() {
    for (flag, kept) in [("enableForwardingHttpRequest", false), ("enableProxyingHttpRequest", true)] {
        let handler = json!({ "customHandler": { "description": { "defaultExecutablePath": "h" }, flag: true } });
        let (host, wrong, _app) = host(|_| (302, "text/plain", "moved".to_owned()), &handler).await;
        let mut call = HttpCall { method: "POST".to_owned(), body: b"abc".to_vec(), ..get("/api/ask/7?x=1&x=2") };
        for (name, value) in
            [("Transfer-Encoding", "chunked"), ("Content-Language", "de"), ("Content-Type", "text/plain")]
        {
            call.headers.push((name.to_owned(), value.to_owned()));
        }
        let reply = host.http(&call).await;
        assert_eq!((reply.status, &reply.body[..]), (302, &b"moved"[..]), "redirects are the client's affair");
        let (path, headers, body) = wrong.seen.lock().unwrap().last().unwrap().clone();
        let header = |name: &str| headers.iter().any(|(own, _)| own == name);
        assert_eq!(
            (body == "abc", path == "/api/ask/7?x=1&x=2", header("content-language")),
            (kept, kept, kept),
            "{flag}"
        );
        assert!(path.starts_with("/api/ask/7") && header("content-type") && header("x-azure-functions-invocationid"));
        assert_eq!(header("x-ms-invocation-id"), kept);
    }
}

#[tokio::test]
async fn a_request_whose_connection_breaks_is_sent_again() {
    let handler = json!({ "customHandler": { "description": { "defaultExecutablePath": "h" }, "enableProxyingHttpRequest": true } });
    let (host, wrong, _app) = host(|_| (200, "", "x".to_owned()), &handler).await;
    host.break_connections(2);
    assert_eq!(host.http(&get("/api/ask/7")).await.status, 200);
    let came = wrong.seen.lock().unwrap().iter().filter(|(path, ..)| path == "/api/ask/7").count();
    assert_eq!(came, 3);
    host.break_connections(20);
    assert_eq!(host.http(&get("/api/ask/7")).await.status, 502, "ten times more, and no more");
    let came = wrong.seen.lock().unwrap().iter().filter(|(path, ..)| path == "/api/ask/7").count();
    assert_eq!(came, 3 + 11);
}

/// Processes that only end: by their code they are started again, or not.
#[tokio::test]
async fn the_exit_code_tells_whether_the_handler_is_started_again() {
    for (script, starts, why) in [
        ("exit 0", 1, "not started again"),
        ("exit 7", 3, "failed 3 times, at last with Some(7)"),
        // It is not counted: it goes on until the others are.
        ("test -e again && exit 1; touch again; exit 200", 4, "failed 3 times"),
        ("env | grep -q ^FUNCTIONS_CUSTOMHANDLER_PORT= && exit 9; exit 0", 3, "Some(9)"),
        (
            "env | grep -q ^FUNCTIONS_HTTPWORKER_PORT= && test -n \"$FUNCTIONS_APP_ROOT_PATH\" && exit 9; exit 0",
            3,
            "Some(9)",
        ),
    ] {
        let app = app(&json!({}));
        let mut command = Command::new("sh");
        command.args(["-c", script]).current_dir(app.path());
        let worker = Worker::keep(Start {
            handler: Handler::Command(command),
            port: None,
            root: app.path().display().to_string(),
            within: Duration::from_secs(20),
        });
        let told = worker.address().await.unwrap_err();
        assert!(told.contains(why), "{script}: {told}");
        assert_eq!(worker.starts(), starts, "{script}");
    }
}

#[tokio::test]
async fn a_handler_that_does_not_come_is_waited_for_and_its_output_is_filed() {
    let init = json!({ "customHandler": {
        "description": { "defaultExecutablePath": "sh", "arguments": ["-c", "echo out; echo a warning >&2; echo bad >&2; sleep 60"] },
        "initializationTimeout": "00:00:01",
    } });
    let app = app(&init);
    let read = App::read(app.path()).unwrap();
    let command = read.command();
    let worker = Worker::keep(Start {
        handler: Handler::Logged(command),
        port: None,
        root: String::new(),
        within: read.initialization_timeout(),
    });
    assert!(worker.address().await.unwrap_err().contains("did not answer within 1s"));
    let filed: Vec<_> = worker.log().into_iter().map(|line| (line.text, line.level)).collect();
    for line in [("out", "Information"), ("a warning", "Warning"), ("bad", "Error")] {
        assert!(filed.iter().any(|(text, level)| (text.as_str(), *level) == line), "{line:?}: {filed:?}");
    }
}
