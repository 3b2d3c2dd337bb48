//! Documents on Redis.

use std::net::SocketAddr;
use std::sync::Arc;

use anyport_conformance::subject::{DocumentStore, Namespace, Subject};
use anyport_conformance::wire::{Dial, Networked};
use anyport_ports::Result;
use anyport_ports::resources::Resources;
use async_trait::async_trait;

use super::server::{Prefix, Server};

#[async_trait]
impl Subject<DocumentStore> for Server {
    async fn fresh(&self, resources: &Resources) -> Result<Arc<dyn Namespace<DocumentStore>>> {
        let prefix = Self::fresh(self, resources).await?;
        let upstream = prefix.upstream()?;
        Ok(Arc::new(Networked::new(prefix, upstream)))
    }
}

#[async_trait]
impl Dial<DocumentStore> for Prefix {
    async fn dial(&self, through: Option<SocketAddr>) -> Result<DocumentStore> {
        let store = Arc::new(self.open(through).await?);
        Ok(DocumentStore { documents: Arc::clone(&store) as _, scan: store })
    }
}
