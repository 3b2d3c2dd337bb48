//! What the codes of the services mean: one table for all of them.

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

const ABSENT: Meaning = refused(
    ErrorKind::NotFound,
    "it does not exist: provision it, or check the prefix of names, the region and the endpoint",
);
const STANDING: Meaning = refused(ErrorKind::Conflict, "it exists already, or is being changed");
const GOING: Meaning = refused(
    ErrorKind::Unavailable,
    "one of this name was deleted within the last minute, which has to pass: try again",
);
const CONDITION: Meaning = refused(ErrorKind::PreconditionFailed, "the condition does not hold");
const THROTTLED: Meaning = refused(ErrorKind::Throttled, "the service asks to slow down");
const CONTENDED: Meaning = refused(ErrorKind::Throttled, "too many writes at once to one item: try again");
const UNKNOWN_CALLER: Meaning = refused(
    ErrorKind::Unauthenticated,
    "the credentials are wrong or have expired: check AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN, \
     or the profile",
);
const DENIED: Meaning = refused(
    ErrorKind::PermissionDenied,
    "the caller may not do this: allow it in the policies of its role, or of the resource and its key",
);
const KEY_UNUSABLE: Meaning =
    refused(ErrorKind::PermissionDenied, "the encryption key cannot be used: check its state and its policy");
const REFUSED: Meaning = refused(ErrorKind::Internal, "the service refused a request of this adapter: see the cause");
const FAILED: Meaning =
    Meaning { kind: ErrorKind::Unavailable, done: Done::Unknown, message: "the service failed: see the cause" };
const UNFINISHED: Meaning = Meaning {
    kind: ErrorKind::Unavailable,
    done: Done::Unknown,
    message: "the same request is still being worked on: try again",
};

/// The meaning of an answer with this code, or if it has none or an unknown one with this HTTP status.
pub(crate) fn meaning(code: Option<&str>, status: u16) -> Meaning {
    code.and_then(of_code).unwrap_or(match status {
        401 => UNKNOWN_CALLER,
        403 => DENIED,
        429 => THROTTLED,
        408 | 500.. => FAILED,
        _ => REFUSED,
    })
}

/// Whether a write was refused only because another was under way.
pub(crate) fn is_contention(code: &str) -> bool {
    of_code(code) == Some(CONTENDED)
}

fn of_code(code: &str) -> Option<Meaning> {
    // SQS still gives the codes of its former protocol.
    let code = code.strip_prefix("AWS.SimpleQueueService.").unwrap_or(code);
    of_thing(code).or_else(|| of_caller(code)).or_else(|| of_service(code))
}

/// What the code says of the thing asked for.
fn of_thing(code: &str) -> Option<Meaning> {
    Some(match code {
        "ResourceNotFoundException"
        | "TableNotFoundException"
        | "QueueDoesNotExist"
        | "NonExistentQueue"
        | "NotFound"
        | "NotFoundException"
        | "ParameterNotFound"
        | "ParameterVersionNotFound" => ABSENT,

        "ResourceInUseException"
        | "TableAlreadyExistsException"
        | "ResourceExistsException"
        | "QueueNameExists"
        | "QueueAlreadyExists"
        | "ParameterAlreadyExists" => STANDING,

        "QueueDeletedRecently" => GOING,

        "ConditionalCheckFailedException" => CONDITION,

        _ => return None,
    })
}

/// What it says of who asked.
fn of_caller(code: &str) -> Option<Meaning> {
    Some(match code {
        "UnrecognizedClientException"
        | "InvalidClientTokenId"
        | "InvalidAccessKeyId"
        | "InvalidToken"
        | "IncompleteSignature"
        | "IncompleteSignatureException"
        | "InvalidSignatureException"
        | "SignatureDoesNotMatch"
        | "MissingAuthenticationToken"
        | "MissingAuthenticationTokenException"
        | "ExpiredToken"
        | "ExpiredTokenException"
        | "TokenRefreshRequired"
        | "RequestExpired"
        | "AuthFailure"
        | "InvalidSecurity" => UNKNOWN_CALLER,

        "AccessDenied"
        | "AccessDeniedException"
        | "AuthorizationError"
        | "AuthorizationErrorException"
        | "NotAuthorized"
        | "OptInRequired" => DENIED,

        "KmsAccessDenied"
        | "KMSAccessDenied"
        | "KMSAccessDeniedException"
        | "KmsDisabled"
        | "KMSDisabledException"
        | "KMSDisabled"
        | "KmsNotFound"
        | "KMSNotFound"
        | "KMSNotFoundException"
        | "KmsInvalidState"
        | "KMSInvalidState"
        | "KMSInvalidStateException"
        | "KmsInvalidKeyUsage"
        | "KmsOptInRequired"
        | "KMSOptInRequired"
        | "DecryptionFailure"
        | "EncryptionFailure" => KEY_UNUSABLE,

        _ => return None,
    })
}

/// What it says of the service and its work.
fn of_service(code: &str) -> Option<Meaning> {
    Some(match code {
        "TransactionConflictException" | "ReplicatedWriteConflictException" => CONTENDED,

        "ThrottlingException"
        | "Throttling"
        | "ThrottledException"
        | "Throttled"
        | "TooManyRequestsException"
        | "RequestLimitExceeded"
        | "ProvisionedThroughputExceededException"
        | "ProvisionedThroughputExceeded"
        | "RequestThrottled"
        | "RequestThrottledException"
        | "LimitExceededException"
        | "BandwidthLimitExceeded"
        | "PriorRequestNotComplete"
        | "SlowDown"
        | "OverLimit"
        | "KmsThrottled"
        | "KMSThrottling"
        | "KMSThrottlingException" => THROTTLED,

        "InternalServerError"
        | "InternalFailure"
        | "InternalError"
        | "InternalErrorException"
        | "InternalServiceError"
        | "InternalServiceErrorException"
        | "ServiceUnavailable"
        | "ServiceUnavailableException"
        | "RequestTimeout"
        | "RequestTimeoutException" => FAILED,

        "TransactionInProgressException" => UNFINISHED,

        "ValidationException"
        | "ValidationError"
        | "SerializationException"
        | "TransactionCanceledException"
        | "IdempotentParameterMismatchException"
        | "ItemCollectionSizeLimitExceededException"
        | "RequestEntityTooLargeException"
        | "InvalidParameter"
        | "InvalidParameterValue"
        | "InvalidParameterException"
        | "InvalidParameterValueException"
        | "InvalidRequestException"
        | "InvalidAction"
        | "UnknownOperationException"
        | "InvalidMessageContents"
        | "UnsupportedOperation"
        | "EmptyBatchRequest"
        | "TooManyEntriesInBatchRequest"
        | "BatchRequestTooLong"
        | "BatchEntryIdsNotDistinct"
        | "ReceiptHandleIsInvalid"
        | "MessageNotInflight" => REFUSED,

        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_code_has_its_kind_and_says_whether_it_was_done() {
        use Done::{No, Unknown};
        use ErrorKind as Kind;
        for (codes, status, kind, done) in [
            (
                "ResourceNotFoundException TableNotFoundException QueueDoesNotExist NotFound NotFoundException \
                 AWS.SimpleQueueService.NonExistentQueue ParameterNotFound ParameterVersionNotFound",
                400,
                Kind::NotFound,
                No,
            ),
            (
                "ResourceInUseException TableAlreadyExistsException ResourceExistsException QueueNameExists \
                 QueueAlreadyExists ParameterAlreadyExists",
                400,
                Kind::Conflict,
                No,
            ),
            ("QueueDeletedRecently AWS.SimpleQueueService.QueueDeletedRecently", 400, Kind::Unavailable, No),
            ("ConditionalCheckFailedException", 400, Kind::PreconditionFailed, No),
            ("TransactionConflictException ReplicatedWriteConflictException", 400, Kind::Throttled, No),
            (
                "ThrottlingException Throttling ThrottledException Throttled TooManyRequestsException RequestLimitExceeded \
                 ProvisionedThroughputExceededException ProvisionedThroughputExceeded RequestThrottled \
                 RequestThrottledException LimitExceededException BandwidthLimitExceeded PriorRequestNotComplete SlowDown \
                 OverLimit KmsThrottled KMSThrottling KMSThrottlingException",
                400,
                Kind::Throttled,
                No,
            ),
            ("SlowDown ThrottlingException", 503, Kind::Throttled, No),
            (
                "UnrecognizedClientException InvalidClientTokenId InvalidAccessKeyId InvalidToken IncompleteSignature \
                 IncompleteSignatureException InvalidSignatureException SignatureDoesNotMatch MissingAuthenticationToken \
                 MissingAuthenticationTokenException ExpiredToken ExpiredTokenException TokenRefreshRequired RequestExpired \
                 AuthFailure InvalidSecurity",
                400,
                Kind::Unauthenticated,
                No,
            ),
            (
                "AccessDenied AccessDeniedException AuthorizationError AuthorizationErrorException NotAuthorized \
                 OptInRequired KmsAccessDenied KMSAccessDenied KMSAccessDeniedException KmsDisabled KMSDisabled \
                 KMSDisabledException KmsNotFound KMSNotFound KMSNotFoundException KmsInvalidState KMSInvalidState \
                 KMSInvalidStateException KmsInvalidKeyUsage KmsOptInRequired KMSOptInRequired DecryptionFailure \
                 EncryptionFailure",
                400,
                Kind::PermissionDenied,
                No,
            ),
            (
                "InternalServerError InternalFailure InternalError InternalErrorException InternalServiceError \
                 InternalServiceErrorException ServiceUnavailable ServiceUnavailableException RequestTimeout \
                 RequestTimeoutException",
                500,
                Kind::Unavailable,
                Unknown,
            ),
            ("TransactionInProgressException", 400, Kind::Unavailable, Unknown),
            (
                "ValidationException ValidationError SerializationException TransactionCanceledException \
                 IdempotentParameterMismatchException ItemCollectionSizeLimitExceededException \
                 RequestEntityTooLargeException InvalidParameter InvalidParameterValue InvalidParameterException \
                 InvalidParameterValueException InvalidRequestException InvalidAction UnknownOperationException \
                 InvalidMessageContents UnsupportedOperation EmptyBatchRequest TooManyEntriesInBatchRequest \
                 BatchRequestTooLong BatchEntryIdsNotDistinct ReceiptHandleIsInvalid MessageNotInflight",
                400,
                Kind::Internal,
                No,
            ),
        ] {
            for code in codes.split_whitespace() {
                let meaning = meaning(Some(code), status);
                assert_eq!((meaning.kind, meaning.done), (kind, done), "{code}");
                assert!(of_code(code).is_some(), "{code} is not in the table");
            }
        }
    }

    #[test]
    fn an_unknown_code_means_what_its_status_does() {
        use Done::{No, Unknown};
        use ErrorKind as Kind;
        for (status, kind, done) in [
            (400, Kind::Internal, No),
            (401, Kind::Unauthenticated, No),
            (403, Kind::PermissionDenied, No),
            (404, Kind::Internal, No),
            (408, Kind::Unavailable, Unknown),
            (413, Kind::Internal, No),
            (429, Kind::Throttled, No),
            (500, Kind::Unavailable, Unknown),
            (502, Kind::Unavailable, Unknown),
            (503, Kind::Unavailable, Unknown),
            (504, Kind::Unavailable, Unknown),
        ] {
            for code in [None, Some("SomethingNew")] {
                let meaning = meaning(code, status);
                assert_eq!((meaning.kind, meaning.done), (kind, done), "{status}");
            }
        }
    }
}
