//! Records of the streams of tables.

use anyport_ports::documents::{Body, Document, DocumentChange, Documents as _, Key, Partition, Query, Version};
use anyport_ports::{Error, Result};
use anyport_runtimes::aws_lambda::{Functions, LambdaSettings};
use anyport_runtimes::{RUNTIME_COLLECTION, Surroundings};
use serde_json::{Value, json};

use crate::site::{PREFIX, Site};
use crate::workload::{Calls, workload};

/// As an adapter would, of records in this form: the key, and what its function does with it; `null` if it was deleted.
pub(crate) fn decode(record: &str) -> Result<DocumentChange> {
    let record: Value = serde_json::from_str(record).unwrap();
    let key = record["dynamodb"]["Keys"]["sort"]["S"].as_str().ok_or_else(|| Error::invalid("no key"))?;
    let key = Key::new("things", key)?;
    let how = record["dynamodb"]["NewImage"]["how"]["S"].as_str();
    let document = how.map(|how| Document {
        key: key.clone(),
        body: Body::of(&json!({ "how": how, "id": key.sort() })).unwrap(),
        version: Version::new("v"),
        expires_at: None,
    });
    Ok(DocumentChange { key, document })
}

pub(crate) fn record(table: &str, number: &str, key: &str, how: Option<&str>) -> Value {
    json!({
        "eventID": "1", "eventName": if how.is_some() { "MODIFY" } else { "REMOVE" }, "eventVersion": "1.1",
        "eventSource": "aws:dynamodb", "awsRegion": "eu-central-1",
        "dynamodb": {
            "ApproximateCreationDateTime": 1_767_225_600, "Keys": { "partition": { "S": "things" }, "sort": { "S": key } },
            "NewImage": how.map(|how| json!({ "how": { "S": how } })), "SequenceNumber": number, "SizeBytes": 54,
            "StreamViewType": "NEW_IMAGE",
        },
        "eventSourceARN": format!("arn:aws:dynamodb:eu-central-1:123456789012:table/{table}/stream/2026-01-01T00:00:00.000"),
    })
}

fn batch(changes: &[(&str, Option<&str>)]) -> Value {
    let records = changes.iter().enumerate().map(|(n, (key, how))| record("test-things", &format!("10{n}"), key, *how));
    json!({ "Records": records.collect::<Vec<_>>() })
}

fn failed(response: &Value) -> Vec<&str> {
    let failures = response["batchItemFailures"].as_array().unwrap();
    failures.iter().map(|failure| failure["itemIdentifier"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn each_change_calls_the_function_in_order() {
    let calls = Calls::default();
    let site = Site::new(&workload(&calls)).await;
    let event = batch(&[("a", Some("fine")), ("b", Some("good")), ("a", Some("better")), ("b", None)]);
    let response = site.call(&event).await.unwrap();
    assert!(failed(&response).is_empty());
    assert_eq!(calls.all(), ["thing a fine", "thing b good", "thing a better", "thing b deleted"]);
}

#[tokio::test]
async fn from_the_first_that_failed_on_all_come_again() {
    for how in ["retry", "panic", "never"] {
        let calls = Calls::default();
        let site = Site::new(&workload(&calls)).await;
        let response = site.call(&batch(&[("a", Some("fine")), ("b", Some(how)), ("a", None)])).await.unwrap();
        assert_eq!(failed(&response), ["101"], "{how}");
        assert_eq!(calls.all().len(), 2, "{how}: nothing overtakes it");
    }
}

#[tokio::test]
async fn what_can_never_be_done_is_given_up_on_record_and_what_is_no_document_is_passed_over() {
    let calls = Calls::default();
    let site = Site::new(&workload(&calls)).await;
    let mut event = batch(&[("a", Some("wrong")), ("b", Some("fine")), ("c", Some("fine"))]);
    event["Records"][1]["dynamodb"]["Keys"] = json!({});
    let response = site.call(&event).await.unwrap();
    assert!(failed(&response).is_empty());
    assert_eq!(calls.all(), ["thing a wrong", "thing c fine"]);
    let query = Query::partition(Partition::new("change/thing").unwrap());
    let records = site.handle().query(&RUNTIME_COLLECTION, &query).await.unwrap().documents;
    let texts = ["state", "collection", "partition", "sort", "code"].map(|field| records[0].body.text(field).unwrap());
    assert_eq!((records.len(), texts), (1, ["failed", "things", "things", "a", "invalid_input"]));
}

#[tokio::test]
async fn foreign_tables_records_without_a_number_and_a_host_without_a_decoder_are_told() {
    let calls = Calls::default();
    let site = Site::new(&workload(&calls)).await;
    let foreign = json!({ "Records": [record("things", "100", "a", Some("fine"))] });
    assert_eq!(site.call(&foreign).await.unwrap_err().error_type(), "Anyport.NoFunction");
    let nameless = json!({ "Records": [record("test-things", "", "a", Some("retry"))] });
    assert_eq!(site.call(&nameless).await.unwrap_err().error_type(), "Anyport.FunctionFailed");
    let mut odd = batch(&[("a", Some("fine"))]);
    odd["Records"][0]["dynamodb"] = json!(7);
    assert_eq!(site.call(&odd).await.unwrap_err().error_type(), "Anyport.MalformedEvent");

    let settings = LambdaSettings { prefix: PREFIX.to_owned(), ..LambdaSettings::default() };
    let functions = Functions::new(&workload(&calls), &site.ports(), &Surroundings::none(), &settings).unwrap();
    let event = serde_json::value::to_raw_value(&batch(&[("a", Some("fine"))])).unwrap();
    let told = functions.call(&event, &lambda_runtime::Context::default()).await.err().unwrap();
    assert_eq!(told.error_type(), "Anyport.NoDecoder");
}
