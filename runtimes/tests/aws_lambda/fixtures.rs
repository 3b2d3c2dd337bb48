//! Every event that the crates of events ship as an example, and what becomes of it when any part of it is something else.

use std::path::{Path, PathBuf};

use anyport_runtimes::aws_lambda::EventError;
use cargo_metadata::MetadataCommand;
use serde_json::{Value, json};

use crate::site::Site;
use crate::workload::{Calls, workload};

/// The JSON files in a folder of a crate's sources.
fn fixtures(package: &str, folder: &str) -> Vec<(String, Value)> {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml");
    let options = ["--offline".to_owned(), "--locked".to_owned()];
    let metadata = MetadataCommand::new().manifest_path(manifest).other_options(options).exec().unwrap();
    let found = metadata.packages.iter().find(|found| found.name.as_str() == package).unwrap();
    let folder: PathBuf = found.manifest_path.parent().unwrap().join(folder).into();
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "json"));
    files.sort();
    let read = |path: &PathBuf| {
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        (name, serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap())
    };
    files.iter().map(read).collect()
}

fn all() -> Vec<(String, Value)> {
    let (events, http) = (fixtures("aws_lambda_events", "src/fixtures"), fixtures("lambda_http", "tests/data"));
    assert!(events.len() >= 170 && http.len() >= 18, "{} and {}", events.len(), http.len());
    events.into_iter().chain(http).collect()
}

/// What it is to become, by the name of the file.
fn expected(name: &str) -> Option<&'static str> {
    let is = |beginnings: &[&str]| beginnings.iter().any(|beginning| name.starts_with(beginning));
    let is_not = ["-response", "example-apigw-websocket", "example-apigw-custom-auth"];
    if name == "lambda_function_url_request"
        || is(&[
            "alb_",
            "apigw_",
            "example-alb-",
            "example-apigw-request",
            "example-apigw-console",
            "example-apigw-restapi",
            "example-apigw-sam",
        ]) && !is_not.iter().any(|part| name.contains(part))
        || is(&["example-apigw-v2-request"])
    {
        return Some("answered");
    }
    if is(&[
        "example-sqs-event",
        "example-cloudwatch-alarm-sns",
        "example-sns-event",
        "example-s3-event",
        "example-eventbridge-schedule",
    ]) || matches!(name, "example-dynamodb-event" | "example-dynamodb-event-null-items")
    {
        return Some("Anyport.NoFunction");
    }
    None
}

fn kind(result: &Result<Value, EventError>) -> &'static str {
    match result {
        Ok(answer) if answer["statusCode"].is_u64() => "answered",
        Ok(_) => "done",
        Err(error) => error.error_type(),
    }
}

#[tokio::test]
async fn every_example_is_answered_or_told_of() {
    let site = Site::new(&workload(&Calls::default())).await;
    let mut wrong = Vec::new();
    for (name, event) in all() {
        let result = site.call(&event).await;
        let expected = expected(&name).unwrap_or("Anyport.UnrecognisedEvent");
        if kind(&result) != expected {
            wrong.push(format!("{name}: {} instead of {expected}: {result:?}", kind(&result)));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The JSON pointers of all values.
fn pointers(value: &Value, at: &str, all: &mut Vec<String>) {
    all.push(at.to_owned());
    let escaped = |name: &str| name.replace('~', "~0").replace('/', "~1");
    match value {
        Value::Object(fields) => {
            fields.iter().for_each(|(name, value)| pointers(value, &format!("{at}/{}", escaped(name)), all));
        }
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(n, value)| pointers(value, &format!("{at}/{n}"), all));
        }
        _ => {}
    }
}

#[tokio::test]
async fn whatever_stands_in_an_event_it_is_answered_or_told_of() {
    let site = Site::new(&workload(&Calls::default())).await;
    let instead =
        [json!(null), json!(true), json!(-1), json!("\u{0}%zz \u{1f600}"), json!([]), json!({}), json!([[1]])];
    let mut played = 0;
    for (name, event) in all().into_iter().filter(|(name, _)| expected(name).is_some()) {
        let mut places = Vec::new();
        pointers(&event, "", &mut places);
        for (place, value) in places.iter().flat_map(|place| instead.iter().map(move |value| (place, value))) {
            let mut event = event.clone();
            *event.pointer_mut(place).unwrap() = value.clone();
            let result = site.call(&event).await;
            assert!(matches!(kind(&result), "answered" | "done") || result.is_err(), "{name} {place}");
            played += 1;
        }
    }
    assert!(played > 5_000, "{played}");
}
