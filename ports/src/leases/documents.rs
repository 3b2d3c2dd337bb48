//! Leases on any store of documents.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;

use super::record::{Record, SORT, Standing};
use super::{Held, LeaseName, LeaseTtl, Leases};
use crate::documents::{Condition, Documents, Key, Version};
use crate::resources::{CollectionSpec, Resources};
use crate::{Clock, CollectionName, Error, ErrorKind, Ids, Result, Timestamp};

/// The collection that leases are kept in.
pub const COLLECTION: CollectionName = CollectionName::from_static("anyport-leases");

/// Rounds against others that write the same record. In each round that is lost, another one has made progress.
pub(super) const ROUNDS: usize = 16;

/// Leases in a collection of documents: one document for each name, written under its version.
pub struct DocumentLeases {
    documents: Arc<dyn Documents>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) ids: Arc<dyn Ids>,
}

/// How a write under a condition came out.
pub(super) enum Written {
    /// It stands, in this version.
    Done(Version),
    /// Another write came before.
    Refused,
    /// Nobody knows.
    InDoubt(Error),
}

impl DocumentLeases {
    /// Leases kept in these documents, that run by this clock.
    pub fn new(documents: Arc<dyn Documents>, clock: Arc<dyn Clock>, ids: Arc<dyn Ids>) -> Self {
        Self { documents, clock, ids }
    }

    /// What must exist.
    pub fn resources() -> Resources {
        let collections = vec![CollectionSpec::new(COLLECTION, Vec::new())];
        Resources { collections, ..Resources::default() }
    }

    pub(super) async fn read(&self, key: &Key) -> Result<Option<Standing>> {
        self.documents.get(&COLLECTION, key).await?.map(Record::read).transpose()
    }

    pub(super) async fn write(&self, key: &Key, record: &Record, condition: Condition) -> Result<Written> {
        match self.documents.put(&COLLECTION, key, &record.put(condition)?).await {
            Ok(version) => Ok(Written::Done(version)),
            Err(error) => match error.kind() {
                ErrorKind::Conflict | ErrorKind::PreconditionFailed => Ok(Written::Refused),
                ErrorKind::Indeterminate => Ok(Written::InDoubt(error)),
                _ => Err(error),
            },
        }
    }

    /// Writes what becomes of a lease in hand, as long as it is in hand; `None` if it no longer is.
    async fn update(&self, held: &Held, record: Record) -> Result<Option<Standing>> {
        let key = key_of(&held.name)?;
        let (mut version, mut doubt) = (held.version.clone(), None);
        for _ in 0..ROUNDS {
            let written = self.write(&key, &record, Condition::Version(version)).await;
            match written.map_err(|error| in_doubt(error, doubt.as_ref()))? {
                Written::Done(version) => return Ok(Some(Standing { record, version })),
                Written::Refused => {}
                Written::InDoubt(error) => doubt = Some(error),
            }
            // The version in hand may be behind, as after an answer that was lost.
            let standing = self.read(&key).await.map_err(|error| in_doubt(error, doubt.as_ref()))?;
            let Some(standing) = standing else { return Ok(None) };
            let is_written = doubt.is_some() && standing.record == record;
            if is_written {
                return Ok(Some(standing));
            }
            if !standing.record.is_of(held) {
                return Ok(None);
            }
            version = standing.version;
        }
        Err(doubt.unwrap_or_else(|| contended(&held.name)))
    }
}

#[async_trait]
impl Leases for DocumentLeases {
    async fn acquire(&self, name: &LeaseName, ttl: LeaseTtl) -> Result<Option<Held>> {
        self.take(name, ttl).await.map_err(|error| error.during("leases.acquire", name))
    }

    async fn renew(&self, held: &Held, ttl: LeaseTtl) -> Result<Option<Held>> {
        let until_ms = self.clock.now().plus(ttl.length());
        let record = Record { token: held.token, holder: Some(held.holder.clone()), until_ms };
        let renewed = self.update(held, record).await.map_err(|error| error.during("leases.renew", &held.name))?;
        Ok(renewed.map(|standing| standing.held(&held.name, &held.holder)))
    }

    async fn release(&self, held: &Held) -> Result<()> {
        let record = Record { token: held.token, holder: None, until_ms: Timestamp::from_millis(0) };
        self.update(held, record).await.map(drop).map_err(|error| error.during("leases.release", &held.name))
    }
}

pub(super) fn key_of(name: &LeaseName) -> Result<Key> {
    name.partition().key(SORT)
}

pub(super) fn contended(name: &LeaseName) -> Error {
    let message = format!("lost {ROUNDS} rounds against others: try again");
    Error::new(ErrorKind::Throttled, message).during("leases.write", name)
}

/// After a write in doubt, not to reach the store again leaves it in doubt.
pub(super) fn in_doubt(error: Error, doubt: Option<&Error>) -> Error {
    if doubt.is_none() {
        return error;
    }
    Error::new(ErrorKind::Indeterminate, "the lease may have been written: it ends when its time is over")
        .caused_by(error)
}

impl fmt::Debug for DocumentLeases {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DocumentLeases({COLLECTION})")
    }
}
