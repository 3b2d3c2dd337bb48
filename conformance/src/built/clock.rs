//! The time of two stores at once.

use std::sync::Arc;
use std::time::Duration;

use anyport_ports::{Clock, Timestamp};
use async_trait::async_trait;

use crate::subject::TestClock;

/// Passes in both. Two virtual clocks begin at the same instant, and then stay together.
pub(super) struct Both(pub(super) Arc<dyn TestClock>, pub(super) Arc<dyn TestClock>);

impl Clock for Both {
    fn now(&self) -> Timestamp {
        self.0.now()
    }
}

#[async_trait]
impl TestClock for Both {
    async fn pass(&self, duration: Duration) {
        // Side by side: where both are real, they pass once.
        futures_util::future::join(self.0.pass(duration), self.1.pass(duration)).await;
    }
}
