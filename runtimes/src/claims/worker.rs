//! Doing what was claimed, and putting on record how it ended.

use std::sync::Arc;
use std::time::Duration;

use anyport_ports::{Clock, Timestamp};
use tracing::Instrument as _;

use super::{Claim, Claims};
use crate::Fault;
use crate::backoff::Backoff;
use crate::events::EventFunction;
use crate::function::kind::EventInput;
use crate::layers::HostContext;

/// How often settling is tried while the store fails; after that the lease runs out, and the work is done again.
const SETTLE_ATTEMPTS: u32 = 5;

/// How long the record of a slot is kept.
pub(crate) const KEEP_SLOTS: Duration = Duration::from_hours(24);

/// By how much a lease is longer than the function's timeout.
pub(crate) const LEASE_MARGIN: Duration = Duration::from_secs(10);

/// A function that does what its replica or invocation claimed.
#[derive(Clone)]
pub(crate) struct Worker<I: EventInput> {
    pub(crate) function: EventFunction<I>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) claims: Claims,
    /// How long records of what is settled are kept; `None`: for good.
    pub(crate) keep: Option<Duration>,
}

impl<I: EventInput> Worker<I> {
    pub(crate) fn lease(&self) -> Duration {
        self.function.limits().timeout + LEASE_MARGIN
    }

    /// Calls the function with what was claimed and puts on record how it ended; with when to look at it again, if another
    /// attempt is to be made.
    pub(crate) async fn run(
        &self,
        claim: Claim,
        input: I,
        host: impl Into<HostContext> + Send,
    ) -> (Result<(), Fault>, Option<Timestamp>) {
        let mut host = host.into();
        host.attempt = Some(claim.attempt());
        host.lease = Some(self.lease());
        let (result, span) = self.function.call(input, host).await;
        let settling = async {
            if result.is_ok() {
                tracing::info!("done");
            }
            self.settle(claim, result.clone()).await
        };
        let again = settling.instrument(span).await;
        (result, again)
    }

    async fn settle(&self, claim: Claim, result: Result<(), Fault>) -> Option<Timestamp> {
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
