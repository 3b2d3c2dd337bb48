//! A payment gateway that keeps its word on keys, and little else.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyport_ports::{Error, ErrorKind, Result};
use async_trait::async_trait;
use domain::payments::{Charge, Charged, PaymentGateway, PaymentId};

#[derive(Default)]
pub(crate) struct Gateway {
    moved: Mutex<BTreeMap<String, u64>>,
    declines: bool,
    answers_to_lose: AtomicUsize,
    meanwhile: Option<Box<dyn Fn() + Send + Sync>>,
}

impl Gateway {
    /// It charges, and the first so many answers are lost.
    pub(crate) fn losing_answers(count: usize) -> Self {
        Self { answers_to_lose: AtomicUsize::new(count), ..Self::default() }
    }

    pub(crate) fn declining() -> Self {
        Self { declines: true, ..Self::default() }
    }

    /// This happens while it charges.
    pub(crate) fn while_doing(meanwhile: impl Fn() + Send + Sync + 'static) -> Self {
        Self { meanwhile: Some(Box::new(meanwhile)), ..Self::default() }
    }

    /// What it moved, by key.
    pub(crate) fn moved(&self) -> Vec<(String, u64)> {
        self.moved.lock().unwrap().clone().into_iter().collect()
    }
}

#[async_trait]
impl PaymentGateway for Gateway {
    async fn charge(&self, charge: &Charge) -> Result<Charged> {
        if self.declines {
            return Ok(Charged::Declined);
        }
        if let Some(meanwhile) = &self.meanwhile {
            meanwhile();
        }
        self.moved.lock().unwrap().entry(charge.key.clone()).or_insert(charge.amount_cents);
        let lose = self.answers_to_lose.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1));
        if lose.is_ok() {
            return Err(Error::new(ErrorKind::Indeterminate, "the answer was lost"));
        }
        Ok(Charged::Accepted(PaymentId::new(&format!("payment of {}", charge.key))))
    }
}
