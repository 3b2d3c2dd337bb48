//! What bounds a function.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// The bounds of a function: every function has all of them, and they stand in the manifest.
///
/// ```
/// # use std::time::Duration;
/// # use anyport_runtimes::Limits;
/// let limits = Limits { timeout: Duration::from_secs(5), ..Limits::default() };
/// assert_eq!(limits.body_bytes, 1024 * 1024);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    /// How long one invocation may take, 1 ms to 15 min; then it is dropped. Default 30 s.
    #[serde(with = "crate::duration")]
    pub timeout: Duration,
    /// Memory of a deployed instance, in MiB, 128 to 10,240. The plain server does not enforce it. Default 256.
    pub memory_mib: u32,
    /// Most invocations at once in one instance, at least 1. Default 64.
    pub concurrency: u32,
    /// Largest HTTP body, in bytes, at most 8 MiB. Default 1 MiB.
    pub body_bytes: u64,
}

impl Limits {
    /// Longest timeout: what AWS Lambda allows.
    pub const MAX_TIMEOUT: Duration = Duration::from_mins(15);

    /// Largest body: what fits, base64-encoded, under every host's cap is less; the plain server holds this much.
    pub const MAX_BODY_BYTES: u64 = 8 * 1024 * 1024;

    /// What is wrong with these limits.
    pub(crate) fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        if self.timeout < Duration::from_millis(1) || self.timeout > Self::MAX_TIMEOUT {
            problems.push(format!("the timeout is {:?}: it must be 1 ms to 15 min", self.timeout));
        }
        if !(128..=10_240).contains(&self.memory_mib) {
            problems.push(format!("the memory is {} MiB: it must be 128 to 10240", self.memory_mib));
        }
        if self.concurrency == 0 {
            problems.push("the concurrency is 0: it must be at least 1".to_owned());
        }
        if self.body_bytes > Self::MAX_BODY_BYTES {
            let most = Self::MAX_BODY_BYTES;
            problems.push(format!("the body may be {} bytes: at most {most} can be allowed", self.body_bytes));
        }
        problems
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self { timeout: Duration::from_secs(30), memory_mib: 256, concurrency: 64, body_bytes: 1024 * 1024 }
    }
}
