//! Doing what was claimed, and putting on record how it ended.

use std::hash::Hash;
use std::sync::Arc;
use std::time::Duration;

use anyport_ports::{Clock, Timestamp};
use tokio::sync::mpsc::UnboundedSender;
use tokio::task::JoinSet;
use tracing::Instrument as _;

use super::backoff::Backoff;
use super::claims::{Claim, Claims};
use crate::events::EventFunction;

/// How often settling is tried while the store fails; after that the lease runs out, and the work is done again.
const SETTLE_ATTEMPTS: u32 = 5;

/// By how much a lease is longer than the function's timeout.
pub(super) const LEASE_MARGIN: Duration = Duration::from_secs(10);

/// A function that does what its replica claimed.
#[derive(Clone)]
pub(super) struct Worker<I> {
    pub(super) function: EventFunction<I>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) claims: Claims,
    /// How long records of what is settled are kept; `None`: for good.
    pub(super) keep: Option<Duration>,
}

/// How a claim ended: done with for good, or to be looked at again then.
pub(super) type Ended<K> = (K, Option<Timestamp>);

impl<I: Clone + Send + 'static> Worker<I> {
    pub(super) fn lease(&self) -> Duration {
        self.function.limits().timeout + LEASE_MARGIN
    }

    /// Calls the function with what was claimed, in a task of its own, and tells how it ended.
    pub(super) fn spawn<K>(
        &self,
        tasks: &mut JoinSet<()>,
        key: K,
        claim: Claim,
        input: I,
        ended: UnboundedSender<Ended<K>>,
    ) where
        K: Eq + Hash + Send + 'static,
    {
        let worker = self.clone();
        let span = tracing::info_span!(
            "invocation",
            function = self.function.name(),
            subject = claim.subject(),
            attempt = claim.attempt(),
        );
        let work = async move {
            let result = worker.function.invoke(input).await;
            if result.is_ok() {
                tracing::info!("done");
            }
            let again = worker.settle(claim, result).await;
            // Who listens ends before its tasks only when everything does.
            let _ = ended.send((key, again));
        };
        tasks.spawn(work.instrument(span));
    }

    async fn settle(&self, claim: Claim, result: Result<(), crate::Fault>) -> Option<Timestamp> {
        let mut backoff = Backoff::default();
        for _ in 0..SETTLE_ATTEMPTS {
            match self.claims.settle(&claim, result.clone(), self.keep).await {
                Ok(again) => return again,
                Err(error) => {
                    tracing::warn!(%error, "how the work ended could not be put on record yet");
                    tokio::time::sleep(backoff.failed(&error)).await;
                }
            }
        }
        tracing::error!("how the work ended could not be put on record: it will be done again");
        Some(self.clock.now().plus(self.lease()))
    }
}
