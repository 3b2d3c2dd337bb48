//! Decode, validate, call, encode: what each request is answered with.

use std::time::Duration;

use serde_json::json;

use crate::client::{get, post, send};
use crate::notes::workload;
use crate::site::Site;

#[tokio::test]
async fn a_note_lives_from_creation_to_deletion() {
    let server = Site::new().start(workload()).await;
    let at = server.address();

    let created = post(at, "/notes", r#"{"id":"a b","text":"hello","stars":2.0}"#).await;
    assert_eq!((created.status, created.json()["stars"].as_u64()), (201, Some(2)), "{}", created.body);
    assert_eq!(created.header("location"), Some("/notes/a%20b"));
    let etag = created.header("etag").unwrap();

    let read = get(at, "/notes/a%20b").await;
    assert_eq!((read.status, read.header("etag")), (200, Some(etag)));
    assert_eq!(read.json(), json!({ "id": "a b", "text": "hello", "stars": 2 }));

    let matching = format!("if-match: {etag}");
    let json_type = "content-type: application/json; charset=utf-8";
    let changed = send(at, "PUT /notes/a%20b", &[&matching, json_type], r#"{"text":"new"}"#).await;
    assert_eq!(changed.status, 200, "{}", changed.body);
    assert_ne!(changed.header("etag"), Some(etag));
    let lost = send(at, "PUT /notes/a%20b", &[&matching, json_type], r#"{"text":"newer"}"#).await;
    assert_eq!(lost.problem(412), "precondition_failed");
    let blind = send(at, "PUT /notes/a%20b", &[json_type], r#"{"text":"newer"}"#).await;
    assert_eq!(blind.problem(428), "precondition_required");
    assert_eq!(get(at, "/notes/a%20b").await.json()["text"], "new");

    let deleted = send(at, "DELETE /notes/a%20b", &[], "").await;
    assert_eq!((deleted.status, deleted.body.as_str()), (204, ""));
    assert_eq!(get(at, "/notes/a%20b").await.problem(404), "not_found");
    server.shutdown().await;
}

#[tokio::test]
async fn a_request_that_breaks_the_schema_is_told_each_violation() {
    let server = Site::new().start(workload()).await;
    let at = server.address();

    let refused = post(at, "/notes", r#"{"id":"","text":5,"more":1}"#).await;
    assert_eq!(refused.problem(422), "schema_violation");
    let errors = refused.json()["errors"].clone();
    let mut pointers: Vec<_> =
        errors.as_array().unwrap().iter().map(|error| error["pointer"].as_str().unwrap()).collect();
    pointers.sort_unstable();
    assert_eq!(pointers, ["", "/id", "/text"], "{errors}");
    assert!(errors.as_array().unwrap().iter().all(|error| error["in"] == "body"));

    let too_many_stars = format!(r#"{{"id":"x","text":"y","stars":{}}}"#, u64::from(u32::MAX) + 1);
    assert_eq!(post(at, "/notes", &too_many_stars).await.json()["errors"][0]["pointer"], "/stars");

    for (query, pointer) in
        [("limit=0", "/limit"), ("limit=x", "/limit"), ("limit=1&limit=2", "/limit"), ("other=1", "")]
    {
        let refused = get(at, &format!("/notes?{query}")).await;
        assert_eq!(refused.problem(422), "schema_violation", "{query}");
        assert_eq!(refused.json()["errors"][0]["pointer"], pointer, "{query}");
        assert_eq!(refused.json()["errors"][0]["in"], "query");
    }
    let refused = get(at, "/fail/300").await;
    assert_eq!(
        (refused.problem(422).as_str(), &refused.json()["errors"][0]["in"]),
        ("schema_violation", &json!("path"))
    );
    assert_eq!(get(at, "/notes").await.json()["items"], json!([]), "nothing was written");
    server.shutdown().await;
}

#[tokio::test]
async fn pages_follow_one_another_by_their_cursors() {
    let server = Site::new().start(workload()).await;
    let at = server.address();
    for id in ["a", "b", "c"] {
        assert_eq!(post(at, "/notes", &json!({ "id": id, "text": "" }).to_string()).await.status, 201);
    }
    let first = get(at, "/notes?limit=2").await.json();
    assert_eq!(first["items"].as_array().unwrap().len(), 2);
    let cursor = first["next"].as_str().unwrap();
    let second = get(at, &format!("/notes?limit=2&cursor={cursor}")).await.json();
    assert_eq!((&second["items"][0]["id"], &second["next"]), (&json!("c"), &json!(null)));
    assert_eq!(get(at, "/notes?cursor=garbage").await.problem(400), "invalid_input");
    server.shutdown().await;
}

#[tokio::test]
async fn every_kind_of_failure_has_its_status_and_the_services_own_tell_nothing() {
    let server = Site::new().start(workload()).await;
    let at = server.address();
    let statuses = [404, 409, 412, 400, 413, 429, 503, 503, 403, 401, 500];
    for (number, status) in statuses.into_iter().enumerate() {
        let failed = get(at, &format!("/fail/{number}")).await;
        let code = failed.problem(status);
        assert_eq!(code, if number == 7 { "indeterminate" } else { "failing" });
        assert_eq!(failed.body.contains("secret inner text"), status < 500);
        assert_eq!(failed.header("retry-after").is_some(), matches!(status, 429 | 503));
    }
    server.shutdown().await;
}

#[tokio::test]
async fn a_panic_and_a_timeout_end_their_own_request_alone() {
    let server = Site::new().start(workload()).await;
    let at = server.address();
    for _ in 0..3 {
        let panicked = get(at, "/panics").await;
        assert_eq!(panicked.problem(500), "internal");
        assert!(!panicked.body.contains("secret"));
    }
    assert_eq!(get(at, "/never").await.problem(504), "timeout");
    assert_eq!(get(at, "/notes").await.status, 200);
    server.shutdown().await;
}

#[tokio::test]
async fn what_is_over_the_concurrency_limit_is_shed() {
    let server = Site::new().start(workload()).await;
    let at = server.address();
    let first = tokio::spawn(async move { get(at, "/single").await });
    // One of the two is let in; whichever it is, the other is turned away at once.
    let second = tokio::time::timeout(Duration::from_secs(10), get(at, "/single")).await.unwrap();
    let mut answers = [first.await.unwrap(), second];
    answers.sort_by_key(|answer| answer.status);
    assert_eq!(answers[0].problem(503), "overloaded");
    assert!(answers[0].header("retry-after").is_some());
    assert_eq!(answers[1].problem(504), "timeout");
    server.shutdown().await;
}

#[tokio::test]
async fn head_is_get_without_the_body_and_requests_keep_their_ids() {
    let server = Site::new().start(workload()).await;
    let at = server.address();
    let whole = get(at, "/notes").await;
    let head = send(at, "HEAD /notes", &["x-request-id: mine-1"], "").await;
    assert_eq!((head.status, head.body.as_str()), (200, ""));
    assert_eq!(head.header("content-length"), whole.header("content-length"));
    assert_eq!(head.header("x-request-id"), Some("mine-1"));
    assert_eq!(whole.header("x-request-id").unwrap().len(), 36);
    let raw = send(at, "PUT /raw", &["content-type: text/csv"], "a,b").await;
    assert_eq!(raw.json(), "3 of text/csv");
    server.shutdown().await;
}
