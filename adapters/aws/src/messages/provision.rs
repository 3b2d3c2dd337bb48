//! Creating topics, queues and what connects them.

use std::collections::HashMap;

use anyport_ports::messages::Subscription;
use anyport_ports::resources::{Provision, Resources, SubscriptionSpec};
use anyport_ports::{Error, ErrorKind, Result, TopicName};
use async_trait::async_trait;
use aws_sdk_sqs::types::QueueAttributeName;
use serde_json::json;

use super::arn::Arn;
use super::{Services, SqsMessages};
use crate::error;

const PROVISION: &str = "provision";

/// Most deliveries that SQS counts to.
const MAX_ATTEMPTS: u32 = 1000;

/// How long dead letters are kept, from the publish: SQS's longest.
const FOURTEEN_DAYS_IN_SECONDS: u32 = 14 * 24 * 60 * 60;

#[async_trait]
impl Provision for SqsMessages {
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
            let topic = self.0.create_topic(&spec.topic).await?;
            self.0.create_subscription(&subscription, &topic, spec.max_attempts).await?;
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

impl Services {
    /// The ARN of the topic, which is created unless it is there.
    async fn create_topic(&self, topic: &TopicName) -> Result<String> {
        let answer = self.sns.create_topic().name(self.topic_name(topic)).send().await;
        let answer = answer.map_err(|failure| error::of(PROVISION, topic, &failure))?;
        let arn = answer.topic_arn().unwrap_or_default().to_owned();
        self.remember_topic(topic, &arn);
        Ok(arn)
    }

    async fn create_subscription(&self, subscription: &Subscription, topic: &str, max_attempts: u32) -> Result<()> {
        let here = Arn::parse(topic).ok_or_else(|| {
            let message = format!("SNS calls the topic {topic:?}, which is no ARN");
            Error::new(ErrorKind::Internal, message).during(PROVISION, subscription)
        })?;
        let letters = subscription.dead_letters();
        let of = |subscription| here.sibling("sqs", &self.queue_name(subscription));
        let (queue_arn, letters_arn) = (of(subscription), of(&letters));

        let retention = (QueueAttributeName::MessageRetentionPeriod, FOURTEEN_DAYS_IN_SECONDS.to_string());
        if self.redrive_policy(&letters).await?.is_none() {
            self.create_queue(&letters, HashMap::from([retention])).await?;
        }
        match self.redrive_policy(subscription).await? {
            None => {
                let redrive = json!({"deadLetterTargetArn": letters_arn, "maxReceiveCount": max_attempts}).to_string();
                let attributes = HashMap::from([
                    (QueueAttributeName::RedrivePolicy, redrive),
                    (QueueAttributeName::Policy, policy(topic, &queue_arn)),
                ]);
                self.create_queue(subscription, attributes).await?;
            }
            Some(policy) => check_policy(&policy, &letters_arn, max_attempts)
                .map_err(|message| Error::new(ErrorKind::Conflict, message).during(PROVISION, subscription))?,
        }
        let request = self.sns.subscribe().topic_arn(topic).protocol("sqs").endpoint(queue_arn);
        let answer = request.attributes("RawMessageDelivery", "true").return_subscription_arn(true).send().await;
        answer.map(drop).map_err(|failure| error::of(PROVISION, subscription, &failure))
    }

    /// The redrive policy of a queue, empty if it has none; `None` if there is no queue.
    async fn redrive_policy(&self, subscription: &Subscription) -> Result<Option<String>> {
        let url = match self.queue_url(PROVISION, subscription).await {
            Ok(url) => url,
            Err(absent) if absent.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        let request = self.sqs.get_queue_attributes().queue_url(url).attribute_names(QueueAttributeName::RedrivePolicy);
        let answer = request.send().await.map_err(|failure| error::of(PROVISION, subscription, &failure))?;
        let policy = answer.attributes().and_then(|attributes| attributes.get(&QueueAttributeName::RedrivePolicy));
        Ok(Some(policy.cloned().unwrap_or_default()))
    }

    /// Creates a queue. One that was created meanwhile with the same attributes is as good.
    async fn create_queue(
        &self,
        subscription: &Subscription,
        attributes: HashMap<QueueAttributeName, String>,
    ) -> Result<()> {
        let request = self.sqs.create_queue().queue_name(self.queue_name(subscription));
        let answer = request.set_attributes(Some(attributes)).send().await;
        answer.map(drop).map_err(|failure| error::of(PROVISION, subscription, &failure))
    }
}

/// Lets this topic, and nobody else, send to the queue.
fn policy(topic: &str, queue: &str) -> String {
    let statement = json!({
        "Effect": "Allow",
        "Principal": {"Service": "sns.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": queue,
        "Condition": {"ArnEquals": {"aws:SourceArn": topic}},
    });
    json!({"Version": "2012-10-17", "Statement": [statement]}).to_string()
}

/// Whether a queue that stands gives up its messages as is asked for; else what is wrong.
fn check_policy(policy: &str, letters: &str, max_attempts: u32) -> Result<(), String> {
    let policy: serde_json::Value = serde_json::from_str(policy).unwrap_or_default();
    let count = &policy["maxReceiveCount"];
    // SQS gives the number back as it was written, and some tools write it as text.
    let count = count.as_u64().or_else(|| count.as_str()?.parse().ok());
    match (count, policy["deadLetterTargetArn"].as_str()) {
        (Some(count), Some(target)) if count == u64::from(max_attempts) && target == letters => Ok(()),
        (Some(count), Some(target)) if target == letters => {
            Err(format!("its queue stands already and allows {count} attempts, not {max_attempts}"))
        }
        _ => Err(format!("its queue stands already and does not give up its messages to {letters}")),
    }
}

#[cfg(test)]
mod tests {
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
    fn a_queue_of_other_attempts_or_dead_letters_is_a_conflict() {
        const LETTERS: &str = "arn:aws:sqs:eu-west-1:1:orders_fulfil_dead";
        let policy = |count: serde_json::Value, target: &str| {
            json!({"maxReceiveCount": count, "deadLetterTargetArn": target}).to_string()
        };
        assert_eq!(check_policy(&policy(json!(3), LETTERS), LETTERS, 3), Ok(()));
        assert_eq!(check_policy(&policy(json!("3"), LETTERS), LETTERS, 3), Ok(()));
        for other in [policy(json!(4), LETTERS), policy(json!(3), "arn:aws:sqs:eu-west-1:1:other"), String::new()] {
            assert!(check_policy(&other, LETTERS, 3).is_err(), "{other}");
        }
    }
}
