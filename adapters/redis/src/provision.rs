//! Making what a workload needs.

use anyport_ports::Result;
use anyport_ports::resources::{Provision, Resources};
use async_trait::async_trait;

use crate::documents::collections;
use crate::messages;
use crate::store::RedisStore;

#[async_trait]
impl Provision for RedisStore {
    /// Collections one after another, then topics and subscriptions. A collection that gets another index is filled by
    /// its documents once every process knows of it, which takes some 20 seconds.
    async fn provision(&self, resources: &Resources) -> Result<()> {
        let make = async {
            collections::provision(self, &resources.collections).await?;
            messages::provision(self, resources).await
        };
        make.await.map_err(|error: anyport_ports::Error| error.during("provision", "the Redis store"))
    }
}
