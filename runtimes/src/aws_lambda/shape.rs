//! Which event it is, by its shape.

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;

use super::EventError;

/// What an event is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// A request of API Gateway's REST API, or of its HTTP API in format 1.0.
    GatewayV1,
    /// A request of API Gateway's HTTP API, or of a function URL.
    GatewayV2,
    /// A request of an application load balancer.
    LoadBalancer,
    /// Messages of a queue.
    Sqs,
    /// Messages of a topic.
    Sns,
    /// Objects of a bucket.
    S3,
    /// Records of the stream of a table.
    Stream,
    /// EventBridge's clock.
    ScheduledEvent,
    /// EventBridge Scheduler, with this project's own payload.
    OwnSchedule,
}

/// The parts that tell events apart.
#[derive(Deserialize)]
struct Probe<'a> {
    #[serde(rename = "Records", default, borrow)]
    records: Option<Vec<Record<'a>>>,
    #[serde(rename = "requestContext", default)]
    context: Option<RequestContext>,
    #[serde(rename = "httpMethod", default)]
    method: Option<IgnoredAny>,
    /// Authorizers are asked with what looks like a request.
    #[serde(rename = "methodArn", alias = "routeArn", default)]
    authorizer: Option<IgnoredAny>,
    #[serde(rename = "detail-type", default)]
    detail_type: Option<String>,
    #[serde(default)]
    source: Option<String>,
    #[serde(default)]
    anyport: Option<IgnoredAny>,
}

#[derive(Deserialize)]
struct RequestContext {
    #[serde(default)]
    elb: Option<IgnoredAny>,
    #[serde(default)]
    http: Option<IgnoredAny>,
    #[serde(rename = "connectionId", default)]
    web_socket: Option<IgnoredAny>,
}

#[derive(Deserialize)]
struct Record<'a> {
    #[serde(rename = "eventSource", alias = "EventSource", default)]
    source: Option<std::borrow::Cow<'a, str>>,
}

/// The shape of an event.
pub(super) fn of(event: &RawValue) -> Result<Shape, EventError> {
    // An array would be read as a struct's fields in order.
    if !event.get().trim_start().starts_with('{') {
        return Err(EventError::Unrecognised);
    }
    let probe: Probe<'_> = serde_json::from_str(event.get()).map_err(|_| EventError::Unrecognised)?;
    if let Some(records) = &probe.records {
        return of_records(records);
    }
    match &probe {
        Probe { authorizer: Some(_), .. } => Err(EventError::Unrecognised),
        Probe { context: Some(RequestContext { elb: Some(_), .. }), method: Some(_), .. } => Ok(Shape::LoadBalancer),
        Probe { context: Some(RequestContext { web_socket: Some(_), .. }), .. } => Err(EventError::Unrecognised),
        Probe { context: Some(RequestContext { http: Some(_), .. }), .. } => Ok(Shape::GatewayV2),
        Probe { context: Some(_), method: Some(_), .. } => Ok(Shape::GatewayV1),
        Probe { detail_type: Some(kind), source: Some(source), .. }
            if kind == "Scheduled Event" && source == "aws.events" =>
        {
            Ok(Shape::ScheduledEvent)
        }
        Probe { anyport: Some(_), .. } => Ok(Shape::OwnSchedule),
        _ => Err(EventError::Unrecognised),
    }
}

fn of_records(records: &[Record<'_>]) -> Result<Shape, EventError> {
    let Some(source) = records.first().and_then(|record| record.source.as_deref()) else {
        return Err(EventError::Unrecognised);
    };
    if records.iter().any(|record| record.source.as_deref() != Some(source)) {
        return Err(EventError::Unrecognised);
    }
    match source {
        "aws:sqs" => Ok(Shape::Sqs),
        "aws:sns" => Ok(Shape::Sns),
        "aws:s3" => Ok(Shape::S3),
        "aws:dynamodb" => Ok(Shape::Stream),
        _ => Err(EventError::Unrecognised),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shape(json: &str) -> Option<Shape> {
        of(&RawValue::from_string(json.to_owned()).unwrap()).ok()
    }

    #[test]
    fn events_are_told_apart_by_their_shape() {
        for (json, expected) in [
            (r#"{"version":"2.0","requestContext":{"http":{}},"rawPath":"/"}"#, Shape::GatewayV2),
            (r#"{"httpMethod":"GET","requestContext":{"stage":"x"}}"#, Shape::GatewayV1),
            (r#"{"httpMethod":"GET","requestContext":{"elb":{}}}"#, Shape::LoadBalancer),
            (r#"{"Records":[{"eventSource":"aws:sqs"}]}"#, Shape::Sqs),
            (r#"{"Records":[{"EventSource":"aws:sns"}]}"#, Shape::Sns),
            (r#" {"Records":[{"eventSource":"aws:s3"}]}"#, Shape::S3),
            (r#"{"Records":[{"eventSource":"aws:dynamodb"}]}"#, Shape::Stream),
            (r#"{"detail-type":"Scheduled Event","source":"aws.events","detail":{}}"#, Shape::ScheduledEvent),
            (r#"{"anyport":{"schedule":"nightly"}}"#, Shape::OwnSchedule),
        ] {
            assert_eq!(shape(json), Some(expected), "{json}");
        }
    }

    #[test]
    fn what_is_like_none_is_refused() {
        for json in [
            "null",
            "1",
            r#""text""#,
            "[]",
            r#"[[{"eventSource":"aws:sqs"}]]"#,
            "{}",
            r#"{"Records":[]}"#,
            r#"{"Records":{}}"#,
            r#"{"Records":[{}]}"#,
            r#"{"Records":[{"eventSource":"aws:kinesis"}]}"#,
            r#"{"Records":[{"eventSource":"aws:sqs"},{"eventSource":"aws:s3"}]}"#,
            r#"{"httpMethod":"GET"}"#,
            r#"{"httpMethod":"GET","requestContext":"text"}"#,
            r#"{"httpMethod":"GET","methodArn":"arn:x","requestContext":{}}"#,
            r#"{"httpMethod":"GET","requestContext":{"connectionId":"x"}}"#,
            r#"{"detail-type":"Scheduled Event","source":"someone.else"}"#,
            r#"{"anyport":null}"#,
        ] {
            assert_eq!(shape(json), None, "{json}");
        }
    }
}
