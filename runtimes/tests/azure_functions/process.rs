//! The process as the host starts it: this test binary, which the host starts by what `host.json` says.

use std::io::Write as _;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyport_conformance::hosts::azure_functions::{FunctionsHost, QueueMessage, StartError};
use anyport_conformance::hosts::gateway::{HttpCall, HttpReply};
use anyport_memory::MemoryStore;
use anyport_ports::resources::Provision as _;
use anyport_ports::{Clock, Error};
use anyport_runtimes::azure_functions::{AzureFunctionsSettings, EXIT_CONFIGURATION, serve};
use anyport_runtimes::host::{Host, detect};
use anyport_runtimes::logs::{self, LogFormat, LogSettings};
use anyport_runtimes::telemetry::{Telemetry, TelemetrySettings};
use anyport_runtimes::{Event, Function, Json, Method, Surroundings, SystemClock, Workload};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::site::{PREFIX, host_json, ports, write};
use crate::workload::{Jobs, Work, text};

/// The argument after which the settings of a process that is to serve come: the harness passes it over.
const SETTINGS: &str = "ANYPORT_TEST_AZURE_FUNCTIONS=";

/// What it writes before anything else that counts: the test harness has said something by then.
const BEGIN: &str = "the process begins";

/// Longest wait for anything.
const PATIENCE: Duration = Duration::from_mins(1);

async fn panics() -> Result<Json<u8>, Error> {
    panic!("as\nasked")
}

async fn exits() -> Result<Json<u8>, Error> {
    std::process::exit(3)
}

async fn strange() -> Result<Json<u8>, Error> {
    log::warn!(target: "others", "a \"quote\"\nand a line");
    tracing::info!(target: "others", long = "x".repeat(100_000), password = "planted", "long");
    Ok(Json(1))
}

async fn place(jobs: anyport_ports::handles::Publish<Jobs>) -> Result<Json<&'static str>, Error> {
    jobs.publish(&crate::workload::Job { how: "placed".to_owned() }).await?;
    tracing::info!("placed");
    Ok(Json("placed"))
}

async fn work(_: Event<Work>) -> Result<(), Error> {
    tracing::info!("worked");
    Ok(())
}

fn workload() -> Workload {
    let get = Method::GET;
    Workload::new("process")
        .function(Function::http("one", get.clone(), "/one", || async { Ok::<_, Error>(Json(1_u8)) }))
        .function(Function::http("place", Method::POST, "/jobs", place))
        .function(Function::http("panics", get.clone(), "/panics", panics))
        .function(Function::http("exits", get.clone(), "/exits", exits))
        .function(Function::http("strange", get, "/strange", strange))
        .function(Function::subscription::<Work, _, _>("work", work))
}

/// Started by the host, it serves; by itself it is nothing.
#[test]
fn it_serves_where_the_host_has_started_it() {
    let settings = std::env::args().find_map(|argument| argument.strip_prefix(SETTINGS).map(str::to_owned));
    let Some(settings) = settings else {
        assert_ne!(detect(), Ok(Host::AzureFunctions), "nothing tells of this host");
        return;
    };
    writeln!(std::io::stdout(), "\n{BEGIN}").unwrap();
    assert_eq!(detect(), Ok(Host::AzureFunctions));
    let executor = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let code = executor.block_on(async {
        match begin(&settings).await {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => logs::fatal(&*error, EXIT_CONFIGURATION),
        }
    });
    // Without what the harness would say.
    std::process::exit(if code == ExitCode::SUCCESS { 0 } else { i32::from(EXIT_CONFIGURATION) });
}

async fn begin(settings: &str) -> Result<(), Box<dyn std::error::Error>> {
    let mut settings: Value = serde_json::from_str(settings)?;
    let telemetry = match settings.as_object_mut().and_then(|settings| settings.remove("telemetry")) {
        Some(telemetry) => serde_json::from_value(telemetry)?,
        None => TelemetrySettings::of("process", "1"),
    };
    let settings: AzureFunctionsSettings = serde_json::from_value(settings)?;
    let log = LogSettings { format: LogFormat::Json, ..LogSettings::default() };
    let telemetry = Telemetry::install(&telemetry, &log)?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let (store, workload) = (MemoryStore::new(Arc::clone(&clock)), workload());
    store.handle().provision(&workload.resources()).await?;
    let surroundings = Surroundings::none().told_by(Some(telemetry));
    serve(workload, ports(&store, &clock), surroundings, settings).await?;
    Ok(())
}

/// An app whose handler is this test binary.
fn app(settings: &Value) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let executable = std::env::current_exe().unwrap();
    let mut file = host_json(&executable.display().to_string(), true);
    let test = concat!(module_path!(), "::it_serves_where_the_host_has_started_it").split_once("::").unwrap().1;
    file["customHandler"]["description"]["arguments"] =
        json!(["--exact", test, "--nocapture", "--skip", format!("{SETTINGS}{settings}")]);
    write(folder.path(), &workload(), &file);
    folder
}

async fn started(settings: &Value) -> (TempDir, Result<FunctionsHost, StartError>) {
    let app = app(settings);
    let host = tokio::time::timeout(PATIENCE, FunctionsHost::start(app.path())).await.expect("it starts, or does not");
    (app, host)
}

async fn ask(host: &FunctionsHost, method: &str, target: &str, headers: &[(&str, &str)]) -> HttpReply {
    let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    host.http(&HttpCall { method: method.to_owned(), target: target.to_owned(), headers, body: Vec::new() }).await
}

/// What the process logged, each line as an object: all that it wrote after its beginning must be that.
fn logged(host: &FunctionsHost) -> Vec<Value> {
    let lines = host.log();
    let errors: Vec<_> = lines.iter().filter(|line| line.level != "Information").collect();
    assert!(errors.is_empty(), "standard error is no place for logs: {errors:?}");
    let mut begun = false;
    let mut parsed = Vec::new();
    for line in lines {
        match line.text.as_str() {
            BEGIN => begun = true,
            // The harness has its say when a process begins.
            text if text.is_empty() || text.starts_with("running ") => begun = false,
            text if begun => {
                parsed.push(serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text:?}")));
            }
            _ => {}
        }
    }
    parsed
}

/// The first line of this kind, once it is there.
async fn line(host: &FunctionsHost, what: &str, of_kind: impl Fn(&Value) -> bool) -> Value {
    let found = async {
        loop {
            if let Some(found) = logged(host).into_iter().find(&of_kind) {
                return found;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    let waited = tokio::time::timeout(PATIENCE, found).await;
    waited.unwrap_or_else(|_| panic!("no {what} in {:#?}", host.log()))
}

const KEYS: [&str; 9] =
    ["timestamp", "level", "message", "target", "request_id", "correlation_id", "trace_id", "function", "cold_start"];

/// Facts 1, 7: the host's variables are enough to serve by, and all that is written is JSON on standard output.
#[tokio::test]
async fn principle_p2_every_line_on_azure_functions_is_one_object_with_all_fields_whatever_happens() {
    let (_app, host) = started(&json!({ "prefix": PREFIX })).await;
    let host = host.unwrap();
    for (target, status) in [("/one", 200), ("/panics", 500), ("/strange", 200), ("/nowhere", 404), ("/one", 200)] {
        assert_eq!(
            ask(&host, "GET", target, &[("authorization", "Bearer planted-planted")]).await.status,
            status,
            "{target}"
        );
    }
    assert!(host.queue_message(&QueueMessage::new("test-jobs-work", text("x"))).await.unwrap().is_success());
    assert!(!host.queue_message(&QueueMessage::new("test-jobs-work", "garbage")).await.unwrap().is_success());
    line(&host, "failure", |line| line["message"] == "not handled").await;
    let lines = logged(&host);
    assert!(!lines.iter().any(|line| line.to_string().contains("planted")), "no secret is told");
    for line in &lines {
        for key in KEYS {
            assert!(line.get(key).is_some(), "{key}: {line}");
        }
    }
    let panic = lines.iter().find(|line| line["message"] == "a panic").unwrap();
    assert_eq!((&panic["function"], &panic["panic"]), (&json!("panics"), &json!("as\nasked")));
    assert_eq!(lines.iter().filter(|line| line["cold_start"] == true && line["message"] == "served").count(), 1);
}

#[tokio::test]
async fn principle_p4_on_azure_functions_what_a_request_causes_is_of_its_correlation_and_trace() {
    let (_app, host) = started(&json!({ "prefix": PREFIX })).await;
    let host = host.unwrap();
    let trace = "00-5759e988bd862e3fe1be46a994272793-53995c3f42cd8ad8-01";
    let reply = ask(&host, "POST", "/jobs", &[("traceparent", trace), ("x-correlation-id", "c1")]).await;
    assert_eq!(reply.status, 200);
    let placed = line(&host, "order", |line| line["message"] == "placed").await;
    assert_eq!(
        (&placed["correlation_id"], &placed["trace_id"]),
        (&json!("c1"), &json!("5759e988bd862e3fe1be46a994272793"))
    );
    assert!(placed["request_id"].as_str().unwrap().starts_with("5e0f1e9a-"), "the host's invocation: {placed}");
    // The message as it was published: its trace and correlation go before the host's.
    let mut message: Value = serde_json::from_str(&text("placed")).unwrap();
    message["correlationid"] = json!("c1");
    message["traceparent"] = json!(trace);
    assert!(host.queue_message(&QueueMessage::new("test-jobs-work", message.to_string())).await.unwrap().is_success());
    let worked = line(&host, "work", |line| line["message"] == "worked").await;
    for same in ["correlation_id", "trace_id"] {
        assert_eq!(worked[same], placed[same], "{same}");
    }
    assert!(
        worked["request_id"] != placed["request_id"] && worked["request_id"].as_str().unwrap().starts_with("5e0f1e9a-")
    );
}

/// Fact 6: the host kills without a signal, and may do so as soon as it is answered.
#[cfg(feature = "otlp")]
#[tokio::test]
async fn principle_c1_spans_and_metrics_are_out_before_azure_functions_may_kill_the_process() {
    let collector = anyport_conformance::collector::Collector::start().await.unwrap();
    let telemetry = TelemetrySettings {
        endpoint: Some(collector.endpoint().to_owned()),
        interval: Duration::from_hours(1),
        ..TelemetrySettings::of("process", "1")
    };
    let (_app, host) = started(&json!({ "prefix": PREFIX, "telemetry": telemetry })).await;
    let host = host.unwrap();
    let sent = |name: &str| collector.spans().iter().filter(|span| span.name == name).count();
    assert_eq!(ask(&host, "POST", "/jobs", &[]).await.status, 200);
    host.kill();
    assert_eq!(sent("place"), 1, "{:?}", collector.spans());
    while host.starts() < 2 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert!(host.queue_message(&QueueMessage::new("test-jobs-work", text("x"))).await.unwrap().is_success());
    host.kill();
    assert_eq!((sent("event"), sent("work")), (1, 1), "{:?}", collector.spans());
    let spans = collector.spans();
    assert!(spans.iter().all(|span| span.resource["cloud.platform"] == "azure.functions"), "{spans:?}");
    assert!(collector.metrics().contains_key("faas.invocations"));
}

/// Facts 4, 6: killed without a signal it is started again; so it is after an exit in error, twice.
#[tokio::test]
async fn fact_6_nothing_that_was_told_is_lost_by_a_kill() {
    let (_app, host) = started(&json!({ "prefix": PREFIX })).await;
    let host = host.unwrap();
    assert_eq!(ask(&host, "GET", "/one", &[]).await.status, 200);
    host.kill();
    line(&host, "answer", |line| line["message"] == "served").await;
    while host.starts() < 2 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    host.ready().await.unwrap();
    assert_eq!(ask(&host, "GET", "/one", &[]).await.status, 200);
    assert_eq!(host.ended(), None);
}

/// Facts 4, 19: a request that ends the process is sent again to the next one, until the host has had enough.
#[tokio::test]
async fn fact_4_the_third_exit_in_error_stops_the_host() {
    let (_app, host) = started(&json!({ "prefix": PREFIX })).await;
    let host = host.unwrap();
    assert_eq!(ask(&host, "GET", "/exits", &[]).await.status, 502);
    assert_eq!(host.starts(), 3);
    assert!(host.ended().unwrap().contains("failed 3 times, at last with Some(3)"), "{:?}", host.ended());
}

/// Fact 4: what the settings break, no other start mends: the host stops at the third.
#[tokio::test]
async fn fact_4_principle_p5_wrong_settings_end_the_process_with_a_code_and_one_line() {
    for (settings, why) in [
        (json!({ "prefix": "Not a prefix" }), "azure_functions.prefix"),
        (json!({ "http": "pigeons" }), "unknown variant `pigeons`"),
    ] {
        let (app, host) = started(&settings).await;
        let refused = host.map(drop).unwrap_err().to_string();
        assert!(refused.contains("3 times") && refused.contains("78"), "{refused}");
        let output = std::process::Command::new(std::env::current_exe().unwrap())
            .args(arguments(app.path()))
            .env("FUNCTIONS_CUSTOMHANDLER_PORT", "1")
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(78));
        let text = String::from_utf8(output.stdout).unwrap();
        let lines: Vec<&str> = text.split_once(BEGIN).unwrap().1.trim().lines().collect();
        let [line] = lines[..] else { panic!("{lines:?}") };
        let line: Value = serde_json::from_str(line).unwrap();
        assert_eq!((&line["level"], &line["exit_code"]), (&json!("ERROR"), &json!(78)));
        assert!(line["error"].as_str().unwrap().contains(why), "{line}");
    }
}

fn arguments(app: &std::path::Path) -> Vec<String> {
    let file: Value = serde_json::from_str(&std::fs::read_to_string(app.join("host.json")).unwrap()).unwrap();
    serde_json::from_value(file["customHandler"]["description"]["arguments"].clone()).unwrap()
}

/// Fact 2: on another port than a free one nothing is served, and it is told why.
#[tokio::test]
async fn fact_1_without_the_hosts_variables_nothing_is_served() {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let store = MemoryStore::new(Arc::clone(&clock));
    let settings = AzureFunctionsSettings::default();
    let refused = serve(workload(), ports(&store, &clock), Surroundings::none(), settings).await.unwrap_err();
    assert!(refused.to_string().contains("FUNCTIONS_CUSTOMHANDLER_PORT is not set"), "{refused}");
}
