//! Stores that do nothing of what they are asked, and say so.

use std::fmt::Debug;

use anyport_ports::{Error, ErrorKind, Result, Retry};

use crate::check::{Verdict, ensure, expect_error};
use crate::faults::{Fault, Faults};

/// Why a store does nothing.
#[derive(Clone, Copy, Debug)]
pub(super) enum Outage {
    /// It asks everybody to slow down.
    Throttling,
    /// Nobody gets through to it.
    NotReached,
}

impl Outage {
    pub(super) const ALL: [Self; 2] = [Self::Throttling, Self::NotReached];

    /// What a caller is to be told.
    pub(super) const fn kind(self) -> ErrorKind {
        match self {
            Self::Throttling => ErrorKind::Throttled,
            Self::NotReached => ErrorKind::Unavailable,
        }
    }

    /// It lasts until it is ended: however often an adapter tries again, it does not get through.
    pub(super) async fn begin(self, faults: &Faults) {
        match self {
            Self::Throttling => faults.persist(Fault::Throttle),
            Self::NotReached => faults.refuse().await,
        }
    }

    pub(super) async fn end(self, faults: &Faults) {
        match self {
            Self::Throttling => faults.persist(Fault::None),
            Self::NotReached => faults.accept().await,
        }
    }

    /// Fails unless the caller was told what it is, and to try again.
    pub(super) fn expect<T: Debug>(self, result: Result<T>, operation: &str) -> Verdict {
        let (kind, retry) = (self.kind(), result.as_ref().err().map(Error::retry));
        expect_error(result, kind, &format!("{operation}, met by {self:?}"))?;
        let retryable = matches!(retry, Some(Retry::Backoff | Retry::After(_)));
        ensure!(retryable, "{operation}: {kind} must tell to retry, found {retry:?}");
        Ok(())
    }
}
