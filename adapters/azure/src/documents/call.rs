//! One call of a port, and what became of each request that it made.
//!
//! The client would repeat a write whose answer was lost, whatever others did in between; so its own retries are turned off,
//! and requests are repeated here, where it is known which may be. A request's outcome is *unknown* if it may have reached
//! the service and no answer came that settles it. One unknown write puts the whole call in doubt, whatever is said later.

use std::fmt;
use std::future::Future;
use std::time::{Duration, Instant};

use anyport_ports::{Error, ErrorKind, Result};
use futures_util::future::BoxFuture;

use super::failure::{Done, Failure};

/// Most attempts of one request, the first included.
const MAX_ATTEMPTS: u32 = 3;

/// How long the client waits. Its own retries would add to that, and are off.
#[derive(Clone, Copy, Debug)]
pub(super) struct Patience {
    /// For a connection, TLS included.
    pub(super) connect: Duration,
    /// For the answer to one request.
    pub(super) attempt: Duration,
    /// For all that one call does.
    pub(super) operation: Duration,
    /// To look whether a write whose answer was lost was done.
    pub(super) look: Duration,
}

impl Patience {
    pub(super) const USUAL: Self = Self {
        connect: Duration::from_secs(2),
        attempt: Duration::from_secs(5),
        operation: Duration::from_secs(12),
        look: Duration::from_secs(3),
    };
}

/// Whether a request may be made again after one whose outcome is unknown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Repeat {
    /// Doing it twice is harmless, even if others write in between: it is a read, or holds for one etag alone.
    Harmless,
    /// The second time could undo what another caller did after the first.
    Harmful,
}

/// A call of a port.
pub(super) struct Call {
    patience: Patience,
    operation: &'static str,
    resource: String,
    started: Instant,
    writes: u32,
    in_doubt: bool,
}

type Answer<T> = azure_data_cosmos::Result<T>;

impl Call {
    pub(super) fn new(patience: Patience, operation: &'static str, resource: impl fmt::Display) -> Self {
        let (resource, started) = (resource.to_string(), Instant::now());
        Self { patience, operation, resource, started, writes: 0, in_doubt: false }
    }

    /// Makes a request that changes nothing.
    pub(super) async fn read<'a, T>(
        &self,
        request: impl FnMut() -> BoxFuture<'a, Answer<T>>,
    ) -> std::result::Result<T, Failure> {
        let (answer, _, _) = self.attempts(Repeat::Harmless, request).await;
        answer
    }

    /// Makes a request that writes.
    pub(super) async fn write<'a, T>(
        &mut self,
        repeat: Repeat,
        request: impl FnMut() -> BoxFuture<'a, Answer<T>>,
    ) -> std::result::Result<T, Failure> {
        let (answer, attempts, unknown) = self.attempts(repeat, request).await;
        self.writes += attempts;
        self.in_doubt |= unknown;
        answer
    }

    /// The error of a write that failed at the reading with which it began. If that was lost on its way, so is the write: who
    /// asked for it cannot tell one from the other.
    pub(super) fn judge_reading(&mut self, failure: &Failure, error: Error) -> Error {
        if failure.meaning().done == Done::Unknown {
            self.writes += 1;
            self.in_doubt = true;
        }
        self.judge(error)
    }

    /// Whether the outcome of one of the writes is unknown.
    pub(super) fn in_doubt(&self) -> bool {
        self.in_doubt
    }

    /// The error of what failed, named.
    pub(super) fn error(&self, failure: &Failure) -> Error {
        self.named(failure.error())
    }

    /// An error of this call.
    pub(super) fn named(&self, error: Error) -> Error {
        error.during(self.operation, &self.resource)
    }

    /// The error of a write: as given if nothing can have been done, else `Indeterminate`.
    pub(super) fn judge(&self, error: Error) -> Error {
        if !self.in_doubt || error.kind() == ErrorKind::Indeterminate {
            return self.named(error);
        }
        let count = self.writes;
        let message =
            format!("the answer to one of {count} attempts was lost: whether it was done shows when it is read again");
        self.named(Error::new(ErrorKind::Indeterminate, message).caused_by(error))
    }

    /// A pause after others were faster for the `times`-th time; the error of who never gets a turn if there is no time left.
    pub(super) async fn yield_to_others(&self, times: u32) -> Result<()> {
        if self.left().is_zero() {
            let message = "others write the same all the time: slow down, and try again";
            return Err(self.judge(Error::new(ErrorKind::Throttled, message)));
        }
        pause(Duration::from_millis(5), times).await;
        Ok(())
    }

    /// Looks for what a write in doubt would have left; `None` if it does not show.
    pub(super) async fn look<T>(&self, looking: impl Future<Output = Result<Option<T>>>) -> Option<T> {
        tokio::time::timeout(self.patience.look, looking).await.ok()?.ok()?
    }

    fn left(&self) -> Duration {
        self.patience.operation.saturating_sub(self.started.elapsed())
    }

    async fn attempts<'a, T>(
        &self,
        repeat: Repeat,
        mut request: impl FnMut() -> BoxFuture<'a, Answer<T>>,
    ) -> (std::result::Result<T, Failure>, u32, bool) {
        let (mut count, mut unknown) = (0, false);
        loop {
            count += 1;
            let failure = match tokio::time::timeout(self.left(), request()).await {
                Ok(Ok(answer)) => return (Ok(answer), count, unknown),
                Ok(Err(error)) => Failure::Said(Box::new(error)),
                Err(_) => Failure::Late,
            };
            let meaning = failure.meaning();
            unknown |= meaning.done == Done::Unknown;
            let passing = matches!(meaning.kind, ErrorKind::Unavailable | ErrorKind::Throttled);
            let may_repeat = passing && (repeat == Repeat::Harmless || !unknown);
            if !may_repeat || count == MAX_ATTEMPTS || self.left().is_zero() {
                return (Err(failure), count, unknown);
            }
            pause(Duration::from_millis(50), count).await;
        }
    }
}

/// A random pause, longer on the average the more often it is made.
async fn pause(first: Duration, times: u32) {
    let most = first.saturating_mul(1 << times.min(6));
    let millis = u64::try_from(most.as_millis()).unwrap_or(u64::MAX);
    tokio::time::sleep(Duration::from_millis(fastrand::u64(1..=millis.max(1)))).await;
}
