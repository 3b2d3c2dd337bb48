//! The embedded adapter as a subject: a fresh folder for each namespace, opened anew for each handle, in virtual time.

use std::sync::Arc;

use anyport_conformance::faults::{Faultable, Faults};
use anyport_conformance::subject::{
    Adapter, BlobStore, DocumentStore, MessageStore, Namespace, SecretStore, SecretsAdmin, Subject, TestClock,
};
use anyport_conformance::time::VirtualTime;
use anyport_ports::resources::{Provision as _, Resources};
use anyport_ports::{Error, ErrorKind, Result, SecretName};
use anyport_sqlite::{FileSecrets, SqliteStore};
use async_trait::async_trait;
use tempfile::TempDir;

pub(super) fn adapter() -> Adapter {
    Adapter::named("sqlite").documents(Sqlite).messages(Sqlite).blobs(Sqlite).secrets(Sqlite)
}

struct Sqlite;

struct Folder {
    folder: TempDir,
    time: Arc<VirtualTime>,
}

impl Folder {
    async fn fresh(resources: &Resources) -> Result<Arc<Self>> {
        let folder = tempfile::tempdir()
            .map_err(|error| Error::new(ErrorKind::Unavailable, "no temporary folder can be made").caused_by(error))?;
        let fresh = Self { folder, time: Arc::new(VirtualTime::new()) };
        fresh.store()?.provision(resources).await?;
        Ok(Arc::new(fresh))
    }

    fn store(&self) -> Result<SqliteStore> {
        SqliteStore::open(&self.folder.path().join("store.db"), self.time.clock())
    }

    fn secrets(&self) -> Arc<FileSecrets> {
        // No variable of the environment has this prefix: what the checks put is what they see.
        Arc::new(FileSecrets::new(self.folder.path().join("secrets"), "ANYPORT_CONFORMANCE_SECRET_"))
    }
}

/// What a folder hands out for each port.
trait Hand<H> {
    fn hand(&self) -> Result<H>;
}

impl Hand<DocumentStore> for Folder {
    fn hand(&self) -> Result<DocumentStore> {
        let store = Arc::new(self.store()?);
        Ok(DocumentStore { documents: Arc::clone(&store) as _, scan: store })
    }
}

impl Hand<MessageStore> for Folder {
    fn hand(&self) -> Result<MessageStore> {
        Ok(MessageStore { messages: Arc::new(self.store()?) })
    }
}

impl Hand<BlobStore> for Folder {
    fn hand(&self) -> Result<BlobStore> {
        let store = Arc::new(self.store()?);
        Ok(BlobStore { blobs: Arc::clone(&store) as _, signer: Arc::clone(&store) as _, fetch: store })
    }
}

impl Hand<SecretStore> for Folder {
    fn hand(&self) -> Result<SecretStore> {
        Ok(SecretStore { secrets: self.secrets(), admin: Arc::new(Admin(self.secrets())) })
    }
}

struct Admin(Arc<FileSecrets>);

#[async_trait]
impl SecretsAdmin for Admin {
    async fn put(&self, name: &SecretName, value: &[u8]) -> Result<String> {
        self.0.put(name, value)
    }

    async fn deny(&self, name: &SecretName) -> Result<()> {
        self.0.deny(name)
    }
}

#[async_trait]
impl<H: Faultable> Namespace<H> for Folder
where
    Self: Hand<H>,
{
    async fn connect(&self) -> Result<H> {
        self.hand()
    }

    async fn connect_through(&self, faults: &Faults) -> Result<H> {
        Ok(self.hand()?.through(faults))
    }

    fn clock(&self) -> Arc<dyn TestClock> {
        Arc::clone(&self.time) as _
    }
}

#[async_trait]
impl<H: Faultable> Subject<H> for Sqlite
where
    Folder: Hand<H>,
{
    async fn fresh(&self, resources: &Resources) -> Result<Arc<dyn Namespace<H>>> {
        Ok(Folder::fresh(resources).await?)
    }
}
