//! Instants in events.

use anyport_ports::Timestamp;
use chrono::{DateTime, Utc};

/// An instant of an event's own type.
pub(super) fn of(time: DateTime<Utc>) -> Timestamp {
    Timestamp::from_millis(time.timestamp_millis())
}

/// An instant in RFC 3339.
pub(super) fn parse(text: &str) -> Option<Timestamp> {
    DateTime::parse_from_rfc3339(text).ok().map(|time| of(time.to_utc()))
}
