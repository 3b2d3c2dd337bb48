//! The change feed beyond what every store's must do.

use std::sync::Arc;
use std::time::Duration;

use anyport_azure::CosmosDocuments;
use anyport_ports::ErrorKind;
use anyport_ports::documents::{Body, Changes as _, Condition, Documents as _, FeedQuery, Put};
use anyport_ports::resources::{CollectionSpec, Provision as _, Resources};
use serde_json::json;

use crate::{USERS, key, provisioned, users};

const DAY: Duration = Duration::from_hours(24);

fn followed() -> Resources {
    Resources { collections: vec![CollectionSpec::new(USERS, Vec::new()).with_feed()], ..Resources::default() }
}

fn put() -> Put {
    Put::new(Body::of(&json!({"n": 1})).unwrap())
}

#[tokio::test]
async fn a_position_from_which_deletions_may_be_gone_is_refused() {
    let container = provisioned(&followed()).await;
    let documents = &container.documents;
    documents.put(&USERS, &key("p", "a"), &put()).await.unwrap();
    let latest = documents.latest(&USERS).await.unwrap();
    container.clock.forward(DAY);
    let page = documents.read(&USERS, &FeedQuery::from(latest.clone())).await.unwrap();
    container.clock.forward(DAY * 6 + Duration::from_mins(1));
    let error = documents.read(&USERS, &FeedQuery::from(latest)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::PreconditionFailed, "{error:?}");
    documents.read(&USERS, &FeedQuery::from(page.next)).await.expect("it was read to its end a day later");
    let page = documents.read(&USERS, &FeedQuery::oldest()).await.unwrap();
    assert_eq!(page.changes.len(), 1, "what stands can be read for ever");
}

#[tokio::test]
async fn a_collection_that_is_given_a_feed_has_one_from_then_on() {
    let container = provisioned(&users(Vec::new())).await;
    let before = &container.documents;
    assert_eq!(before.latest(&USERS).await.unwrap_err().kind(), ErrorKind::NotFound);
    before.put(&USERS, &key("p", "a"), &put()).await.unwrap();
    before.provision(&followed()).await.unwrap();
    let latest = before.latest(&USERS).await.unwrap();
    let clock = Arc::clone(&container.clock);
    let other = CosmosDocuments::connect(&container.settings, clock as _).await.unwrap();
    other.delete(&USERS, &key("p", "a"), &Condition::Present).await.unwrap();
    let page = before.read(&USERS, &FeedQuery::from(latest)).await.unwrap();
    assert_eq!(page.changes.len(), 1);
    assert_eq!((&page.changes[0].key, &page.changes[0].document), (&key("p", "a"), &None));
    before.provision(&users(Vec::new())).await.unwrap();
    before.latest(&USERS).await.expect("it keeps its feed");
}
