//! `expire-unpaid-orders`.

use anyport_ports::handles::{Reader, Writer};
use anyport_runtimes::Tick;
use domain::orders::{ExpireUnpaid, OrderError, Orders};

/// Expires orders that nobody paid.
pub async fn expire_unpaid_orders(
    tick: Tick,
    orders: Reader<Orders>,
    ledger: Writer<Orders>,
) -> Result<(), OrderError> {
    ExpireUnpaid { orders, ledger }.expire(tick.scheduled_for).await.map(drop)
}
