//! Identifiers that sort by the time they were made.

use anyport_ports::Ids;
use uuid::Uuid;

/// UUIDs of version 7 (RFC 9562): 36 characters; within a process each sorts after the one before.
#[derive(Clone, Copy, Debug, Default)]
pub struct UuidIds;

impl Ids for UuidIds {
    fn next(&self) -> String {
        Uuid::now_v7().to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_rise_and_are_within_the_contract() {
        let ids: Vec<String> = (0..10_000).map(|_| UuidIds.next()).collect();
        assert!(ids.windows(2).all(|pair| pair[0] < pair[1]));
        let plain = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-');
        assert!(ids.iter().all(|id| id.len() <= 64 && id.bytes().all(plain)));
    }
}
