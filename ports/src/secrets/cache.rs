//! A cache in front of a store of secrets.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;

use super::{Secret, SecretVersion, Secrets};
use crate::{Clock, ErrorKind, Result, SecretName, Timestamp};

type Entries = HashMap<(SecretName, SecretVersion), (Secret, Timestamp)>;

/// Keeps secrets in memory: each is read from the store once in its time to live, so that a rotation is seen after it;
/// while the store is `Unavailable` or `Throttled`, the last value stands in for up to `stale` longer.
pub struct CachedSecrets {
    store: Arc<dyn Secrets>,
    clock: Arc<dyn Clock>,
    ttl: Duration,
    stale: Duration,
    entries: Mutex<Entries>,
}

impl CachedSecrets {
    /// A cache of `store`.
    pub fn new(store: Arc<dyn Secrets>, clock: Arc<dyn Clock>, ttl: Duration, stale: Duration) -> Self {
        Self { store, clock, ttl, stale, entries: Mutex::default() }
    }

    fn cached(&self, key: &(SecretName, SecretVersion), for_at_most: Duration) -> Option<Secret> {
        let entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        let (secret, read_at) = entries.get(key)?;
        (self.clock.now().since(*read_at) < for_at_most).then(|| secret.clone())
    }
}

#[async_trait]
impl Secrets for CachedSecrets {
    async fn get(&self, name: &SecretName, version: &SecretVersion) -> Result<Secret> {
        let key = (name.clone(), version.clone());
        if let Some(secret) = self.cached(&key, self.ttl) {
            return Ok(secret);
        }
        // Age counts from before the read: what was rotated while it ran must not look fresh for longer.
        let read_at = self.clock.now();
        match self.store.get(name, version).await {
            Ok(secret) => {
                let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
                entries.insert(key, (secret.clone(), read_at));
                Ok(secret)
            }
            Err(error) if matches!(error.kind(), ErrorKind::Unavailable | ErrorKind::Throttled) => {
                self.cached(&key, self.ttl + self.stale).ok_or(error)
            }
            Err(error) => Err(error),
        }
    }
}
