//! Topics and their subscriptions.

use anyport_ports::ErrorKind;

use super::*;

#[tokio::test]
async fn a_subscription_made_later_gets_what_is_published_from_then_on_by_everybody() {
    let space = Space::new().await;
    let publisher = space.connect().await;
    publish(&publisher, [event("before").into(), delayed("held-back", SHORT / 2)]).await;
    space.store.provision(&subscribed("audit", 3)).await.unwrap();
    // This handle has published before and knows of one subscription.
    publish(&publisher, [event("after").into()]).await;
    let audit = Subscription::new(ORDERS, "audit").unwrap();
    assert_eq!(ids(&space.receive(&audit, 10, LONG).await), ["after"]);
    assert_eq!(ids(&space.receive(&FULFIL, 10, LONG).await), ["before", "after"]);
    assert_eq!(space.next(&FULFIL, LONG).await.message.id(), "held-back");
    assert!(space.receive(&audit, 10, LONG).await.is_empty());
    space.clean().await;
}

#[tokio::test]
async fn provisioning_again_changes_nothing_and_other_attempts_are_a_conflict() {
    let space = Space::new().await;
    space.publish(["stays"]).await;
    space.store.provision(&subscribed("fulfil", 3)).await.unwrap();
    let error = space.store.provision(&subscribed("fulfil", 4)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict, "{error}");
    assert!(error.message().contains("3 attempts"), "{error}");
    let error = space.store.provision(&subscribed("none", 0)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput, "{error}");
    assert_eq!(ids(&space.receive(&FULFIL, 10, LONG).await), ["stays"]);
    space.clean().await;
}

#[tokio::test]
async fn a_topic_without_subscriptions_takes_messages_and_keeps_none() {
    let space = Space::new().await;
    let quiet = TopicName::from_static("quiet");
    let resources = Resources { topics: vec![quiet.clone()], ..Resources::default() };
    space.store.provision(&resources).await.unwrap();
    let before = space.keys().await.len();
    let results = space.store.publish(&quiet, &Batch::one(delayed("unheard", SHORT))).await.unwrap();
    assert!(results.iter().all(Result::is_ok));
    assert_eq!(space.keys().await.len(), before);

    let absent = TopicName::from_static("absent");
    let error = space.store.publish(&absent, &Batch::one(event("lost").into())).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound, "{error}");
    let nobody = Subscription::from_static(quiet, "nobody");
    let error = space.store.redrive(&nobody, 1).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound, "{error}");
    space.clean().await;
}
