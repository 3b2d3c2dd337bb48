//! A panic, as the process tells of it: this test binary, started again by itself.

use std::process::Command;
use std::sync::Arc;

use anyport_memory::MemoryStore;
use anyport_runtimes::SystemClock;
use anyport_runtimes::logs::{LogFormat, LogSettings};
use anyport_runtimes::telemetry::{EmfMode, Telemetry, TelemetrySettings};
use anyport_runtimes::testing::Client;
use serde_json::Value;

use super::shop::ports;
use crate::notes;

/// Set for the process that panics.
const CHILD: &str = "ANYPORT_TEST_PANICS";

async fn panic_and_go_on() {
    let telemetry = TelemetrySettings { emf: EmfMode::On, ..TelemetrySettings::of("notes", "1") };
    let log = LogSettings { format: LogFormat::Json, ..LogSettings::default() };
    let telemetry = Telemetry::install(&telemetry, &log).unwrap();
    let client = Client::of(&notes::workload(), ports(&MemoryStore::new(Arc::new(SystemClock)))).unwrap();
    let panicked = client.get("/panics").await;
    assert_eq!((panicked.status.as_u16(), &panicked.json()["code"]), (500, &"internal".into()));
    assert!(!panicked.json().to_string().contains("secret"));
    assert_eq!(client.get("/fail/0").await.status, 404, "the next call goes its way");
    telemetry.shutdown().await;
}

#[tokio::test]
async fn principle_b14_a_panic_is_a_line_and_a_count_and_a_typed_500_and_the_next_call_succeeds() {
    if std::env::var_os(CHILD).is_some() {
        return panic_and_go_on().await;
    }
    let name = concat!(
        module_path!(),
        "::principle_b14_a_panic_is_a_line_and_a_count_and_a_typed_500_and_the_next_call_succeeds"
    );
    let ended = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", name.split_once("::").unwrap().1, "--nocapture"])
        .env(CHILD, "1")
        .output()
        .unwrap();
    let text = String::from_utf8(ended.stdout).unwrap();
    assert!(ended.status.success(), "{text}");
    let lines: Vec<Value> =
        text.lines().filter(|line| line.starts_with('{')).map(|line| serde_json::from_str(line).unwrap()).collect();
    let told: Vec<_> = lines.iter().filter(|line| line["message"] == "the function panicked").collect();
    assert_eq!(told.len(), 1, "{text}");
    assert_eq!((&told[0]["function"], &told[0]["level"]), (&"panics".into(), &"ERROR".into()), "{text}");
    assert!(
        told[0]["request_id"].is_string() && told[0]["correlation_id"].is_string() && told[0]["trace_id"].is_string()
    );
    let counted = lines.iter().find(|line| line["function"] == "panics" && line["anyport.panics"].is_u64());
    assert_eq!(counted.expect(&text)["anyport.panics"], 1);
}
