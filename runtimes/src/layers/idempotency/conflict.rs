//! Why idempotent work was not done, and not answered from a record either.

use std::time::Duration;

use anyport_ports::ErrorKind;
use http::StatusCode;

use crate::fault::Fault;
use crate::problem::Problem;

/// Why a call stands back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Conflict {
    /// Another call is at it, for so long at most without a sign of life.
    InFlight(Duration),
    /// The key was used for something else.
    Mismatch,
    /// It cannot be told whether it was done: the store is not reached.
    Unavailable,
    /// It was done, and that could not be put on record.
    NotRecorded,
    /// It was done, and its answer is not kept.
    AnswerLost,
    /// The process is stopping.
    Stopping,
}

impl From<Conflict> for Problem {
    fn from(conflict: Conflict) -> Self {
        match conflict {
            Conflict::InFlight(pause) => {
                let detail = "a request with this Idempotency-Key is being carried out: repeat it later for its answer";
                Self::new(StatusCode::CONFLICT, "idempotency_in_flight", detail).retry_after(pause)
            }
            Conflict::Mismatch => {
                let detail = "this Idempotency-Key was used for another request: send a new key";
                Self::new(StatusCode::UNPROCESSABLE_ENTITY, "idempotency_key_reused", detail)
            }
            Conflict::Unavailable => {
                let detail = "it cannot be told now whether this was done before: repeat it with the same key";
                Self::unavailable("idempotency_unavailable", detail)
            }
            Conflict::NotRecorded => {
                let detail = "the request was carried out, but that could not be recorded: look before you repeat it";
                Self::unavailable("idempotency_not_recorded", detail)
            }
            Conflict::AnswerLost => {
                let detail = "the request was carried out before; its answer is no longer kept: look at what it did";
                Self::new(StatusCode::CONFLICT, "idempotency_answer_lost", detail)
            }
            Conflict::Stopping => Self::unavailable("stopping", "the service is stopping: repeat it with the same key"),
        }
    }
}

impl From<Conflict> for Fault {
    fn from(conflict: Conflict) -> Self {
        let later = |code, message| Self::new(ErrorKind::Unavailable, code, message);
        match conflict {
            Conflict::InFlight(pause) => {
                let mut fault = later("idempotency_in_flight", "another call is at it");
                fault.retry_after = Some(pause);
                fault
            }
            Conflict::Mismatch => {
                let message = "what came under this key before was something else";
                Self::new(ErrorKind::InvalidInput, "idempotency_key_reused", message)
            }
            Conflict::Unavailable => later("idempotency_unavailable", "it cannot be told whether it was done before"),
            Conflict::NotRecorded => later("idempotency_not_recorded", "it was done, but that could not be recorded"),
            Conflict::AnswerLost => later("idempotency_answer_lost", "it was done, and its answer is not kept"),
            Conflict::Stopping => later("stopping", "the process is stopping"),
        }
    }
}
