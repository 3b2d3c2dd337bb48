//! The embedded adapter as a subject: a fresh folder for each namespace, opened anew for each handle, in virtual time.

use std::sync::Arc;

use anyport_conformance::embedded::{Embedded, HandOut};
use anyport_conformance::faults::Faultable;
use anyport_conformance::subject::{
    Adapter, BlobStore, ChangeStore, DocumentStore, MessageStore, Namespace, SecretStore, SecretsAdmin, Subject,
};
use anyport_ports::resources::{Provision as _, Resources};
use anyport_ports::{Clock, Error, ErrorKind, Result, SecretName};
use anyport_sqlite::{FileSecrets, SqliteStore};
use async_trait::async_trait;
use tempfile::TempDir;

pub(super) fn adapter() -> Adapter {
    Adapter::named("sqlite").documents(Sqlite).changes(Sqlite).messages(Sqlite).blobs(Sqlite).secrets(Sqlite)
}

struct Sqlite;

#[async_trait]
impl<H: Faultable> Subject<H> for Sqlite
where
    Folder: HandOut<H>,
{
    async fn fresh(&self, resources: &Resources) -> Result<Arc<dyn Namespace<H>>> {
        let fresh = Embedded::new(Folder::new)?;
        fresh.store().open()?.provision(resources).await?;
        Ok(Arc::new(fresh))
    }
}

struct Folder {
    folder: TempDir,
    clock: Arc<dyn Clock>,
}

impl Folder {
    fn new(clock: Arc<dyn Clock>) -> Result<Self> {
        let folder = tempfile::tempdir()
            .map_err(|error| Error::new(ErrorKind::Unavailable, "no temporary folder can be made").caused_by(error))?;
        Ok(Self { folder, clock })
    }

    fn open(&self) -> Result<SqliteStore> {
        SqliteStore::open(&self.folder.path().join("store.db"), Arc::clone(&self.clock))
    }

    fn secrets(&self) -> Arc<FileSecrets> {
        // No variable of the environment has this prefix: what the checks put is what they see.
        Arc::new(FileSecrets::new(self.folder.path().join("secrets"), "ANYPORT_CONFORMANCE_SECRET_"))
    }
}

impl HandOut<DocumentStore> for Folder {
    fn hand_out(&self) -> Result<DocumentStore> {
        let store = Arc::new(self.open()?);
        Ok(DocumentStore { documents: Arc::clone(&store) as _, scan: store })
    }
}

impl HandOut<ChangeStore> for Folder {
    fn hand_out(&self) -> Result<ChangeStore> {
        let store = Arc::new(self.open()?);
        Ok(ChangeStore { documents: Arc::clone(&store) as _, changes: store })
    }
}

impl HandOut<MessageStore> for Folder {
    fn hand_out(&self) -> Result<MessageStore> {
        Ok(MessageStore { messages: Arc::new(self.open()?) })
    }
}

impl HandOut<BlobStore> for Folder {
    fn hand_out(&self) -> Result<BlobStore> {
        let store = Arc::new(self.open()?);
        Ok(BlobStore { blobs: Arc::clone(&store) as _, signer: Arc::clone(&store) as _, fetch: store })
    }
}

impl HandOut<SecretStore> for Folder {
    fn hand_out(&self) -> Result<SecretStore> {
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
