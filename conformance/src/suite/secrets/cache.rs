//! Rotation and the cache in front of a store.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use anyport_ports::secrets::{CachedSecrets, Secret, SecretVersion, Secrets};
use anyport_ports::{Clock, ErrorKind, Result, SecretName};
use async_trait::async_trait;

use super::{KEY, read_current};
use crate::check::{Check, Context, Verdict, Violation, checks, ensure, ensure_eq, expect_error};
use crate::faults::{Fault, Faults};
use crate::subject::SecretStore;
use crate::suite::resources;

pub(super) fn checks() -> Vec<Check<SecretStore>> {
    checks![resources;
        "SEC-ROT-1" => a_rotation_is_seen_at_once_and_through_the_cache_after_its_time,
        "SEC-CACHE-1" => the_cache_reads_once_and_stands_in_for_a_failing_store,
    ]
}

/// Long enough to do several reads in.
const TTL: Duration = Duration::from_secs(2);

/// A cache of the store, going by the time of the check.
fn cached(cx: &Context<SecretStore>, store: Arc<dyn Secrets>, ttl: Duration, stale: Duration) -> CachedSecrets {
    let clock: Arc<dyn Clock> = cx.clock();
    CachedSecrets::new(store, clock, ttl, stale)
}

async fn a_rotation_is_seen_at_once_and_through_the_cache_after_its_time(cx: Context<SecretStore>) -> Verdict {
    let store = cx.connect().await?;
    let (reader, other) = (cx.connect().await?.secrets, cx.connect().await?.secrets);
    let cache = cached(&cx, Arc::clone(&other), TTL, Duration::ZERO);
    let old = store.admin.put(&KEY, b"old").await?;
    for secrets in [&*reader, &cache] {
        ensure_eq!(read_current(&cx, secrets, &old).await?.value.expose_text()?, "old", "the value put");
    }
    let new = store.admin.put(&KEY, b"new").await?;
    ensure!(new != old, "a rotation keeps the version {old:?}");
    for secrets in [&reader, &other] {
        ensure_eq!(
            read_current(&cx, &**secrets, &new).await?.value.expose_text()?,
            "new",
            "the value after a rotation"
        );
    }
    cx.pass(TTL).await;
    let secret = cache.get(&KEY, &SecretVersion::Latest).await?;
    let found = (secret.value.expose_text()?, secret.version.as_str());
    ensure_eq!(found, ("new", new.as_str()), "what the cache gives once its time to live is over");
    Ok(())
}

/// Counts what reaches the store.
struct Counted {
    store: Arc<dyn Secrets>,
    reads: AtomicUsize,
}

#[async_trait]
impl Secrets for Counted {
    async fn get(&self, name: &SecretName, version: &SecretVersion) -> Result<Secret> {
        self.reads.fetch_add(1, Ordering::SeqCst);
        self.store.get(name, version).await
    }
}

async fn the_cache_reads_once_and_stands_in_for_a_failing_store(cx: Context<SecretStore>) -> Verdict {
    let faults = Faults::none();
    let sound = cx.connect().await?;
    let shaky = cx.connect_through(&faults).await?;
    let counted = Arc::new(Counted { store: shaky.secrets, reads: AtomicUsize::new(0) });
    let version = sound.admin.put(&KEY, b"kept").await?;
    read_current(&cx, &*sound.secrets, &version).await?;

    let reads = || counted.reads.load(Ordering::SeqCst);
    let patient = cached(&cx, Arc::clone(&counted) as _, Duration::from_mins(5), Duration::ZERO);
    for _ in 0..5 {
        patient.get(&KEY, &SecretVersion::Latest).await?;
    }
    ensure_eq!(reads(), 1, "reads of the store for five of the cache within its time to live");

    let cache = cached(&cx, Arc::clone(&counted) as _, TTL, TTL);
    let read_at = cx.clock().now();
    cache.get(&KEY, &SecretVersion::Latest).await?;
    cx.pass(TTL).await;
    for fault in [Fault::Throttle, Fault::DropBefore] {
        faults.persist(fault);
        let before = reads();
        let standing_in = cache.get(&KEY, &SecretVersion::Latest).await;
        ensure_eq!(reads(), before + 1, "reads of a store that fails, past the time to live");
        let late = cx.clock().now() >= read_at.plus(TTL * 2);
        match standing_in {
            Ok(secret) => ensure_eq!(secret.value.expose_text()?, "kept", "the value that stands in"),
            // In real time a slow store may have used up what the cache allows.
            Err(_) if late => {}
            Err(error) => return Err(Violation::new(format!("no value stands in for a failing store: {error:?}"))),
        }
    }
    cx.pass(TTL).await;
    faults.persist(Fault::DropBefore);
    let outdated = cache.get(&KEY, &SecretVersion::Latest).await;
    expect_error(outdated, ErrorKind::Unavailable, "a failing store after all that the cache allows")?;
    faults.persist(Fault::None);
    let fresh = cache.get(&KEY, &SecretVersion::Latest).await?;
    ensure_eq!(fresh.value.expose_text()?, "kept", "the value once the store serves again");
    Ok(())
}
