//! Identifiers that a test can foresee.

use std::sync::atomic::{AtomicU64, Ordering};

use anyport_ports::Ids;

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
    fn identifiers_are_in_order() {
        let ids = SequentialIds::new();
        let made: Vec<String> = (0..10_000).map(|_| ids.next()).collect();
        assert!(made.is_sorted_by(|earlier, later| earlier < later));
    }

    #[test]
    fn sequential_identifiers_repeat_in_every_run() {
        assert_eq!(SequentialIds::new().next(), "id-0000000000000001");
    }
}
