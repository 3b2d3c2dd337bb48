//! A recorded event as a document.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::documents::{Body, Condition, Document, Index, Put};
use crate::messages::{MAX_DELAY, Message, Outgoing};
use crate::{IndexName, Result, Timestamp, TopicName};

/// What the sort keys of records begin with.
pub const PREFIX: &str = "outbox/";

/// The index that relays find records by.
pub const INDEX: IndexName = IndexName::from_static("outbox");

/// Fields of the index. They are named so that no document of a domain has them by chance.
const TOPIC: &str = "outbox_topic";
const DUE: &str = "outbox_due";
const ATTEMPTS: &str = "outbox_attempts";

/// The index that a collection with an outbox declares. The outbox's handles declare it themselves.
pub fn index() -> Index {
    Index::new(INDEX, TOPIC, DUE)
}

/// A collection's own indexes, and the outbox's.
pub fn indexes_with(mut own: Vec<Index>) -> Vec<Index> {
    if !own.iter().any(|index| index.name == INDEX) {
        own.push(index());
    }
    own
}

/// A recorded event, written once. While it waits, `outbox_due` and `outbox_attempts` change.
#[derive(Serialize, Deserialize)]
pub(super) struct Record {
    /// The topic that it waits for.
    #[serde(rename = "outbox_topic")]
    topic: TopicName,
    /// When it is to be published, in RFC 3339: relays take records in this order.
    #[serde(rename = "outbox_due")]
    due: String,
    /// The event, as CloudEvents JSON.
    event: String,
    /// It is not to be delivered before this, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    not_before_ms: Option<Timestamp>,
}

impl Record {
    pub(super) fn new(topic: &TopicName, event: &Outgoing, now: Timestamp) -> Self {
        Self {
            topic: topic.clone(),
            due: now.to_string(),
            event: event.message.to_cloud_event(),
            not_before_ms: (!event.delay.is_zero()).then(|| now.plus(event.delay)),
        }
    }

    pub(super) fn put(&self) -> Result<Put> {
        Ok(Put::new(Body::of(self)?).when(Condition::Absent))
    }

    /// The event to publish now: of its delay, what is left.
    pub(super) fn read(document: &Document, now: Timestamp) -> Result<Outgoing> {
        let record: Self = document.body.parse()?;
        let message = Message::from_cloud_event(&record.event)?;
        match record.not_before_ms {
            // No more than it ever was, should this clock be behind the one that committed it.
            Some(not_before) => Outgoing::delayed(message, not_before.since(now).min(MAX_DELAY)),
            None => Ok(message.into()),
        }
    }
}

/// Whether a document is a record that waits for this topic, and is due.
pub(super) fn is_due(document: &Document, topic: &TopicName, now: Timestamp) -> bool {
    let text = |field| document.body.text(field);
    let due = text(DUE).is_some_and(|due| due <= now.to_string().as_str());
    document.key.sort().starts_with(PREFIX) && text(TOPIC) == Some(topic.as_str()) && due
}

/// How often it was tried in vain.
pub(super) fn attempts(document: &Document) -> u32 {
    let attempts = document.body.fields().get(ATTEMPTS).and_then(Value::as_u64);
    attempts.and_then(|attempts| u32::try_from(attempts).ok()).unwrap_or(0)
}

/// The same record, unreadable or not, to be tried again at this instant.
pub(super) fn put_off(document: &Document, attempts: u32, until: Timestamp) -> Result<Put> {
    let mut fields = document.body.fields().clone();
    fields.insert(DUE.to_owned(), until.to_string().into());
    fields.insert(ATTEMPTS.to_owned(), attempts.into());
    Ok(Put::new(Body::new(fields)?).when(Condition::Version(document.version.clone())))
}
