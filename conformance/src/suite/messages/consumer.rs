//! A consumer of a subscription, as the checks use it, and what they publish.

use std::collections::BTreeSet;
use std::time::Duration;

use anyport_ports::messages::{Batch, Delay, Delivery, Lease, Message, Outgoing, Receive, Subscription};
use anyport_ports::{Result, Timestamp};

use crate::check::{Context, Verdict, Violation, ensure, ensure_eq};
use crate::subject::MessageStore;
use crate::suite::NEWS;

/// How long a store may take to hand out what it has.
pub(super) const PATIENCE: Duration = Duration::from_secs(10);

/// The shortest lease.
pub(super) const SHORT: Duration = Duration::from_secs(1);

/// A lease that does not end while a check runs.
pub(super) const LONG: Duration = Duration::from_mins(5);

/// What is this much ahead of its time is still on time: stores count in ticks of their own.
pub(super) const TICK: Duration = Duration::from_millis(100);

/// A message in the hands of a consumer.
pub(super) struct Held {
    /// The delivery.
    pub(super) delivery: Delivery,
    /// No other delivery of the message may be seen before this.
    pub(super) until: Timestamp,
}

impl Held {
    /// The id of the message.
    pub(super) fn id(&self) -> &str {
        self.delivery.message.id()
    }
}

/// A consumer with a handle of its own.
pub(super) struct Consumer {
    cx: Context<MessageStore>,
    /// Its handle.
    pub(super) store: MessageStore,
    /// What it consumes.
    pub(super) subscription: Subscription,
}

impl Consumer {
    /// A consumer of a subscription of [`NEWS`].
    pub(super) async fn of(cx: &Context<MessageStore>, name: &'static str) -> Result<Self, Violation> {
        let subscription = Subscription::from_static(NEWS, name);
        Ok(Self { cx: cx.clone(), store: cx.connect().await?, subscription })
    }

    /// A consumer of the dead letters of the same subscription.
    pub(super) fn dead_letters(&self) -> Self {
        Self { cx: self.cx.clone(), store: self.store.clone(), subscription: self.subscription.dead_letters() }
    }

    /// Receives once: nothing may come although there is something.
    pub(super) async fn receive(&self, max: usize, lease: Duration) -> Result<Vec<Held>, Violation> {
        let until = self.cx.clock().now().plus(lease);
        let deliveries = self.store.messages.receive(&self.subscription, Receive::new(max, lease)?).await?;
        ensure!(deliveries.len() <= max, "asked {} for {max}, {} came", self.subscription, deliveries.len());
        for delivery in &deliveries {
            self.cx.note(format!(
                "{} delivered {:?}, attempt {}",
                self.subscription,
                delivery.message.id(),
                delivery.attempt
            ));
        }
        Ok(deliveries.into_iter().map(|delivery| Held { delivery, until }).collect())
    }

    /// The next message, one that must come soon.
    pub(super) async fn next(&self, lease: Duration) -> Result<Held, Violation> {
        let found = self.cx.eventually(PATIENCE, || async { Ok(self.receive(1, lease).await?.pop()) }).await?;
        found.ok_or_else(|| Violation::new(format!("{}: no message came in {PATIENCE:?}", self.subscription)))
    }

    /// The next message, which must not come before it is due, and soon after.
    pub(super) async fn next_not_before(&self, due: Timestamp, lease: Duration) -> Result<Held, Violation> {
        let clock = self.cx.clock();
        let step = (due.since(clock.now()) / 8).max(Duration::from_millis(50));
        loop {
            let held = self.receive(1, lease).await?.pop();
            let now = clock.now();
            match held {
                Some(held) if now.plus(TICK) < due => {
                    return Err(Violation::new(format!("{:?} came {:?} too early", held.id(), due.since(now))));
                }
                Some(held) => return Ok(held),
                None if now >= due.plus(PATIENCE) => {
                    return Err(Violation::new(format!("no message came in {PATIENCE:?} after one was due")));
                }
                None => self.cx.pass(step).await,
            }
        }
    }

    /// Takes messages until so many different ones are in hand; each may come once.
    pub(super) async fn gather(&self, count: usize, lease: Duration) -> Result<Vec<Held>, Violation> {
        let mut all: Vec<Held> = Vec::new();
        while all.len() < count {
            let more = self.cx.eventually(PATIENCE, || async {
                let more = self.receive(3, lease).await?;
                Ok((!more.is_empty()).then_some(more))
            });
            let Some(more) = more.await? else {
                let ids: Vec<&str> = all.iter().map(Held::id).collect();
                return Err(Violation::new(format!("{}: only {ids:?} came of {count}", self.subscription)));
            };
            all.extend(more);
        }
        let ids: BTreeSet<&str> = all.iter().map(Held::id).collect();
        ensure_eq!(ids.len(), all.len(), "different messages among those delivered while held");
        Ok(all)
    }

    /// Fails if anything is delivered in this time.
    pub(super) async fn expect_nothing(&self, during: Duration) -> Verdict {
        let clock = self.cx.clock();
        let (end, step) = (clock.now().plus(during), (during / 5).max(Duration::from_millis(50)));
        loop {
            if let Some(held) = self.receive(1, SHORT).await?.pop() {
                let what = format!("{:?}, attempt {}", held.id(), held.delivery.attempt);
                return Err(Violation::new(format!("{} must deliver nothing, but {what} came", self.subscription)));
            }
            if clock.now() >= end {
                return Ok(());
            }
            clock.pass(step).await;
        }
    }

    /// Acknowledges one delivery.
    pub(super) async fn ack(&self, held: &Held) -> Verdict {
        self.ack_all([held]).await
    }

    /// Acknowledges up to ten deliveries in one call.
    pub(super) async fn ack_all<'a>(&self, held: impl IntoIterator<Item = &'a Held>) -> Verdict {
        let receipts = Batch::new(held.into_iter().map(|held| held.delivery.receipt.clone()))?;
        let results = self.store.messages.ack(&self.subscription, &receipts).await?;
        ensure_eq!(results.len(), receipts.as_slice().len(), "results of an ack");
        results.into_iter().collect::<Result<Vec<()>>>()?;
        Ok(())
    }

    /// Gives a delivery back; returns when it is due again.
    pub(super) async fn nack(&self, held: &Held, delay: Duration) -> Result<Timestamp, Violation> {
        let due = self.cx.clock().now().plus(delay);
        self.store.messages.nack(&self.subscription, &held.delivery.receipt, Delay::new(delay)?).await?;
        Ok(due)
    }

    /// Extends a lease; returns its new end.
    pub(super) async fn extend(&self, held: &Held, lease: Duration) -> Result<Timestamp, Violation> {
        let until = self.cx.clock().now().plus(lease);
        self.store.messages.extend(&self.subscription, &held.delivery.receipt, Lease::new(lease)?).await?;
        Ok(until)
    }

    /// Gives a message up.
    pub(super) async fn give_up(&self, held: &Held, reason: &str) -> Verdict {
        Ok(self.store.messages.dead_letter(&self.subscription, &held.delivery.receipt, reason).await?)
    }
}

/// A small message.
pub(super) fn event(id: &str) -> Result<Message> {
    Message::new(id, "conformance", "thing.happened")?.with_data("text/plain", format!("the data of {id}"))
}

/// Publishes to [`NEWS`], where every entry must be accepted.
pub(super) async fn publish<E: Into<Outgoing>>(store: &MessageStore, entries: impl IntoIterator<Item = E>) -> Verdict {
    let batch = Batch::new(entries.into_iter().map(Into::into))?;
    let results = store.messages.publish(&NEWS, &batch).await?;
    ensure_eq!(results.len(), batch.as_slice().len(), "results of a publish");
    results.into_iter().collect::<Result<Vec<()>>>()?;
    Ok(())
}
