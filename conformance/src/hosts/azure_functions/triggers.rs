//! What calls functions besides requests: queues, Service Bus, timers, blobs, Event Grid, Cosmos DB.

use serde_json::{Value, json};

use super::payload::{Content, Payload};
use super::{FunctionsHost, Outcome};

/// A message of Storage Queue, as it is delivered once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueueMessage {
    /// The queue.
    pub queue: String,
    /// The text, decoded from the base64 that it is in the queue.
    pub text: String,
    /// Its id in the queue.
    pub id: String,
    /// What its deletion needs.
    pub pop_receipt: String,
    /// Which delivery it is, from 1.
    pub dequeue_count: u32,
}

impl QueueMessage {
    /// A message that is delivered for the first time.
    pub fn new(queue: impl Into<String>, text: impl Into<String>) -> Self {
        let (id, pop_receipt) = ("11111111-0000-4000-8000-000000000001".to_owned(), "AgAAAA==".to_owned());
        Self { queue: queue.into(), text: text.into(), id, pop_receipt, dequeue_count: 1 }
    }
}

/// What became of a message in a queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It was done, at this attempt, and deleted.
    Deleted {
        /// The attempt.
        attempt: u32,
    },
    /// It failed as often as `maxDequeueCount` allows, and was moved.
    Poisoned {
        /// Where to: `<queue>-poison`.
        queue: String,
        /// The attempts.
        attempts: u32,
    },
    /// No function is called by the queue.
    Unheard,
}

/// How often a function without an end to its retries is called here.
const FOR_EVER: i64 = 20;

impl FunctionsHost {
    /// Delivers a message of a queue once; `None` if no function is called by the queue.
    pub async fn queue_message(&self, message: &QueueMessage) -> Option<Outcome> {
        let name = self.function_of("queueTrigger", "queueName", &message.queue)?;
        let binding = self.app().functions[&name].trigger();
        let metadata = json!({
            "DequeueCount": message.dequeue_count.to_string(), "ExpirationTime": "2026-01-08T00:00:00+00:00",
            "Id": super::payload::serialised(&json!(message.id)), "InsertionTime": "2026-01-01T00:00:00+00:00",
            "NextVisibleTime": "2026-01-01T00:10:00+00:00",
            "PopReceipt": super::payload::serialised(&json!(message.pop_receipt)),
            "QueueTrigger": super::payload::serialised(&json!(message.text)),
        });
        let content =
            if binding.is_binary() { Content::Bytes(message.text.as_bytes()) } else { Content::Text(&message.text) };
        let payload = Payload::new(&binding.name, content, metadata);
        Some(self.invoke(&name, payload).await)
    }

    /// Puts a text into a queue and delivers it until it is done, or is poison.
    pub async fn enqueue(&self, queue: &str, text: &str) -> Fate {
        let most = self.app().max_dequeue_count();
        for attempt in 1..=most {
            let pop_receipt = base64(&attempt.to_le_bytes());
            let message = QueueMessage { dequeue_count: attempt, pop_receipt, ..QueueMessage::new(queue, text) };
            match self.queue_message(&message).await {
                None => return Fate::Unheard,
                Some(Outcome::Succeeded(_)) => return Fate::Deleted { attempt },
                Some(_) => {}
            }
        }
        Fate::Poisoned { queue: format!("{queue}-poison"), attempts: most }
    }

    /// Delivers a message of a queue of Service Bus, once, to this function.
    pub async fn service_bus(&self, function: &str, text: &str, delivery_count: u32) -> Option<Outcome> {
        let binding = self.app().functions.get(function)?.trigger();
        let metadata = json!({
            "DeliveryCount": delivery_count.to_string(), "LockToken": "\"33333333-0000-4000-8000-000000000001\"",
            "EnqueuedTimeUtc": "2026-01-01T00:00:00", "MessageId": "\"44444444-0000-4000-8000-000000000001\"",
            "ContentType": "\"application/json\"", "SequenceNumber": "1", "ApplicationProperties": {},
        });
        let payload = Payload::new(&binding.name, Content::Text(text), metadata);
        Some(self.invoke(function, payload).await)
    }

    /// A timer is due; called again where the function has a retry policy.
    pub async fn timer(&self, function: &str) -> Option<Outcome> {
        self.timer_of(function, false).await
    }

    /// A timer that was due while nobody was there.
    pub async fn timer_past_due(&self, function: &str) -> Option<Outcome> {
        self.timer_of(function, true).await
    }

    async fn timer_of(&self, function: &str, past_due: bool) -> Option<Outcome> {
        let binding = self.app().functions.get(function)?.trigger();
        let timer = json!({ "Schedule": { "AdjustForDST": true }, "ScheduleStatus": null, "IsPastDue": past_due });
        // It is no text and no payload of anybody's: nothing of it is merged.
        let payload = Payload::bare(&binding.name, timer, serde_json::Map::new());
        Some(self.with_retries(function, &payload).await)
    }

    /// A blob was written: all functions are called by whose path it fits.
    pub async fn blob_created(&self, container: &str, name: &str, bytes: &[u8], etag: Option<&str>) -> Vec<Outcome> {
        let mut outcomes = Vec::new();
        for (function, file) in &self.app().functions {
            let binding = file.trigger();
            let Some(path) = binding.text("path").filter(|_| binding.kind == "blobTrigger") else { continue };
            let Some(fitting) = fits(path, container, name) else { continue };
            let encoded = percent_encoding::utf8_percent_encode(name, ESCAPED);
            let mut properties = json!({ "Length": bytes.len() });
            if let Some(etag) = etag {
                properties["ETag"] = json!(etag);
            }
            let mut metadata = json!({
                "Uri": super::payload::serialised(&json!(format!("https://acc.blob.core.windows.net/{container}/{encoded}"))),
                "BlobTrigger": super::payload::serialised(&json!(format!("{container}/{name}"))),
                "Properties": properties, "Metadata": {},
            });
            if let Some((parameter, value)) = fitting {
                metadata[parameter] = super::payload::serialised(&json!(value));
            }
            let text = String::from_utf8_lossy(bytes);
            let content = if binding.is_binary() { Content::Bytes(bytes) } else { Content::Text(&text) };
            outcomes.push(self.invoke(function, Payload::new(&binding.name, content, metadata)).await);
        }
        outcomes
    }

    /// Hands an event of Event Grid, in its own schema or as a CloudEvent, to this function.
    pub async fn event_grid(&self, function: &str, event: &Value) -> Option<Outcome> {
        let binding = self.app().functions.get(function)?.trigger();
        let data = event.get("data").cloned().unwrap_or_default();
        // Only the data of an event are merged.
        let metadata = serde_json::Map::from_iter([("data".to_owned(), data)]);
        let payload = Payload::bare(&binding.name, event.clone(), metadata);
        Some(self.invoke(function, payload).await)
    }

    /// Documents of a container changed; `None` if no function is called by it. Called again where the function has a retry
    /// policy; without one the host goes on.
    pub async fn documents_changed(&self, container: &str, documents: &[Value]) -> Option<Outcome> {
        let name = self.function_of("cosmosDBTrigger", "containerName", container)?;
        let binding = self.app().functions[&name].trigger();
        let page = Value::from(documents.to_vec()).to_string();
        let payload = Payload::new(&binding.name, Content::Text(&page), json!({}));
        Some(self.with_retries(&name, &payload).await)
    }

    /// The function whose trigger has this value.
    fn function_of(&self, kind: &str, property: &str, value: &str) -> Option<String> {
        let fits = |(name, function): (&String, &super::files::FunctionJson)| {
            let trigger = function.trigger();
            (trigger.kind == kind && trigger.text(property) == Some(value)).then(|| name.clone())
        };
        self.app().functions.iter().find_map(fits)
    }

    async fn with_retries(&self, name: &str, payload: &Payload) -> Outcome {
        let Some(policy) = self.app().retry_of(&self.app().functions[name]) else {
            return self.invoke(name, payload.clone()).await;
        };
        let most = if policy.max_retry_count < 0 { FOR_EVER } else { policy.max_retry_count };
        let mut before: Option<String> = None;
        let mut count = 0;
        loop {
            let attempt = payload.clone().retried(count, policy.max_retry_count, before.as_deref());
            match self.invoke(name, attempt).await {
                Outcome::Failed(problem) if i64::from(count) < most => before = Some(problem),
                outcome => return outcome,
            }
            count += 1;
            tokio::time::sleep(self.retry_delay()).await;
        }
    }
}

/// What may not stand in a path as it is.
const ESCAPED: &percent_encoding::AsciiSet =
    &percent_encoding::CONTROLS.add(b' ').add(b'%').add(b'?').add(b'#').add(b'"').add(b'<').add(b'>');

/// Whether a blob fits a path such as `uploads/{name}` or `uploads/imports/{name}`; with what its parameter then is.
#[expect(clippy::option_option, reason = "a path that fits may have no parameter")]
fn fits(path: &str, container: &str, name: &str) -> Option<Option<(String, String)>> {
    let (own, pattern) = path.split_once('/').unwrap_or((path, "{name}"));
    if own != container {
        return None;
    }
    match pattern.split_once('{').and_then(|(prefix, rest)| Some((prefix, rest.strip_suffix('}')?))) {
        Some((prefix, parameter)) => {
            let rest = name.strip_prefix(prefix)?;
            Some(Some((parameter.to_owned(), rest.to_owned())))
        }
        None => (pattern == name).then_some(None),
    }
}

fn base64(bytes: &[u8]) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(bytes)
}
