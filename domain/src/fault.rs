//! What a port's error means to the callers of the storefront.

use anyport_ports::{Error, ErrorKind};

/// The kind that a port's error has for a caller. Use cases turn every "not found", "conflict" and "stale version" that
/// they expect into errors of their own; one that is left means that something is amiss with the service itself (a
/// collection that was never created, a missing permission of ours), for which the caller is not to blame.
pub(crate) fn kind(error: &Error) -> ErrorKind {
    match error.kind() {
        ErrorKind::NotFound
        | ErrorKind::Conflict
        | ErrorKind::PreconditionFailed
        | ErrorKind::PermissionDenied
        | ErrorKind::Unauthenticated => ErrorKind::Internal,
        kind => kind,
    }
}
