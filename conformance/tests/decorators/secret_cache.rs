//! The cache of secrets.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use anyport_memory::{ManualClock, MemoryStore};
use anyport_ports::secrets::{CachedSecrets, Secret, SecretVersion, Secrets};
use anyport_ports::{Error, ErrorKind, Result, SecretName};
use async_trait::async_trait;
use futures_util::future::join_all;
use tokio::sync::Semaphore;

use super::store;

const KEY: SecretName = SecretName::from_static("api-key");
const TTL: Duration = Duration::from_mins(5);
const STALE: Duration = Duration::from_hours(1);

/// A store that counts its reads, each of which waits for leave, and fails as told.
struct Slow {
    store: MemoryStore,
    reads: AtomicUsize,
    leave: Semaphore,
    down: Mutex<Option<ErrorKind>>,
}

impl Slow {
    fn reads(&self) -> usize {
        self.reads.load(Ordering::SeqCst)
    }

    fn down(&self, kind: Option<ErrorKind>) {
        *self.down.lock().unwrap() = kind;
    }
}

#[async_trait]
impl Secrets for Slow {
    async fn get(&self, name: &SecretName, version: &SecretVersion) -> Result<Secret> {
        self.reads.fetch_add(1, Ordering::SeqCst);
        self.leave.acquire().await.unwrap().forget();
        if let Some(kind) = *self.down.lock().unwrap() {
            return Err(Error::new(kind, "as told"));
        }
        self.store.handle().get(name, version).await
    }
}

async fn cache_of() -> (Arc<CachedSecrets>, Arc<Slow>, Arc<ManualClock>) {
    let (store, _, clock) = store().await;
    store.put_secret(&KEY, b"first".to_vec());
    let slow = Arc::new(Slow { store, reads: AtomicUsize::new(0), leave: Semaphore::new(0), down: Mutex::default() });
    let cache = CachedSecrets::new(Arc::clone(&slow) as _, Arc::clone(&clock) as _, TTL, STALE);
    (Arc::new(cache), slow, clock)
}

async fn read(cache: &CachedSecrets) -> Result<String> {
    let secret = cache.get(&KEY, &SecretVersion::Latest).await?;
    Ok(secret.value.expose_text()?.to_owned())
}

/// A hundred who ask at once; the store answers once all of them wait.
async fn read_by_a_hundred(cache: &Arc<CachedSecrets>, slow: &Slow) -> Vec<Result<String>> {
    let readers = (0..100).map(|_| {
        let cache = Arc::clone(cache);
        tokio::spawn(async move { read(&cache).await })
    });
    let readers: Vec<_> = readers.collect();
    tokio::task::yield_now().await;
    slow.leave.add_permits(1);
    join_all(readers).await.into_iter().map(|reader| reader.unwrap()).collect()
}

#[tokio::test]
async fn principle_p6_one_fetch_per_ttl_rotation_is_seen_stale_on_error_and_nothing_shows() {
    let (cache, slow, clock) = cache_of().await;
    // However many ask, the store is read once in the time to live.
    for secret in read_by_a_hundred(&cache, &slow).await {
        assert_eq!(secret.unwrap(), "first");
    }
    clock.advance(Duration::from_millis(299_999));
    assert_eq!((read(&cache).await.unwrap().as_str(), slow.reads()), ("first", 1));

    // A rotation is seen once it is over, again with one read.
    slow.store.put_secret(&KEY, b"second".to_vec());
    clock.advance(Duration::from_millis(1));
    for secret in read_by_a_hundred(&cache, &slow).await {
        assert_eq!(secret.unwrap(), "second");
    }
    assert_eq!(slow.reads(), 2);

    // While the store fails, the last value stands in: for so long, and not when access was taken away.
    slow.store.put_secret(&KEY, b"third".to_vec());
    for kind in [ErrorKind::Unavailable, ErrorKind::Throttled] {
        slow.down(Some(kind));
        clock.advance(TTL);
        let before = slow.reads();
        for secret in read_by_a_hundred(&cache, &slow).await {
            assert_eq!(secret.unwrap(), "second", "{kind}");
        }
        assert_eq!(slow.reads(), before + 1, "a failure is everybody's who waited for it");
    }
    slow.down(Some(ErrorKind::PermissionDenied));
    slow.leave.add_permits(1);
    assert_eq!(read(&cache).await.unwrap_err().kind(), ErrorKind::PermissionDenied);
    slow.down(Some(ErrorKind::Unavailable));
    clock.advance(STALE);
    for secret in read_by_a_hundred(&cache, &slow).await {
        assert_eq!(secret.unwrap_err().kind(), ErrorKind::Unavailable);
    }
    slow.down(None);
    slow.leave.add_permits(1);
    assert_eq!(read(&cache).await.unwrap(), "third");

    // Nothing shows it.
    let secret = cache.get(&KEY, &SecretVersion::Latest).await.unwrap();
    slow.down(Some(ErrorKind::Internal));
    slow.leave.add_permits(1);
    let error = cache.get(&KEY, &SecretVersion::Pinned("9".to_owned())).await.unwrap_err();
    let shown = format!("{secret:?} {:?} {error} {error:?}", secret.value);
    assert!(!shown.contains("third"), "{shown}");
}

#[tokio::test]
async fn who_stops_waiting_leaves_the_read_to_the_others_and_to_nobody_if_there_are_none() {
    let (cache, slow, _) = cache_of().await;
    let reader = |cache: &Arc<CachedSecrets>| {
        let cache = Arc::clone(cache);
        tokio::spawn(async move { read(&cache).await })
    };
    let (first, second) = (reader(&cache), reader(&cache));
    tokio::task::yield_now().await;
    first.abort();
    assert!(first.await.is_err());
    slow.leave.add_permits(1);
    assert_eq!(second.await.unwrap().unwrap(), "first");
    assert_eq!(slow.reads(), 1);

    let (cache, slow, _) = cache_of().await;
    let alone = reader(&cache);
    tokio::task::yield_now().await;
    alone.abort();
    assert!(alone.await.is_err());
    slow.leave.add_permits(1);
    assert_eq!(
        (read(&cache).await.unwrap().as_str(), slow.reads()),
        ("first", 2),
        "the read that was given up is gone"
    );
}
