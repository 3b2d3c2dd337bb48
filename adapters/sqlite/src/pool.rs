//! The connections of a store: one that writes, and a few that read.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use anyport_ports::{Error, ErrorKind, Result};
use rusqlite::Connection;
use tokio::sync::Semaphore;

use crate::connection;
use crate::error::{Fault, Work};
use crate::writer::Writer;

/// Most reads at once; others wait. More gain nothing once they share one disk.
const MAX_READERS: usize = 4;

/// The connections. Blocking work runs on threads where it may block.
pub(crate) struct Pool {
    path: PathBuf,
    writer: Writer,
    idle: Mutex<Vec<Connection>>,
    readers: Arc<Semaphore>,
}

impl Pool {
    /// A pool on the database at `path`, which writes through this connection to it.
    pub(crate) fn new(path: &Path, writer: Connection) -> Result<Self> {
        Ok(Self {
            path: path.to_owned(),
            writer: Writer::start(writer)?,
            idle: Mutex::default(),
            readers: Arc::new(Semaphore::new(MAX_READERS)),
        })
    }

    /// Runs `work` on a snapshot of what is committed.
    pub(crate) async fn read<T, F>(self: &Arc<Self>, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Work<T> + Send + 'static,
    {
        let stopped = |_| Error::new(ErrorKind::Unavailable, "the read was stopped: the process is ending");
        let permit = Arc::clone(&self.readers).acquire_owned().await.map_err(|_| {
            // Nothing closes the semaphore while the pool stands.
            Error::new(ErrorKind::Internal, "the store takes no more reads")
        })?;
        let pool = Arc::clone(self);
        let read = tokio::task::spawn_blocking(move || {
            let result = pool.read_blocking(work);
            drop(permit);
            result
        });
        Ok(read.await.map_err(stopped)??)
    }

    fn read_blocking<T>(&self, work: impl FnOnce(&Connection) -> Work<T>) -> Work<T> {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let connection = idle.map_or_else(|| connection::for_reading(&self.path), Ok)?;
        let transaction = connection.unchecked_transaction()?;
        let result = work(&transaction);
        drop(transaction);
        // A connection on which SQLite failed is not used again.
        if !matches!(result, Err(Fault::Sqlite(_))) {
            self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
        }
        result
    }

    /// Runs `work` in a transaction, and answers once it is committed; see [`Writer::write`].
    pub(crate) async fn write<T, F>(&self, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Work<T> + Send + 'static,
    {
        self.writer.write(work).await
    }
}
