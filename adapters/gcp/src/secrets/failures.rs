//! What failures on the way are made into, and that none of them shows a value.

use std::net::{Ipv4Addr, TcpListener};
use std::time::{Duration, Instant};

use anyport_ports::secrets::{SecretVersion, Secrets as _};
use anyport_ports::{Error, ErrorKind, SecretName};

use super::SecretManager;
use crate::double::{self, Reply, methods};

const KEY: SecretName = SecretName::from_static("api-key");

async fn latest(reply: impl Fn(&str) -> Reply + Send + Sync + 'static) -> (Error, Vec<String>) {
    let (settings, asked) = double::start(reply).await;
    let secrets = SecretManager::connect(&settings).await.unwrap();
    let error = secrets.get(&KEY, &SecretVersion::Latest).await.unwrap_err();
    (error, methods(&asked))
}

#[tokio::test]
async fn each_refusal_has_its_kind_and_is_asked_for_again_where_that_helps() {
    for (status, json, kind, asked) in [
        (404, r#"{"error": {"code": 404, "message": "none", "status": "NOT_FOUND"}}"#, ErrorKind::NotFound, 1),
        // Disabled or destroyed.
        (400, r#"{"error": {"code": 400, "message": "off", "status": "FAILED_PRECONDITION"}}"#, ErrorKind::NotFound, 1),
        (
            403,
            r#"{"error": {"code": 403, "message": "no", "status": "PERMISSION_DENIED"}}"#,
            ErrorKind::PermissionDenied,
            1,
        ),
        (
            401,
            r#"{"error": {"code": 401, "message": "who", "status": "UNAUTHENTICATED"}}"#,
            ErrorKind::Unauthenticated,
            1,
        ),
        (
            429,
            r#"{"error": {"code": 429, "message": "slow", "status": "RESOURCE_EXHAUSTED"}}"#,
            ErrorKind::Throttled,
            3,
        ),
        (503, r#"{"error": {"code": 503, "message": "down", "status": "UNAVAILABLE"}}"#, ErrorKind::Unavailable, 3),
        (500, "not even JSON", ErrorKind::Unavailable, 3),
    ] {
        let (error, methods) = latest(move |_| Reply::Json(status, json)).await;
        assert_eq!((error.kind(), methods.len()), (kind, asked), "{error:?}");
        assert!(error.to_string().starts_with("secrets.get api-key: "), "{error}");
    }
}

#[tokio::test]
async fn an_answer_that_cannot_be_read_or_was_altered_shows_nothing_of_the_value() {
    for json in [
        r#"{"name": "projects/1/secrets/api-key/versions/1", "payload": {"data": "p@ssword!!"}}"#,
        r#"{"name": "projects/1/secrets/api-key/versions/1", "payload": {"data": "cEBzc3dvcmQ=", "dataCrc32c": "1"}}"#,
    ] {
        let (error, _) = latest(move |_| Reply::Json(200, json)).await;
        let told = format!("{error} {error:?}");
        assert_eq!(error.kind(), ErrorKind::Unavailable, "{told}");
        for shown in ["p@ss", "cEBzc3"] {
            assert!(!told.contains(shown), "{told}");
        }
    }
}

#[tokio::test]
async fn a_service_that_is_not_there_or_silent_is_told_in_time() {
    let closed = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let settings = double::at(closed.local_addr().unwrap());
    drop(closed);
    let started = Instant::now();
    let secrets = SecretManager::connect(&settings).await.unwrap();
    let error = secrets.get(&KEY, &SecretVersion::Latest).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert!(error.to_string().contains("the endpoint and the network"), "{error}");
    let error = secrets.put(&KEY, b"value").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable, "nothing was put: {error:?}");
    assert!(started.elapsed() < Duration::from_secs(10), "{:?}", started.elapsed());

    let (error, _) = latest(|_| Reply::Silence).await;
    assert_eq!(error.kind(), ErrorKind::Unavailable, "{error:?}");
    assert!(started.elapsed() < Duration::from_secs(25), "{:?}", started.elapsed());
}

#[tokio::test]
async fn a_version_that_cannot_be_is_not_asked_for() {
    let (settings, asked) = double::start(|_| Reply::Silence).await;
    let secrets = SecretManager::connect(&settings).await.unwrap();
    for odd in ["latest", "", "1:destroy"] {
        let error = secrets.get(&KEY, &SecretVersion::Pinned(odd.to_owned())).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotFound);
    }
    assert!(methods(&asked).is_empty());
}
