//! The state that all handles of a store share.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use anyport_ports::handles::Ports;
use anyport_ports::outbound::NoOutbound;
use anyport_ports::{BucketName, Clock, CollectionName, SecretName, Timestamp, TopicName};
use tokio::sync::Notify;

use crate::blobs::Bucket;
use crate::documents::Collection;
use crate::ids::SequentialIds;
use crate::messages::Topic;
use crate::secrets::StoredSecret;
use crate::signed::SigningKey;
use crate::uploads::Upload;

/// A store in memory: it lives as long as it or one of its handles does.
#[derive(Clone)]
pub struct MemoryStore {
    pub(crate) shared: Arc<Shared>,
}

impl MemoryStore {
    /// An empty store that tells the time by `clock`.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        let born = clock.now();
        Self {
            shared: Arc::new(Shared {
                clock,
                born,
                serial: AtomicU64::new(0),
                signing_key: SigningKey::random(),
                arrivals: Notify::new(),
                state: Mutex::default(),
            }),
        }
    }

    /// Signs URLs that begin with this (`http://127.0.0.1:8080`), where somebody answers them by
    /// [`FetchSigned`](anyport_ports::blobs::FetchSigned). Without it, they begin with their path.
    #[must_use]
    pub fn with_public_url(self, url: &str) -> Self {
        url.trim_end_matches('/').clone_into(&mut self.shared.lock().public_url);
        self
    }

    /// Every port on this store, with identifiers that a test can foresee and no services of others.
    pub fn ports(&self) -> Ports {
        let memory = Arc::new(self.handle());
        Ports {
            documents: Arc::clone(&memory) as _,
            messages: Arc::clone(&memory) as _,
            blobs: Arc::clone(&memory) as _,
            signer: Arc::clone(&memory) as _,
            secrets: memory,
            clock: self.clock(),
            outbound: NoOutbound::port(),
            ids: Arc::new(SequentialIds::new()),
            call: Arc::default(),
        }
    }

    /// The clock that it tells the time by.
    pub fn clock(&self) -> Arc<dyn Clock> {
        Arc::clone(&self.shared.clock)
    }

    /// A handle to this store. All handles are alike and none keeps anything to itself.
    pub fn handle(&self) -> Memory {
        Memory { shared: Arc::clone(&self.shared) }
    }
}

/// A handle to a [`MemoryStore`]: every port on one state. Cheap to clone.
#[derive(Clone)]
pub struct Memory {
    pub(crate) shared: Arc<Shared>,
}

pub(crate) struct Shared {
    clock: Arc<dyn Clock>,
    born: Timestamp,
    serial: AtomicU64,
    pub(crate) signing_key: SigningKey,
    /// Wakes who waits for messages.
    pub(crate) arrivals: Notify,
    state: Mutex<State>,
}

#[derive(Default)]
pub(crate) struct State {
    pub(crate) public_url: String,
    pub(crate) collections: BTreeMap<CollectionName, Collection>,
    pub(crate) topics: BTreeMap<TopicName, Topic>,
    pub(crate) buckets: BTreeMap<BucketName, Bucket>,
    pub(crate) uploads: BTreeMap<String, Upload>,
    pub(crate) secrets: BTreeMap<SecretName, StoredSecret>,
}

impl Shared {
    /// Everything, for as long as one operation takes.
    pub(crate) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// When the store was made.
    pub(crate) fn born(&self) -> Timestamp {
        self.born
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// A number that this store never gave before, greater than all it gave.
    pub(crate) fn serial(&self) -> u64 {
        self.serial.fetch_add(1, Ordering::SeqCst) + 1
    }

    /// A text that no store gave before: versions, etags, receipts and the like. It holds when the store was made, so
    /// that what a client kept from before a restart matches nothing.
    pub(crate) fn token(&self, kind: char) -> String {
        format!("{kind}{:x}-{:x}", self.born.as_millis(), self.serial())
    }
}
