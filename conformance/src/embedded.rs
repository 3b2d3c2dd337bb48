//! Namespaces of embedded adapters: those that live in the process, take an injected clock, and have no wire.

use std::sync::Arc;

use anyport_ports::{Clock, Result};
use async_trait::async_trait;

use crate::faults::{Faultable, Faults};
use crate::subject::{Namespace, TestClock};
use crate::time::{RealTime, VirtualTime};

/// A store that hands out handles of a port.
pub trait HandOut<H>: Send + Sync + 'static {
    /// Another handle, as another process would have it.
    fn hand_out(&self) -> Result<H>;
}

/// A [`Namespace`] of every port that the store hands out, with faults put in between in process.
pub struct Embedded<S> {
    store: S,
    clock: Arc<dyn TestClock>,
}

impl<S> Embedded<S> {
    /// In virtual time, of the store that `open` makes on the clock it is given.
    pub fn new(open: impl FnOnce(Arc<dyn Clock>) -> Result<S>) -> Result<Self> {
        let time = VirtualTime::new();
        Ok(Self { store: open(time.clock())?, clock: Arc::new(time) })
    }

    /// In real time: as an adapter is tested whose store has a clock of its own.
    pub fn in_real_time(open: impl FnOnce(Arc<dyn Clock>) -> Result<S>) -> Result<Self> {
        Ok(Self { store: open(Arc::new(RealTime))?, clock: Arc::new(RealTime) })
    }

    /// The store.
    pub fn store(&self) -> &S {
        &self.store
    }
}

#[async_trait]
impl<H: Faultable, S: HandOut<H>> Namespace<H> for Embedded<S> {
    async fn connect(&self) -> Result<H> {
        self.store.hand_out()
    }

    async fn connect_through(&self, faults: &Faults) -> Result<H> {
        Ok(self.store.hand_out()?.through(faults))
    }

    fn clock(&self) -> Arc<dyn TestClock> {
        Arc::clone(&self.clock)
    }
}
