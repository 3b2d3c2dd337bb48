//! Who does what, among replicas or invocations: each slot of a schedule and each created blob is claimed by one of them,
//! by compare-and-swap in the collection [`RUNTIME_COLLECTION`].
//!
//! A claim holds for a lease that is longer than the function's timeout. When its owner dies, another replica takes it
//! over once the lease is past. What is done, or was given up, stays on record.

mod keys;
mod worker;

use std::sync::Arc;
use std::time::Duration;

#[cfg(feature = "server")]
use anyport_ports::Error;
use anyport_ports::documents::{Body, Condition, Documents, Key, Put, Version};
use anyport_ports::handles::Ports;
use anyport_ports::{Clock, ErrorKind, Ids, Result, Timestamp};
use serde::{Deserialize, Serialize};

use crate::fault::Fault;
use crate::workload::RUNTIME_COLLECTION;

#[cfg(feature = "server")]
pub(crate) use keys::{BlobState, of_registration};
pub(crate) use keys::{blob_state, of_blob, of_slot};
#[cfg(feature = "server")]
pub(crate) use worker::LEASE_MARGIN;
pub(crate) use worker::{KEEP_SLOTS, Worker};

/// Attempts before what keeps failing is given up.
pub(crate) const MAX_ATTEMPTS: u32 = 5;

/// How long after losing a race for a claim its state is looked at again.
const LOST_RACE: Duration = Duration::from_millis(500);

/// A claim on record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Record {
    state: State,
    /// What was claimed, for who looks at the collection.
    subject: String,
    /// Names one claim of one replica: how it recognises its own writes.
    owner: String,
    /// Until then, in milliseconds since 1970, nobody else claims it.
    lease_until: Timestamp,
    /// Calls so far.
    attempts: u32,
    /// Why it was given up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    code: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum State {
    /// Its owner is at it.
    Running,
    /// It failed and waits for its next attempt.
    Waiting,
    /// It was done.
    Done,
    /// It was given up.
    Failed,
}

/// The right to do something, until the lease is past.
#[derive(Debug)]
pub(crate) struct Claim {
    key: Key,
    record: Record,
    version: Version,
}

impl Claim {
    /// Which attempt this is, from 1.
    pub(crate) fn attempt(&self) -> u32 {
        self.record.attempts
    }
}

/// What became of an attempt to claim.
#[derive(Debug)]
pub(crate) enum Claimed {
    /// It is to be done now, here.
    Here(Claim),
    /// Another has it, or it waits: look again then.
    Elsewhere(Timestamp),
    /// There is nothing left to do.
    Settled,
}

/// The claims of one replica.
#[derive(Clone)]
pub(crate) struct Claims {
    documents: Arc<dyn Documents>,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn Ids>,
    retry_base: Duration,
}

impl Claims {
    pub(crate) fn new(ports: &Ports, retry_base: Duration) -> Self {
        let (documents, clock, ids) = (Arc::clone(&ports.documents), Arc::clone(&ports.clock), Arc::clone(&ports.ids));
        Self { documents, clock, ids, retry_base }
    }

    /// When something was first registered under this key; that is now if it never was.
    #[cfg(feature = "server")]
    pub(crate) async fn since(&self, key: &Key) -> Result<Timestamp> {
        #[derive(Serialize, Deserialize)]
        struct Since {
            since: Timestamp,
        }
        let put = Put::new(Body::of(&Since { since: self.clock.now() })?).when(Condition::Absent);
        match self.documents.put(&RUNTIME_COLLECTION, key, &put).await {
            Err(error) if !matches!(error.kind(), ErrorKind::Conflict | ErrorKind::Indeterminate) => return Err(error),
            _ => {}
        }
        let found = self.documents.get(&RUNTIME_COLLECTION, key).await?;
        let found = found.ok_or_else(|| Error::new(ErrorKind::Unavailable, "the registration is not there yet"))?;
        found.body.parse::<Since>().map(|since| since.since)
    }

    /// Claims what stands under a key.
    pub(crate) async fn claim(&self, key: &Key, subject: &str, lease: Duration) -> Result<Claimed> {
        let now = self.clock.now();
        let (standing, condition) = match self.documents.get(&RUNTIME_COLLECTION, key).await? {
            None => (None, Condition::Absent),
            Some(document) => {
                let record: Record = document.body.parse().map_err(|error| error.during("claims.claim", key))?;
                (Some(record), Condition::Version(document.version))
            }
        };
        let attempts = match &standing {
            None => 1,
            Some(Record { state: State::Done | State::Failed, .. }) => return Ok(Claimed::Settled),
            Some(record) if record.lease_until > now => return Ok(Claimed::Elsewhere(record.lease_until)),
            Some(record) => record.attempts + 1,
        };
        let mut record = Record {
            state: State::Running,
            subject: subject.to_owned(),
            owner: self.ids.next(),
            lease_until: now.plus(lease),
            attempts,
            code: None,
        };
        if attempts > MAX_ATTEMPTS {
            // Every owner so far died over it: one more is not made to.
            record =
                Record { state: State::Failed, attempts: MAX_ATTEMPTS, code: Some("abandoned".to_owned()), ..record };
            tracing::error!(%key, subject, code = "abandoned", "given up: each attempt's process died");
        }
        let put = Put::new(Body::of(&record)?).when(condition);
        let version = match self.documents.put(&RUNTIME_COLLECTION, key, &put).await {
            Ok(version) => version,
            Err(error) if error.kind() == ErrorKind::Indeterminate => match self.own(key, &record).await? {
                Some(version) => version,
                None => return Ok(Claimed::Elsewhere(now.plus(LOST_RACE))),
            },
            Err(error) if matches!(error.kind(), ErrorKind::Conflict | ErrorKind::PreconditionFailed) => {
                return Ok(Claimed::Elsewhere(now.plus(LOST_RACE)));
            }
            Err(error) => return Err(error),
        };
        if record.state == State::Failed {
            return Ok(Claimed::Settled);
        }
        Ok(Claimed::Here(Claim { key: key.clone(), record, version }))
    }

    /// Puts on record how a claim ended: when to look at it again, if another attempt is to be made. Records are kept for
    /// `keep`, or for good.
    pub(crate) async fn settle(
        &self,
        claim: &Claim,
        result: Result<(), Fault>,
        keep: Option<Duration>,
    ) -> Result<Option<Timestamp>> {
        let now = self.clock.now();
        let Claim { key, version, .. } = claim;
        let mut record = claim.record.clone();
        let mut again = None;
        match result {
            Ok(()) => record.state = State::Done,
            Err(fault) if fault.is_permanent() || record.attempts >= MAX_ATTEMPTS => {
                tracing::error!(%key, subject = record.subject, attempts = record.attempts, error = %fault, "given up");
                record.state = State::Failed;
                record.code = Some(fault.code.to_owned());
            }
            Err(fault) => {
                let pause = fault.backoff(record.attempts, self.retry_base);
                tracing::warn!(%key, subject = record.subject, attempt = record.attempts, ?pause, error = %fault, "to be tried again");
                record.state = State::Waiting;
                record.lease_until = now.plus(pause);
                again = Some(record.lease_until);
            }
        }
        let expires_at = keep.filter(|_| again.is_none()).map(|keep| now.plus(keep));
        let put = Put::new(Body::of(&record)?).when(Condition::Version(version.clone())).expires_at(expires_at);
        match self.documents.put(&RUNTIME_COLLECTION, key, &put).await {
            Ok(_) => Ok(again),
            Err(error) if error.kind() == ErrorKind::Indeterminate => Ok(again),
            Err(error) if error.kind() == ErrorKind::PreconditionFailed => {
                tracing::warn!(%key, "the lease was over before the work was: another replica took it over");
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    /// The version of the record if it is this one, as after a write whose answer was lost.
    async fn own(&self, key: &Key, record: &Record) -> Result<Option<Version>> {
        let Some(document) = self.documents.get(&RUNTIME_COLLECTION, key).await? else { return Ok(None) };
        let standing: Record = document.body.parse()?;
        Ok((standing == *record).then_some(document.version))
    }
}
