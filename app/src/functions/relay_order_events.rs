//! `relay-order-events`.

use anyport_ports::outbox::Relay;
use anyport_runtimes::Tick;
use domain::orders::{OrderError, OrderEvents, Orders, RelayEvents};

/// Publishes what was recorded of orders and not published yet.
pub async fn relay_order_events(_tick: Tick, relay: Relay<Orders, OrderEvents>) -> Result<(), OrderError> {
    RelayEvents { relay }.relay().await.map(drop)
}
