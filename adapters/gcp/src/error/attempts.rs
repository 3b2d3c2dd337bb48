//! What became of each attempt of a call. One whose outcome is unknown puts the whole call in doubt, whatever the later
//! ones say: the client's own retries, of which it tells only the last, are off, and the attempts are made here.

use std::fmt;
use std::future::Future;
use std::time::Duration;

use anyport_ports::{Error, ErrorKind};
use tokio::time::Instant;

use super::Failure;

/// Longest wait for the answer to one attempt.
pub(crate) const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(5);

/// Longest that a call takes, with all its attempts and the pauses between them.
pub(crate) const OPERATION_TIMEOUT: Duration = Duration::from_secs(12);

/// Most attempts of one call, the first included.
const MAX_ATTEMPTS: u32 = 3;

/// The attempts of one call so far.
#[derive(Debug)]
pub(crate) struct Attempts {
    until: Instant,
    one: Duration,
    count: u32,
    unknown: bool,
}

impl Attempts {
    /// None yet, of a call that the service may hold open for so long before it answers.
    pub(crate) fn waiting(wait: Duration) -> Self {
        let until = Instant::now() + OPERATION_TIMEOUT + wait;
        Self { until, one: ATTEMPT_TIMEOUT + wait, count: 0, unknown: false }
    }

    /// How long the next attempt may take.
    pub(crate) fn time(&self) -> Duration {
        self.one.min(self.until.saturating_duration_since(Instant::now()))
    }

    /// Notes the failure of an attempt; whether there is to be another, after a pause, which is then over. Doing it twice
    /// must be harmless.
    pub(crate) async fn again(&mut self, failure: &Failure) -> bool {
        self.count += 1;
        self.unknown |= failure.in_doubt();
        let pause = pause(self.count);
        if self.count == MAX_ATTEMPTS || !failure.may_pass() || Instant::now() + pause >= self.until {
            return false;
        }
        tokio::time::sleep(pause).await;
        true
    }

    /// The error of something that changes the state of the service: as given if nothing can have been done, else
    /// `Indeterminate`.
    pub(crate) fn judge(&self, error: Error) -> Error {
        if !self.unknown || error.kind() == ErrorKind::Indeterminate {
            return error;
        }
        let (operation, resource) = (error.operation(), error.resource().to_owned());
        let message = format!("the answer to one of {} attempts was lost: it may have been done", self.count);
        Error::new(ErrorKind::Indeterminate, message).during(operation, resource).caused_by(error)
    }
}

/// A random time below 50 ms, doubled for each attempt before.
fn pause(count: u32) -> Duration {
    const FIRST_MS: u64 = 50;
    Duration::from_millis(fastrand::u64(0..=FIRST_MS << count.saturating_sub(1).min(5)))
}

/// How a call ended that did not succeed.
#[derive(Debug)]
pub(crate) struct Ended {
    /// Why its last attempt failed.
    pub(crate) failure: Failure,
    attempts: Attempts,
}

impl Ended {
    pub(crate) fn new(failure: Failure, attempts: Attempts) -> Self {
        Self { failure, attempts }
    }

    /// The error of something that changes the state of the service.
    pub(crate) fn told(&self, operation: &'static str, resource: impl fmt::Display) -> Error {
        self.attempts.judge(self.failure.told(operation, resource))
    }
}

/// Makes a call that is harmless to repeat, given how long an attempt may take.
pub(crate) async fn run<T, F>(wait: Duration, mut call: impl FnMut(Duration) -> F) -> Result<T, Ended>
where
    F: Future<Output = Result<T, Failure>>,
{
    let mut attempts = Attempts::waiting(wait);
    loop {
        match within(attempts.time(), call(attempts.time())).await {
            Ok(answer) => return Ok(answer),
            Err(failure) => {
                if !attempts.again(&failure).await {
                    return Err(Ended::new(failure, attempts));
                }
            }
        }
    }
}

/// What the attempt gives, or that it is late. It is let go somewhat after the time that it was told, so that it can say
/// so itself.
pub(crate) async fn within<T>(time: Duration, call: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    const GRACE: Duration = Duration::from_millis(250);
    tokio::time::timeout(time + GRACE, call).await.unwrap_or_else(|_| Err(Failure::late()))
}

#[cfg(test)]
mod tests {
    use tonic::Status;

    use super::*;

    async fn ended(failures: Vec<Failure>) -> (usize, Result<(), ErrorKind>) {
        let mut left = failures.into_iter();
        let mut count = 0;
        let result = run(Duration::ZERO, |_| {
            count += 1;
            let next = left.next();
            async { next.map_or(Ok(()), Err) }
        });
        let kind = result.await.map_err(|ended| ended.told("messages.nack", "orders/fulfil").kind());
        (count, kind)
    }

    fn answered(status: Status) -> Failure {
        Failure::of_status(status)
    }

    #[tokio::test]
    async fn what_may_pass_is_tried_three_times() {
        let busy = || answered(Status::resource_exhausted("busy"));
        assert_eq!(ended(vec![busy(), busy()]).await, (3, Ok(())));
        assert_eq!(ended(vec![busy(), busy(), busy()]).await, (3, Err(ErrorKind::Throttled)));
        assert_eq!(ended(vec![answered(Status::not_found("none"))]).await, (1, Err(ErrorKind::NotFound)));
    }

    #[tokio::test]
    async fn one_attempt_in_doubt_decides_whatever_the_last_one_says() {
        let failures = vec![Failure::late(), answered(Status::not_found("none"))];
        assert_eq!(ended(failures).await, (2, Err(ErrorKind::Indeterminate)));
    }
}
