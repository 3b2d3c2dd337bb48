//! Documents on Firestore, and their change feed.

use std::net::SocketAddr;
use std::sync::Arc;

use anyport_conformance::subject::{ChangeStore, DocumentStore, Namespace, Subject};
use anyport_conformance::time::RealTime;
use anyport_conformance::wire::{Dial, Networked};
use anyport_gcp::{FirestoreDocuments, FirestoreSettings};
use anyport_ports::Result;
use anyport_ports::resources::{Provision as _, Resources};
use async_trait::async_trait;

use super::dialect::FirestoreDialect;
use super::namespace::{Prefix, upstream};

pub(super) struct Documents;

impl Prefix {
    /// Connects anew, as another process would, to where the environment says, or to this address.
    async fn documents(&self, through: Option<SocketAddr>) -> Result<FirestoreDocuments> {
        let endpoint = through.map(|address| format!("http://{address}"));
        let settings = FirestoreSettings { prefix: self.text().to_owned(), endpoint, ..FirestoreSettings::default() };
        FirestoreDocuments::connect(&settings, Arc::new(RealTime)).await
    }
}

/// A fresh namespace that holds these collections.
async fn fresh(resources: &Resources) -> Result<Networked<Prefix>> {
    let prefix = Prefix::fresh();
    prefix.documents(None).await?.provision(resources).await?;
    Ok(Networked::new(prefix, upstream("FIRESTORE_EMULATOR_HOST", FirestoreDialect)?))
}

#[async_trait]
impl Subject<DocumentStore> for Documents {
    async fn fresh(&self, resources: &Resources) -> Result<Arc<dyn Namespace<DocumentStore>>> {
        Ok(Arc::new(fresh(resources).await?))
    }
}

#[async_trait]
impl Dial<DocumentStore> for Prefix {
    async fn dial(&self, through: Option<SocketAddr>) -> Result<DocumentStore> {
        let documents = Arc::new(self.documents(through).await?);
        Ok(DocumentStore { documents: Arc::clone(&documents) as _, scan: documents })
    }
}

#[async_trait]
impl Subject<ChangeStore> for Documents {
    async fn fresh(&self, resources: &Resources) -> Result<Arc<dyn Namespace<ChangeStore>>> {
        Ok(Arc::new(fresh(resources).await?))
    }
}

#[async_trait]
impl Dial<ChangeStore> for Prefix {
    async fn dial(&self, through: Option<SocketAddr>) -> Result<ChangeStore> {
        let documents = Arc::new(self.documents(through).await?);
        Ok(ChangeStore { documents: Arc::clone(&documents) as _, changes: documents })
    }
}
