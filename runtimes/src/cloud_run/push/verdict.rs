//! What became of an event, and what its sender is told.

use std::time::Duration;

use anyport_ports::ErrorKind;
use axum::body::Body;
use axum::response::Response;
use http::StatusCode;

use super::arrival::Source;
use crate::fault::Fault;
use crate::problem::Problem;

/// What became of an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It is done with.
    Done,
    /// It is to come again.
    Later {
        /// Not before this long.
        after: Duration,
        /// Whether there was no room for it, rather than that it failed.
        overloaded: bool,
    },
}

impl Verdict {
    /// An event whose call `attempt` failed so that it is to come again.
    pub(super) fn later(fault: &Fault, attempt: u32, base: Duration) -> Self {
        let overloaded = matches!(fault.kind, ErrorKind::Throttled);
        Self::Later { after: fault.backoff(attempt, base), overloaded }
    }

    /// An event that is to come again after this long, since somebody else is at it or the store was not there.
    pub(super) fn after(after: Duration) -> Self {
        Self::Later { after, overloaded: false }
    }

    /// Of several events that came together: done if all are.
    pub(super) fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::Done, other) | (other, Self::Done) => other,
            (Self::Later { after: one, overloaded: first }, Self::Later { after: two, overloaded: second }) => {
                Self::Later { after: one.max(two), overloaded: first || second }
            }
        }
    }

    /// The response. None but 102, 200, 201, 202 and 204 acknowledges; `Retry-After` stands in all others.
    pub(super) fn response(self, source: Source) -> Result<Response, Problem> {
        let (after, overloaded) = match self {
            Self::Done => {
                let mut response = Response::new(Body::empty());
                *response.status_mut() = StatusCode::NO_CONTENT;
                return Ok(response);
            }
            Self::Later { after, overloaded } => (after, overloaded),
        };
        let (status, code, detail) = match (overloaded, source) {
            (true, _) => (StatusCode::TOO_MANY_REQUESTS, "overloaded", "there is no room for the event now"),
            (false, Source::Tasks) => (StatusCode::INTERNAL_SERVER_ERROR, "not_done", "the task is to come again"),
            (false, Source::Any) => (StatusCode::SERVICE_UNAVAILABLE, "not_done", "the event is to come again"),
        };
        Err(Problem::new(status, code, detail).retry_after(after))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_queue_of_tasks_is_slowed_down_by_overload_alone() {
        let status = |kind, source| {
            let fault = Fault::new(kind, "code", "why");
            Verdict::later(&fault, 1, Duration::from_secs(1)).response(source).unwrap_err().status
        };
        assert_eq!(status(ErrorKind::Unavailable, Source::Tasks), 500);
        assert_eq!(status(ErrorKind::Throttled, Source::Tasks), 429);
        assert_eq!(status(ErrorKind::Unavailable, Source::Any), 503);
        assert_eq!(status(ErrorKind::Throttled, Source::Any), 429);
    }

    #[test]
    fn events_that_came_together_are_done_when_all_are() {
        let later = |secs| Verdict::after(Duration::from_secs(secs));
        assert_eq!(Verdict::Done.and(Verdict::Done), Verdict::Done);
        assert_eq!(Verdict::Done.and(later(1)), later(1));
        assert_eq!(later(3).and(Verdict::Done).and(later(2)), later(3));
        assert_eq!(later(1).response(Source::Any).unwrap_err().retry_after, Some(Duration::from_secs(1)));
        assert_eq!(Verdict::Done.response(Source::Any).unwrap().status(), 204);
    }
}
