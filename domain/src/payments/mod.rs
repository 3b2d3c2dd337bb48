//! Payments: what the storefront asks of whoever moves the money.

use std::fmt;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use crate::{OrderId, UserId};

/// What is to be paid, once: however often it is asked for under the same key, the money moves once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Charge {
    /// What the gateway knows the charge again by.
    pub key: String,
    /// How much, in cents of a euro.
    pub amount_cents: u64,
}

impl Charge {
    /// That of an order, which is paid once at most.
    pub fn for_order(user: &UserId, order: &OrderId, amount_cents: u64) -> Self {
        Self { key: format!("{user}/{order}"), amount_cents }
    }
}

/// The gateway's name for a payment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PaymentId(String);

impl PaymentId {
    /// Wraps what the gateway told; cut at 64 characters, which no gateway's is longer than.
    pub fn new(id: &str) -> Self {
        Self(id.chars().take(64).collect())
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for PaymentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What became of a charge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Charged {
    /// The money moved, now or when it was asked for before.
    Accepted(PaymentId),
    /// It did not, and will not under this key.
    Declined,
}

/// Moves the money.
#[async_trait]
pub trait PaymentGateway: Send + Sync {
    /// Charges, once for each key.
    ///
    /// # Errors
    ///
    /// `Unavailable` if it was not charged, `Indeterminate` if that is not known: asking again under the same key is safe.
    async fn charge(&self, charge: &Charge) -> anyport_ports::Result<Charged>;
}
