//! Why a caller was not let in, and what the client is told of it.

use std::time::Duration;

use http::StatusCode;

use super::InsufficientScope;
use crate::problem::Problem;

/// The code of the 403 for a missing scope, which is also its error in the challenge.
pub(crate) const INSUFFICIENT_SCOPE: &str = "insufficient_scope";

/// Why it is not known who calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Unauthorized {
    /// The request has no `Authorization` header.
    #[error("there is no token")]
    Missing,
    /// What it has does not hold.
    #[error("the token was refused: {}", .0.as_str())]
    Invalid(Refusal),
    /// The issuer's keys cannot be had now.
    #[error("the keys of the issuer cannot be had now")]
    Unavailable {
        /// When to come back.
        retry_after: Duration,
    },
}

/// What does not hold. It is logged, never told to the client.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Refusal {
    /// Two `Authorization` headers, another scheme than `Bearer`, or no token behind it.
    Header,
    /// Over 8 KiB.
    TooLarge,
    /// Not three parts in base64url, or JSON that is broken or has a name twice.
    Malformed,
    /// An algorithm that is not allowed, or not one of the key.
    Algorithm,
    /// A `typ` that is no access token.
    Type,
    /// A `crit` header: an extension that must be understood.
    Critical,
    /// No key of this `kid` among the issuer's.
    UnknownKey,
    /// The signature is not of the key.
    Signature,
    /// An issuer that is not trusted.
    Issuer,
    /// For another audience.
    Audience,
    /// No subject, or one over 256 bytes.
    Subject,
    /// Past its end, or without one.
    Expired,
    /// Before its beginning, or issued in the future.
    NotYetValid,
    /// Not for what tokens are taken for here: an ID token, or one of another tenant.
    Use,
}

impl Refusal {
    /// Its name in logs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Header => "header",
            Self::TooLarge => "too_large",
            Self::Malformed => "malformed",
            Self::Algorithm => "algorithm",
            Self::Type => "type",
            Self::Critical => "critical",
            Self::UnknownKey => "unknown_key",
            Self::Signature => "signature",
            Self::Issuer => "issuer",
            Self::Audience => "audience",
            Self::Subject => "subject",
            Self::Expired => "expired",
            Self::NotYetValid => "not_yet_valid",
            Self::Use => "use",
        }
    }
}

impl From<Unauthorized> for Problem {
    fn from(unauthorized: Unauthorized) -> Self {
        match unauthorized {
            Unauthorized::Missing => {
                let detail = "authentication is required: send a token as Authorization: Bearer";
                Self::new(StatusCode::UNAUTHORIZED, "unauthenticated", detail)
            }
            Unauthorized::Invalid(_) => {
                let detail = "the token is not one that is taken here: get a new one from the issuer";
                Self::new(StatusCode::UNAUTHORIZED, "invalid_token", detail).challenge("Bearer error=\"invalid_token\"")
            }
            Unauthorized::Unavailable { retry_after } => {
                let detail = "the token cannot be checked now: try again";
                Self::unavailable("authentication_unavailable", detail).retry_after(retry_after)
            }
        }
    }
}

impl From<InsufficientScope> for Problem {
    fn from(missing: InsufficientScope) -> Self {
        Self::new(StatusCode::FORBIDDEN, INSUFFICIENT_SCOPE, missing.to_string())
            .challenge(format!("Bearer error=\"insufficient_scope\", scope=\"{}\"", missing.scope))
    }
}

#[cfg(test)]
mod tests {
    use http::header::{RETRY_AFTER, WWW_AUTHENTICATE};

    use super::*;

    fn answer(problem: impl Into<Problem>) -> (u16, String) {
        let response = problem.into().response();
        let challenge = response.headers().get(WWW_AUTHENTICATE);
        (response.status().as_u16(), challenge.map(|value| value.to_str().unwrap().to_owned()).unwrap_or_default())
    }

    #[test]
    fn challenges_are_those_of_rfc_6750() {
        assert_eq!(answer(Unauthorized::Missing), (401, "Bearer".to_owned()));
        let invalid = "Bearer error=\"invalid_token\"".to_owned();
        assert_eq!(answer(Unauthorized::Invalid(Refusal::Signature)), (401, invalid.clone()));
        assert_eq!(answer(Unauthorized::Invalid(Refusal::Expired)), (401, invalid));
        let scope = "Bearer error=\"insufficient_scope\", scope=\"orders:write\"".to_owned();
        assert_eq!(answer(InsufficientScope { scope: "orders:write" }), (403, scope));
    }

    #[test]
    fn a_token_that_cannot_be_checked_is_for_later() {
        let problem = Problem::from(Unauthorized::Unavailable { retry_after: Duration::from_secs(7) });
        assert_eq!((problem.status, problem.response().headers()[RETRY_AFTER].to_str().unwrap()), (503, "7"));
    }
}
