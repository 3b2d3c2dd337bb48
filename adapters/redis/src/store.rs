//! A handle on the store.

use std::fmt;
use std::sync::Arc;

use anyport_ports::{Naming, Result};

use crate::connection::{Connection, RESPONSE_TIMEOUT};
use crate::documents::Chores;
use crate::documents::collections::Collection;
use crate::messages::Subscribers;
use crate::registry::Registry;
use crate::settings::RedisSettings;

/// Documents and messages on Redis or Valkey. Clones are the same handle.
#[derive(Clone)]
pub struct RedisStore {
    pub(crate) connection: Connection,
    pub(crate) naming: Naming,
    pub(crate) collections: Arc<Registry<Collection>>,
    pub(crate) chores: Chores,
    pub(crate) subscribers: Arc<Subscribers>,
}

impl RedisStore {
    /// Connects, and learns which collections there are.
    ///
    /// # Errors
    ///
    /// `InvalidInput` for settings that make no sense, `Unauthenticated`, `PermissionDenied`, `Throttled`, and
    /// `Unavailable` for a server that does not answer within seconds.
    pub async fn connect(settings: &RedisSettings) -> Result<Self> {
        let connect = async {
            let naming = settings.naming()?;
            let connection = Connection::open(settings, RESPONSE_TIMEOUT).await?;
            let collections = Registry::open(connection.clone(), naming.of("anyport:collections", usize::MAX)).await?;
            let subscribers = Arc::default();
            let (collections, chores) = (Arc::new(collections), Chores::new());
            Ok(Self { connection, naming, collections, chores, subscribers })
        };
        connect.await.map_err(|error: anyport_ports::Error| error.during("redis.connect", "the server of the URL"))
    }
}

impl fmt::Debug for RedisStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisStore").field("naming", &self.naming).finish_non_exhaustive()
    }
}
