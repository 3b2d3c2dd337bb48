//! What is around every request: the telemetry that must be out before the CPU is gone.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;

use crate::telemetry::Telemetry;

/// What requests share.
#[derive(Clone, Debug)]
pub(super) struct InFlight {
    count: Arc<AtomicUsize>,
    /// Flushed before the last request in flight is answered.
    telemetry: Option<Telemetry>,
}

/// One request; it counts until it is dropped, however it ended.
struct Counted(Arc<AtomicUsize>);

impl Counted {
    /// Whether no other request is in flight.
    fn is_alone(&self) -> bool {
        self.0.load(Ordering::Acquire) == 1
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

impl InFlight {
    pub(super) fn new(telemetry: Option<Telemetry>) -> Self {
        Self { count: Arc::default(), telemetry }
    }
}

/// Cloud Run takes the CPU away once no request is in flight: the last one's answer waits until
/// what was told of it and of those before is sent, for as long as telemetry itself has patience. While others are in flight,
/// telemetry is sent as on any server.
pub(super) async fn watch(State(in_flight): State<InFlight>, request: Request, next: Next) -> Response {
    in_flight.count.fetch_add(1, Ordering::AcqRel);
    let counted = Counted(Arc::clone(&in_flight.count));
    let response = next.run(request).await;
    if let Some(telemetry) = in_flight.telemetry.filter(|_| counted.is_alone()) {
        telemetry.flush().await;
    }
    response
}
