//! Creating topics and subscriptions, by Google's clients for administrators.

use std::collections::HashMap;
use std::hash::BuildHasher;
use std::sync::Arc;
use std::time::Duration;

use anyport_ports::messages::Subscription;
use anyport_ports::resources::{Provision, Resources, SubscriptionSpec};
use anyport_ports::{Error, ErrorKind, Result};
use async_trait::async_trait;
use google_cloud_gax::options::RequestOptionsBuilder as _;
use google_cloud_gax::retry_policy::NeverRetry;
use google_cloud_pubsub::client::{SubscriptionAdmin, TopicAdmin};
use google_cloud_pubsub::model;

use super::{PubSubMessages, Services, wire};
use crate::access::Access;
use crate::error::Failure;
use crate::error::attempts::{Ended, run};

const PROVISION: &str = "provision";

/// The label of a subscription that tells how often it lets a message be delivered.
const LABEL: &str = "anyport-attempts";

/// How often Pub/Sub lets a message be delivered at least and at most before it moves it to the dead letters by itself.
pub(super) const OWN_ATTEMPTS: std::ops::RangeInclusive<u32> = 5..=100;

/// Most deliveries that a subscription may allow: as on SQS.
const MAX_ATTEMPTS: u32 = 1000;

/// How long a message is held that nobody says more of, in seconds: of a subscription, whose messages are held as the
/// consumer says at once; and of what waits or is dead, where it is moved meanwhile.
const DEADLINE: i32 = 10;
const MOVED_WITHIN: i32 = 20;

#[async_trait]
impl Provision for PubSubMessages {
    /// The topics and subscriptions among the resources; a subscription brings its topic with it.
    async fn provision(&self, resources: &Resources) -> Result<()> {
        let mut subscriptions = Vec::new();
        for spec in &resources.subscriptions {
            subscriptions.push((checked(spec)?, spec.max_attempts));
        }
        let administrator = Administrator::connect(&self.0.access).await?;
        for topic in &resources.topics {
            administrator.create_topic(topic, &self.0.names.topic(topic)).await?;
        }
        for (subscription, max_attempts) in subscriptions {
            self.0.create_subscription(&administrator, &subscription, max_attempts).await?;
        }
        Ok(())
    }
}

/// The subscription that is described, if it can be.
fn checked(spec: &SubscriptionSpec) -> Result<Subscription> {
    let subscription = spec.subscription()?;
    if (1..=MAX_ATTEMPTS).contains(&spec.max_attempts) {
        return Ok(subscription);
    }
    let message = format!("a subscription of {} attempts: 1 to {MAX_ATTEMPTS}", spec.max_attempts);
    Err(Error::invalid(message).during(PROVISION, subscription))
}

/// How often a subscription with these labels, and a policy of so many attempts, lets a message be delivered.
pub(super) fn attempts_of<S: BuildHasher>(labels: &HashMap<String, String, S>, policy: Option<i32>) -> Option<u32> {
    let label = labels.get(LABEL).and_then(|attempts| attempts.parse().ok());
    label.or_else(|| policy.and_then(|attempts| u32::try_from(attempts).ok()))
}

impl Services {
    async fn create_subscription(
        &self,
        administrator: &Administrator,
        subscription: &Subscription,
        max_attempts: u32,
    ) -> Result<()> {
        let (topic, name) = (self.names.topic(subscription.topic()), subscription.name());
        administrator.create_topic(subscription, &topic).await?;
        let letters = self.names.letters(subscription);
        administrator.create_topic(subscription, &letters).await?;

        let dead = subscription.dead_letters();
        let kept = blank(self.names.subscription(&dead), &letters).set_ack_deadline_seconds(MOVED_WITHIN);
        administrator.create(subscription, kept).await?;

        let later = blank(self.names.later(subscription), &topic)
            .set_ack_deadline_seconds(MOVED_WITHIN)
            .set_filter(wire::filter(name, true));
        administrator.create(subscription, later).await?;

        let own = max_attempts.clamp(*OWN_ATTEMPTS.start(), *OWN_ATTEMPTS.end());
        let policy = model::DeadLetterPolicy::new()
            .set_dead_letter_topic(&letters)
            .set_max_delivery_attempts(i32::try_from(own).unwrap_or(i32::MAX));
        let wanted = blank(self.names.subscription(subscription), &topic)
            .set_ack_deadline_seconds(DEADLINE)
            .set_filter(wire::filter(name, false))
            .set_labels([(LABEL, max_attempts.to_string())])
            .set_dead_letter_policy(policy);
        administrator.create(subscription, wanted).await
    }
}

/// A subscription that stands however long nobody uses it. Exactly once: else Pub/Sub may deliver what is held, and takes
/// the acknowledgement of an earlier delivery for one of the present.
fn blank(name: String, topic: &str) -> model::Subscription {
    model::Subscription::new()
        .set_name(name)
        .set_topic(topic)
        .set_enable_exactly_once_delivery(true)
        .set_expiration_policy(model::ExpirationPolicy::new())
}

/// Who may create.
struct Administrator {
    topics: TopicAdmin,
    subscriptions: SubscriptionAdmin,
}

impl Administrator {
    async fn connect(access: &Access) -> Result<Self> {
        let failed = |error| Failure::of_builder(error).told(PROVISION, "Pub/Sub");
        let topics = TopicAdmin::builder()
            .with_endpoint(access.endpoint.clone())
            .with_credentials(access.credentials.clone())
            .with_retry_policy(NeverRetry)
            .build();
        let subscriptions = SubscriptionAdmin::builder()
            .with_endpoint(access.endpoint.clone())
            .with_credentials(access.credentials.clone())
            .with_retry_policy(NeverRetry)
            .build();
        Ok(Self { topics: topics.await.map_err(failed)?, subscriptions: subscriptions.await.map_err(failed)? })
    }

    /// Creates the topic of this full name unless it is there.
    async fn create_topic(&self, resource: impl std::fmt::Display, name: &str) -> Result<()> {
        let created: Result<(), Ended> = run(Duration::ZERO, |time| async move {
            let request = self.topics.create_topic().set_name(name).with_attempt_timeout(time);
            request.send().await.map(drop).map_err(|error| Failure::of_client(Arc::new(error)))
        })
        .await;
        match created {
            Err(ended) if ended.failure.kind() != ErrorKind::Conflict => Err(ended.told(PROVISION, resource)),
            _ => Ok(()),
        }
    }

    /// Creates the subscription unless it is there in the same form.
    async fn create(&self, subscription: &Subscription, wanted: model::Subscription) -> Result<()> {
        let wanted = &wanted;
        let created: Result<(), Ended> = run(Duration::ZERO, |time| async move {
            let request = self.subscriptions.create_subscription().with_request(wanted.clone());
            let answer = request.with_attempt_timeout(time).send().await;
            answer.map(drop).map_err(|error| Failure::of_client(Arc::new(error)))
        })
        .await;
        match created {
            Ok(()) => Ok(()),
            Err(ended) if ended.failure.kind() == ErrorKind::Conflict => self.compare(subscription, wanted).await,
            Err(ended) => Err(ended.told(PROVISION, subscription)),
        }
    }

    async fn compare(&self, subscription: &Subscription, wanted: &model::Subscription) -> Result<()> {
        let name = wanted.name.as_str();
        let found: Result<model::Subscription, Ended> = run(Duration::ZERO, |time| async move {
            let request = self.subscriptions.get_subscription().set_subscription(name).with_attempt_timeout(time);
            request.send().await.map_err(|error| Failure::of_client(Arc::new(error)))
        })
        .await;
        let found = found.map_err(|ended| ended.failure.told(PROVISION, subscription))?;
        match difference(&found, wanted) {
            None => Ok(()),
            Some(what) => {
                let message = format!("{name} stands already, with another {what}");
                Err(Error::new(ErrorKind::Conflict, message).during(PROVISION, subscription))
            }
        }
    }
}

/// In what a subscription that stands differs from what is wanted, as far as it matters to its messages.
fn difference(found: &model::Subscription, wanted: &model::Subscription) -> Option<&'static str> {
    let attempts = |subscription: &model::Subscription| {
        let policy = subscription.dead_letter_policy.as_ref();
        attempts_of(&subscription.labels, policy.map(|policy| policy.max_delivery_attempts))
    };
    let letters = |subscription: &model::Subscription| {
        subscription.dead_letter_policy.as_ref().map(|policy| policy.dead_letter_topic.clone())
    };
    [
        ("topic", found.topic == wanted.topic),
        ("filter", found.filter == wanted.filter),
        ("number of attempts", attempts(found) == attempts(wanted)),
        ("topic of dead letters", letters(found) == letters(wanted)),
    ]
    .into_iter()
    .find_map(|(what, same)| (!same).then_some(what))
}

#[cfg(test)]
mod tests {
    use anyport_ports::TopicName;

    use super::*;

    fn spec(name: &str, max_attempts: u32) -> SubscriptionSpec {
        SubscriptionSpec { topic: TopicName::from_static("orders"), name: name.to_owned(), max_attempts }
    }

    #[test]
    fn a_subscription_has_a_good_name_and_attempts() {
        assert!(checked(&spec("fulfil", 1)).is_ok() && checked(&spec("fulfil", 1000)).is_ok());
        for bad in [spec("fulfil", 0), spec("fulfil", 1001), spec("Fulfil!", 3)] {
            assert_eq!(checked(&bad).unwrap_err().kind(), ErrorKind::InvalidInput);
        }
    }

    #[test]
    fn attempts_stand_in_the_label_and_else_in_the_policy() {
        let labels = HashMap::from([(LABEL.to_owned(), "3".to_owned())]);
        assert_eq!(attempts_of(&labels, Some(5)), Some(3));
        assert_eq!(attempts_of(&HashMap::new(), Some(7)), Some(7));
        assert_eq!(attempts_of(&HashMap::new(), None), None);
    }

    #[test]
    fn what_stands_in_another_form_is_told() {
        let of = |topic: &str, attempts: &str, letters: &str| {
            let policy = model::DeadLetterPolicy::new().set_dead_letter_topic(letters).set_max_delivery_attempts(5);
            blank("name".to_owned(), topic).set_labels([(LABEL, attempts)]).set_dead_letter_policy(policy)
        };
        let wanted = of("t", "3", "d");
        assert_eq!(difference(&wanted.clone().set_ack_deadline_seconds(60), &wanted), None);
        assert_eq!(difference(&of("u", "3", "d"), &wanted), Some("topic"));
        assert_eq!(difference(&wanted.clone().set_filter("attributes:a"), &wanted), Some("filter"));
        assert_eq!(difference(&of("t", "4", "d"), &wanted), Some("number of attempts"));
        assert_eq!(difference(&of("t", "3", "e"), &wanted), Some("topic of dead letters"));
    }
}
