//! Documents on Cosmos DB, and their change feed.

use std::net::SocketAddr;
use std::sync::Arc;

use anyport_conformance::subject::{ChangeStore, DocumentStore, Namespace, Subject};
use anyport_conformance::wire::{Dial, Networked};
use anyport_ports::Result;
use anyport_ports::resources::{Provision as _, Resources};
use async_trait::async_trait;

use super::namespace::{Prefix, upstream};

pub(super) struct Documents;

#[async_trait]
impl Subject<DocumentStore> for Documents {
    async fn fresh(&self, resources: &Resources) -> Result<Arc<dyn Namespace<DocumentStore>>> {
        let prefix = Prefix::fresh();
        prefix.documents(None).await?.provision(resources).await?;
        Ok(Arc::new(Networked::new(prefix, upstream()?)))
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
        let prefix = Prefix::fresh();
        prefix.documents(None).await?.provision(resources).await?;
        Ok(Arc::new(Networked::new(prefix, upstream()?)))
    }
}

#[async_trait]
impl Dial<ChangeStore> for Prefix {
    async fn dial(&self, through: Option<SocketAddr>) -> Result<ChangeStore> {
        let documents = Arc::new(self.documents(through).await?);
        Ok(ChangeStore { documents: Arc::clone(&documents) as _, changes: documents })
    }
}
