//! Making what a workload needs.

use anyport_ports::resources::{CollectionSpec, Provision, Resources, SubscriptionSpec};
use anyport_ports::{Error, ErrorKind, Result};
use async_trait::async_trait;
use rusqlite::{Connection, params};

use crate::document_rows::collection;
use crate::error::Work;
use crate::store::SqliteStore;
use crate::{deliveries, feed, indexes};

#[async_trait]
impl Provision for SqliteStore {
    /// All of it is made, or on an error nothing. A subscription brings its topic with it.
    async fn provision(&self, resources: &Resources) -> Result<()> {
        let resources = resources.clone();
        self.write(move |connection, _| {
            for spec in &resources.collections {
                make_collection(connection, spec)?;
            }
            for topic in &resources.topics {
                make_topic(connection, topic.as_str())?;
            }
            for spec in &resources.subscriptions {
                make_subscription(connection, spec)?;
            }
            for bucket in &resources.buckets {
                connection.execute("INSERT OR IGNORE INTO buckets (name) VALUES (?1)", [bucket.as_str()])?;
            }
            Ok(())
        })
        .await
        .map_err(|error| error.during("provision", "the embedded store"))
    }
}

fn make_collection(connection: &Connection, spec: &CollectionSpec) -> Work<()> {
    connection.execute("INSERT OR IGNORE INTO collections (name) VALUES (?1)", [spec.name.as_str()])?;
    let id = collection(connection, &spec.name)?;
    if spec.feed {
        feed::declare(connection, id)?;
    }
    spec.indexes.iter().try_for_each(|index| indexes::declare(connection, id, index))
}

fn make_topic(connection: &Connection, name: &str) -> Work<()> {
    connection.execute("INSERT OR IGNORE INTO topics (name) VALUES (?1)", [name])?;
    Ok(())
}

fn make_subscription(connection: &Connection, spec: &SubscriptionSpec) -> Work<()> {
    let subscription = spec.subscription()?;
    if spec.max_attempts == 0 {
        let message = format!("the subscription {subscription} has no attempts: it needs at least one");
        return Err(Error::invalid(message).into());
    }
    make_topic(connection, spec.topic.as_str())?;
    connection.execute(
        "INSERT OR IGNORE INTO subscriptions (topic, name, max_attempts)
         SELECT id, ?2, ?3 FROM topics WHERE name = ?1",
        params![spec.topic.as_str(), subscription.name(), spec.max_attempts],
    )?;
    let standing = deliveries::queue(connection, &subscription)?.max_attempts;
    if standing == i64::from(spec.max_attempts) {
        return Ok(());
    }
    let asked = spec.max_attempts;
    let message = format!(
        "the subscription {subscription} is there with {standing} attempts: give the one with {asked} another name"
    );
    Err(Error::new(ErrorKind::Conflict, message).into())
}
