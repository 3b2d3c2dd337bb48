//! What a topic and a subscription are made of, as JSON has it, and what is refused.

use std::collections::HashMap;
use std::time::Duration;

use googleapis_tonic_google_pubsub_v1::google::pubsub::v1 as proto;
use serde::{Deserialize, Serialize};

use super::filter::Filter;
use super::refusal::Refusal;

/// The shortest and the longest deadline of acknowledgement that a subscription may have, in seconds.
const DEADLINE: std::ops::RangeInclusive<u32> = 10..=600;

/// How often a message may be delivered before it goes to the dead letters.
const ATTEMPTS: std::ops::RangeInclusive<u32> = 5..=100;

/// The longest filter, in bytes.
const MAX_FILTER: usize = 256;

/// A topic.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct Topic {
    pub(super) name: String,
    pub(super) labels: HashMap<String, String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) message_retention_duration: Option<String>,
}

/// A subscription.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct Subscription {
    pub(super) name: String,
    pub(super) topic: String,
    pub(super) ack_deadline_seconds: u32,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(super) filter: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) dead_letter_policy: Option<DeadLetterPolicy>,
    pub(super) enable_exactly_once_delivery: bool,
    pub(super) labels: HashMap<String, String>,
    /// Kept as it was said. Nothing is old enough here to be removed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) message_retention_duration: Option<String>,
    /// Likewise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) expiration_policy: Option<ExpirationPolicy>,
    #[serde(skip_serializing)]
    enable_message_ordering: bool,
    #[serde(skip_serializing)]
    retain_acked_messages: bool,
    #[serde(skip_serializing)]
    push_config: Option<serde_json::Map<String, serde_json::Value>>,
    #[serde(skip_serializing)]
    retry_policy: Option<serde_json::Value>,
}

/// Where messages go that were delivered too often.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct DeadLetterPolicy {
    pub(super) dead_letter_topic: String,
    pub(super) max_delivery_attempts: u32,
}

/// When a subscription that nobody uses goes away; never if it has no time to live.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct ExpirationPolicy {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) ttl: Option<String>,
}

impl Topic {
    /// The topic under this name.
    pub(super) fn checked(mut self, name: &str) -> Result<Self, Refusal> {
        named(name)?;
        name.clone_into(&mut self.name);
        Ok(self)
    }
}

impl Subscription {
    /// The subscription under this name with what is not said filled in, and its filter.
    pub(super) fn checked(mut self, name: &str) -> Result<(Self, Filter), Refusal> {
        named(name)?;
        name.clone_into(&mut self.name);
        if self.push_config.as_ref().is_some_and(|push| !push.is_empty()) {
            return Err(Refusal::not_done("push"));
        }
        if self.enable_message_ordering || self.retry_policy.is_some() || self.retain_acked_messages {
            return Err(Refusal::not_done("ordering, retry policies and retaining what was acknowledged"));
        }
        if self.ack_deadline_seconds == 0 {
            self.ack_deadline_seconds = *DEADLINE.start();
        }
        if !DEADLINE.contains(&self.ack_deadline_seconds) {
            return Err(Refusal::invalid(format!("ackDeadlineSeconds is {}: {DEADLINE:?}", self.ack_deadline_seconds)));
        }
        if let Some(policy) = &mut self.dead_letter_policy {
            if policy.max_delivery_attempts == 0 {
                policy.max_delivery_attempts = *ATTEMPTS.start();
            }
            if !ATTEMPTS.contains(&policy.max_delivery_attempts) {
                let found = policy.max_delivery_attempts;
                return Err(Refusal::invalid(format!("maxDeliveryAttempts is {found}: {ATTEMPTS:?}")));
            }
        }
        if self.filter.len() > MAX_FILTER {
            return Err(Refusal::invalid(format!("the filter is {} bytes: {MAX_FILTER}", self.filter.len())));
        }
        let filter = Filter::parse(&self.filter).map_err(Refusal::invalid)?;
        Ok((self, filter))
    }

    pub(super) fn deadline(&self) -> Duration {
        Duration::from_secs(self.ack_deadline_seconds.into())
    }

    pub(super) fn to_proto(&self) -> proto::Subscription {
        let number = |number: u32| i32::try_from(number).unwrap_or(i32::MAX);
        proto::Subscription {
            name: self.name.clone(),
            topic: self.topic.clone(),
            ack_deadline_seconds: number(self.ack_deadline_seconds),
            labels: self.labels.clone(),
            filter: self.filter.clone(),
            enable_exactly_once_delivery: self.enable_exactly_once_delivery,
            dead_letter_policy: self.dead_letter_policy.as_ref().map(|policy| proto::DeadLetterPolicy {
                dead_letter_topic: policy.dead_letter_topic.clone(),
                max_delivery_attempts: number(policy.max_delivery_attempts),
            }),
            state: proto::subscription::State::Active.into(),
            ..Default::default()
        }
    }
}

/// Whether this is the full name of a topic or a subscription: `projects/p/topics/t`, the last part of which has 3 to 255
/// letters, digits and `-_.~+%`, begins with a letter and not with `goog`.
fn named(name: &str) -> Result<(), Refusal> {
    let parts: Vec<&str> = name.split('/').collect();
    let ["projects", project, "topics" | "subscriptions", id] = parts.as_slice() else {
        return Err(Refusal::invalid(format!("Invalid resource name given (name={name}).")));
    };
    let plain = id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.~+%".contains(&byte));
    let begins = id.starts_with(|first: char| first.is_ascii_alphabetic()) && !id.starts_with("goog");
    if project.is_empty() || !plain || !begins || !(3..=255).contains(&id.len()) {
        return Err(Refusal::invalid(format!("Invalid resource name given (name={name}).")));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_pubsub() {
        for good in ["projects/p/topics/abc", "projects/p/subscriptions/a-_.~+%9"] {
            assert!(named(good).is_ok(), "{good}");
        }
        for bad in ["abc", "projects/p/topics/ab", "projects/p/topics/1abc", "projects/p/topics/google-x", "p/t/abc"] {
            assert!(named(bad).is_err(), "{bad}");
        }
        assert!(named("projects//topics/abc").is_err());
    }

    #[test]
    fn what_is_out_of_range_is_refused_and_what_is_not_said_filled_in() {
        let of =
            |json: &str| serde_json::from_str::<Subscription>(json).unwrap().checked("projects/p/subscriptions/abc");
        let (subscription, _) = of(r#"{"topic": "t", "deadLetterPolicy": {"deadLetterTopic": "d"}}"#).unwrap();
        assert_eq!(subscription.ack_deadline_seconds, 10);
        assert_eq!(subscription.dead_letter_policy.unwrap().max_delivery_attempts, 5);
        for bad in [
            r#"{"ackDeadlineSeconds": 9}"#,
            r#"{"ackDeadlineSeconds": 601}"#,
            r#"{"deadLetterPolicy": {"maxDeliveryAttempts": 4}}"#,
            r#"{"filter": "attributes.a"}"#,
            r#"{"pushConfig": {"pushEndpoint": "https://h"}}"#,
            r#"{"enableMessageOrdering": true}"#,
        ] {
            assert!(of(bad).is_err(), "{bad}");
        }
        assert!(serde_json::from_str::<Subscription>(r#"{"bigqueryConfig": {}}"#).is_err());
    }
}
