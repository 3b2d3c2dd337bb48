//! What the refusals of Cloud Storage's XML interface mean: the one table.
//!
//! <https://cloud.google.com/storage/docs/xml-api/reference-status>

use anyport_ports::ErrorKind;

use crate::fault::{Meaning, Refusal};

/// By code where there is one, else by status: answers to HEAD have no body.
pub(super) fn meaning(refusal: &Refusal) -> Meaning {
    use ErrorKind::{
        Conflict, Internal, InvalidInput, NotFound, PermissionDenied, PreconditionFailed, Throttled, TooLarge,
        Unauthenticated, Unavailable,
    };
    use Meaning::{NoBucket, NotDone, Refused, Unknown};
    match (refusal.code.as_str(), refusal.status) {
        ("SlowDown" | "TooManyRequests" | "RateLimitExceeded" | "UserRateLimitExceeded", _) | (_, 429) => {
            NotDone(Throttled)
        }
        // Refused before it was begun, or because another operation on the same object was under way.
        ("ServiceUnavailable" | "OperationAborted", 409 | 503) | ("RequestTimeout", _) | (_, 408) => {
            NotDone(Unavailable)
        }
        // A HEAD that was refused with one of those.
        ("", 503) if refusal.to_head => NotDone(Throttled),
        ("NoSuchBucket", _) => NoBucket,
        ("NoSuchKey" | "NoSuchUpload", _) => Refused(NotFound),
        ("PreconditionFailed", _) => Refused(PreconditionFailed),
        ("EntityTooLarge" | "MetadataTooLarge", _) => Refused(TooLarge),
        (
            "InvalidRange"
            | "RequestedRangeNotSatisfiable"
            | "EntityTooSmall"
            | "InvalidPart"
            | "InvalidPartOrder"
            | "KeyTooLong"
            | "InvalidBucketName"
            | "InvalidObjectName"
            | "InvalidLocationConstraint",
            _,
        ) => Refused(InvalidInput),
        ("BucketAlreadyExists" | "BucketNameUnavailable", _) => Refused(Conflict),
        (
            "AuthenticationRequired" | "ExpiredToken" | "InvalidSecurity" | "SignatureDoesNotMatch" | "NotSignedUp",
            _,
        )
        | (_, 401) => Refused(Unauthenticated),
        (_, 403) => Refused(PermissionDenied),
        (_, 404) => Refused(NotFound),
        (_, 412) => Refused(PreconditionFailed),
        (_, 413) => Refused(TooLarge),
        (_, 416) => Refused(InvalidInput),
        ("InternalError", _) | (_, 500..) => Unknown,
        _ => Refused(Internal),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(status: u16, code: &str) -> Meaning {
        meaning(&Refusal { status, to_head: false, code: code.to_owned(), message: String::new() })
    }

    #[test]
    fn codes_and_statuses_mean_what_google_documents() {
        use ErrorKind::{
            Conflict, Internal, InvalidInput, NotFound, PermissionDenied, PreconditionFailed, Throttled, TooLarge,
            Unauthenticated, Unavailable,
        };
        for (status, code, expected) in [
            (429, "SlowDown", Meaning::NotDone(Throttled)),
            (429, "", Meaning::NotDone(Throttled)),
            (503, "SlowDown", Meaning::NotDone(Throttled)),
            (503, "ServiceUnavailable", Meaning::NotDone(Unavailable)),
            (400, "RequestTimeout", Meaning::NotDone(Unavailable)),
            (408, "", Meaning::NotDone(Unavailable)),
            (500, "InternalError", Meaning::Unknown),
            (502, "", Meaning::Unknown),
            (503, "", Meaning::Unknown),
            // An error in an answer of success, as a copy may have.
            (200, "InternalError", Meaning::Unknown),
            (404, "NoSuchBucket", Meaning::NoBucket),
            (404, "NoSuchKey", Meaning::Refused(NotFound)),
            (404, "NoSuchUpload", Meaning::Refused(NotFound)),
            (404, "", Meaning::Refused(NotFound)),
            (412, "PreconditionFailed", Meaning::Refused(PreconditionFailed)),
            (416, "InvalidRange", Meaning::Refused(InvalidInput)),
            (400, "EntityTooSmall", Meaning::Refused(InvalidInput)),
            (400, "EntityTooLarge", Meaning::Refused(TooLarge)),
            (409, "BucketNameUnavailable", Meaning::Refused(Conflict)),
            (401, "AuthenticationRequired", Meaning::Refused(Unauthenticated)),
            (400, "ExpiredToken", Meaning::Refused(Unauthenticated)),
            (403, "SignatureDoesNotMatch", Meaning::Refused(Unauthenticated)),
            (403, "AccessDenied", Meaning::Refused(PermissionDenied)),
            (403, "", Meaning::Refused(PermissionDenied)),
            (400, "MalformedCompleteMultipartUploadRequest", Meaning::Refused(Internal)),
        ] {
            assert_eq!(of(status, code), expected, "{status} {code}");
        }
    }
}
