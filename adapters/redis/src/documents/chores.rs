//! Clearing away what nobody sees: a courtesy, done beside the caller's work and given up when there is much of it.

use std::future::Future;
use std::sync::Arc;

use tokio::sync::Semaphore;

/// Chores at the same time; what would be one more is left for whoever meets it next.
const WIDTH: usize = 32;

/// The chores of a handle.
#[derive(Clone)]
pub(crate) struct Chores(Arc<Semaphore>);

impl Chores {
    pub(crate) fn new() -> Self {
        Self(Arc::new(Semaphore::new(WIDTH)))
    }

    /// Does this beside the caller's work, if there is room.
    pub(crate) fn begin(&self, chore: impl Future<Output = ()> + Send + 'static) {
        if let Ok(permit) = Arc::clone(&self.0).try_acquire_owned() {
            tokio::spawn(async move {
                chore.await;
                drop(permit);
            });
        }
    }
}
