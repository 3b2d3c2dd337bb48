//! Messages on Pub/Sub as a subject.

use std::net::SocketAddr;
use std::sync::Arc;

use anyport_conformance::subject::{MessageStore, Namespace, Subject};
use anyport_conformance::wire::{Dial, Networked};
use anyport_gcp::{PubSubMessages, ServiceSettings};
use anyport_ports::Result;
use anyport_ports::resources::{Provision as _, Resources};
use async_trait::async_trait;

use super::namespace::{Prefix, upstream};
use super::service_dialect::ServiceDialect;

/// Messages in a project of Google Cloud or in an emulator.
pub(super) struct Messages;

impl Prefix {
    /// Connects anew, as another process would, to where the environment says, or to this address.
    async fn messages(&self, through: Option<SocketAddr>) -> Result<PubSubMessages> {
        let endpoint = through.map(|address| format!("http://{address}"));
        let settings = ServiceSettings { project: None, prefix: self.text().to_owned(), endpoint };
        PubSubMessages::connect(&settings).await
    }
}

#[async_trait]
impl Subject<MessageStore> for Messages {
    async fn fresh(&self, resources: &Resources) -> Result<Arc<dyn Namespace<MessageStore>>> {
        let prefix = Prefix::fresh();
        prefix.messages(None).await?.provision(resources).await?;
        Ok(Arc::new(Networked::new(prefix, upstream("PUBSUB_EMULATOR_HOST", ServiceDialect)?)))
    }
}

#[async_trait]
impl Dial<MessageStore> for Prefix {
    async fn dial(&self, through: Option<SocketAddr>) -> Result<MessageStore> {
        Ok(MessageStore { messages: Arc::new(self.messages(through).await?) })
    }
}
