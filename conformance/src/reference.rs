//! The reference model as an adapter under test: the memory adapter, in virtual time.

use std::sync::Arc;

use anyport_memory::MemoryStore;
use anyport_ports::resources::{Provision as _, Resources};
use anyport_ports::{Result, SecretName};
use async_trait::async_trait;

use crate::embedded::{Embedded, HandOut};
use crate::faults::Faultable;
use crate::subject::{
    Adapter, BlobStore, ChangeStore, DocumentStore, MessageStore, Namespace, SecretStore, SecretsAdmin, Subject,
};

/// The reference model.
#[derive(Clone, Copy, Debug)]
pub struct Reference;

impl Reference {
    /// All of its ports, as the adapter `memory`.
    pub fn adapter() -> Adapter {
        Adapter::named("memory").documents(Self).changes(Self).messages(Self).blobs(Self).secrets(Self)
    }
}

#[async_trait]
impl<H: Faultable> Subject<H> for Reference
where
    MemoryStore: HandOut<H>,
{
    async fn fresh(&self, resources: &Resources) -> Result<Arc<dyn Namespace<H>>> {
        let fresh = Embedded::new(|clock| Ok(MemoryStore::new(clock)))?;
        fresh.store().handle().provision(resources).await?;
        Ok(Arc::new(fresh))
    }
}

impl HandOut<DocumentStore> for MemoryStore {
    fn hand_out(&self) -> Result<DocumentStore> {
        let handle = Arc::new(self.handle());
        Ok(DocumentStore { documents: Arc::clone(&handle) as _, scan: handle })
    }
}

impl HandOut<ChangeStore> for MemoryStore {
    fn hand_out(&self) -> Result<ChangeStore> {
        let handle = Arc::new(self.handle());
        Ok(ChangeStore { documents: Arc::clone(&handle) as _, changes: handle })
    }
}

impl HandOut<MessageStore> for MemoryStore {
    fn hand_out(&self) -> Result<MessageStore> {
        Ok(MessageStore { messages: Arc::new(self.handle()) })
    }
}

impl HandOut<BlobStore> for MemoryStore {
    fn hand_out(&self) -> Result<BlobStore> {
        let handle = Arc::new(self.handle());
        Ok(BlobStore { blobs: Arc::clone(&handle) as _, signer: Arc::clone(&handle) as _, fetch: handle })
    }
}

impl HandOut<SecretStore> for MemoryStore {
    fn hand_out(&self) -> Result<SecretStore> {
        Ok(SecretStore { secrets: Arc::new(self.handle()), admin: Arc::new(Admin(self.clone())) })
    }
}

struct Admin(MemoryStore);

#[async_trait]
impl SecretsAdmin for Admin {
    async fn put(&self, name: &SecretName, value: &[u8]) -> Result<String> {
        Ok(self.0.put_secret(name, value.to_vec()))
    }

    async fn deny(&self, name: &SecretName) -> Result<()> {
        self.0.deny_secret(name);
        Ok(())
    }
}
