//! The process as the platform starts and ends it: this test binary, which the tests start again in a container.

use std::io::Write as _;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyport_conformance::hosts::cloud_run::{Container, Google, PROJECT, path};
use anyport_conformance::hosts::gateway::HttpCall;
use anyport_memory::MemoryStore;
use anyport_ports::{Clock, Error};
use anyport_runtimes::cloud_run::{CloudRunSettings, listen, serve};
use anyport_runtimes::host::{self, Host};
use anyport_runtimes::logs::{self, LogFormat, LogSettings};
use anyport_runtimes::telemetry::{Telemetry, TelemetrySettings};
use anyport_runtimes::{Function, Json, Limits, Method, Surroundings, SystemClock, Workload};
use serde_json::{Value, json};

use crate::site::{decode, ports};
use crate::workload::{Calls, text};

/// Set for a process that is to serve: its settings.
const BOOTSTRAP: &str = "ANYPORT_TEST_BOOTSTRAP";

/// What it writes before anything else that counts: the test harness has said something by then.
const BEGIN: &str = "the process begins";

fn workload() -> Workload {
    let slow = || async {
        tokio::time::sleep(Duration::from_secs(1)).await;
        Ok::<_, Error>(Json("done"))
    };
    let stuck = || async { std::future::pending::<Result<Json<u8>, Error>>().await };
    let long = Limits { timeout: Duration::from_mins(10), ..Limits::default() };
    crate::workload::workload(&Calls::default())
        .function(Function::http("one", Method::GET, "/one", || async { Ok::<_, Error>(Json(1_u8)) }))
        .function(Function::http("panics", Method::GET, "/panics", panics))
        .function(Function::http("slow", Method::GET, "/slow", slow))
        .function(Function::http("stuck", Method::GET, "/stuck", stuck).limits(long))
}

async fn panics() -> Result<Json<u8>, Error> {
    log::warn!("a line of another crate");
    panic!("as asked")
}

/// Started by the other tests, it serves; by itself it is nothing.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_serves_where_it_was_started_to() {
    let Ok(settings) = std::env::var(BOOTSTRAP) else { return };
    writeln!(std::io::stdout(), "\n{BEGIN}").unwrap();
    let settings: Value = serde_json::from_str(&settings).unwrap();
    if settings["deaf"] == true {
        // It takes the signal, and does nothing about it.
        let signals = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()).unwrap();
        let listener = listen(&serde_json::from_value(json!({ "bind": "127.0.0.1" })).unwrap()).await.unwrap();
        tokio::time::sleep(Duration::from_mins(10)).await;
        drop((signals, listener));
    }
    assert_eq!(host::detect(), Ok(Host::CloudRun), "K_SERVICE tells it");
    let log = LogSettings { format: LogFormat::Json, ..LogSettings::default() };
    let telemetry: TelemetrySettings = serde_json::from_value(settings["telemetry"].clone()).unwrap();
    let telemetry = Telemetry::install(&telemetry, &log).unwrap();
    let served = served(settings["cloud_run"].clone(), telemetry).await;
    if let Err(error) = &served {
        logs::fatal(error, 1);
    }
    // Without what the harness would say.
    std::process::exit(i32::from(served.is_err()));
}

async fn served(settings: Value, telemetry: Telemetry) -> Result<(), anyport_runtimes::cloud_run::CloudRunError> {
    let settings: CloudRunSettings = serde_json::from_value(settings).unwrap();
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let store = MemoryStore::new(Arc::clone(&clock));
    let surroundings =
        Surroundings::none().provisioned_by(Arc::new(store.handle())).decoding_changes(decode).told_by(Some(telemetry));
    let listener = listen(&settings).await?;
    serve(listener, workload(), ports(&store, &clock), surroundings, settings).await
}

async fn start(google: &Google, more: &Value) -> std::io::Result<Container> {
    let mut settings = json!({ "cloud_run": google.settings(), "telemetry": {}, "deaf": more["deaf"] });
    settings["cloud_run"]["grace"] = json!("3s");
    for section in ["cloud_run", "telemetry"] {
        for (name, value) in more[section].as_object().into_iter().flatten() {
            settings[section][name] = value.clone();
        }
    }
    let test = concat!(module_path!(), "::it_serves_where_it_was_started_to");
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .args(["--exact", test.split_once("::").unwrap().1, "--nocapture"])
        .env(BOOTSTRAP, settings.to_string())
        .env_remove("RUST_BACKTRACE")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    google.run(command).await
}

fn get(target: &str) -> HttpCall {
    HttpCall { method: "GET".to_owned(), target: target.to_owned(), ..HttpCall::default() }
}

/// Every line since the process began to write, each of which is JSON.
fn parsed(lines: &[String]) -> Vec<Value> {
    let begun = lines.iter().position(|line| line == BEGIN).expect("it has begun") + 1;
    lines[begun..]
        .iter()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("{line:?} is not JSON")))
        .collect()
}

/// Facts 1 and 4.
#[tokio::test]
async fn principle_p2_it_listens_on_its_port_and_every_line_is_as_cloud_logging_wants_it() {
    let google = Google::start().await.unwrap();
    let container = start(&google, &json!({})).await.unwrap();
    let service = container.service();
    let trace = "5759e988bd862e3fe1be46a994272793";
    let headers = vec![("x-cloud-trace-context".to_owned(), format!("{trace}/6023947403358210776;o=1"))];
    assert_eq!(service.http(&HttpCall { headers: headers.clone(), ..get("/one") }).await.status, 200);
    assert_eq!(service.http(&get("/readyz")).await.status, 200);
    assert_eq!(service.http(&get("/panics")).await.status, 500);
    assert_eq!(service.http(&get("/one")).await.status, 200, "and it lives on");
    assert_eq!(service.push(&path("work"), headers, text("fine").into()).await.status(), 204);
    assert_eq!(service.push(&path("work"), Vec::new(), b"\xff\0garbage".to_vec()).await.status(), 204);
    let stopped = container.stop().await;
    assert!(stopped.was_graceful(), "{stopped:?}");
    let lines = parsed(&stopped.lines);
    for line in &lines {
        let severity = line["severity"].as_str().unwrap();
        assert!(["DEBUG", "INFO", "WARNING", "ERROR"].contains(&severity) && line["message"].is_string(), "{line}");
    }
    let of = |message: &str, function: &str| {
        let found = lines.iter().find(|line| line["message"] == message && line["function"] == function);
        found.unwrap_or_else(|| panic!("no line {message} of {function}"))
    };
    for line in [of("served", "one"), of("done", "work")] {
        assert_eq!(line["logging.googleapis.com/trace"], format!("projects/{PROJECT}/traces/{trace}"));
        assert_eq!(line["logging.googleapis.com/spanId"].as_str().unwrap().len(), 16);
        assert_eq!(line["logging.googleapis.com/trace_sampled"], true);
    }
    let panic = lines.iter().find(|line| line["panic"] == "as asked").expect("the panic is a line");
    assert_eq!(panic["severity"], "ERROR");
    assert!(lines.iter().any(|line| line["message"] == "a line of another crate"));
    assert_eq!(lines.last().unwrap()["message"], "stopped");
}

/// Fact 2.
#[tokio::test]
async fn after_sigterm_what_is_in_flight_is_answered_and_nothing_is_taken_any_more() {
    let google = Google::start().await.unwrap();
    let container = start(&google, &json!({})).await.unwrap();
    let service = container.service();
    let in_flight: Vec<_> = (0..8)
        .map(|_| {
            let service = service.clone();
            tokio::spawn(async move { service.try_http(&get("/slow")).await })
        })
        .collect();
    // They are in flight once the function was called; a moment is enough, and a second is theirs.
    tokio::time::sleep(Duration::from_millis(400)).await;
    let begun = Instant::now();
    container.terminate();
    let refused = async {
        while service.try_http(&get("/one")).await.is_ok() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(5), refused).await.expect("nothing is taken any more");
    for answer in in_flight {
        assert_eq!(answer.await.unwrap().expect("an answer").status, 200, "drain loses nothing");
    }
    let stopped = container.ended().await;
    assert!(stopped.was_graceful() && begun.elapsed() < Duration::from_secs(10), "{stopped:?}");
}

#[tokio::test]
async fn what_takes_longer_than_the_grace_is_cut_off_before_the_platform_kills() {
    let google = Google::start().await.unwrap();
    let container = start(&google, &json!({ "cloud_run": { "grace": "500ms" } })).await.unwrap();
    let service = container.service();
    let stuck = tokio::spawn(async move { service.try_http(&get("/stuck")).await });
    tokio::time::sleep(Duration::from_millis(300)).await;
    let stopped = container.stop().await;
    assert!(stopped.was_graceful(), "{stopped:?}");
    assert!(stuck.await.unwrap().is_err(), "it has no answer");
    let lines = parsed(&stopped.lines);
    assert!(lines.iter().any(|line| line["message"].as_str().unwrap().starts_with("the grace is over")), "{lines:?}");
}

#[tokio::test]
async fn what_does_not_end_is_killed_after_ten_seconds() {
    let google = Google::start().await.unwrap();
    let container = start(&google, &json!({ "deaf": true })).await.unwrap();
    let begun = Instant::now();
    let stopped = container.stop().await;
    assert!(stopped.killed && !stopped.was_graceful(), "{stopped:?}");
    assert!(begun.elapsed() >= Duration::from_secs(10));
}

#[tokio::test]
async fn a_wrong_setting_ends_the_process_with_one_line() {
    let google = Google::start().await.unwrap();
    let wrong = json!({ "cloud_run": { "grace": "1m", "push": {} } });
    let lines = match start(&google, &wrong).await {
        Err(told) => {
            let told = told.to_string();
            assert!(told.contains("exit status: 1"), "{told}");
            told.lines().map(str::to_owned).collect()
        }
        // It may have been seen to listen for a moment.
        Ok(container) => {
            let stopped = container.ended().await;
            assert_eq!(stopped.status.code(), Some(1));
            stopped.lines
        }
    };
    let lines = parsed(&lines);
    assert_eq!(lines.len(), 1, "{lines:?}");
    let error = lines[0]["error"].as_str().unwrap();
    assert!(
        lines[0]["severity"] == "ERROR" && error.contains("grace is 1m") && error.contains("push.audience"),
        "{error}"
    );
}

/// Fact 3: outside of requests there is no CPU to send anything with.
#[cfg(feature = "otlp")]
#[tokio::test]
async fn principle_c1_what_is_told_of_a_request_is_sent_before_its_answer() {
    use anyport_conformance::collector::Collector;

    let google = Google::start().await.unwrap();
    for (always, sent) in [(false, true), (true, false)] {
        let collector = Collector::start().await.unwrap();
        let more = json!({
            "cloud_run": { "cpu_always_allocated": always },
            "telemetry": { "endpoint": collector.endpoint(), "interval": "1h" },
        });
        let container = start(&google, &more).await.unwrap();
        assert_eq!(container.service().http(&get("/one")).await.status, 200);
        let spans = || collector.spans().iter().filter(|span| span.name == "one").count();
        assert_eq!(spans(), usize::from(sent), "by the time of the answer, cpu_always_allocated = {always}");
        let pushed = container.service().push(&path("work"), Vec::new(), text("fine").into()).await;
        assert_eq!(pushed.status(), 204);
        assert_eq!(collector.spans().iter().any(|span| span.name == "work"), sent);
        assert!(container.stop().await.was_graceful());
        assert_eq!(spans(), 1, "the rest is sent after the drain");
    }
}
