//! Faults in process: a call on its way through them.

use std::future::Future;
use std::time::Duration;

use anyport_ports::{Error, ErrorKind, Result};

use super::plan::{Fault, Faults};

/// How a call may be treated on its way.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Call {
    /// A read: may be sent twice; nothing of it is ever in doubt.
    Read,
    /// A write that is refused if it was done before: may be sent twice.
    ConditionalWrite,
    /// Any other write.
    Write,
}

/// What a call is told whose request was lost on its way.
pub(crate) const LOST_REQUEST: &str = "the connection broke after the request was sent";

/// Sends a call through the faults.
pub(super) async fn send<T, F>(
    faults: &Faults,
    call: Call,
    operation: &'static str,
    mut request: impl FnMut() -> F,
) -> Result<T>
where
    F: Future<Output = Result<T>>,
{
    let told = |kind, what: &str| Err(Error::new(kind, format!("injected fault: {what}")).during(operation, ""));
    if faults.is_refused() {
        return told(ErrorKind::Unavailable, "the store is not reached");
    }
    let unknown = if call == Call::Read { ErrorKind::Unavailable } else { ErrorKind::Indeterminate };
    match faults.next() {
        Fault::Throttle => told(ErrorKind::Throttled, "the store asks to slow down"),
        Fault::DropBefore => told(unknown, LOST_REQUEST),
        Fault::ServerError => told(unknown, "the server failed"),
        fault @ (Fault::DropAfter | Fault::Cut | Fault::HalfClose) => {
            // Refused requests have no effect to be in doubt about, yet the caller cannot know that either.
            let _unseen = request().await;
            told(unknown, if fault == Fault::Cut { "the answer was cut" } else { "the answer was lost" })
        }
        Fault::Delay => {
            tokio::time::sleep(Duration::from_millis(2)).await;
            request().await
        }
        Fault::Duplicate if call != Call::Write => {
            let answer = request().await;
            let _unseen = request().await;
            answer
        }
        Fault::Duplicate | Fault::None => request().await,
    }
}
