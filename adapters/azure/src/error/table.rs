//! What the answers of the services mean: one table for all of them.

use anyport_ports::ErrorKind;

/// Whether what was asked for was done, as far as the answer tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Done {
    /// It was not.
    No,
    /// It may have been, or may yet be.
    Unknown,
}

/// What an answer that is a refusal means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Meaning {
    /// The kind of error, unless a write's outcome is in doubt. Whether to retry goes with it.
    pub(crate) kind: ErrorKind,
    /// Whether it was done all the same.
    pub(crate) done: Done,
    /// What to tell the user.
    pub(crate) message: &'static str,
}

const fn refused(kind: ErrorKind, message: &'static str) -> Meaning {
    Meaning { kind, done: Done::No, message }
}

const ABSENT: Meaning =
    refused(ErrorKind::NotFound, "it does not exist: provision it, or check the prefix of names and the endpoint");
const STANDING: Meaning = refused(ErrorKind::Conflict, "it exists already");
const GOING: Meaning =
    refused(ErrorKind::Unavailable, "one of this name is being deleted, which has to be over first: try again");
const DELETED: Meaning =
    refused(ErrorKind::Conflict, "one of this name was deleted and is kept for a while: recover it or purge it");
const THROTTLED: Meaning = refused(ErrorKind::Throttled, "the service asks to slow down");
const UNKNOWN_CALLER: Meaning = refused(
    ErrorKind::Unauthenticated,
    "the credentials are wrong or have expired: check AZURE_STORAGE_KEY, AZURE_STORAGE_SAS_TOKEN or \
     AZURE_STORAGE_CONNECTION_STRING, or who the program is for Microsoft Entra ID",
);
const DENIED: Meaning = refused(
    ErrorKind::PermissionDenied,
    "the caller may not do this: assign it a role for the account, queue or vault, and check the firewall there",
);
const DISABLED: Meaning = refused(ErrorKind::PermissionDenied, "it is disabled, or not valid at this time: enable it");
const REFUSED: Meaning = refused(ErrorKind::Internal, "the service refused a request of this adapter: see the cause");
const FAILED: Meaning =
    Meaning { kind: ErrorKind::Unavailable, done: Done::Unknown, message: "the service failed: see the cause" };

/// The meaning of an answer with these codes, or if it has none or unknown ones with this HTTP status. The inner code says
/// more, where there is one.
pub(crate) fn meaning(inner: Option<&str>, code: Option<&str>, status: u16) -> Meaning {
    inner.and_then(of_code).or_else(|| code.and_then(of_code)).unwrap_or(match status {
        401 => UNKNOWN_CALLER,
        403 => DENIED,
        404 => ABSENT,
        429 => THROTTLED,
        408 | 500.. => FAILED,
        _ => REFUSED,
    })
}

/// [Storage], [Storage Queue] and [Key Vault].
///
/// [Storage]: https://learn.microsoft.com/rest/api/storageservices/common-rest-api-error-codes
/// [Storage Queue]: https://learn.microsoft.com/rest/api/storageservices/queue-service-error-codes
/// [Key Vault]: https://learn.microsoft.com/azure/key-vault/general/rest-error-codes
fn of_code(code: &str) -> Option<Meaning> {
    Some(match code {
        "QueueNotFound" | "ResourceNotFound" | "SecretNotFound" | "AccountNotFound" => ABSENT,

        "QueueAlreadyExists" | "ResourceAlreadyExists" => STANDING,
        "QueueBeingDeleted" | "AccountBeingCreated" | "ObjectIsBeingDeleted" | "ObjectIsBeingRecovered" => GOING,
        "ObjectIsDeletedButRecoverable" => DELETED,

        // Storage says that a key is wrong with status 403.
        "AuthenticationFailed"
        | "InvalidAuthenticationInfo"
        | "NoAuthenticationInformation"
        | "AccountIsDisabled"
        | "Unauthorized" => UNKNOWN_CALLER,

        "AuthorizationFailure"
        | "AuthorizationPermissionMismatch"
        | "AuthorizationProtocolMismatch"
        | "AuthorizationResourceTypeMismatch"
        | "AuthorizationServiceMismatch"
        | "AuthorizationSourceIPMismatch"
        | "InsufficientAccountPermissions"
        | "KeyBasedAuthenticationNotPermitted"
        | "PublicAccessNotPermitted"
        | "Forbidden"
        | "AccessDenied"
        | "ForbiddenByFirewall"
        | "ForbiddenByPolicy"
        | "ForbiddenByRbac" => DENIED,
        "SecretDisabled" | "SecretNotYetValid" | "SecretExpired" => DISABLED,

        "ServerBusy" | "Throttled" | "TooManyRequests" => THROTTLED,

        "InternalError" | "InternalServerError" | "OperationTimedOut" | "ServiceUnavailable" => FAILED,

        "BadParameter"
        | "InvalidInput"
        | "InvalidMarker"
        | "InvalidQueryParameterValue"
        | "InvalidResourceName"
        | "InvalidUri"
        | "InvalidXmlDocument"
        | "MessageNotFound"
        | "MessageTooLarge"
        | "OutOfRangeQueryParameterValue"
        | "PopReceiptMismatch"
        | "RequestBodyTooLarge"
        | "UnsupportedHttpVerb" => REFUSED,

        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(code: &str, status: u16) -> ErrorKind {
        meaning(None, Some(code), status).kind
    }

    #[test]
    fn a_code_decides_before_the_status() {
        for (code, status, expected) in [
            ("AuthenticationFailed", 403, ErrorKind::Unauthenticated),
            ("AuthorizationPermissionMismatch", 403, ErrorKind::PermissionDenied),
            ("QueueNotFound", 404, ErrorKind::NotFound),
            ("SecretNotFound", 404, ErrorKind::NotFound),
            ("Forbidden", 403, ErrorKind::PermissionDenied),
            ("Unauthorized", 401, ErrorKind::Unauthenticated),
            ("ServerBusy", 503, ErrorKind::Throttled),
            ("QueueAlreadyExists", 409, ErrorKind::Conflict),
            ("QueueBeingDeleted", 409, ErrorKind::Unavailable),
            ("ObjectIsDeletedButRecoverable", 409, ErrorKind::Conflict),
            ("MessageTooLarge", 400, ErrorKind::Internal),
        ] {
            assert_eq!(kind(code, status), expected, "{code}");
            assert_eq!(meaning(None, Some(code), status).done, Done::No, "{code}");
        }
    }

    #[test]
    fn an_inner_code_says_more() {
        assert_eq!(meaning(Some("SecretDisabled"), Some("Forbidden"), 403), DISABLED);
        assert_eq!(meaning(Some("ObjectIsBeingDeleted"), Some("Conflict"), 409), GOING);
        assert_eq!(meaning(Some("SomethingNew"), Some("Forbidden"), 403), DENIED);
    }

    #[test]
    fn a_status_decides_where_no_code_does() {
        for code in [None, Some("SomethingNew")] {
            for (status, kind, done) in [
                (400, ErrorKind::Internal, Done::No),
                (401, ErrorKind::Unauthenticated, Done::No),
                (403, ErrorKind::PermissionDenied, Done::No),
                (404, ErrorKind::NotFound, Done::No),
                (408, ErrorKind::Unavailable, Done::Unknown),
                (429, ErrorKind::Throttled, Done::No),
                (500, ErrorKind::Unavailable, Done::Unknown),
                (503, ErrorKind::Unavailable, Done::Unknown),
            ] {
                let found = meaning(None, code, status);
                assert_eq!((found.kind, found.done), (kind, done), "{code:?} {status}");
            }
        }
    }

    #[test]
    fn a_failure_of_the_service_leaves_doubt() {
        for code in ["InternalError", "OperationTimedOut"] {
            assert_eq!(meaning(None, Some(code), 500), FAILED);
        }
    }
}
