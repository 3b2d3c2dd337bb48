//! Push subscriptions of Pub/Sub.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::{Value, json};

use super::{PROJECT, Pushed, Service, path};

/// When what is pushed was published.
const PUBLISHED: &str = "2026-01-01T00:00:00.1Z";

/// Longest pause between two deliveries; Pub/Sub's own are longer.
const PAUSE: Duration = Duration::from_millis(20);

/// A message that was published.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Published {
    /// What Pub/Sub calls it.
    pub id: String,
    /// Its data.
    pub data: Vec<u8>,
    /// Its attributes.
    pub attributes: Vec<(String, String)>,
}

/// The form in which a message is pushed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// In its envelope.
    Wrapped,
    /// Its data alone, with or without what is known of it in headers.
    Unwrapped {
        /// Whether the subscription is set to write metadata.
        metadata: bool,
    },
    /// As an event of an Eventarc trigger.
    Eventarc,
}

/// A push subscription.
#[derive(Clone, Debug)]
pub struct Subscription {
    function: String,
    name: String,
    form: Form,
    most: Option<u32>,
}

/// What became of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It was acknowledged at this delivery.
    Acknowledged(u32),
    /// It was given up after so many, and is with the dead letters.
    DeadLettered(u32),
    /// It would come again, after so many.
    ComesAgain(u32),
}

impl Published {
    /// A message with this data, without attributes.
    pub fn new(data: impl Into<Vec<u8>>) -> Self {
        Self { id: "19917247034".to_owned(), data: data.into(), attributes: Vec::new() }
    }

    /// With this id.
    #[must_use]
    pub fn id(mut self, id: impl Into<String>) -> Self {
        self.id = id.into();
        self
    }
}

impl Subscription {
    /// One that pushes messages to this function, in their envelopes.
    pub fn wrapped(function: impl Into<String>, name: impl Into<String>) -> Self {
        Self { function: function.into(), name: name.into(), form: Form::Wrapped, most: None }
    }

    /// In this form.
    #[must_use]
    pub fn form(mut self, form: Form) -> Self {
        self.form = form;
        self
    }

    /// With a dead-letter policy: after so many deliveries a message is given up. Deliveries are counted only then.
    #[must_use]
    pub fn giving_up_after(mut self, most: u32) -> Self {
        self.most = Some(most);
        self
    }

    /// The envelope of a message, at this delivery.
    pub fn envelope(&self, published: &Published, attempt: u32) -> Value {
        let Published { id, data, attributes } = published;
        let attributes: serde_json::Map<String, Value> =
            attributes.iter().map(|(name, value)| (name.clone(), Value::from(value.as_str()))).collect();
        let mut message = json!({
            "messageId": id, "message_id": id, "publishTime": PUBLISHED, "publish_time": PUBLISHED,
        });
        if !data.is_empty() {
            message["data"] = BASE64.encode(data).into();
        }
        if !attributes.is_empty() {
            message["attributes"] = attributes.into();
        }
        let mut envelope = json!({ "message": message, "subscription": self.full_name() });
        if self.most.is_some() {
            envelope["deliveryAttempt"] = attempt.into();
        }
        envelope
    }

    fn full_name(&self) -> String {
        format!("projects/{PROJECT}/subscriptions/{}", self.name)
    }

    /// Pushes a message once.
    pub async fn push(&self, service: &Service, published: &Published, attempt: u32) -> Pushed {
        let text = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
        let (headers, body): (Vec<(&str, String)>, Vec<u8>) = match self.form {
            Form::Wrapped => {
                let envelope = self.envelope(published, attempt).to_string();
                (vec![("content-type", "application/json".to_owned())], envelope.into())
            }
            Form::Unwrapped { metadata: false } => (Vec::new(), published.data.clone()),
            Form::Unwrapped { metadata: true } => {
                let headers = vec![
                    ("x-goog-pubsub-subscription-name", self.full_name()),
                    ("x-goog-pubsub-message-id", published.id.clone()),
                    ("x-goog-pubsub-publish-time", PUBLISHED.to_owned()),
                ];
                (headers, published.data.clone())
            }
            Form::Eventarc => {
                let headers = vec![
                    ("ce-id", published.id.clone()),
                    ("ce-source", format!("//pubsub.googleapis.com/projects/{PROJECT}/topics/topic")),
                    ("ce-specversion", "1.0".to_owned()),
                    ("ce-type", "google.cloud.pubsub.topic.v1.messagePublished".to_owned()),
                    ("ce-time", PUBLISHED.to_owned()),
                    ("content-type", "application/json".to_owned()),
                ];
                (headers, self.envelope(published, attempt).to_string().into())
            }
        };
        let headers = headers.iter().map(|(name, value)| text((name, value))).collect();
        service.push(&path(&self.function), headers, body).await
    }

    /// Pushes a message until it is acknowledged or given up, or would come again after `limit` deliveries.
    pub async fn deliver(&self, service: &Service, published: &Published, limit: u32) -> Fate {
        for attempt in 1..=limit {
            if self.push(service, published, attempt).await.is_acknowledged() {
                return Fate::Acknowledged(attempt);
            }
            if self.most.is_some_and(|most| attempt >= most) {
                return Fate::DeadLettered(attempt);
            }
            tokio::time::sleep(PAUSE).await;
        }
        Fate::ComesAgain(limit)
    }
}
