//! Creating queues.

use std::collections::HashMap;

use anyport_ports::messages::Subscription;
use anyport_ports::resources::{Provision, Resources, SubscriptionSpec};
use anyport_ports::{Error, ErrorKind, Result, TopicName};
use async_trait::async_trait;
use azure_storage_queue::models::QueueClientCreateOptions;

use super::queues::MAX_ATTEMPTS;
use super::{QueueMessages, Queues};
use crate::call::{Effect, Failure, attempt};

const PROVISION: &str = "provision";

#[async_trait]
impl Provision for QueueMessages {
    /// The topics and subscriptions among the resources; a subscription brings its topic with it.
    async fn provision(&self, resources: &Resources) -> Result<()> {
        let mut subscriptions = Vec::new();
        for spec in &resources.subscriptions {
            subscriptions.push((spec, checked(spec)?));
        }
        for topic in &resources.topics {
            self.0.create_topic(topic).await?;
        }
        for (spec, subscription) in subscriptions {
            self.0.create_topic(&spec.topic).await?;
            self.0.create_subscription(&subscription, spec.max_attempts).await?;
        }
        Ok(())
    }
}

/// The subscription that is described, if it can be.
fn checked(spec: &SubscriptionSpec) -> Result<Subscription> {
    let subscription = spec.subscription()?;
    if spec.max_attempts == 0 {
        return Err(Error::invalid("a subscription of no attempts: at least 1").during(PROVISION, subscription));
    }
    Ok(subscription)
}

impl Queues {
    async fn create_topic(&self, topic: &TopicName) -> Result<()> {
        let created = self.create(&self.names.topic(topic), HashMap::new()).await?;
        created.or_else(standing).map_err(|failure| failure.told(Effect::Read, PROVISION, topic))
    }

    /// The dead letters come first: as soon as the subscription is there, messages reach it.
    async fn create_subscription(&self, subscription: &Subscription, max_attempts: u32) -> Result<()> {
        let told = |failure: Failure| failure.told(Effect::Read, PROVISION, subscription);
        let letters = self.create(&self.names.queue(&subscription.dead_letters()), HashMap::new()).await?;
        letters.or_else(standing).map_err(told)?;

        let name = self.names.queue(subscription);
        let metadata = HashMap::from([(MAX_ATTEMPTS.to_owned(), max_attempts.to_string())]);
        let created = self.create(&name, metadata).await?;
        if let Err(failure) = created {
            standing(failure).map_err(told)?;
            let limit = self.limit_of(&self.queue(&name)?).await.map_err(told)?;
            if limit != Some(max_attempts) {
                let stands =
                    limit.map_or("is no subscription's".to_owned(), |limit| format!("allows {limit} attempts"));
                let message = format!("its queue stands already and {stands}: {max_attempts} attempts are asked for");
                return Err(Error::new(ErrorKind::Conflict, message).during(PROVISION, subscription));
            }
        }
        Ok(())
    }

    /// Creates a queue. One that stands with the same metadata is as good.
    async fn create(&self, name: &str, metadata: HashMap<String, String>) -> Result<Result<(), Failure>> {
        let queue = self.queue(name)?;
        let request = || async {
            let metadata = Some(metadata.clone());
            let options = QueueClientCreateOptions { metadata, ..QueueClientCreateOptions::default() };
            queue.create(Some(options)).await.map(drop)
        };
        Ok(attempt(request).await)
    }
}

/// Whether a queue could not be created since one stands, with other metadata.
fn standing(failure: Failure) -> Result<(), Failure> {
    if failure.code() == Some("QueueAlreadyExists") { Ok(()) } else { Err(failure) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subscription_has_a_good_name_and_attempts() {
        let spec = |name: &str, max_attempts| SubscriptionSpec {
            topic: TopicName::from_static("orders"),
            name: name.to_owned(),
            max_attempts,
        };
        assert!(checked(&spec("fulfil", 1)).is_ok());
        for bad in [spec("fulfil", 0), spec("Fulfil!", 3)] {
            assert_eq!(checked(&bad).unwrap_err().kind(), ErrorKind::InvalidInput);
        }
    }
}
