//! Making exist what a workload needs.

use anyport_ports::resources::{CollectionSpec, Provision, Resources, SubscriptionSpec};
use anyport_ports::{Error, ErrorKind, Result};
use async_trait::async_trait;

use crate::messages::Subscribed;
use crate::store::{Memory, State};

const OPERATION: &str = "provision";

impl State {
    fn check_collection(&self, spec: &CollectionSpec) -> Result<()> {
        let Some(standing) = self.collections.get(&spec.name) else { return Ok(()) };
        for index in &spec.indexes {
            if standing.indexes.iter().any(|own| own.name == index.name && own != index) {
                let message = "the index exists over other fields: give the new one another name";
                let resource = format!("{}/{}", spec.name, index.name);
                return Err(Error::new(ErrorKind::Conflict, message).during(OPERATION, resource));
            }
        }
        Ok(())
    }

    fn check_subscription(&self, spec: &SubscriptionSpec) -> Result<()> {
        let resource = spec.subscription().map_err(|error| error.during(OPERATION, &spec.topic))?;
        if spec.max_attempts == 0 {
            return Err(Error::invalid("a subscription needs at least one attempt").during(OPERATION, resource));
        }
        let standing = self.topics.get(&spec.topic).and_then(|topic| topic.subscriptions.get(&spec.name));
        match standing.map(|standing| standing.max_attempts) {
            Some(standing) if standing != spec.max_attempts => {
                let message =
                    format!("the subscription exists with {standing} attempts: give the new one another name");
                Err(Error::new(ErrorKind::Conflict, message).during(OPERATION, resource))
            }
            _ => Ok(()),
        }
    }

    fn create_collection(&mut self, spec: &CollectionSpec) {
        let collection = self.collections.entry(spec.name.clone()).or_default();
        for index in &spec.indexes {
            if !collection.indexes.iter().any(|own| own.name == index.name) {
                collection.indexes.push(index.clone());
            }
        }
        if spec.feed {
            collection.feed.get_or_insert_default();
        }
    }

    fn create_subscription(&mut self, spec: &SubscriptionSpec) {
        let topic = self.topics.entry(spec.topic.clone()).or_default();
        topic.subscriptions.entry(spec.name.clone()).or_insert_with(|| Subscribed::new(spec.max_attempts));
    }
}

#[async_trait]
impl Provision for Memory {
    /// All of it is created, or on an error nothing. A subscription brings its topic with it.
    async fn provision(&self, resources: &Resources) -> Result<()> {
        let mut state = self.shared.lock();
        resources.collections.iter().try_for_each(|spec| state.check_collection(spec))?;
        resources.subscriptions.iter().try_for_each(|spec| state.check_subscription(spec))?;
        resources.collections.iter().for_each(|spec| state.create_collection(spec));
        for topic in &resources.topics {
            state.topics.entry(topic.clone()).or_default();
        }
        resources.subscriptions.iter().for_each(|spec| state.create_subscription(spec));
        for bucket in &resources.buckets {
            state.buckets.entry(bucket.clone()).or_default();
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use anyport_ports::documents::{Documents, Index, Key};
    use anyport_ports::{CollectionName, IndexName, TopicName};

    use super::*;
    use crate::{ManualClock, MemoryStore};

    fn resources(sort_field: &str, max_attempts: u32) -> Resources {
        let index = Index::new(IndexName::from_static("by-state"), "state", sort_field);
        let collection = CollectionSpec::new(CollectionName::from_static("orders"), vec![index]);
        let topic = TopicName::from_static("events");
        let subscription = SubscriptionSpec { topic, name: "fulfil".to_owned(), max_attempts };
        Resources { collections: vec![collection], subscriptions: vec![subscription], ..Resources::default() }
    }

    #[tokio::test]
    async fn provisioning_again_is_harmless_and_another_form_is_a_conflict() {
        let memory = MemoryStore::new(Arc::new(ManualClock::new())).handle();
        memory.provision(&resources("placed", 3)).await.unwrap();
        memory.provision(&resources("placed", 3)).await.unwrap();
        for other in [resources("paid", 3), resources("placed", 4)] {
            assert_eq!(memory.provision(&other).await.unwrap_err().kind(), ErrorKind::Conflict);
        }
    }

    #[tokio::test]
    async fn a_refusal_creates_nothing() {
        let memory = MemoryStore::new(Arc::new(ManualClock::new())).handle();
        let error = memory.provision(&resources("placed", 0)).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
        let key = Key::new("p", "s").unwrap();
        let absent = memory.get(&CollectionName::from_static("orders"), &key).await.unwrap_err();
        assert_eq!(absent.kind(), ErrorKind::NotFound);
    }
}
