//! The record of a lease, which stands for ever: its token must not begin anew.

use serde::{Deserialize, Serialize};

use super::{FencingToken, Held, LeaseName};
use crate::documents::{Body, Condition, Document, Put, Version};
use crate::{Result, Timestamp};

/// The sort key of the one document in a lease's partition.
pub(super) const SORT: &str = "lease";

#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Record {
    /// The last token given.
    pub(super) token: FencingToken,
    /// Whom it was given to; none once that one released it.
    pub(super) holder: Option<String>,
    /// When the lease is free, in milliseconds.
    pub(super) until_ms: Timestamp,
}

/// A record as it stands.
pub(super) struct Standing {
    pub(super) record: Record,
    pub(super) version: Version,
}

impl Record {
    pub(super) fn read(document: Document) -> Result<Standing> {
        Ok(Standing { record: document.body.parse()?, version: document.version })
    }

    /// To be written under this condition, and never to expire.
    pub(super) fn put(&self, condition: Condition) -> Result<Put> {
        Ok(Put::new(Body::of(self)?).when(condition))
    }

    /// Whether this is the acquisition in hand, and not given back.
    pub(super) fn is_of(&self, held: &Held) -> bool {
        self.token == held.token && self.is_held_by(&held.holder)
    }

    pub(super) fn is_held_by(&self, holder: &str) -> bool {
        self.holder.as_deref() == Some(holder)
    }

    pub(super) fn is_free(&self, now: Timestamp) -> bool {
        self.holder.is_none() || self.until_ms <= now
    }
}

impl Standing {
    /// The lease in the hands of its holder.
    pub(super) fn held(self, name: &LeaseName, holder: &str) -> Held {
        let Record { token, until_ms, .. } = self.record;
        Held::new(name.clone(), token, holder.to_owned(), until_ms, self.version)
    }
}
