//! The reference model as an adapter under test: the memory adapter, in virtual time.

use std::sync::Arc;

use anyport_memory::MemoryStore;
use anyport_ports::resources::{Provision as _, Resources};
use anyport_ports::{Result, SecretName};
use async_trait::async_trait;

use crate::faults::{Faultable, Faults};
use crate::subject::{
    Adapter, BlobStore, DocumentStore, MessageStore, Namespace, SecretStore, SecretsAdmin, Subject, TestClock,
};
use crate::time::VirtualTime;

/// The reference model.
#[derive(Clone, Copy, Debug)]
pub struct Reference;

impl Reference {
    /// All of its ports, as the adapter `memory`.
    pub fn adapter() -> Adapter {
        Adapter::named("memory").documents(Self).messages(Self).blobs(Self).secrets(Self)
    }
}

struct InMemory {
    store: MemoryStore,
    clock: Arc<VirtualTime>,
}

impl InMemory {
    async fn fresh(resources: &Resources) -> Result<Arc<Self>> {
        let clock = Arc::new(VirtualTime::new());
        let store = MemoryStore::new(clock.clock());
        store.handle().provision(resources).await?;
        Ok(Arc::new(Self { store, clock }))
    }
}

/// What a namespace hands out for each port.
trait Hand<H> {
    fn hand(&self) -> H;
}

impl Hand<DocumentStore> for InMemory {
    fn hand(&self) -> DocumentStore {
        let handle = Arc::new(self.store.handle());
        DocumentStore { documents: Arc::clone(&handle) as _, scan: handle }
    }
}

impl Hand<MessageStore> for InMemory {
    fn hand(&self) -> MessageStore {
        MessageStore { messages: Arc::new(self.store.handle()) }
    }
}

impl Hand<BlobStore> for InMemory {
    fn hand(&self) -> BlobStore {
        let handle = Arc::new(self.store.handle());
        BlobStore { blobs: Arc::clone(&handle) as _, signer: Arc::clone(&handle) as _, fetch: handle }
    }
}

impl Hand<SecretStore> for InMemory {
    fn hand(&self) -> SecretStore {
        SecretStore { secrets: Arc::new(self.store.handle()), admin: Arc::new(Admin(self.store.clone())) }
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

#[async_trait]
impl<H: Faultable> Namespace<H> for InMemory
where
    Self: Hand<H>,
{
    async fn connect(&self) -> Result<H> {
        Ok(self.hand())
    }

    async fn connect_through(&self, faults: &Faults) -> Result<H> {
        Ok(self.hand().through(faults))
    }

    fn clock(&self) -> Arc<dyn TestClock> {
        Arc::clone(&self.clock) as _
    }
}

#[async_trait]
impl<H: Faultable> Subject<H> for Reference
where
    InMemory: Hand<H>,
{
    async fn fresh(&self, resources: &Resources) -> Result<Arc<dyn Namespace<H>>> {
        Ok(InMemory::fresh(resources).await?)
    }
}
