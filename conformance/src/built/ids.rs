//! Identifiers for what is built.

use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};

use anyport_ports::Ids;

static PROCESS: LazyLock<u64> = LazyLock::new(rand::random);
static MADE: AtomicU64 = AtomicU64::new(0);

/// Different for every handle and every process, and in order within one.
pub(super) struct UniqueIds;

impl Ids for UniqueIds {
    fn next(&self) -> String {
        format!("{:016x}-{:016x}", *PROCESS, MADE.fetch_add(1, Ordering::SeqCst))
    }
}
