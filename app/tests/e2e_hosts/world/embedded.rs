//! Sets of adapters that keep files on this machine, or nothing at all.

use std::sync::Arc;

use anyport_memory::MemoryStore;
use anyport_ports::Clock;
use anyport_ports::handles::NamedSecret as _;
use anyport_redis::{RedisSettings, RedisStore};
use anyport_sqlite::SqliteStore;
use domain::receipts::ReceiptKey;
use tempfile::TempDir;

use super::sets::{RECEIPT_KEY, given, owned};
use super::{NOBODY, Stores};

/// Everything in the memory of this process.
pub(super) fn memory(clock: &Arc<dyn Clock>) -> Stores {
    let store = MemoryStore::new(Arc::clone(clock)).with_public_url(NOBODY);
    store.put_secret(&ReceiptKey::NAME, RECEIPT_KEY.as_bytes().to_vec());
    let handle = Arc::new(store.handle());
    Stores {
        environment: Vec::new(),
        memory: Some(store),
        documents: Arc::clone(&handle) as _,
        scan: Arc::clone(&handle) as _,
        changes: Arc::clone(&handle) as _,
        messages: Arc::clone(&handle) as _,
        blobs: handle,
        cloud_blobs: false,
    }
}

/// Everything in files.
pub(super) fn sqlite(folder: &TempDir, clock: &Arc<dyn Clock>) -> Stores {
    let store = opened(folder, clock);
    Stores {
        environment: files(folder).to_vec(),
        memory: None,
        documents: Arc::clone(&store) as _,
        scan: Arc::clone(&store) as _,
        changes: Arc::clone(&store) as _,
        messages: Arc::clone(&store) as _,
        blobs: store,
        cloud_blobs: false,
    }
}

/// Documents and messages in Redis, the rest in files.
pub(super) async fn redis(folder: &TempDir, clock: &Arc<dyn Clock>, prefix: &str) -> Stores {
    let url = given("REDIS_URL");
    let store = RedisStore::connect(&RedisSettings::at(&url).prefixed(prefix)).await.expect("Redis");
    let (store, blobs) = (Arc::new(store), opened(folder, clock));
    let mut environment = files(folder).to_vec();
    let own = [
        ("ANYPORT_DOCUMENTS", "redis"),
        ("ANYPORT_MESSAGES", "redis"),
        ("ANYPORT_REDIS__PREFIX", prefix),
        ("REDIS_URL", &url),
    ];
    environment.extend(own.map(owned));
    Stores {
        environment,
        memory: None,
        documents: Arc::clone(&store) as _,
        scan: Arc::clone(&store) as _,
        changes: Arc::clone(&store) as _,
        messages: store,
        blobs,
        cloud_blobs: false,
    }
}

fn opened(folder: &TempDir, clock: &Arc<dyn Clock>) -> Arc<SqliteStore> {
    let data = folder.path().join("data");
    std::fs::create_dir(&data).expect("a folder");
    Arc::new(SqliteStore::open(&data.join("storefront.db"), Arc::clone(clock)).expect("a store"))
}

fn files(folder: &TempDir) -> [(String, String); 2] {
    let data = folder.path().join("data").to_string_lossy().into_owned();
    [("ANYPORT_DATA", data.as_str()), ("STOREFRONT_SECRET_RECEIPT_KEY", RECEIPT_KEY)].map(owned)
}
