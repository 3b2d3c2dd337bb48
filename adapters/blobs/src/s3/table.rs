//! What S3's refusals mean: the one table.

use anyport_ports::ErrorKind;

use crate::fault::{Meaning, Refusal};

/// By code where there is one, else by status: answers to HEAD have no body.
pub(super) fn meaning(refusal: &Refusal) -> Meaning {
    use ErrorKind::{
        Conflict, Internal, InvalidInput, NotFound, PermissionDenied, PreconditionFailed, Throttled, TooLarge,
        Unauthenticated, Unavailable,
    };
    use Meaning::{Elsewhere, NoBucket, NotDone, Refused, Unknown};
    match (refusal.code.as_str(), refusal.status) {
        ("SlowDown" | "Throttling" | "ThrottlingException" | "RequestLimitExceeded" | "TooManyRequests", _)
        | ("", 429) => NotDone(Throttled),
        // Refused before it was begun, or because another write of the same object was under way.
        (
            "ServiceUnavailable" | "RequestTimeout" | "ConditionalRequestConflict" | "OperationAborted",
            400..=499 | 503,
        ) => NotDone(Unavailable),
        // Of the two that S3 has a 503 for, both of which were not done, the likely one.
        ("", 503) if refusal.to_head => NotDone(Throttled),
        ("NoSuchBucket", _) => NoBucket,
        ("NoSuchKey" | "NoSuchUpload", _) => Refused(NotFound),
        ("PreconditionFailed", _) => Refused(PreconditionFailed),
        ("EntityTooLarge" | "MaxMessageLengthExceeded", _) => Refused(TooLarge),
        (
            "InvalidRange"
            | "EntityTooSmall"
            | "InvalidPart"
            | "InvalidPartOrder"
            | "KeyTooLongError"
            | "InvalidBucketName"
            | "InvalidLocationConstraint",
            _,
        ) => Refused(InvalidInput),
        ("PermanentRedirect" | "AuthorizationHeaderMalformed" | "IllegalLocationConstraintException", _) | (_, 301) => {
            Elsewhere
        }
        ("BucketAlreadyExists", _) => Refused(Conflict),
        (
            "InvalidAccessKeyId"
            | "SignatureDoesNotMatch"
            | "ExpiredToken"
            | "InvalidToken"
            | "TokenRefreshRequired"
            | "RequestTimeTooSkewed"
            | "RequestExpired"
            | "MissingSecurityHeader"
            | "NotSignedUp",
            _,
        )
        | (_, 401) => Refused(Unauthenticated),
        (_, 403) => Refused(PermissionDenied),
        (_, 404) => Refused(NotFound),
        (_, 412) => Refused(PreconditionFailed),
        (_, 413) => Refused(TooLarge),
        (_, 307 | 416) => Refused(InvalidInput),
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
    fn codes_and_statuses_mean_what_amazon_documents() {
        use ErrorKind::{
            Conflict, Internal, InvalidInput, NotFound, PermissionDenied, PreconditionFailed, Throttled, TooLarge,
            Unauthenticated, Unavailable,
        };
        for (status, code, expected) in [
            (503, "SlowDown", Meaning::NotDone(Throttled)),
            (429, "", Meaning::NotDone(Throttled)),
            (503, "ServiceUnavailable", Meaning::NotDone(Unavailable)),
            (400, "RequestTimeout", Meaning::NotDone(Unavailable)),
            (409, "ConditionalRequestConflict", Meaning::NotDone(Unavailable)),
            (500, "InternalError", Meaning::Unknown),
            (500, "", Meaning::Unknown),
            (503, "", Meaning::Unknown),
            (504, "", Meaning::Unknown),
            // An error in an answer of success, as a copy may have.
            (200, "InternalError", Meaning::Unknown),
            (404, "NoSuchBucket", Meaning::NoBucket),
            (404, "NoSuchKey", Meaning::Refused(NotFound)),
            (404, "", Meaning::Refused(NotFound)),
            (412, "PreconditionFailed", Meaning::Refused(PreconditionFailed)),
            (416, "InvalidRange", Meaning::Refused(InvalidInput)),
            (400, "EntityTooSmall", Meaning::Refused(InvalidInput)),
            (400, "EntityTooLarge", Meaning::Refused(TooLarge)),
            (301, "PermanentRedirect", Meaning::Elsewhere),
            (301, "", Meaning::Elsewhere),
            (400, "AuthorizationHeaderMalformed", Meaning::Elsewhere),
            (409, "BucketAlreadyExists", Meaning::Refused(Conflict)),
            (403, "AccessDenied", Meaning::Refused(PermissionDenied)),
            (403, "", Meaning::Refused(PermissionDenied)),
            (403, "InvalidAccessKeyId", Meaning::Refused(Unauthenticated)),
            (400, "ExpiredToken", Meaning::Refused(Unauthenticated)),
            (400, "MalformedXML", Meaning::Refused(Internal)),
        ] {
            assert_eq!(of(status, code), expected, "{status} {code}");
        }
    }
}
