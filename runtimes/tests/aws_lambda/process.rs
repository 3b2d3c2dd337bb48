//! The process as the host starts it: this test binary, which the tests start again with the host's environment.

use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use anyport_conformance::hosts::gateway::{Gateway, HttpCall};
use anyport_conformance::hosts::runtime_api::{Invocation, InvocationResult, RuntimeApi};
use anyport_memory::MemoryStore;
use anyport_ports::resources::Provision as _;
use anyport_ports::{Clock, Error};
use anyport_runtimes::aws_lambda::{LambdaError, LambdaSettings, serve};
use anyport_runtimes::logs::{self, LogFormat, LogSettings};
use anyport_runtimes::{Download, Function, Json, Limits, Method, Surroundings, SystemClock, Workload};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::{Value, json};
use tokio::process::{Child, Command};
use tokio::sync::Barrier;
use tokio::time::timeout;

use crate::site::ports;

/// Set for a process that is to serve.
const BOOTSTRAP: &str = "ANYPORT_TEST_BOOTSTRAP";

/// Longest wait for anything.
const PATIENCE: Duration = Duration::from_mins(1);

const STREAMED: usize = 8 * 1024 * 1024;

fn workload() -> Workload {
    let chunks = |count: usize| (0..count).map(|_| Ok(bytes::Bytes::from(vec![b'x'; 64 * 1024])));
    let text = |bytes, length| Download { content_type: "text/plain".to_owned(), length, etag: None, bytes };
    let streams = move || async move {
        let bytes = Box::pin(futures_util::stream::iter(chunks(STREAMED / (64 * 1024))));
        Ok::<_, Error>(text(bytes, Some(STREAMED as u64)))
    };
    let breaks = move || async move {
        let broken = std::iter::once(Err("the secret inner text".into()));
        let bytes = Box::pin(futures_util::stream::iter(chunks(1).chain(broken).chain(chunks(1))));
        Ok::<_, Error>(text(bytes, None))
    };
    let stalls = move || async move {
        let bytes = Box::pin(futures_util::StreamExt::chain(
            futures_util::stream::iter(chunks(1)),
            futures_util::stream::pending(),
        ));
        Ok::<_, Error>(text(bytes, None))
    };
    let barrier = Arc::new(Barrier::new(4));
    let meets = move || {
        let barrier = Arc::clone(&barrier);
        async move {
            barrier.wait().await;
            Ok::<_, Error>(Json("met"))
        }
    };
    let quick = Limits { timeout: Duration::from_millis(300), ..Limits::default() };
    Workload::new("process")
        .function(Function::http("one", Method::GET, "/one", || async { Ok::<_, Error>(Json(1_u8)) }))
        .function(Function::http("panics", Method::GET, "/panics", panics))
        .function(Function::http("streams", Method::GET, "/streams", streams))
        .function(Function::http("breaks", Method::GET, "/breaks", breaks))
        .function(Function::http("stalls", Method::GET, "/stalls", stalls).limits(quick))
        .function(Function::http("meets", Method::GET, "/meets", meets))
}

async fn panics() -> Result<Json<u8>, Error> {
    panic!("as asked")
}

/// Outside of AWS Lambda nothing is served, and it is told why. Started by the other tests, it serves.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_serves_only_where_the_host_has_started_it() {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let (store, workload) = (MemoryStore::new(Arc::clone(&clock)), workload());
    store.handle().provision(&workload.resources()).await.unwrap();
    let Ok(settings) = std::env::var(BOOTSTRAP) else {
        let refused =
            serve(workload, ports(&store, &clock), Surroundings::none(), LambdaSettings::default()).await.unwrap_err();
        assert!(matches!(refused, LambdaError::Environment(_)), "{refused}");
        assert!(refused.to_string().contains("AWS_LAMBDA_RUNTIME_API is not set"), "{refused}");
        return;
    };
    logs::init(&LogSettings { format: LogFormat::Json, ..LogSettings::default() }).unwrap();
    let settings: LambdaSettings = serde_json::from_str(&settings).unwrap();
    panic!("{}", serve(workload, ports(&store, &clock), Surroundings::none(), settings).await.unwrap_err());
}

struct Process {
    api: RuntimeApi,
    child: Child,
}

impl Process {
    /// Starts it, and waits for the end of its init.
    async fn start(settings: &Value, variables: &[(&str, &str)]) -> Self {
        let api = RuntimeApi::start().await.unwrap();
        let test = concat!(module_path!(), "::it_serves_only_where_the_host_has_started_it");
        let test = test.split_once("::").unwrap().1;
        let child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", test, "--nocapture"])
            .envs(api.environment())
            .env(BOOTSTRAP, settings.to_string())
            .envs(variables.iter().copied())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        timeout(PATIENCE, api.polled()).await.expect("it asks for an event");
        Self { api, child }
    }

    async fn invoke(&self, invocation: Invocation) -> InvocationResult {
        timeout(PATIENCE, self.api.invoke(invocation)).await.expect("it answers")
    }

    async fn get(&self, target: &str) -> InvocationResult {
        self.invoke(get(target)).await
    }

    /// Sends SIGTERM; how it ended, and what it logged.
    async fn terminate(self) -> (bool, Vec<Value>) {
        let id = Pid::from_raw(i32::try_from(self.child.id().unwrap()).unwrap());
        kill(id, Signal::SIGTERM).unwrap();
        let output = timeout(PATIENCE, self.child.wait_with_output()).await.expect("it ends").unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        let lines = text.lines().filter(|line| line.starts_with('{'));
        (output.status.success(), lines.map(|line| serde_json::from_str(line).unwrap()).collect())
    }
}

fn get(target: &str) -> Invocation {
    let call = HttpCall { method: "GET".to_owned(), target: target.to_owned(), ..HttpCall::default() };
    Invocation::new(Gateway::FunctionUrl.event(&call).to_string())
}

fn status(result: &InvocationResult) -> u16 {
    Gateway::FunctionUrl.reply(result).status
}

#[tokio::test]
async fn it_answers_outlives_garbage_and_is_told_of_its_end() {
    let process = Process::start(&json!({}), &[]).await;
    assert_eq!(process.api.extensions().len(), 1, "or the host would kill it without a signal");
    let trace = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1";
    assert_eq!(status(&process.invoke(get("/one").trace(trace)).await), 200);
    for garbage in ["", "{", "null", "[]", "{}", "\u{0}", r#"{"Records":[]}"#, r#""text""#] {
        let result = process.invoke(Invocation::new(garbage)).await;
        let InvocationResult::Error(error) = result else { panic!("{garbage:?}: {result:?}") };
        assert!(!error.error_type.is_empty() && !error.message.is_empty(), "{garbage:?}: {error:?}");
    }
    assert!(matches!(process.invoke(Invocation::new(&b"\xff\xfe"[..])).await, InvocationResult::Error(_)));
    assert_eq!(status(&process.get("/panics").await), 500);
    assert_eq!(status(&process.invoke(get("/one").deadline_ms(600_000)).await), 200, "a deadline in 1970 is unknown");
    assert_eq!(process.api.refusals(), []);
    assert_eq!(process.api.init_errors(), []);

    let (success, logged) = process.terminate().await;
    assert!(success);
    let handled: Vec<&Value> = logged.iter().filter(|line| line["message"] == "handled").collect();
    assert_eq!(handled.iter().map(|line| line["cold_start"] == true).collect::<Vec<_>>(), [true, false, false]);
    let first = handled[0];
    assert!(first["request_id"].as_str().unwrap().ends_with("000000000001"), "{first}");
    assert_eq!(first["trace_id"], "5759e988bd862e3fe1be46a994272793");
    let served = logged.iter().find(|line| line["message"] == "served").unwrap();
    assert_eq!(served["trace_id"], "5759e988bd862e3fe1be46a994272793", "the function's own logs have it too");
    assert_eq!(served["request_id"], first["request_id"]);
    assert_eq!(logged.last().unwrap()["message"], "stopping");
}

#[tokio::test]
async fn answers_are_streamed_and_end_early_when_their_source_fails() {
    let process = Process::start(&json!({ "response_streaming": true, "graceful_shutdown": false }), &[]).await;
    assert!(process.api.extensions().is_empty());
    let streamed = async |target: &str| match process.get(target).await {
        InvocationResult::Streamed { prelude, body, error_type: None } => (prelude, body),
        other => panic!("{target}: {other:?}"),
    };
    let (prelude, body) = streamed("/streams").await;
    assert_eq!((prelude["statusCode"].as_u64(), body.len()), (Some(200), STREAMED), "more than fits one answer");
    assert_eq!(prelude["headers"]["content-type"], "text/plain");
    for target in ["/breaks", "/stalls"] {
        let (prelude, body) = streamed(target).await;
        assert_eq!(prelude["statusCode"], 200);
        assert!(body.len() == 64 * 1024 && body.iter().all(|byte| *byte == b'x'), "{target}: not a word of the error");
    }
    let (prelude, body) = streamed("/nowhere").await;
    assert_eq!(
        (&prelude["statusCode"], &prelude["headers"]["content-type"]),
        (&json!(404), &json!("application/problem+json"))
    );
    assert_eq!(serde_json::from_slice::<Value>(&body).unwrap()["code"], "no_such_route");
    assert_eq!(process.api.refusals(), []);
}

#[tokio::test]
async fn without_streaming_a_stream_too_large_is_a_problem() {
    let process = Process::start(&json!({ "graceful_shutdown": false }), &[]).await;
    assert_eq!(status(&process.get("/streams").await), 413);
    assert_eq!(status(&process.get("/breaks").await), 503);
    assert_eq!(status(&process.get("/stalls").await), 503);
    assert_eq!(process.api.refusals(), []);
}

#[tokio::test]
async fn events_are_handled_at_once_where_the_host_asks_for_it() {
    let process = Process::start(&json!({}), &[("AWS_LAMBDA_MAX_CONCURRENCY", "4")]).await;
    let meeting = || process.get("/meets");
    let met = tokio::join!(meeting(), meeting(), meeting(), meeting());
    for result in [met.0, met.1, met.2, met.3] {
        assert_eq!(status(&result), 200, "each waits for the three others");
    }
    assert_eq!(process.api.refusals(), []);
}
