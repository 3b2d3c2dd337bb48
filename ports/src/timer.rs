//! Waiting, as a port: decorators that pause or give up run in virtual time under test, and name no executor.

use std::time::Duration;

use async_trait::async_trait;

/// Waits. The runtimes bind the executor's timer.
#[async_trait]
pub trait Timer: Send + Sync + 'static {
    /// Returns once this long has passed.
    async fn sleep(&self, duration: Duration);
}

#[async_trait]
impl<T: Timer + ?Sized> Timer for std::sync::Arc<T> {
    async fn sleep(&self, duration: Duration) {
        (**self).sleep(duration).await;
    }
}
