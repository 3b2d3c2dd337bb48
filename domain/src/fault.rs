//! What a port's error means to the callers of the storefront.

use anyport_ports::{Error, ErrorKind};

/// The kind that a port's error has for a caller. Use cases check what they are given, and turn every "not found",
/// "conflict" and "stale version" that they expect into errors of their own; one that is left means that something is
/// amiss with the service itself (a collection that was never created, a missing permission of ours), for which the
/// caller is not to blame.
pub(crate) fn kind(error: &Error) -> ErrorKind {
    match error.kind() {
        kind @ (ErrorKind::Throttled | ErrorKind::Unavailable | ErrorKind::Indeterminate) => kind,
        _ => ErrorKind::Internal,
    }
}
