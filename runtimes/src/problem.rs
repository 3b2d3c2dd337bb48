//! Errors over HTTP: RFC 9457 problem details.

use std::borrow::Cow;
use std::time::Duration;

use anyport_ports::ErrorKind;
use bytes::Bytes;
use http::header::{ALLOW, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderValue, Response, StatusCode};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::answer::AnswerBody;
use crate::auth::INSUFFICIENT_SCOPE;
use crate::fault::{Fault, is_service_fault};

/// The media type of a problem.
pub const PROBLEM_JSON: &str = "application/problem+json";

/// The pause that `Retry-After` names where the store asked for none, in seconds.
const DEFAULT_RETRY_AFTER: Duration = Duration::from_secs(1);

/// An error as a client reads it.
///
/// | [`ErrorKind`] | status |
/// |---|---|
/// | `InvalidInput` | 400 (422 is for violations of the schema only) |
/// | `Unauthenticated` | 401 |
/// | `PermissionDenied` | 403 |
/// | `NotFound` | 404 |
/// | `Conflict` | 409 |
/// | `PreconditionFailed` | 412 |
/// | `TooLarge` | 413 |
/// | `Throttled` | 429 and `Retry-After` |
/// | `Internal` | 500 |
/// | `Unavailable` | 503 and `Retry-After` |
/// | `Indeterminate` | 503, code `indeterminate` whatever the failure's own code |
///
/// The detail of a 5xx never tells what failed within: that is logged.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
#[schemars(inline)]
pub struct Problem(Box<Details>);

/// What a [`Problem`] says; it dereferences to this.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "Problem")]
pub struct Details {
    /// `urn:anyport:problem:` and the code.
    #[serde(rename = "type")]
    pub kind: String,
    /// The status in words.
    pub title: String,
    /// The HTTP status.
    #[schemars(range(min = 400, max = 599))]
    pub status: u16,
    /// What was wrong with this request, and what to do.
    pub detail: String,
    /// A stable name for programs, in `snake_case`.
    pub code: String,
    /// Each violation of the schema.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<Violation>,
    /// Goes into `Retry-After`.
    #[serde(skip)]
    pub(crate) retry_after: Option<Duration>,
    /// Goes into `Allow`.
    #[serde(skip)]
    pub(crate) allow: Option<String>,
    /// Goes into `WWW-Authenticate`.
    #[serde(skip)]
    pub(crate) challenge: Option<String>,
}

/// One violation of the schema.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Violation {
    /// Where the value came from.
    #[serde(rename = "in")]
    pub location: Location,
    /// The JSON pointer of the value: `/address/city`; of a parameter, `/` and its name.
    pub pointer: String,
    /// What is wrong with it.
    pub detail: String,
}

/// Where a value came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum Location {
    /// The body.
    Body,
    /// The route's parameters.
    Path,
    /// The query.
    Query,
}

impl Problem {
    /// A problem of this status and code.
    pub fn new(status: StatusCode, code: impl Into<Cow<'static, str>>, detail: impl Into<String>) -> Self {
        let code = code.into().into_owned();
        Self(Box::new(Details {
            kind: format!("urn:anyport:problem:{code}"),
            title: status.canonical_reason().unwrap_or("Error").to_owned(),
            status: status.as_u16(),
            detail: detail.into(),
            code,
            errors: Vec::new(),
            retry_after: None,
            allow: None,
            challenge: None,
        }))
    }

    /// With this pause in `Retry-After`; at least a second, since it counts whole ones.
    #[must_use]
    pub fn retry_after(mut self, pause: Duration) -> Self {
        self.0.retry_after = Some(pause);
        self
    }

    /// With these methods in `Allow`.
    #[must_use]
    pub fn allow(mut self, methods: impl Into<String>) -> Self {
        self.0.allow = Some(methods.into());
        self
    }

    /// With this challenge in `WWW-Authenticate`; a 401 without one asks for a bearer token.
    #[must_use]
    pub fn challenge(mut self, challenge: impl Into<String>) -> Self {
        self.0.challenge = Some(challenge.into());
        self
    }

    /// 400 with this code.
    pub fn bad_request(code: &'static str, detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, code, detail)
    }

    /// 422: the request is well-formed but breaks the schema.
    pub fn violations(errors: Vec<Violation>) -> Self {
        let detail = "the request does not fit the schema: see errors";
        let mut problem = Self::new(StatusCode::UNPROCESSABLE_ENTITY, "schema_violation", detail);
        problem.0.errors = errors;
        problem
    }

    /// 500: a defect, of which the client is told nothing.
    pub fn internal() -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", "the service failed; the failure has been logged")
    }

    /// 503 and when to come back.
    pub fn unavailable(code: &'static str, detail: impl Into<String>) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, code, detail).retry_after(DEFAULT_RETRY_AFTER)
    }

    /// The status.
    pub fn status(&self) -> StatusCode {
        StatusCode::from_u16(self.0.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    /// The response that carries it.
    pub fn response(&self) -> Response<AnswerBody> {
        let body = serde_json::to_vec(self).unwrap_or_default();
        let mut response = Response::new(AnswerBody::from(Bytes::from(body)));
        *response.status_mut() = self.status();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(PROBLEM_JSON));
        if let Some(pause) = self.0.retry_after {
            headers.insert(RETRY_AFTER, HeaderValue::from(pause.as_secs().max(1)));
        }
        if let Some(allow) = self.0.allow.as_deref().and_then(|allow| HeaderValue::from_str(allow).ok()) {
            headers.insert(ALLOW, allow);
        }
        let challenge = self.0.challenge.as_deref().or((self.0.status == 401).then_some("Bearer"));
        if let Some(challenge) = challenge.and_then(|challenge| HeaderValue::from_str(challenge).ok()) {
            headers.insert(WWW_AUTHENTICATE, challenge);
        }
        response
    }
}

/// The HTTP status of a kind of error.
pub fn status_of(kind: ErrorKind) -> StatusCode {
    match kind {
        ErrorKind::InvalidInput => StatusCode::BAD_REQUEST,
        ErrorKind::Unauthenticated => StatusCode::UNAUTHORIZED,
        ErrorKind::PermissionDenied => StatusCode::FORBIDDEN,
        ErrorKind::NotFound => StatusCode::NOT_FOUND,
        ErrorKind::Conflict => StatusCode::CONFLICT,
        ErrorKind::PreconditionFailed => StatusCode::PRECONDITION_FAILED,
        ErrorKind::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        ErrorKind::Throttled => StatusCode::TOO_MANY_REQUESTS,
        ErrorKind::Unavailable | ErrorKind::Indeterminate => StatusCode::SERVICE_UNAVAILABLE,
        // Internal, and any kind that the contract may gain.
        _ => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

impl From<&Fault> for Problem {
    fn from(fault: &Fault) -> Self {
        let of_kind = status_of(fault.kind);
        // Of another hundred it would say that someone else is at fault.
        let own = fault.status.and_then(|status| StatusCode::from_u16(status).ok());
        let own = own.filter(|own| own.as_u16() / 100 == of_kind.as_u16() / 100);
        let status = own.unwrap_or(of_kind);
        if is_service_fault(fault.kind) || status.is_server_error() {
            tracing::error!(code = fault.code, kind = %fault.kind, error = %fault.message, "the function failed");
        }
        let pause = fault.retry_after.unwrap_or(DEFAULT_RETRY_AFTER);
        match fault.kind {
            ErrorKind::Unavailable => {
                let detail = "a service that this one needs is not available: try again";
                Self::new(status, fault.code, detail).retry_after(pause)
            }
            ErrorKind::Indeterminate => {
                let detail =
                    "it is not known whether the request was carried out: look, or repeat it if that is harmless";
                Self::new(status, "indeterminate", detail).retry_after(pause)
            }
            ErrorKind::Throttled => Self::new(status, fault.code, fault.message.clone()).retry_after(pause),
            _ if status.is_server_error() => Self::new(status, fault.code, Self::internal().detail.clone()),
            ErrorKind::PermissionDenied if fault.code == INSUFFICIENT_SCOPE => {
                let problem = Self::new(status, fault.code, fault.message.clone());
                problem.challenge("Bearer error=\"insufficient_scope\"")
            }
            _ => Self::new(status, fault.code, fault.message.clone()),
        }
    }
}

impl std::ops::Deref for Problem {
    type Target = Details;

    fn deref(&self) -> &Details {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_its_status_and_a_fault_of_the_service_tells_nothing() {
        let statuses = ErrorKind::ALL.map(|kind| {
            let problem = Problem::from(&Fault::new(kind, "own_code", "the inner text"));
            assert_eq!(problem.detail.contains("inner"), problem.status < 500, "{kind}");
            assert_eq!(problem.kind, format!("urn:anyport:problem:{}", problem.code));
            let again = matches!(problem.status, 429 | 503);
            assert_eq!(problem.response().headers().contains_key(RETRY_AFTER), again, "{kind}");
            problem.status
        });
        assert_eq!(statuses, [404, 409, 412, 400, 413, 429, 503, 503, 403, 401, 500]);
    }

    #[test]
    fn principle_p3_a_failure_names_its_own_status_within_its_hundred() {
        let status =
            |own| Problem::from(&Fault { status: Some(own), ..Fault::new(ErrorKind::InvalidInput, "c", "m") }).status;
        assert_eq!([402, 422, 200, 500, 9].map(status), [402, 422, 400, 400, 400]);
    }
}
