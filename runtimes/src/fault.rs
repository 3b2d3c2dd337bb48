//! A failure as the runtimes see it, whatever its type was.

use std::any::Any;
use std::error::Error as StdError;
use std::fmt;
use std::time::Duration;

use anyport_ports::messages::{Delay, Outcome};
use anyport_ports::{ErrorKind, Failure, Retry};

/// Why a function did not do what it was called for.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Fault {
    /// What kind of error it is.
    pub kind: ErrorKind,
    /// A stable name for programs, in `snake_case`.
    pub code: &'static str,
    /// What was wrong, for an engineer.
    pub message: String,
    /// The pause that the store asked for.
    pub retry_after: Option<Duration>,
    /// The HTTP status, where that of the kind does not say it well.
    pub status: Option<u16>,
}

impl Fault {
    /// A fault of this kind and code.
    pub fn new(kind: ErrorKind, code: &'static str, message: impl Into<String>) -> Self {
        Self { kind, code, message: message.into(), retry_after: None, status: None }
    }

    /// What a failure says, and the pause that an error of a port beneath it asks for.
    pub fn of(failure: &impl Failure) -> Self {
        let mut fault = Self::new(failure.kind(), failure.code(), failure.to_string());
        fault.status = failure.status();
        let of_port = (failure as &dyn Any).downcast_ref::<anyport_ports::Error>();
        if let Some(error) = of_port.filter(|_| !is_service_fault(fault.kind)) {
            error.message().clone_into(&mut fault.message);
        }
        fault.retry_after =
            of_port.or_else(|| causes(failure).find_map(|cause| cause.downcast_ref())).and_then(|error| {
                match error.retry() {
                    Retry::After(pause) => Some(pause),
                    _ => None,
                }
            });
        if is_service_fault(fault.kind) {
            for cause in causes(failure) {
                fault.message.push_str(": ");
                fault.message.push_str(&cause.to_string());
            }
        }
        fault
    }

    /// Whether calling again can help. What the caller asked for in vain (`NotFound`, `Conflict`), or wrongly
    /// (`InvalidInput`, `TooLarge`), fails the same way each time; all else may be otherwise later.
    pub fn is_permanent(&self) -> bool {
        use ErrorKind::{Conflict, InvalidInput, NotFound, TooLarge};
        matches!(self.kind, InvalidInput | TooLarge | NotFound | Conflict)
    }

    /// How long to wait before call `attempt + 1`: doubling from `base`, at most 15 minutes, not less than the store
    /// asked for.
    pub fn backoff(&self, attempt: u32, base: Duration) -> Duration {
        let doubled = base.saturating_mul(2_u32.saturating_pow(attempt.saturating_sub(1)));
        doubled.max(self.retry_after.unwrap_or_default()).min(anyport_ports::messages::MAX_DELAY)
    }

    /// What becomes of the message whose delivery `attempt` failed so.
    pub fn outcome(&self, attempt: u32, base: Duration) -> Outcome {
        if self.is_permanent() {
            return Outcome::DeadLetter { reason: self.to_string() };
        }
        let after = Delay::new(self.backoff(attempt, base)).unwrap_or_default();
        Outcome::Retry { after }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.message)
    }
}

/// Whether an error of this kind is the service's doing, so that the caller is told nothing but its code.
pub(crate) fn is_service_fault(kind: ErrorKind) -> bool {
    use ErrorKind::{Indeterminate, Internal, Unavailable};
    matches!(kind, Internal | Unavailable | Indeterminate)
}

/// What an error was caused by, the nearest cause first, up to a depth that no chain should have.
pub(crate) fn causes<'a>(error: &'a (dyn StdError + 'static)) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    std::iter::successors(error.source(), |cause: &&'a (dyn StdError + 'static)| (*cause).source()).take(8)
}

#[cfg(test)]
mod tests {
    use anyport_ports::Error;

    use super::*;

    #[test]
    fn backoff_doubles_and_keeps_to_what_the_store_asks_for() {
        let mut fault = Fault::new(ErrorKind::Throttled, "throttled", "slow down");
        let base = Duration::from_secs(1);
        assert_eq!([1, 2, 3].map(|attempt| fault.backoff(attempt, base).as_secs()), [1, 2, 4]);
        assert_eq!(fault.backoff(u32::MAX, base), Duration::from_mins(15));
        fault.retry_after = Some(Duration::from_secs(3));
        assert_eq!([1, 3].map(|attempt| fault.backoff(attempt, base).as_secs()), [3, 4]);
    }

    #[test]
    fn the_pause_of_a_store_is_found_beneath_other_errors() {
        let throttled = Error::new(ErrorKind::Throttled, "slow").with_retry(Retry::After(Duration::from_secs(7)));
        let outer = Error::new(ErrorKind::Unavailable, "outer").caused_by(throttled);
        let fault = Fault::of(&Error::new(ErrorKind::Throttled, "x").with_retry(Retry::After(Duration::from_secs(2))));
        assert_eq!(fault.retry_after, Some(Duration::from_secs(2)));
        assert!(Fault::of(&outer).message.contains("slow"));
    }

    #[test]
    fn what_can_never_be_done_is_a_dead_letter() {
        for kind in ErrorKind::ALL {
            let outcome = Fault::new(kind, "code", "why").outcome(1, Duration::from_secs(1));
            let dead = matches!(outcome, Outcome::DeadLetter { .. });
            let permanent = [ErrorKind::NotFound, ErrorKind::Conflict, ErrorKind::InvalidInput, ErrorKind::TooLarge];
            assert_eq!(dead, permanent.contains(&kind), "{kind}");
        }
    }
}
