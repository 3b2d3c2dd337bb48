//! Telling of orders what is left to tell.

use anyport_ports::outbox::Relay;

use super::{OrderError, OrderEvents, Orders};

/// Most events published in one go.
const MOST: usize = 100;

/// Rounds before it stops: whoever calls it calls again.
const ROUNDS: usize = 100;

/// Publishes events of orders that were recorded and not published: whoever placed the order stopped in between.
pub struct RelayEvents {
    /// To publish them.
    pub relay: Relay<Orders, OrderEvents>,
}

impl RelayEvents {
    /// Publishes what waits; returns how many there were. Doing it twice at once is harmless.
    pub async fn relay(&self) -> Result<usize, OrderError> {
        let mut published = 0;
        for _ in 0..ROUNDS {
            let relayed = self.relay.all(MOST).await?;
            published += relayed.published;
            // The index may be behind, and show what is published already.
            if !relayed.more || relayed.published == 0 {
                break;
            }
        }
        Ok(published)
    }
}
