//! A consumer of the adapter's own messages.

use anyport_ports::Result;
use anyport_ports::messages::{Batch, Message, Messages, Receive, Subscription};
use std::sync::Arc;
use std::time::Duration;

use super::desk::PATIENCE;
use crate::built::OutboxHandle;
use crate::check::{Context, Violation, ensure};
use crate::suite::NEWS;

/// Receives and acknowledges what comes to one subscription.
pub(super) struct Inlet {
    cx: Context<OutboxHandle>,
    messages: Arc<dyn Messages>,
    subscription: Subscription,
}

impl Inlet {
    pub(super) fn of(cx: &Context<OutboxHandle>, handle: &OutboxHandle, name: &'static str) -> Self {
        let messages = Arc::clone(&handle.messages.messages);
        Self { cx: cx.clone(), messages, subscription: Subscription::from_static(NEWS, name) }
    }

    /// What there is now; nothing may come although there is something.
    pub(super) async fn take(&self) -> Result<Vec<Message>> {
        let receive = Receive::new(10, Duration::from_mins(1))?;
        let deliveries = self.messages.receive(&self.subscription, receive).await?;
        if deliveries.is_empty() {
            return Ok(Vec::new());
        }
        let receipts = Batch::new(deliveries.iter().map(|delivery| delivery.receipt.clone()))?;
        self.messages.ack(&self.subscription, &receipts).await?.into_iter().collect::<Result<Vec<()>>>()?;
        Ok(deliveries.into_iter().map(|delivery| delivery.message).collect())
    }

    /// So many messages, which must come soon, by their ids.
    pub(super) async fn expect(&self, count: usize) -> Result<Vec<Message>, Violation> {
        let mut all = Vec::new();
        while all.len() < count {
            let more = self.cx.eventually(PATIENCE, || async {
                let more = self.take().await?;
                Ok((!more.is_empty()).then_some(more))
            });
            let more = more.await?;
            ensure!(more.is_some(), "{}: {} of {count} messages came", self.subscription, all.len());
            all.extend(more.into_iter().flatten());
        }
        all.sort_by(|one, other| one.id().cmp(other.id()));
        Ok(all)
    }
}
