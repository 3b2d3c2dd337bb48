//! Making topics and subscriptions.

use anyport_ports::resources::{Resources, SubscriptionSpec};
use anyport_ports::{Error, ErrorKind, Result, TopicName};

use super::attempts::{Repeat, run};
use super::{keys, scripts};
use crate::store::RedisStore;

/// Makes the topics and subscriptions that are not there; `Conflict` for a subscription that is, with other attempts.
pub(crate) async fn provision(store: &RedisStore, resources: &Resources) -> Result<()> {
    for topic in &resources.topics {
        make(store, topic, "", 0).await?;
    }
    for spec in &resources.subscriptions {
        make_subscription(store, spec).await?;
    }
    Ok(())
}

async fn make_subscription(store: &RedisStore, spec: &SubscriptionSpec) -> Result<()> {
    let subscription = spec.subscription()?;
    let asked = spec.max_attempts;
    if asked == 0 {
        let message = format!("the subscription {subscription} has no attempts: it needs at least one");
        return Err(Error::invalid(message));
    }
    let standing = make(store, &spec.topic, subscription.name(), asked).await?;
    if standing == 0 {
        return Ok(());
    }
    let message = format!(
        "the subscription {subscription} is there with {standing} attempts: give the one with {asked} another name"
    );
    Err(Error::new(ErrorKind::Conflict, message))
}

/// The attempts of a subscription that stands in the way, or 0.
async fn make(store: &RedisStore, topic: &TopicName, name: &str, max_attempts: u32) -> Result<u32> {
    let topic = keys::topic(&store.naming, topic);
    let [stream, _] = keys::inbox(&topic, name);
    let dead_letters = keys::dead_letters(&topic, name);
    let mut call = scripts::PROVISION.on(&[topic, stream, dead_letters]);
    call.arg(name).arg(max_attempts);
    run(&store.connection, &scripts::PROVISION, &call, Repeat::Harmless).await
}
