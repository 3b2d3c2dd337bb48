//! From messages to what is shown.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use prost::Message as _;
use serde_json::Value;

use super::messages::{self, Any, AnyValue, Data, KeyValue, MetricsRequest, Number, Resource, TracesRequest};
use super::{Metric, Point, Span};

/// The code of a span's status that says that it failed.
const ERROR: i32 = 2;

pub(super) fn spans(body: &[u8]) -> Result<Vec<Span>, String> {
    let request = TracesRequest::decode(body).map_err(|error| error.to_string())?;
    let of_resource = request.resource_spans.into_iter().flat_map(|spans| {
        let resource = resource(spans.resource);
        let spans = spans.scope_spans.into_iter().flat_map(|scope| scope.spans);
        spans.map(move |span| self::span(span, resource.clone()))
    });
    of_resource.collect()
}

fn span(span: messages::Span, resource: BTreeMap<String, Value>) -> Result<Span, String> {
    if span.trace.len() != 16 || span.id.len() != 8 || !matches!(span.parent.len(), 0 | 8) {
        return Err(format!("the span {:?} has ids of the wrong length", span.name));
    }
    Ok(Span {
        trace_id: hex(&span.trace),
        span_id: hex(&span.id),
        parent_id: span.parent.iter().any(|byte| *byte != 0).then(|| hex(&span.parent)),
        name: span.name,
        kind: match span.kind {
            2 => "server",
            3 => "client",
            4 => "producer",
            5 => "consumer",
            _ => "internal",
        },
        began: span.start_time_unix_nano,
        ended: span.end_time_unix_nano,
        attributes: attributes(span.attributes),
        resource,
        error: span.status.filter(|status| status.code == ERROR).map(|status| status.message),
    })
}

pub(super) fn metrics(body: &[u8]) -> Result<Vec<Metric>, String> {
    let request = MetricsRequest::decode(body).map_err(|error| error.to_string())?;
    let of_resource = request.resource_metrics.into_iter().flat_map(|metrics| {
        let resource = resource(metrics.resource);
        let metrics = metrics.scope_metrics.into_iter().flat_map(|scope| scope.metrics);
        metrics.map(move |metric| {
            let (name, unit, resource) = (metric.name, metric.unit, resource.clone());
            Metric { name, unit, resource, points: points(metric.data) }
        })
    });
    Ok(of_resource.collect())
}

fn points(data: Option<Data>) -> Vec<Point> {
    match data {
        Some(Data::Sum(sum)) => sum
            .data_points
            .into_iter()
            .map(|point| {
                #[expect(clippy::cast_precision_loss, reason = "counts of a test are small")]
                let sum = match point.value {
                    Some(Number::Int(value)) => value as f64,
                    Some(Number::Double(value)) => value,
                    None => 0.0,
                };
                Point { attributes: attributes(point.attributes), count: 1, sum }
            })
            .collect(),
        Some(Data::Histogram(histogram)) => histogram
            .data_points
            .into_iter()
            .map(|point| {
                let (count, sum) = (point.count, point.sum.unwrap_or_default());
                Point { attributes: attributes(point.attributes), count, sum }
            })
            .collect(),
        None => Vec::new(),
    }
}

fn resource(resource: Option<Resource>) -> BTreeMap<String, Value> {
    resource.map(|resource| attributes(resource.attributes)).unwrap_or_default()
}

fn attributes(attributes: Vec<KeyValue>) -> BTreeMap<String, Value> {
    attributes.into_iter().map(|attribute| (attribute.key, value(attribute.value))).collect()
}

fn value(any: Option<AnyValue>) -> Value {
    match any.and_then(|any| any.value) {
        Some(Any::Text(text)) => text.into(),
        Some(Any::Bool(yes)) => yes.into(),
        Some(Any::Int(number)) => number.into(),
        Some(Any::Double(number)) => number.into(),
        Some(Any::Array(array)) => array.values.into_iter().map(|any| value(Some(any))).collect(),
        None => Value::Null,
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a string does not fail.
        write!(text, "{byte:02x}").ok();
        text
    })
}
