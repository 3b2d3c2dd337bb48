//! The two kinds of time that an adapter under test may go by.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyport_memory::ManualClock;
use anyport_ports::{Clock, Timestamp};
use async_trait::async_trait;

use crate::subject::TestClock;

/// Virtual time, for adapters that take an injected clock: it passes at once, and only when a check lets it.
pub struct VirtualTime(Arc<ManualClock>);

impl VirtualTime {
    /// A clock that stands at a fixed instant.
    pub fn new() -> Self {
        Self(Arc::new(ManualClock::new()))
    }

    /// The clock to inject into the adapter.
    pub fn clock(&self) -> Arc<dyn Clock> {
        Arc::clone(&self.0) as _
    }
}

impl Default for VirtualTime {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for VirtualTime {
    fn now(&self) -> Timestamp {
        self.0.now()
    }
}

#[async_trait]
impl TestClock for VirtualTime {
    async fn pass(&self, duration: Duration) {
        self.0.advance(duration);
        // Whoever waits for this time to pass gets a turn.
        tokio::task::yield_now().await;
    }
}

/// Real time, for adapters whose store has a clock of its own.
#[derive(Clone, Copy, Debug, Default)]
pub struct RealTime;

impl Clock for RealTime {
    fn now(&self) -> Timestamp {
        let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Timestamp::from_millis(i64::try_from(since_epoch.as_millis()).unwrap_or(i64::MAX))
    }
}

#[async_trait]
impl TestClock for RealTime {
    async fn pass(&self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }
}
