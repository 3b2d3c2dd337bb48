//! Making what the functions need.

use std::sync::Arc;

use anyport_ports::Result;
use anyport_ports::resources::{Provision, Resources};
use async_trait::async_trait;

/// Has each resource made by the adapter that its port is bound to.
pub(super) struct Split {
    pub(super) documents: Arc<dyn Provision>,
    pub(super) messages: Arc<dyn Provision>,
    pub(super) blobs: Arc<dyn Provision>,
}

#[async_trait]
impl Provision for Split {
    async fn provision(&self, resources: &Resources) -> Result<()> {
        let Resources { collections, topics, subscriptions, buckets, secrets: _ } = resources.clone();
        self.documents.provision(&Resources { collections, ..Resources::default() }).await?;
        self.messages.provision(&Resources { topics, subscriptions, ..Resources::default() }).await?;
        self.blobs.provision(&Resources { buckets, ..Resources::default() }).await
    }
}
