//! Messages on Pub/Sub as a subject.

use std::net::SocketAddr;
use std::sync::Arc;

use anyport_conformance::subject::{MessageStore, Namespace, Subject};
use anyport_conformance::wire::{Dial, Networked};
use anyport_gcp::PubSubMessages;
use anyport_ports::Result;
use anyport_ports::resources::{Provision as _, Resources};
use async_trait::async_trait;

use super::pubsub_namespace::Prefix;

/// Messages in a project of Google Cloud or in an emulator.
pub(super) struct Messages;

#[async_trait]
impl Subject<MessageStore> for Messages {
    async fn fresh(&self, resources: &Resources) -> Result<Arc<dyn Namespace<MessageStore>>> {
        let prefix = Prefix::fresh();
        PubSubMessages::connect(&prefix.settings(None)).await?.provision(resources).await?;
        Ok(Arc::new(Networked::new(prefix, None)))
    }
}

#[async_trait]
impl Dial<MessageStore> for Prefix {
    async fn dial(&self, through: Option<SocketAddr>) -> Result<MessageStore> {
        Ok(MessageStore { messages: Arc::new(PubSubMessages::connect(&self.settings(through)).await?) })
    }
}
