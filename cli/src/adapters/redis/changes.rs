//! The change feed on Redis.

use std::net::SocketAddr;
use std::sync::Arc;

use anyport_conformance::subject::{ChangeStore, Namespace, Subject};
use anyport_conformance::wire::{Dial, Networked};
use anyport_ports::Result;
use anyport_ports::resources::Resources;
use async_trait::async_trait;

use super::server::{Prefix, Server};

#[async_trait]
impl Subject<ChangeStore> for Server {
    async fn fresh(&self, resources: &Resources) -> Result<Arc<dyn Namespace<ChangeStore>>> {
        let prefix = Self::fresh(self, resources).await?;
        let upstream = prefix.upstream()?;
        Ok(Arc::new(Networked::new(prefix, upstream)))
    }
}

#[async_trait]
impl Dial<ChangeStore> for Prefix {
    async fn dial(&self, through: Option<SocketAddr>) -> Result<ChangeStore> {
        let store = Arc::new(self.open(through).await?);
        Ok(ChangeStore { documents: Arc::clone(&store) as _, changes: store })
    }
}
