//! The store: what it is made of, and how it is opened.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyport_ports::{Clock, Error, Result, Timestamp};
use rusqlite::Connection;

use crate::error::Work;
use crate::objects::Objects;
use crate::open::{beside, open};
use crate::pool::Pool;
use crate::sweep::sweep;

/// Where signed URLs point unless told otherwise: the address that the server runtime listens on by default.
const PUBLIC_URL: &str = "http://localhost:8080";

/// Documents, messages, blobs and signed URLs on one SQLite file, and a folder beside it for the bytes of blobs.
///
/// Clones share their connections. Stores opened separately on one file, by one process or several, see each other's
/// writes at once. Its operations need a tokio runtime.
#[derive(Clone)]
pub struct SqliteStore {
    path: Arc<Path>,
    pool: Arc<Pool>,
    clock: Arc<dyn Clock>,
    pub(crate) objects: Objects,
    pub(crate) public_url: Arc<str>,
}

impl SqliteStore {
    /// Opens the store at `path`, with the bytes of its blobs in the folder `<path>-blobs`. File and folders are made if
    /// they are not there.
    ///
    /// # Errors
    ///
    /// `InvalidInput` for a file that is not a SQLite database, belongs to another application, or has a schema that
    /// this release does not read; `Internal` for a damaged one; all of these leave the file as it is, byte for byte.
    /// `PermissionDenied` and `Unavailable` for what the file system refuses.
    pub fn open(path: &Path, clock: Arc<dyn Clock>) -> Result<Self> {
        Self::open_with_blobs(path, &beside(path, "-blobs"), clock)
    }

    /// As [`SqliteStore::open`], with the bytes of the blobs in this folder.
    ///
    /// # Errors
    ///
    /// As [`SqliteStore::open`].
    pub fn open_with_blobs(path: &Path, blobs: &Path, clock: Arc<dyn Clock>) -> Result<Self> {
        let opened = || {
            // The working directory may change later; readers are opened when they are needed.
            let path = std::path::absolute(path).unwrap_or_else(|_| PathBuf::from(path));
            let connection = open(&path)?;
            let objects = Objects::open(blobs)?;
            sweep(&connection, &objects);
            let pool = Arc::new(Pool::new(&path, connection)?);
            Ok(Self { path: path.into(), pool, clock, objects, public_url: PUBLIC_URL.into() })
        };
        opened().map_err(|error: Error| error.during("sqlite.open", path.display()))
    }

    /// With signed URLs that begin with this URL, where the server is reached from outside: `https://files.example.com`.
    ///
    /// # Errors
    ///
    /// `InvalidInput` if it is not `http://` or `https://` and a host, or holds a path, query or fragment.
    pub fn with_public_url(mut self, url: &str) -> Result<Self> {
        let host =
            url.strip_prefix("https://").or_else(|| url.strip_prefix("http://")).map(|rest| rest.trim_end_matches('/'));
        let plain = |host: &str| {
            !host.is_empty() && host.bytes().all(|byte| byte.is_ascii_graphic() && !b"/?#@".contains(&byte))
        };
        if !host.is_some_and(plain) {
            return Err(Error::invalid(format!("{url:?} is not a public URL: it must be such as https://example.com")));
        }
        self.public_url = url.trim_end_matches('/').into();
        Ok(self)
    }

    /// The present instant.
    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Runs `work` on a snapshot of what is committed; it is told the time at which it runs.
    pub(crate) async fn read<T, F>(&self, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&Connection, Timestamp) -> Work<T> + Send + 'static,
    {
        let clock = Arc::clone(&self.clock);
        self.pool.read(move |connection| work(connection, clock.now())).await
    }

    /// Runs `work` in a transaction, one after another over all processes; it is told the time at which it runs.
    pub(crate) async fn write<T, F>(&self, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&Connection, Timestamp) -> Work<T> + Send + 'static,
    {
        let clock = Arc::clone(&self.clock);
        self.pool.write(move |connection| work(connection, clock.now())).await
    }
}

impl fmt::Debug for SqliteStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqliteStore").field("path", &self.path).finish_non_exhaustive()
    }
}
