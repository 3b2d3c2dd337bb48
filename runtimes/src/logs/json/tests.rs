//! What lines are made of what is told.

use std::error::Error;
use std::fmt;
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use tracing::subscriber::with_default;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::{Layer as _, Registry};

use super::JsonLines;
use crate::logs::filter;
use crate::logs::settings::Google;

/// What is logged meanwhile, each line parsed.
fn logged(google: Option<Google>, filter: &str, tell: impl FnOnce()) -> Vec<Value> {
    let lines = Arc::new(Mutex::new(Vec::new()));
    let kept = Arc::clone(&lines);
    let layer = JsonLines::new(move |line: &str| {
        assert!(!line.contains('\n'), "one line");
        kept.lock().unwrap().push(serde_json::from_str(line).unwrap());
    });
    let layer = layer.google(google).with_filter(filter::of::<Registry>(filter).unwrap());
    with_default(tracing_subscriber::registry().with(layer), tell);
    std::mem::take(&mut lines.lock().unwrap())
}

fn line(tell: impl FnOnce()) -> Value {
    logged(None, "trace", tell).pop().unwrap()
}

const OWN: &str = "anyport_runtimes::layers";

#[test]
fn a_line_outside_of_a_call_has_all_keys() {
    let line = line(|| tracing::info!(target: "shop", count = 3, "open"));
    let keys = ["request_id", "correlation_id", "trace_id", "function", "cold_start"];
    assert!(keys.iter().all(|key| line.as_object().unwrap().get(*key) == Some(&Value::Null)), "{line}");
    assert_eq!(
        (&line["level"], &line["message"], &line["target"], &line["count"]),
        (&json!("INFO"), &json!("open"), &json!("shop"), &json!(3))
    );
    let timestamp = line["timestamp"].as_str().unwrap();
    assert!(chrono::DateTime::parse_from_rfc3339(timestamp).is_ok() && timestamp.ends_with('Z'), "{timestamp}");
}

#[test]
fn the_innermost_field_wins_and_the_call_is_the_runtimes_to_tell() {
    let line = line(|| {
        let call = tracing::info_span!(target: OWN, "call", request_id = "r1", function = "f", user = "a", cold_start = true,
            trace_id = tracing::field::Empty);
        call.record("trace_id", "t1");
        let inner =
            tracing::info_span!(target: "shop", parent: &call, "inner", request_id = "theirs", user = "b", level = 9);
        let _inner = inner.entered();
        tracing::warn!(target: "shop", user = "c", timestamp = "x", "sold");
    });
    assert_eq!(
        [&line["request_id"], &line["trace_id"], &line["function"], &line["cold_start"], &line["correlation_id"]],
        [&json!("r1"), &json!("t1"), &json!("f"), &json!(true), &Value::Null]
    );
    assert_eq!(
        [&line["user"], &line["field.request_id"], &line["level"]],
        [&json!("c"), &json!("theirs"), &json!("WARN")]
    );
    assert_eq!([&line["field.level"], &line["field.timestamp"]], [&json!(9), &json!("x")]);
}

#[test]
fn lines_know_their_call_whatever_is_filtered() {
    let lines = logged(None, "warn", || {
        let _call = tracing::info_span!(target: OWN, "call", request_id = "r1").entered();
        let _theirs = tracing::info_span!(target: "shop", "theirs", item = 1).entered();
        tracing::info!("not told");
        tracing::warn!("told");
    });
    assert_eq!(lines.len(), 1);
    assert_eq!((&lines[0]["request_id"], lines[0].get("item")), (&json!("r1"), None));
}

#[derive(Debug)]
struct Nested(u32);

impl fmt::Display for Nested {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "level {}", self.0)
    }
}

static INNER: Nested = Nested(2);

impl Error for Nested {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        (self.0 == 1).then_some(&INNER as _)
    }
}

#[test]
fn every_value_is_json() {
    let line = line(|| {
        let error = Nested(1);
        let (nested, bytes): (&dyn Error, &[u8]) = (&error, b"a\xffb");
        tracing::info!(
            nan = f64::NAN,
            infinite = f64::NEG_INFINITY,
            half = 0.5,
            huge = u128::MAX,
            small = -1_i128,
            bytes,
            nested,
            "quote\" in\nlines\u{0}\u{7}\u{1b}[0m\u{2028}"
        );
    });
    assert_eq!([&line["nan"], &line["infinite"], &line["half"]], [&json!("NaN"), &json!("-inf"), &json!(0.5)]);
    assert_eq!([&line["huge"], &line["small"]], [&json!(u128::MAX.to_string()), &json!(-1)]);
    assert_eq!([&line["bytes"], &line["nested"]], [&json!("a\u{fffd}b"), &json!("level 1: level 2")]);
    assert_eq!(line["message"], "quote\" in\nlines\u{0}\u{7}\u{1b}[0m\u{2028}");
}

/// Never comes to its end by itself.
struct Endless;

impl fmt::Debug for Endless {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        loop {
            f.write_str("\u{0}é")?;
        }
    }
}

#[test]
fn what_is_long_is_cut() {
    let long = "é".repeat(10_000);
    let of_many = line(|| {
        tracing::info!(
            a = ?Endless, b = ?Endless, c = ?Endless, d = ?Endless, e = ?Endless, f = ?Endless, g = long, request_id = long,
            "{long}"
        );
    });
    let cut = of_many["message"].as_str().unwrap();
    assert!(cut.starts_with("éé") && cut.ends_with("é...[cut]") && cut.len() < 8300, "{}", cut.len());
    assert!(of_many["a"].as_str().unwrap().ends_with("...[cut]"));
    assert_eq!(of_many["g"], "...[cut]", "the line is full");
    assert!(of_many.to_string().len() < 128 * 1024);
}

#[test]
fn secrets_are_not_told() {
    let line = line(|| {
        let _span = tracing::info_span!("login", password = "hunter2").entered();
        tracing::info!(session_token = 7, headers = ?[("authorization", "Bearer hunter2hunter2")], "by hunter://a:hunter2@b");
    });
    assert!(!line.to_string().contains("hunter2"), "{line}");
    assert_eq!([&line["password"], &line["session_token"]], [&json!("[redacted]"), &json!("[redacted]")]);
}

#[test]
fn googles_fields_are_there_where_they_are_asked_for() {
    let google = Google { project: Some("p1".to_owned()) };
    let lines = logged(Some(google), "info", || {
        let _call =
            tracing::info_span!(target: OWN, "call", trace_id = "t1", span_id = "s1", trace_sampled = true).entered();
        tracing::warn!("sold");
    });
    assert_eq!(lines[0]["severity"], "WARNING");
    assert_eq!(lines[0]["logging.googleapis.com/trace"], "projects/p1/traces/t1");
    assert_eq!(lines[0]["logging.googleapis.com/spanId"], "s1");
    assert_eq!(lines[0]["logging.googleapis.com/trace_sampled"], true);
}
