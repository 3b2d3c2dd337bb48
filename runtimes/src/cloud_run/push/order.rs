//! The order of a document's changes, where those who tell of them keep none.
//!
//! Each change has the time of its commit. One record for each document says whose turn it is, so that two of its changes never
//! run at once, and which was done last: what is not later is passed over.

use std::sync::Arc;
use std::time::Duration;

use anyport_ports::documents::{Body, Condition, DocumentChange, Documents, Key, Put, Version};
use anyport_ports::handles::Ports;
use anyport_ports::{Clock, ErrorKind, Result, Timestamp};
use chrono::DateTime;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::verdict::Verdict;
use crate::claims::LEASE_MARGIN;
use crate::events::EventFunction;
use crate::workload::RUNTIME_COLLECTION;

/// How long the record stands: longer than Eventarc tells of a change again.
const KEEP: Duration = Duration::from_hours(48);

/// When to come back after another was quicker.
const PAUSE: Duration = Duration::from_secs(1);

/// The order of the changes that call one function.
pub(super) struct Order {
    function: String,
    timeout: Duration,
    documents: Arc<dyn Documents>,
    clock: Arc<dyn Clock>,
}

/// Whether it is a change's turn.
pub(super) enum Turn {
    /// It is.
    Now(Holder),
    /// A later change, or this one, was done before.
    Past,
    /// Another change of the document is being done: come back then.
    Busy(Duration),
}

/// Who is at a document's change.
pub(super) struct Holder {
    key: Key,
    version: Version,
    record: Record,
    /// The time of its change, if it tells one.
    at: Option<i64>,
}

/// The record, as it stands in [`RUNTIME_COLLECTION`] under `change/<function>`.
#[derive(Clone, Default, Serialize, Deserialize)]
struct Record {
    /// The time of the last change that was done, in nanoseconds since 1970.
    done: Option<i64>,
    /// Until then nobody else has its turn.
    lease_until: Option<Timestamp>,
}

impl Order {
    pub(super) fn new(function: &EventFunction<DocumentChange>, ports: &Ports) -> Self {
        let (documents, clock) = (Arc::clone(&ports.documents), Arc::clone(&ports.clock));
        Self { function: function.name().to_owned(), timeout: function.limits().timeout, documents, clock }
    }

    /// Whether it is the turn of the change of this document at this time (RFC 3339). One that tells no time is always next.
    pub(super) async fn turn(&self, document: &Key, time: Option<&str>) -> Result<Turn> {
        let key = Key::new(format!("change/{}", self.function), format!("order/{}", digest(document)))?;
        let at = time.and_then(|time| DateTime::parse_from_rfc3339(time).ok()?.timestamp_nanos_opt());
        let (mut record, condition) = match self.documents.get(&RUNTIME_COLLECTION, &key).await? {
            None => (Record::default(), Condition::Absent),
            Some(standing) => (standing.body.parse::<Record>()?, Condition::Version(standing.version)),
        };
        let now = self.clock.now();
        if at.is_some_and(|at| record.done.is_some_and(|done| done >= at)) {
            return Ok(Turn::Past);
        }
        if let Some(until) = record.lease_until.filter(|until| *until > now) {
            return Ok(Turn::Busy(until.since(now).min(PAUSE)));
        }
        record.lease_until = Some(now.plus(self.timeout + LEASE_MARGIN));
        match self.documents.put(&RUNTIME_COLLECTION, &key, &self.put(&record, condition)?).await {
            Ok(version) => Ok(Turn::Now(Holder { key, version, record, at })),
            Err(error) if matches!(error.kind(), ErrorKind::Conflict | ErrorKind::PreconditionFailed) => {
                Ok(Turn::Busy(PAUSE))
            }
            Err(error) => Err(error),
        }
    }

    /// Puts on record that the change was done. If that cannot be done it comes again, lest an earlier one is done after it.
    pub(super) async fn done(&self, mut holder: Holder) -> Verdict {
        holder.record.done = holder.at.or(holder.record.done);
        match self.release(holder).await {
            Ok(()) => Verdict::Done,
            Err(error) => {
                tracing::warn!(function = self.function, %error, "that a change was done could not be put on record: it comes again");
                Verdict::after(PAUSE)
            }
        }
    }

    /// Lets the next have its turn.
    pub(super) async fn left(&self, holder: Holder) {
        if let Err(error) = self.release(holder).await {
            // Unreleased, it is the next one's turn when the lease is over.
            tracing::debug!(function = self.function, %error, "the turn could not be given back");
        }
    }

    async fn release(&self, Holder { key, version, mut record, .. }: Holder) -> Result<()> {
        record.lease_until = None;
        let put = self.put(&record, Condition::Version(version))?;
        self.documents.put(&RUNTIME_COLLECTION, &key, &put).await.map(drop)
    }

    fn put(&self, record: &Record, condition: Condition) -> Result<Put> {
        Ok(Put::new(Body::of(record)?).when(condition).expires_at(Some(self.clock.now().plus(KEEP))))
    }
}

/// A document's key may be longer than a part of another's.
fn digest(key: &Key) -> String {
    let mut digest = Sha256::new();
    digest.update((key.partition().as_str().len() as u64).to_le_bytes());
    digest.update(key.partition().as_str());
    digest.update(key.sort());
    let digest: [u8; 32] = digest.finalize().into();
    digest.iter().fold(String::new(), |hex, byte| format!("{hex}{byte:02x}"))
}
