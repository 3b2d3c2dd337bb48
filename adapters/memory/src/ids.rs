//! Identifiers that nobody else makes, and identifiers that a test can foresee.

use std::sync::atomic::{AtomicU64, Ordering};

use anyport_ports::Ids;
use uuid::Uuid;

/// UUIDs of version 7, lower-case and hyphenated: unique everywhere, and in order of creation within the process.
#[derive(Clone, Copy, Debug, Default)]
pub struct UuidIds;

impl Ids for UuidIds {
    fn next(&self) -> String {
        Uuid::now_v7().hyphenated().to_string()
    }
}

/// `id-0000000000000001` and so on, the same in every run: for tests, since two of these make the same identifiers.
#[derive(Debug, Default)]
pub struct SequentialIds {
    made: AtomicU64,
}

impl SequentialIds {
    /// Begins with 1.
    pub const fn new() -> Self {
        Self { made: AtomicU64::new(0) }
    }
}

impl Ids for SequentialIds {
    fn next(&self) -> String {
        // All digits are written, so that byte order is the order of creation.
        format!("id-{:016x}", self.made.fetch_add(1, Ordering::SeqCst) + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_are_plain_and_in_order() {
        let sequential = SequentialIds::new();
        for ids in [&UuidIds as &dyn Ids, &sequential] {
            let made: Vec<String> = (0..10_000).map(|_| ids.next()).collect();
            assert!(made.is_sorted_by(|earlier, later| earlier < later));
            for id in &made {
                assert!((1..=64).contains(&id.len()), "{id}");
                assert!(id.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-')), "{id}");
            }
        }
    }

    #[test]
    fn sequential_identifiers_repeat_in_every_run() {
        assert_eq!(SequentialIds::new().next(), "id-0000000000000001");
    }
}
