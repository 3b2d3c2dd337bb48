//! What a fault remembers of the deliveries that passed by it.

use std::sync::{Mutex, PoisonError};

use anyport_ports::messages::{Delivery, Message, Receipt, Subscription};

/// Every delivery that was made, the latest last.
#[derive(Default)]
pub(super) struct Ledger(Mutex<Vec<(Subscription, Delivery)>>);

impl Ledger {
    /// Notes deliveries.
    pub(super) fn note(&self, subscription: &Subscription, deliveries: &[Delivery]) {
        let made = deliveries.iter().map(|delivery| (subscription.clone(), delivery.clone()));
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend(made);
    }

    /// The delivery that a receipt names.
    pub(super) fn of(&self, receipt: &Receipt) -> Option<Delivery> {
        self.last(|_, delivery| delivery.receipt == *receipt)
    }

    /// The latest receipt of the message that this one is a receipt of.
    pub(super) fn latest(&self, subscription: &Subscription, receipt: &Receipt) -> Receipt {
        let message = self.of(receipt).map(|delivery| delivery.message);
        self.of_message(subscription, message.as_ref()).unwrap_or_else(|| receipt.clone())
    }

    /// The latest receipt of another message, if this subscription delivered any.
    pub(super) fn neighbour(&self, subscription: &Subscription, receipt: &Receipt) -> Option<Receipt> {
        let own = self.of(receipt)?.message;
        let other = self.last(|of, delivery| of == subscription && delivery.message.id() != own.id())?;
        Some(other.receipt)
    }

    /// The latest receipt of a message in a subscription.
    pub(super) fn of_message(&self, subscription: &Subscription, message: Option<&Message>) -> Option<Receipt> {
        let id = message?.id();
        Some(self.last(|of, delivery| of == subscription && delivery.message.id() == id)?.receipt)
    }

    fn last(&self, chosen: impl Fn(&Subscription, &Delivery) -> bool) -> Option<Delivery> {
        let deliveries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        deliveries.iter().rev().find(|(of, delivery)| chosen(of, delivery)).map(|(_, delivery)| delivery.clone())
    }
}
