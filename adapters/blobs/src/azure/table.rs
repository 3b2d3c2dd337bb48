//! What the refusals of Blob Storage mean: the one table.
//!
//! <https://learn.microsoft.com/rest/api/storageservices/blob-service-error-codes> and
//! <https://learn.microsoft.com/rest/api/storageservices/common-rest-api-error-codes>.

use anyport_ports::ErrorKind;

use crate::fault::{Meaning, Refusal};

/// By code where there is one, else by status: something on the way may have answered.
pub(super) fn meaning(refusal: &Refusal) -> Meaning {
    use ErrorKind::{
        Conflict, Internal, InvalidInput, NotFound, PermissionDenied, PreconditionFailed, Throttled, TooLarge,
        Unauthenticated, Unavailable,
    };
    use Meaning::{NoBucket, NotDone, Refused, Unknown};
    match (refusal.code.as_str(), refusal.status) {
        ("ServerBusy", _) | ("", 429) => NotDone(Throttled),
        // Another operation on the same thing is under way.
        ("ContainerBeingDeleted" | "ContainerBeingCreated" | "AccountBeingCreated" | "PendingCopyOperation", _) => {
            NotDone(Unavailable)
        }
        ("ContainerNotFound" | "ContainerDisabled", _) => NoBucket,
        ("ConditionNotMet" | "TargetConditionNotMet" | "BlobAlreadyExists", _) => Refused(PreconditionFailed),
        // Somebody else has reserved the blob.
        (
            "LeaseIdMissing"
            | "LeaseLost"
            | "LeaseIdMismatchWithBlobOperation"
            | "LeaseNotPresentWithBlobOperation"
            | "BlobImmutableDueToPolicy",
            _,
        ) => Refused(PermissionDenied),
        ("RequestBodyTooLarge" | "MetadataTooLarge", _) => Refused(TooLarge),
        (
            "InvalidRange"
            | "InvalidBlockList"
            | "InvalidBlockId"
            | "InvalidBlobOrBlock"
            | "InvalidResourceName"
            | "OutOfRangeInput",
            _,
        ) => Refused(InvalidInput),
        ("ContainerAlreadyExists" | "BlobTypeMismatch" | "InvalidBlobType", _) => Refused(Conflict),
        (
            "AuthenticationFailed"
            | "InvalidAuthenticationInfo"
            | "NoAuthenticationInformation"
            | "KeyBasedAuthenticationNotPermitted",
            _,
        )
        | (_, 401) => Refused(Unauthenticated),
        ("PublicAccessNotPermitted", _) | (_, 403) => Refused(PermissionDenied),
        (_, 404) => Refused(NotFound),
        (_, 412) => Refused(PreconditionFailed),
        (_, 413) => Refused(TooLarge),
        (_, 416) => Refused(InvalidInput),
        ("InternalError" | "OperationTimedOut", _) | (_, 500..) => Unknown,
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
    fn codes_and_statuses_mean_what_microsoft_documents() {
        use ErrorKind::{
            Conflict, Internal, InvalidInput, NotFound, PermissionDenied, PreconditionFailed, Throttled, TooLarge,
            Unauthenticated, Unavailable,
        };
        for (status, code, expected) in [
            (503, "ServerBusy", Meaning::NotDone(Throttled)),
            (429, "", Meaning::NotDone(Throttled)),
            (409, "ContainerBeingDeleted", Meaning::NotDone(Unavailable)),
            (409, "PendingCopyOperation", Meaning::NotDone(Unavailable)),
            // It may go on after it has timed out.
            (500, "OperationTimedOut", Meaning::Unknown),
            (500, "InternalError", Meaning::Unknown),
            (503, "", Meaning::Unknown),
            (502, "", Meaning::Unknown),
            (404, "ContainerNotFound", Meaning::NoBucket),
            (404, "BlobNotFound", Meaning::Refused(NotFound)),
            (404, "", Meaning::Refused(NotFound)),
            (409, "BlobAlreadyExists", Meaning::Refused(PreconditionFailed)),
            (412, "ConditionNotMet", Meaning::Refused(PreconditionFailed)),
            (412, "LeaseIdMissing", Meaning::Refused(PermissionDenied)),
            (416, "InvalidRange", Meaning::Refused(InvalidInput)),
            (400, "InvalidBlockList", Meaning::Refused(InvalidInput)),
            (413, "RequestBodyTooLarge", Meaning::Refused(TooLarge)),
            (409, "BlobTypeMismatch", Meaning::Refused(Conflict)),
            (403, "AuthenticationFailed", Meaning::Refused(Unauthenticated)),
            (401, "InvalidAuthenticationInfo", Meaning::Refused(Unauthenticated)),
            (401, "", Meaning::Refused(Unauthenticated)),
            (403, "AuthorizationPermissionMismatch", Meaning::Refused(PermissionDenied)),
            (403, "AuthorizationFailure", Meaning::Refused(PermissionDenied)),
            (409, "PublicAccessNotPermitted", Meaning::Refused(PermissionDenied)),
            (400, "InvalidHeaderValue", Meaning::Refused(Internal)),
        ] {
            assert_eq!(of(status, code), expected, "{status} {code}");
        }
    }
}
