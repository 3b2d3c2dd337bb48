//! The whole of standard output.

use anyport_runtimes::telemetry::{EmfMode, TelemetrySettings};
use serde_json::Value;

use crate::process::Process;

/// Each line as an object with all keys; all of the output must be such lines.
fn parsed(lines: &[String]) -> Vec<Value> {
    let keys = ["timestamp", "level", "message", "target", "request_id", "correlation_id", "trace_id", "function"];
    let parse = |line: &String| {
        let value: Value = serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line:?}"));
        for key in keys.into_iter().chain(["cold_start"]) {
            assert!(value.get(key).is_some(), "{key}: {line}");
        }
        assert!(value["message"].is_string() && value["level"].is_string(), "{line}");
        value
    };
    lines.iter().map(parse).collect()
}

/// Calls everything that ends badly or logs strangely, and looks at all that was written.
async fn all_is_told(process: Process) {
    for (method, path, status) in [
        ("POST", "/orders", 200),
        ("GET", "/panics", 500),
        ("GET", "/threads", 200),
        ("GET", "/strange", 200),
        ("GET", "/nowhere", 404),
        ("GET", "/strange", 200),
    ] {
        assert_eq!(
            process.request(method, path, &[("authorization", "Bearer planted-planted")]).await,
            status,
            "{path}"
        );
    }
    let (lines, errors) = process.terminate().await;
    // The crate that speaks to AWS Lambda has a few words there on its end.
    let errors: Vec<&str> = errors.lines().filter(|line| !line.starts_with("[runtime] ")).collect();
    assert_eq!(errors, [""; 0], "nothing goes to standard error");
    assert!(!lines.iter().any(|line| line.contains("planted")), "no secret is told");
    let lines = parsed(&lines);
    let find = |what: &str, of_kind: &dyn Fn(&Value) -> bool| {
        lines.iter().find(|line| of_kind(line)).unwrap_or_else(|| panic!("{what}: {lines:#?}")).clone()
    };
    let ids = ["request_id", "correlation_id", "trace_id", "cold_start"];

    let panic = find("the panic", &|line| line["panic"] == "as\nasked" && line["message"] == "a panic");
    assert_eq!((&panic["function"], &panic["level"]), (&Value::from("panics"), &Value::from("ERROR")));
    assert!(ids.iter().all(|id| !panic[*id].is_null()), "the call that panicked: {panic}");
    let no_text = find("the panic with what is no text", &|line| line["panic"] == "(no message)");
    assert!(no_text["request_id"].is_null(), "a thread of its own is no call: {no_text}");
    find("the panic where nothing logs", &|line| line["panic"] == "where nothing logs");

    let by_log = find("what `log` told", &|line| line["message"] == "a \"quote\"\nand a line\u{0}");
    assert_eq!((&by_log["target"], &by_log["function"]), (&Value::from("others"), &Value::from("strange")));
    let by_tracing = find("what `tracing` told", &|line| line["target"] == "others" && line["message"] == "tracing");
    assert_eq!(by_tracing["nan"], "NaN");
    assert_eq!([&by_tracing["function"], &by_tracing["field.function"]], ["strange", "theirs"]);
    assert!(ids.iter().all(|id| !by_tracing[*id].is_null()), "{by_tracing}");
    let metrics = find("metrics", &|line| line["function"] == "panics" && line.get("_aws").is_some());
    assert_eq!([&metrics["faas.invocations"], &metrics["anyport.panics"]], [&Value::from(1), &Value::from(1)]);
    assert_eq!(lines.iter().filter(|line| line["cold_start"] == true && line["message"] == "served").count(), 1);
}

#[tokio::test]
async fn principle_p2_every_line_of_a_server_is_one_object_with_all_fields_whatever_happens() {
    let settings = TelemetrySettings { emf: EmfMode::On, ..TelemetrySettings::of("shop", "1") };
    all_is_told(Process::server(&settings).await).await;
}

#[tokio::test]
async fn principle_p2_every_line_on_lambda_is_one_object_with_all_fields_whatever_happens() {
    all_is_told(Process::lambda(&TelemetrySettings::of("shop", "1")).await).await;
}
