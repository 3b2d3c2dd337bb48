//! Metrics as OpenTelemetry has them, by its conventions where there are some.

use opentelemetry::KeyValue;
use opentelemetry::metrics::{Counter, Histogram, Meter};

use crate::telemetry::metrics::{CallEnd, Outcome, Recorder, RequestEnd};

/// What the conventions ask for, in seconds.
const BOUNDARIES: [f64; 14] = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0];

/// The methods that have a name; others are one.
const METHODS: [&str; 9] = ["CONNECT", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "TRACE"];

/// All that is counted and measured.
#[derive(Debug)]
pub(in crate::telemetry) struct Instruments {
    invocations: Counter<u64>,
    durations: Histogram<f64>,
    errors: Counter<u64>,
    timeouts: Counter<u64>,
    cold_starts: Counter<u64>,
    requests: Histogram<f64>,
    panics: Counter<u64>,
    shed: Counter<u64>,
    idempotency: Counter<u64>,
}

impl Instruments {
    pub(super) fn new(meter: &Meter) -> Self {
        let count = |name: &'static str, unit: &'static str, what: &'static str| {
            meter.u64_counter(name).with_unit(unit).with_description(what).build()
        };
        let seconds = |name: &'static str, what: &'static str| {
            let histogram = meter.f64_histogram(name).with_unit("s").with_description(what);
            histogram.with_boundaries(BOUNDARIES.to_vec()).build()
        };
        Self {
            invocations: count("faas.invocations", "{invocation}", "Calls of a function"),
            durations: seconds("faas.invoke_duration", "How long calls of a function took"),
            errors: count("faas.errors", "{error}", "Calls that failed, panicked or ran into their deadline"),
            timeouts: count("faas.timeouts", "{timeout}", "Calls that ran into their deadline"),
            cold_starts: count("faas.coldstarts", "{coldstart}", "Calls that were the first of their process"),
            requests: seconds("http.server.request.duration", "How long requests took"),
            panics: count("anyport.panics", "{panic}", "Panics that were caught"),
            shed: count("anyport.shed", "{call}", "Calls refused because too many were running"),
            idempotency: count("anyport.idempotency", "{call}", "What came of idempotency keys"),
        }
    }
}

impl Recorder for Instruments {
    fn call_ended(&self, call: &CallEnd<'_>) {
        let about = [of(call.function), KeyValue::new("faas.trigger", trigger(call.trigger))];
        let [function, trigger] = about.clone();
        let ended = [function, trigger, KeyValue::new("anyport.outcome", call.outcome.as_str())];
        self.invocations.add(1, &ended);
        self.durations.record(call.duration.as_secs_f64(), &ended);
        if call.outcome.is_error() {
            self.errors.add(1, &about);
        }
        if call.outcome == Outcome::TimedOut {
            self.timeouts.add(1, &about);
        }
        if call.cold_start {
            self.cold_starts.add(1, &about);
        }
    }

    fn request_ended(&self, request: &RequestEnd<'_>) {
        let method = METHODS.into_iter().find(|known| *known == request.method).unwrap_or("_OTHER");
        let mut about = vec![
            KeyValue::new("http.request.method", method),
            KeyValue::new("http.response.status_code", i64::from(request.status)),
        ];
        about.extend(request.route.map(|route| KeyValue::new("http.route", route.to_owned())));
        self.requests.record(request.duration.as_secs_f64(), &about);
    }

    fn panicked(&self, function: &str) {
        self.panics.add(1, &[of(function)]);
    }

    fn shed(&self, function: &str) {
        self.shed.add(1, &[of(function)]);
    }

    fn idempotency(&self, function: &str, outcome: &'static str) {
        self.idempotency.add(1, &[of(function), KeyValue::new("anyport.outcome", outcome)]);
    }
}

fn of(function: &str) -> KeyValue {
    KeyValue::new("anyport.function", function.to_owned())
}

/// By the conventions.
fn trigger(trigger: &str) -> &'static str {
    match trigger {
        "http" => "http",
        "subscription" => "pubsub",
        "schedule" => "timer",
        "blob_created" | "document_changed" => "datasource",
        _ => "other",
    }
}
