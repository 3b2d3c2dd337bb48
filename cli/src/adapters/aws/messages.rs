//! Messages on SNS and SQS as a subject.

use std::net::SocketAddr;
use std::sync::Arc;

use anyport_conformance::subject::{MessageStore, Namespace, Subject};
use anyport_conformance::wire::{Dial, Networked};
use anyport_ports::resources::{Provision as _, Resources};
use anyport_ports::{Error, Result};
use async_trait::async_trait;

use super::namespace::{Prefix, emulator_of, upstream};

/// Messages in an account of AWS or in an emulator.
pub(super) struct Messages;

#[async_trait]
impl Subject<MessageStore> for Messages {
    async fn fresh(&self, resources: &Resources) -> Result<Arc<dyn Namespace<MessageStore>>> {
        if emulator_of("SQS")? != emulator_of("SNS")? {
            return Err(Error::invalid("SNS and SQS must be one emulator: only then does a topic reach its queues"));
        }
        let prefix = Prefix::fresh();
        prefix.connect(None).await?.messages().provision(resources).await?;
        Ok(Arc::new(Networked::new(prefix, upstream("SQS")?)))
    }
}

#[async_trait]
impl Dial<MessageStore> for Prefix {
    async fn dial(&self, through: Option<SocketAddr>) -> Result<MessageStore> {
        Ok(MessageStore { messages: Arc::new(self.connect(through).await?.messages()) })
    }
}
