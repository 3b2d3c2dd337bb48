//! What the fault proxy must know of the services' protocols: JSON with the operation in a header (DynamoDB, SQS, Secrets
//! Manager, Parameter Store), and SNS's forms answered in XML.

use anyport_conformance::wire::Dialect;
use bytes::Bytes;
use http::request::Parts;
use http::{HeaderValue, Response, StatusCode, header};
use serde_json::{Value, json};

pub(super) struct AwsDialect;

impl Dialect for AwsDialect {
    fn is_call(&self, request: &Parts, body: &[u8]) -> bool {
        CALLS.contains(&operation(request, body).as_str())
    }

    fn is_harmless_twice(&self, request: &Parts, body: &[u8]) -> bool {
        match operation(request, body).as_str() {
            "PutItem" | "DeleteItem" => is_under_version(body),
            operation => HARMLESS_TWICE.contains(&operation),
        }
    }

    fn throttled(&self, request: &Parts) -> Response<Bytes> {
        let target = target(request);
        let (kind, body) = match target.as_deref() {
            Some(target) => {
                let code = match target.split('.').next().unwrap_or_default() {
                    "AmazonSQS" => "com.amazonaws.sqs#RequestThrottled",
                    "DynamoDB_20120810" => "com.amazonaws.dynamodb.v20120810#ThrottlingException",
                    _ => "ThrottlingException",
                };
                ("application/x-amz-json-1.0", json!({"__type": code, "message": "Rate exceeded"}).to_string())
            }
            None => ("text/xml", SNS_THROTTLED.to_owned()),
        };
        let mut answer = Response::new(Bytes::from(body));
        *answer.status_mut() = StatusCode::BAD_REQUEST;
        answer.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
        answer
    }
}

/// The requests that are the ports' calls, or do a part of one. All others look up names, or make and describe resources.
const CALLS: &[&str] = &[
    "GetItem",
    "BatchGetItem",
    "Query",
    "Scan",
    "GetRecords",
    "GetShardIterator",
    "PutItem",
    "DeleteItem",
    "TransactWriteItems",
    "Publish",
    "PublishBatch",
    "SendMessage",
    "SendMessageBatch",
    "ReceiveMessage",
    "DeleteMessage",
    "DeleteMessageBatch",
    "ChangeMessageVisibility",
    "ChangeMessageVisibilityBatch",
    "StartMessageMoveTask",
    "GetSecretValue",
    "GetParameter",
];

/// Reads; a transaction, by its token; what is promised only at least once; and settling a message that is settled.
const HARMLESS_TWICE: &[&str] = &[
    "GetItem",
    "BatchGetItem",
    "Query",
    "Scan",
    "GetRecords",
    "GetShardIterator",
    "TransactWriteItems",
    "Publish",
    "PublishBatch",
    "SendMessage",
    "SendMessageBatch",
    "DeleteMessage",
    "DeleteMessageBatch",
    "ChangeMessageVisibility",
    "ChangeMessageVisibilityBatch",
    "GetSecretValue",
    "GetParameter",
];

const SNS_THROTTLED: &str = "<ErrorResponse xmlns=\"http://sns.amazonaws.com/doc/2010-03-31/\"><Error>\
    <Type>Sender</Type><Code>Throttling</Code><Message>Rate exceeded</Message></Error>\
    <RequestId>00000000-0000-0000-0000-000000000000</RequestId></ErrorResponse>";

/// The operation: from the header, or SNS's `Action`.
fn operation(request: &Parts, body: &[u8]) -> String {
    if let Some(target) = target(request) {
        return target.rsplit('.').next().unwrap_or_default().to_owned();
    }
    let form = String::from_utf8_lossy(body);
    form.split('&').find_map(|field| field.strip_prefix("Action=")).unwrap_or_default().to_owned()
}

fn target(request: &Parts) -> Option<String> {
    Some(request.headers.get("x-amz-target")?.to_str().ok()?.to_owned())
}

/// Whether a write is done only to the document of one version.
fn is_under_version(body: &[u8]) -> bool {
    let condition = |body: Value| Some(body.get("ConditionExpression")?.as_str()?.contains(":version"));
    serde_json::from_slice(body).ok().and_then(condition).unwrap_or(false)
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::Request;

    fn request(target: Option<&str>) -> Parts {
        let mut request = Request::new(());
        if let Some(target) = target {
            request.headers_mut().insert("x-amz-target", target.parse().unwrap());
        }
        request.into_parts().0
    }

    #[test]
    fn lookups_meet_no_faults_and_only_harmless_requests_are_sent_twice() {
        for (target, body, call, twice) in [
            (Some("DynamoDB_20120810.GetItem"), "{}", true, true),
            (Some("DynamoDB_20120810.DescribeTable"), "{}", false, false),
            (Some("DynamoDB_20120810.PutItem"), "{}", true, false),
            (Some("DynamoDB_20120810.PutItem"), r##"{"ConditionExpression":"#version = :version"}"##, true, true),
            (Some("DynamoDB_20120810.DeleteItem"), r#"{"ConditionExpression":"attribute_exists(#key)"}"#, true, false),
            (Some("DynamoDB_20120810.TransactWriteItems"), "{}", true, true),
            (Some("AmazonSQS.GetQueueUrl"), "{}", false, false),
            (Some("AmazonSQS.ReceiveMessage"), "{}", true, false),
            (Some("AmazonSQS.DeleteMessage"), "{}", true, true),
            (None, "Action=Publish&Version=2010-03-31", true, true),
            (None, "Action=ListTopics&Version=2010-03-31", false, false),
        ] {
            let request = request(target);
            assert_eq!(AwsDialect.is_call(&request, body.as_bytes()), call, "{target:?} {body}");
            assert_eq!(AwsDialect.is_harmless_twice(&request, body.as_bytes()), twice, "{target:?} {body}");
        }
    }

    #[test]
    fn each_protocol_asks_to_slow_down_in_its_own_words() {
        for (target, words) in [
            (Some("DynamoDB_20120810.GetItem"), "ThrottlingException"),
            (Some("AmazonSQS.SendMessage"), "RequestThrottled"),
            (Some("secretsmanager.GetSecretValue"), "ThrottlingException"),
            (None, "<Code>Throttling</Code>"),
        ] {
            let answer = AwsDialect.throttled(&request(target));
            assert_eq!(answer.status(), StatusCode::BAD_REQUEST);
            assert!(String::from_utf8_lossy(answer.body()).contains(words), "{target:?}");
        }
    }
}
