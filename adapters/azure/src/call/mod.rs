//! How a service is called: a few attempts within a deadline, each of which is judged.
//!
//! The SDK's own retries are off: they would repeat a request that was sent without telling so. An attempt was *not reached*
//! if no connection was made, *answered* if the service said what it did, and *lost* otherwise: the connection broke, the
//! answer came too late, was cut short, or was a failure of the service (5xx). One lost attempt puts a change in doubt,
//! whatever the later ones say.

mod transport;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use anyport_ports::{Error, ErrorKind, Result};
use azure_core::http::policies::Policy;
use azure_core::http::{ClientOptions, RetryOptions, Transport as SdkTransport};
use tokio::time::{Instant, sleep, timeout_at};

use crate::error::{self, Ending};

pub(crate) use transport::{Transport, Trust};

/// Most attempts of one call, the first included.
const MAX_ATTEMPTS: u32 = 3;

/// Longest that a call takes, with all its attempts, the pauses between them, and the credential's token.
pub(crate) const DEADLINE: Duration = Duration::from_secs(12);

/// The first pause between attempts, at most; it doubles, and is drawn at random below that.
const FIRST_PAUSE: Duration = Duration::from_millis(100);

/// Whether a call changes anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Effect {
    /// It reads: whatever goes wrong, nothing is done.
    Read,
    /// It changes something, and doing it twice is harmless: what is promised only at least once, or settles what is settled.
    Change,
}

/// Options of a client that attempts a call once, over this transport.
pub(crate) fn client_options(transport: Transport, signing: Option<Arc<dyn Policy>>) -> ClientOptions {
    ClientOptions {
        per_try_policies: signing.into_iter().collect(),
        retry: RetryOptions::none(),
        transport: Some(SdkTransport::new(Arc::new(transport))),
        ..ClientOptions::default()
    }
}

/// Why a call failed.
#[derive(Debug)]
pub(crate) struct Failure {
    last: Ending,
    attempts: u32,
    in_doubt: bool,
}

impl Failure {
    /// The service's code in the last answer, if it answered.
    pub(crate) fn code(&self) -> Option<&str> {
        self.last.code()
    }

    /// Whether one of the attempts was lost.
    pub(crate) fn in_doubt(&self) -> bool {
        self.in_doubt
    }

    /// The failure in the contract's terms.
    pub(crate) fn told(self, effect: Effect, operation: &'static str, resource: impl fmt::Display) -> Error {
        let error = self.last.told().during(operation, &resource);
        if effect == Effect::Read || !self.in_doubt {
            return error;
        }
        let message = format!("the answer to one of {} attempts was lost: it may have been done", self.attempts);
        Error::new(ErrorKind::Indeterminate, message).during(operation, resource).caused_by(error)
    }
}

/// Calls a service until it answers, at most three times and for 12 seconds.
pub(crate) async fn attempt<T, F>(request: impl Fn() -> F) -> Result<T, Failure>
where
    F: Future<Output = azure_core::Result<T>>,
{
    attempt_until(Instant::now() + DEADLINE, request).await
}

/// Likewise, one of several calls that are to be over by the same instant.
pub(crate) async fn attempt_until<T, F>(deadline: Instant, request: impl Fn() -> F) -> Result<T, Failure>
where
    F: Future<Output = azure_core::Result<T>>,
{
    if Instant::now() >= deadline {
        let last = Ending::NotReached("other requests took all the time".to_owned());
        return Err(Failure { last, attempts: 0, in_doubt: false });
    }
    let (mut attempts, mut in_doubt) = (0, false);
    loop {
        attempts += 1;
        let last = match timeout_at(deadline, request()).await {
            Ok(Ok(answer)) => return Ok(answer),
            Ok(Err(error)) => Ending::of(&error),
            Err(_) => Ending::late(),
        };
        in_doubt |= last.is_lost();
        let pause = pause_after(attempts);
        if attempts == MAX_ATTEMPTS || !last.may_pass() || Instant::now() + pause >= deadline {
            return Err(Failure { last, attempts, in_doubt });
        }
        sleep(pause).await;
    }
}

/// A random pause, so that those who were turned away together do not come back together.
fn pause_after(attempts: u32) -> Duration {
    let longest = FIRST_PAUSE * 2_u32.pow(attempts - 1);
    longest.mul_f64(0.5 + fastrand::f64() / 2.0)
}

/// Makes something of the SDK; what it says against that is a defect, or a setting that it does not take.
pub(crate) fn made<T>(result: azure_core::Result<T>, what: &str) -> Result<T> {
    result.map_err(|error| Error::invalid(format!("{what}: {}", error::words(&error))))
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use azure_core::error::ErrorKind as SdkErrorKind;

    use super::*;

    /// The failure of a call whose attempts fail as told, the last one for good; and how many there were.
    async fn failing(kinds: &[SdkErrorKind]) -> (Failure, u32) {
        let count = AtomicU32::new(0);
        let failure = attempt(|| async {
            let at = count.fetch_add(1, Ordering::SeqCst) as usize;
            Err::<(), _>(azure_core::Error::with_message(kinds[at.min(kinds.len() - 1)].clone(), "words"))
        });
        (failure.await.unwrap_err(), count.into_inner())
    }

    #[tokio::test]
    async fn one_lost_attempt_puts_a_change_in_doubt() {
        let refused = SdkErrorKind::HttpResponse { status: 403.into(), error_code: None, raw_response: None };
        for (kinds, attempts, doubt, change, read) in [
            (vec![SdkErrorKind::Connection], 3, false, ErrorKind::Unavailable, ErrorKind::Unavailable),
            (vec![SdkErrorKind::Io], 3, true, ErrorKind::Indeterminate, ErrorKind::Unavailable),
            (
                vec![SdkErrorKind::Io, SdkErrorKind::Connection],
                3,
                true,
                ErrorKind::Indeterminate,
                ErrorKind::Unavailable,
            ),
            (vec![SdkErrorKind::Io, refused.clone()], 2, true, ErrorKind::Indeterminate, ErrorKind::PermissionDenied),
            (vec![refused], 1, false, ErrorKind::PermissionDenied, ErrorKind::PermissionDenied),
            (vec![SdkErrorKind::Credential], 1, false, ErrorKind::Unauthenticated, ErrorKind::Unauthenticated),
        ] {
            for (effect, kind) in [(Effect::Change, change), (Effect::Read, read)] {
                let (failure, made) = failing(&kinds).await;
                assert_eq!((made, failure.in_doubt()), (attempts, doubt), "{kinds:?}");
                let error = failure.told(effect, "messages.publish", "orders");
                assert_eq!((error.kind(), error.operation()), (kind, "messages.publish"), "{kinds:?}");
            }
        }
    }

    #[tokio::test]
    async fn what_there_is_no_time_for_is_not_sent() {
        let sent = || async { panic!("it was sent") };
        let failure = attempt_until::<(), _>(Instant::now(), sent).await.unwrap_err();
        assert_eq!(failure.told(Effect::Change, "messages.publish", "orders").kind(), ErrorKind::Unavailable);
    }

    #[tokio::test]
    async fn a_call_that_never_ends_is_given_up_in_time() {
        let started = Instant::now();
        let deadline = started + Duration::from_millis(50);
        let failure = attempt_until(deadline, std::future::pending::<azure_core::Result<()>>).await.unwrap_err();
        assert!(failure.in_doubt() && started.elapsed() < DEADLINE, "{:?}", started.elapsed());
    }
}
