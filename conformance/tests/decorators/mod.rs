//! Decorators made from ports alone: each keeps the contract of what it decorates, and adds what it says.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod claim_check;
mod retrying;
mod secret_cache;
mod suite;
mod telling;

use std::sync::Arc;
use std::time::Duration;

use anyport_conformance::suite::resources;
use anyport_memory::{ManualClock, Memory, MemoryStore};
use anyport_ports::Timer;
use anyport_ports::decorators::{Backoff, Retrying};
use anyport_ports::resources::Provision as _;
use async_trait::async_trait;

/// The test runner's own timer, which is virtual where its time is paused.
struct TokioTimer;

#[async_trait]
impl Timer for TokioTimer {
    async fn sleep(&self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }
}

fn timer() -> Arc<dyn Timer> {
    Arc::new(TokioTimer)
}

fn millis(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// Three attempts.
fn retrying() -> Retrying {
    Retrying::new(timer(), Backoff::new(millis(2), millis(8), 7), 3)
}

/// A store in which the resources of the suite exist, and its clock.
async fn store() -> (MemoryStore, Arc<Memory>, Arc<ManualClock>) {
    let clock = Arc::new(ManualClock::new());
    let store = MemoryStore::new(Arc::clone(&clock) as _);
    let handle = Arc::new(store.handle());
    handle.provision(&resources()).await.unwrap();
    (store, handle, clock)
}
