//! Failures of the client and the service, in the contract's terms.

use anyport_ports::{Error, ErrorKind, Retry};
use azure_data_cosmos::CosmosError;

use std::time::Duration;

/// Whether a request that failed was done all the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Done {
    /// It was not.
    No,
    /// Nobody can tell: it was sent, and no answer came that settles it.
    Unknown,
}

/// What a failure means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Meaning {
    pub(super) kind: ErrorKind,
    pub(super) done: Done,
    message: &'static str,
}

/// A request that failed.
#[derive(Debug)]
pub(super) enum Failure {
    /// The client tells of it, or the service through it.
    Said(Box<CosmosError>),
    /// The time for the operation was over.
    Late,
}

impl Failure {
    /// What it means.
    pub(super) fn meaning(&self) -> Meaning {
        match self {
            Self::Said(error) => {
                let status = innermost(error).status();
                let sub = status.sub_status().map(|sub| sub.value());
                meaning(u16::from(status.status_code()), sub)
            }
            Self::Late => LATE,
        }
    }

    /// Whether the service refused with this status, of an item and not of what the item is in.
    pub(super) fn is_refusal(&self, refusal: u16) -> bool {
        match self {
            Self::Said(error) => u16::from(error.status().status_code()) == refusal && !self.is_of_container(),
            Self::Late => false,
        }
    }

    /// Whether the container, or its database, is not there.
    pub(super) fn is_of_container(&self) -> bool {
        /// "Owner resource does not exist".
        const OWNER: u16 = 1003;
        match self {
            Self::Said(error) => {
                error.status().is_not_found() && error.status().sub_status().is_some_and(|sub| sub.value() == OWNER)
            }
            Self::Late => false,
        }
    }

    /// The error, as of a read.
    pub(super) fn error(&self) -> Error {
        let meaning = self.meaning();
        let error = Error::new(meaning.kind, meaning.message);
        match self {
            Self::Said(said) => {
                let pause = said.response().and_then(|response| response.headers().retry_after_ms);
                let pause = pause.filter(|_| meaning.kind == ErrorKind::Throttled).map(Duration::from_millis);
                let error = error.caused_by(words(said));
                pause.map_or(error.clone(), |pause| error.with_retry(Retry::After(pause)))
            }
            Self::Late => error,
        }
    }
}

/// What the client says of a broken connection it wraps into another error that says less.
fn innermost(error: &CosmosError) -> &CosmosError {
    const WRAPPED: u16 = 20003;
    let cause = std::error::Error::source(error).and_then(|cause| cause.downcast_ref::<CosmosError>());
    match cause {
        Some(cause) if error.status().sub_status().is_some_and(|sub| sub.value() == WRAPPED) => innermost(cause),
        _ => error,
    }
}

/// What was said, on one line, by the client and by what caused it: `Debug` would show whole answers.
fn words(error: &CosmosError) -> String {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(inner) = cause {
        let said = inner.to_string();
        if !text.contains(&said) {
            text.push_str(": ");
            text.push_str(&said);
        }
        cause = inner.source();
    }
    text
}

const LATE: Meaning =
    Meaning { kind: ErrorKind::Unavailable, done: Done::Unknown, message: "the service did not answer in time" };

/// The table of the service's status codes, and of the client's own, which have sub-statuses from 20000 on
/// (`azure_data_cosmos_driver::error::status_codes`).
fn meaning(status: u16, sub: Option<u16>) -> Meaning {
    let (kind, done, message) = match (status, sub) {
        (_, Some(20010 | 20012 | 20015)) => {
            (ErrorKind::Unavailable, Done::No, "the account cannot be reached: check the endpoint and the network")
        }
        (_, Some(20011 | 20014 | 20003)) => {
            (ErrorKind::Unavailable, Done::Unknown, "the connection broke, or the answer was late or cut short")
        }
        (_, Some(20008)) => return LATE,
        (_, Some(20401 | 20402)) => {
            (ErrorKind::Unauthenticated, Done::No, "no usable credentials were found for Cosmos DB: see the cause")
        }
        // The region takes no writes, or does not know the account: it is failing over.
        (403, Some(3 | 1008)) => (ErrorKind::Unavailable, Done::No, "the region does not serve the account now"),
        (401, _) => (
            ErrorKind::Unauthenticated,
            Done::No,
            "the account does not accept the key or the token: check AZURE_COSMOS_KEY, or the identity, and the clock",
        ),
        (403, _) => (
            ErrorKind::PermissionDenied,
            Done::No,
            "the account does not allow this: check the role of the identity, and the account's firewall",
        ),
        (404, _) => (ErrorKind::NotFound, Done::No, "it is not there"),
        (409, _) => (ErrorKind::Conflict, Done::No, "it is there already"),
        (412, _) => (ErrorKind::PreconditionFailed, Done::No, "it was changed meanwhile"),
        (429, _) => (ErrorKind::Throttled, Done::No, "the account's throughput is used up: slow down, or give it more"),
        (449, _) => (ErrorKind::Throttled, Done::No, "others write the same at this moment"),
        (408 | 410 | 500..=599, _) => {
            (ErrorKind::Unavailable, Done::Unknown, "the service failed and does not tell what it did")
        }
        _ => (ErrorKind::Internal, Done::No, "the service refuses the request: a defect of this adapter"),
    };
    Meaning { kind, done, message }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_not_done_is_told_from_what_nobody_knows() {
        for (status, sub, kind, done) in [
            (503, Some(20010), ErrorKind::Unavailable, Done::No),
            (503, Some(20012), ErrorKind::Unavailable, Done::No),
            (503, Some(20011), ErrorKind::Unavailable, Done::Unknown),
            (503, Some(20014), ErrorKind::Unavailable, Done::Unknown),
            (408, Some(20008), ErrorKind::Unavailable, Done::Unknown),
            (401, Some(20402), ErrorKind::Unauthenticated, Done::No),
            (401, None, ErrorKind::Unauthenticated, Done::No),
            (403, None, ErrorKind::PermissionDenied, Done::No),
            (403, Some(3), ErrorKind::Unavailable, Done::No),
            (404, Some(0), ErrorKind::NotFound, Done::No),
            (409, None, ErrorKind::Conflict, Done::No),
            (412, None, ErrorKind::PreconditionFailed, Done::No),
            (429, Some(3200), ErrorKind::Throttled, Done::No),
            (449, None, ErrorKind::Throttled, Done::No),
            (408, None, ErrorKind::Unavailable, Done::Unknown),
            (410, Some(1002), ErrorKind::Unavailable, Done::Unknown),
            (500, None, ErrorKind::Unavailable, Done::Unknown),
            (503, None, ErrorKind::Unavailable, Done::Unknown),
            (400, None, ErrorKind::Internal, Done::No),
            (413, None, ErrorKind::Internal, Done::No),
        ] {
            let meaning = meaning(status, sub);
            assert_eq!((meaning.kind, meaning.done), (kind, done), "{status} {sub:?}");
        }
    }
}
