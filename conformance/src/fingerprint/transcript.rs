//! What was done and what came of it, line by line.

use std::fmt::Write as _;

use anyport_ports::Result;
use sha2::{Digest as _, Sha256};

/// The canonical record of a trace.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Transcript(Vec<String>);

impl Transcript {
    /// Writes a line.
    pub(super) fn note(&mut self, line: impl Into<String>) {
        self.0.push(line.into());
    }

    /// Writes what was done, and the result: a value as it is shown, an error by its kind.
    pub(super) fn note_result<T>(&mut self, what: &str, result: Result<T>, show: impl FnOnce(T) -> String) {
        let shown = result.map_or_else(|error| error.kind().to_string(), show);
        self.note(format!("{what} -> {shown}"));
    }

    /// The lines.
    pub fn lines(&self) -> &[String] {
        &self.0
    }

    /// SHA-256 over the lines, as 64 hexadecimal digits.
    pub fn hash(&self) -> String {
        let mut hasher = Sha256::new();
        for line in &self.0 {
            // A line may hold any character: its length keeps two from passing for one.
            hasher.update((line.len() as u64).to_le_bytes());
            hasher.update(line);
        }
        hex(&hasher.finalize())
    }
}

/// The SHA-256 of some bytes, in short.
pub(super) fn digest(bytes: &[u8]) -> String {
    let mut hash = hex(&Sha256::digest(bytes));
    hash.truncate(16);
    hash
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
