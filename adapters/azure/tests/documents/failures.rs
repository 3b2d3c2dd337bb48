//! Accounts, databases and containers that are not there, or do not let in.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyport_azure::{CosmosDocuments, CosmosSettings};
use anyport_ports::documents::{Body, Documents as _, Put};
use anyport_ports::{Error, ErrorKind, Result, Retry};
use serde_json::json;

use crate::{Shifted, USERS, key, provisioned, settings, users};

/// The error that this ends in, within a few seconds.
async fn error_of<T>(attempt: impl Future<Output = Result<T>>) -> Error {
    let began = Instant::now();
    let error = attempt.await.err().unwrap();
    assert!(began.elapsed() < Duration::from_secs(5), "{error}: after {:?}", began.elapsed());
    error
}

async fn connect(settings: &CosmosSettings) -> Result<CosmosDocuments> {
    CosmosDocuments::connect(settings, Arc::new(Shifted::default())).await
}

#[tokio::test]
async fn a_wrong_key_is_told_once_and_not_shown() {
    for (key, kind) in [("d3Jvbmcga2V5", ErrorKind::Unauthenticated), ("no base64!", ErrorKind::Unauthenticated)] {
        let error = error_of(connect(&CosmosSettings { key: Some(key.to_owned().into()), ..settings() })).await;
        assert_eq!((error.kind(), error.retry()), (kind, Retry::Never), "{error:?}");
        assert!(!format!("{error:?}").contains(key), "{error:?}");
    }
}

#[tokio::test]
async fn what_is_not_there_is_not_found_until_somebody_makes_it() {
    let nowhere = CosmosSettings { database: Some("no-such-database".to_owned()), ..settings() };
    let put = Put::new(Body::of(&json!({"n": 1})).unwrap());
    for (settings, named) in [(nowhere, "no-such-database"), (settings(), "users")] {
        let documents = connect(&settings).await.unwrap();
        for error in [
            error_of(documents.get(&USERS, &key("p", "a"))).await,
            error_of(documents.put(&USERS, &key("p", "a"), &put)).await,
        ] {
            assert_eq!((error.kind(), error.retry()), (ErrorKind::NotFound, Retry::Never), "{error:?}");
            assert!(error.to_string().contains(named) && error.to_string().contains("provision"), "{error}");
        }
    }
    let made = provisioned(&users(Vec::new())).await;
    connect(&made.settings).await.unwrap().put(&USERS, &key("p", "a"), &put).await.unwrap();
}

#[tokio::test]
async fn an_account_that_is_down_is_unavailable() {
    // Nobody listens there.
    let endpoint = Some("http://127.0.0.1:9/".to_owned());
    let error = error_of(connect(&CosmosSettings { endpoint, ..settings() })).await;
    assert_eq!((error.kind(), error.retry()), (ErrorKind::Unavailable, Retry::Backoff), "{error:?}");
    assert!(error.to_string().contains("check the endpoint"), "{error}");
}
