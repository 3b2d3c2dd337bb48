//! What a collector is sent, and when.

use std::time::{Duration, Instant};

use anyport_conformance::collector::{Behaviour, Collector, Span, tree};
use anyport_runtimes::telemetry::TelemetrySettings;

use crate::process::{PATIENCE, Process};

const TRACE: &str = "5759e988bd862e3fe1be46a994272793";
const CALLER: &str = "00-5759e988bd862e3fe1be46a994272793-53995c3f42cd8ad8-01";

fn settings(collector: &Collector) -> TelemetrySettings {
    TelemetrySettings {
        endpoint: Some(collector.endpoint().to_owned()),
        headers: [("x-account".to_owned(), "planted".to_owned())].into(),
        interval: Duration::from_millis(200),
        ..TelemetrySettings::of("shop", "1.2.3")
    }
}

fn named<'a>(spans: &'a [Span], name: &str) -> &'a Span {
    spans.iter().find(|span| span.name == name).unwrap_or_else(|| panic!("{name}: {}", tree(spans)))
}

#[tokio::test]
async fn principle_c1_a_request_and_what_it_causes_are_one_tree_of_spans() {
    let collector = Collector::start().await.unwrap();
    let process = Process::server(&settings(&collector)).await;
    assert_eq!(process.request("POST", "/orders", &[("traceparent", CALLER), ("tracestate", "a=1")]).await, 200);
    assert_eq!(process.request("GET", "/panics", &[]).await, 500);
    process.line(|line| line["message"] == "labelled").await;
    let (lines, _) = process.terminate().await;

    // What was not sent at once was sent on drain.
    let (of_trace, others): (Vec<Span>, Vec<Span>) =
        collector.spans().into_iter().partition(|span| span.trace_id == TRACE);
    assert_eq!(tree(&of_trace), "place (server)\n  charge\n  pack (consumer)\n    label (consumer)\n");
    let place = named(&of_trace, "place");
    assert_eq!(place.parent_id.as_deref(), Some("53995c3f42cd8ad8"), "the caller's span");
    for (name, value) in [("function", "place"), ("trigger", "http"), ("outcome", "succeeded")] {
        assert_eq!(place.attributes[name], value, "{name}");
    }
    assert_eq!(named(&of_trace, "charge").attributes["card_token"], "[redacted]");
    for (name, value) in [("service.name", "shop"), ("service.version", "1.2.3")] {
        assert_eq!(place.resource[name], value, "{name}");
    }
    let panics = named(&others, "panics");
    assert!(panics.error.is_some() && panics.parent_id.is_none(), "{panics:?}");
    let logged = |message: &str| {
        let of_call = |line: &&String| line.contains(&format!("\"message\":\"{message}\""));
        let line = lines.iter().find(of_call).unwrap_or_else(|| panic!("{message}: {lines:#?}"));
        serde_json::from_str::<serde_json::Value>(line).unwrap()
    };
    assert_eq!(logged("placed")["span_id"], place.span_id.as_str(), "logs and spans name the same");
    assert_eq!(logged("labelled")["trace_id"], TRACE);

    let metrics = collector.metrics();
    let count = |name: &str, function: &str| {
        let points = metrics[name].points.iter().filter(|point| point.attributes["anyport.function"] == function);
        points.map(|point| point.sum).sum::<f64>()
    };
    assert_eq!(
        [count("faas.invocations", "pack"), count("faas.errors", "panics")].map(f64::to_bits),
        [1.0_f64; 2].map(f64::to_bits)
    );
    let requests = &metrics["http.server.request.duration"];
    assert_eq!((requests.unit.as_str(), requests.points.iter().map(|point| point.count).sum::<u64>()), ("s", 2));
    assert!(collector.headers().iter().all(|headers| headers["x-account"] == "planted"));
    assert!(!lines.iter().any(|line| line.contains("planted")), "the key of an account is told nobody else");
    assert_eq!(collector.refusals(), [""; 0]);
}

#[tokio::test]
async fn principle_c1_spans_and_metrics_are_out_before_the_host_may_freeze_the_process() {
    let collector = Collector::start().await.unwrap();
    let never = Duration::from_hours(1);
    let process = Process::lambda(&TelemetrySettings { interval: never, ..settings(&collector) }).await;
    for calls in 1..=3 {
        assert_eq!(process.request("POST", "/orders", &[("traceparent", CALLER)]).await, 200);
        process.freeze();
        let spans = collector.spans();
        assert_eq!(spans.iter().filter(|span| span.name == "place").count(), calls, "{}", tree(&spans));
        assert_eq!(spans.iter().filter(|span| span.name == "event").count(), calls, "{}", tree(&spans));
        let invocations = collector.metrics()["faas.invocations"].points[0].sum;
        assert!((invocations - f64::from(u32::try_from(calls).unwrap())).abs() < f64::EPSILON, "{invocations}");
        // It is frozen: what is found was written before.
        process.line(|line| line["function"] == "place" && line["faas.invocations"] == 1).await;
        process.thaw();
    }
    let spans = collector.spans();
    assert_eq!(named(&spans, "place").trace_id, TRACE);
    assert_eq!(named(&spans, "place").resource["cloud.platform"], "aws_lambda");
    let (lines, _) = process.terminate().await;
    assert_eq!(lines.iter().filter(|line| line.contains("\"_aws\":")).count(), 3, "one line for each invocation");
}

#[tokio::test]
async fn a_collector_that_never_answers_holds_nothing_up_for_long_and_one_that_fails_is_told_of_once() {
    let collector = Collector::start().await.unwrap();
    collector.behave(Behaviour::Stall);
    let process = Process::lambda(&settings(&collector)).await;
    let begun = Instant::now();
    for _ in 0..10 {
        assert_eq!(process.request("POST", "/orders", &[]).await, 200);
    }
    assert!(begun.elapsed() < Duration::from_secs(10), "only the first waits, two seconds: {:?}", begun.elapsed());
    drop(process);

    collector.behave(Behaviour::Fail(400));
    let process = Process::server(&settings(&collector)).await;
    let told = |line: &serde_json::Value| line["what"] == "spans" && line["level"] == "WARN";
    assert_eq!(process.request("POST", "/orders", &[]).await, 200);
    process.line(told).await;
    for _ in 0..3 {
        assert_eq!(process.request("POST", "/orders", &[]).await, 200);
        let sent = collector.headers().len();
        collector.within(PATIENCE, |collector| (collector.headers().len() > sent + 2).then_some(())).await.unwrap();
    }
    let (lines, _) = process.terminate().await;
    let complaints = lines.iter().filter_map(|line| serde_json::from_str(line).ok()).filter(|line| told(line));
    assert_eq!(complaints.count(), 1);
}
