//! Metrics as lines of the log, in CloudWatch's embedded metric format.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chrono::Utc;
use serde_json::{Value, json};
use tracing::Level;

use super::{CallEnd, Outcome, Recorder, RequestEnd};
use crate::logs::{Line, write_line};

/// The namespace that the metrics are in.
pub(crate) const NAMESPACE: &str = "Anyport";

/// Most values of a metric in one line, by the format.
const MAX_VALUES: usize = 100;

/// Gathers metrics, and writes them as lines: one for each function that was called since the last time.
pub(crate) struct Emf {
    service: String,
    functions: Mutex<BTreeMap<String, Counts>>,
    write: Box<dyn Fn(&str) + Send + Sync>,
}

#[derive(Debug, Default)]
struct Counts {
    trigger: Option<&'static str>,
    invocations: u64,
    errors: u64,
    timeouts: u64,
    cold_starts: u64,
    panics: u64,
    shed: u64,
    idempotency: BTreeMap<&'static str, u64>,
    seconds: Vec<f64>,
}

impl Emf {
    /// Those of this service, written to standard output.
    pub(crate) fn new(service: &str) -> Self {
        Self::to(service, write_line)
    }

    fn to(service: &str, write: impl Fn(&str) + Send + Sync + 'static) -> Self {
        Self { service: service.to_owned(), functions: Mutex::default(), write: Box::new(write) }
    }

    /// Writes what there is.
    pub(crate) fn flush(&self) {
        let functions = std::mem::take(&mut *self.locked());
        for (function, counts) in functions {
            (self.write)(&self.line(function, counts));
        }
    }

    fn line(&self, function: String, counts: Counts) -> String {
        let mut line = Line::new(Level::INFO, module_path!(), "metrics");
        line.of_call("function", function.into());
        line.of_call("cold_start", (counts.cold_starts > 0).into());
        let (mut metrics, mut values) = (Vec::new(), Vec::new());
        let mut add = |name: String, unit: &str, value: Value| {
            metrics.push(json!({ "Name": name, "Unit": unit }));
            values.push((name, value));
        };
        // An alarm on errors wants to see that there are none.
        let always = [("faas.invocations", counts.invocations), ("faas.errors", counts.errors)];
        let seldom = [
            ("faas.timeouts", counts.timeouts),
            ("faas.coldstarts", counts.cold_starts),
            ("anyport.panics", counts.panics),
            ("anyport.shed", counts.shed),
        ];
        for (name, count) in always.into_iter().chain(seldom.into_iter().filter(|(_, count)| *count > 0)) {
            add(name.to_owned(), "Count", count.into());
        }
        for (outcome, count) in counts.idempotency {
            add(format!("anyport.idempotency.{outcome}"), "Count", count.into());
        }
        if !counts.seconds.is_empty() {
            add("faas.invoke_duration".to_owned(), "Seconds", counts.seconds.into());
        }
        let directive = json!({ "Namespace": NAMESPACE, "Dimensions": [["service", "function"]], "Metrics": metrics });
        let head = json!({ "Timestamp": Utc::now().timestamp_millis(), "CloudWatchMetrics": [directive] });
        line.field("_aws", head);
        line.field("service", self.service.as_str().into());
        if let Some(trigger) = counts.trigger {
            line.field("trigger", trigger.into());
        }
        for (name, value) in values {
            line.field(name, value);
        }
        line.finish()
    }

    /// Changes what is counted of a function; what would not fit a line any more is written.
    fn change(&self, function: &str, change: impl FnOnce(&mut Counts)) {
        let mut functions = self.locked();
        if !functions.contains_key(function) {
            functions.insert(function.to_owned(), Counts::default());
        }
        let full = functions.get_mut(function).is_some_and(|counts| {
            change(counts);
            counts.seconds.len() >= MAX_VALUES
        });
        drop(functions);
        if full {
            self.flush();
        }
    }

    fn locked(&self) -> MutexGuard<'_, BTreeMap<String, Counts>> {
        self.functions.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Counts {
    fn add(&mut self, call: &CallEnd<'_>) {
        self.trigger = Some(call.trigger);
        self.invocations += 1;
        self.errors += u64::from(call.outcome.is_error());
        self.timeouts += u64::from(call.outcome == Outcome::TimedOut);
        self.cold_starts += u64::from(call.cold_start);
        self.seconds.push(call.duration.as_secs_f64());
    }
}

impl Recorder for Arc<Emf> {
    fn call_ended(&self, call: &CallEnd<'_>) {
        self.change(call.function, |counts| counts.add(call));
    }

    /// Gateways and load balancers measure requests themselves.
    fn request_ended(&self, _request: &RequestEnd<'_>) {}

    fn panicked(&self, function: &str) {
        self.change(function, |counts| counts.panics += 1);
    }

    fn shed(&self, function: &str) {
        self.change(function, |counts| counts.shed += 1);
    }

    fn idempotency(&self, function: &str, outcome: &'static str) {
        self.change(function, |counts| *counts.idempotency.entry(outcome).or_default() += 1);
    }
}

impl fmt::Debug for Emf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Emf").field("service", &self.service).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    /// The schema of the format, as its specification has it.
    const SPECIFICATION: &str = include_str!("emf.schema.json");

    /// What is written meanwhile, each line checked against the format's schema.
    fn written(tell: impl FnOnce(&Arc<Emf>)) -> Vec<Value> {
        let lines = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&lines);
        let emf = Arc::new(Emf::to("shop", move |line: &str| {
            assert!(!line.contains('\n'));
            kept.lock().unwrap().push(serde_json::from_str(line).unwrap());
        }));
        tell(&emf);
        emf.flush();
        let schema = jsonschema::validator_for(&serde_json::from_str(SPECIFICATION).unwrap()).unwrap();
        let lines: Vec<Value> = std::mem::take(&mut lines.lock().unwrap());
        for line in &lines {
            assert!(schema.is_valid(line), "{line}");
            for directive in line["_aws"]["CloudWatchMetrics"].as_array().unwrap() {
                let metrics = directive["Metrics"].as_array().unwrap().iter().map(|metric| &metric["Name"]);
                let dimensions = directive["Dimensions"][0].as_array().unwrap();
                assert!(dimensions.iter().all(|name| line[name.as_str().unwrap()].is_string()), "{line}");
                for name in metrics {
                    let value = &line[name.as_str().unwrap()];
                    let values = value.as_array().map_or(1, Vec::len);
                    assert!(value.is_number() || (1..=MAX_VALUES).contains(&values), "{line}");
                }
            }
            for key in ["timestamp", "level", "message", "target", "request_id", "correlation_id", "trace_id"] {
                assert!(line.get(key).is_some(), "{key}: {line}");
            }
        }
        lines
    }

    fn call(function: &str, outcome: Outcome) -> CallEnd<'_> {
        let duration = Duration::from_millis(250);
        CallEnd { function, trigger: "http", outcome, duration, cold_start: outcome == Outcome::Panicked }
    }

    #[test]
    fn each_function_called_has_a_line() {
        let lines = written(|emf| {
            emf.call_ended(&call("a", Outcome::Succeeded));
            emf.call_ended(&call("a", Outcome::TimedOut));
            emf.call_ended(&call("b", Outcome::Panicked));
            emf.panicked("b");
            emf.shed("b");
            emf.idempotency("b", "replayed");
            emf.call_ended(&call("c", Outcome::Rejected));
        });
        let told = |line: &Value, names: &[&str]| names.iter().map(|name| line[*name].clone()).collect::<Vec<_>>();
        let names =
            ["function", "faas.invocations", "faas.errors", "faas.timeouts", "faas.coldstarts", "anyport.panics"];
        assert_eq!(lines.len(), 3);
        assert_eq!(told(&lines[0], &names), [json!("a"), json!(2), json!(1), json!(1), Value::Null, Value::Null]);
        assert_eq!(lines[0]["faas.invoke_duration"], json!([0.25, 0.25]));
        assert_eq!(told(&lines[1], &names), [json!("b"), json!(1), json!(1), Value::Null, json!(1), json!(1)]);
        assert_eq!(told(&lines[1], &["anyport.shed", "anyport.idempotency.replayed"]), [json!(1), json!(1)]);
        assert_eq!(told(&lines[2], &names), [json!("c"), json!(1), json!(0), Value::Null, Value::Null, Value::Null]);
    }

    #[test]
    fn a_line_holds_no_more_than_the_format_takes() {
        let lines = written(|emf| {
            for _ in 0..250 {
                emf.call_ended(&call("a", Outcome::Succeeded));
            }
        });
        let counts: Vec<&Value> = lines.iter().map(|line| &line["faas.invocations"]).collect();
        assert_eq!(counts, [&json!(100), &json!(100), &json!(50)]);
    }
}
