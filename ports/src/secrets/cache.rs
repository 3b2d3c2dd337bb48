//! A cache in front of a store of secrets.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use futures_util::FutureExt as _;
use futures_util::future::{BoxFuture, Shared, WeakShared};

use super::{Secret, SecretVersion, Secrets};
use crate::{Clock, ErrorKind, Result, SecretName, Timestamp};

/// Keeps secrets in memory: each is read from the store once in its time to live, however many ask for it at the same time,
/// so that a rotation is seen after it; while the store is `Unavailable` or `Throttled`, the last value stands in for up to
/// `stale` longer.
pub struct CachedSecrets {
    store: Arc<dyn Secrets>,
    clock: Arc<dyn Clock>,
    ttl: Duration,
    stale: Duration,
    entries: Arc<Entries>,
}

#[derive(Default)]
struct Entries(Mutex<HashMap<(SecretName, SecretVersion), Entry>>);

#[derive(Default)]
struct Entry {
    /// The last value, and when it was read.
    kept: Option<(Secret, Timestamp)>,
    /// The read that is under way, for as long as somebody waits for it.
    reading: Option<WeakShared<Reading>>,
}

type Reading = BoxFuture<'static, Result<Secret>>;

impl CachedSecrets {
    /// A cache of `store`.
    pub fn new(store: Arc<dyn Secrets>, clock: Arc<dyn Clock>, ttl: Duration, stale: Duration) -> Self {
        Self { store, clock, ttl, stale, entries: Arc::default() }
    }

    /// The value that is fresh enough, or the read that will give one.
    fn look_up(&self, key: &(SecretName, SecretVersion)) -> Result<Secret, Shared<Reading>> {
        let now = self.clock.now();
        let mut entries = self.entries.lock();
        let entry = entries.entry(key.clone()).or_default();
        if let Some(secret) = entry.kept_for(self.ttl, now) {
            return Ok(secret);
        }
        let under_way = entry.reading.as_ref().and_then(WeakShared::upgrade);
        Err(under_way.unwrap_or_else(|| {
            let reading = self.read(key.clone(), now).boxed().shared();
            entry.reading = reading.downgrade();
            reading
        }))
    }

    /// Reads the store. Age counts from before the read: what was rotated while it ran must not look fresh for longer.
    fn read(
        &self,
        key: (SecretName, SecretVersion),
        read_at: Timestamp,
    ) -> impl Future<Output = Result<Secret>> + use<> {
        let (store, entries) = (Arc::clone(&self.store), Arc::clone(&self.entries));
        async move {
            let secret = store.get(&key.0, &key.1).await?;
            entries.lock().entry(key).or_default().kept = Some((secret.clone(), read_at));
            Ok(secret)
        }
    }
}

impl Entries {
    fn lock(&self) -> MutexGuard<'_, HashMap<(SecretName, SecretVersion), Entry>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Entry {
    fn kept_for(&self, at_most: Duration, now: Timestamp) -> Option<Secret> {
        let (secret, read_at) = self.kept.as_ref()?;
        (now.since(*read_at) < at_most).then(|| secret.clone())
    }
}

#[async_trait]
impl Secrets for CachedSecrets {
    async fn get(&self, name: &SecretName, version: &SecretVersion) -> Result<Secret> {
        let key = (name.clone(), version.clone());
        let reading = match self.look_up(&key) {
            Ok(secret) => return Ok(secret),
            Err(reading) => reading,
        };
        match reading.await {
            Err(error) if matches!(error.kind(), ErrorKind::Unavailable | ErrorKind::Throttled) => {
                let now = self.clock.now();
                let standing_in =
                    self.entries.lock().get(&key).and_then(|entry| entry.kept_for(self.ttl + self.stale, now));
                standing_in.ok_or(error)
            }
            read => read,
        }
    }
}
