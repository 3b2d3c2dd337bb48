//! Hashes of several parts that never run together.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use sha2::{Digest as _, Sha256};

/// SHA-256 over parts, each behind its length, under a name for what they are the parts of.
pub(super) struct Digest(Sha256);

impl Digest {
    /// Of no parts yet.
    pub(super) fn of(what: &str) -> Self {
        Self(Sha256::new()).part(what.as_bytes())
    }

    #[must_use]
    pub(super) fn part(mut self, part: &[u8]) -> Self {
        self.0.update((part.len() as u64).to_be_bytes());
        self.0.update(part);
        self
    }

    pub(super) fn hex(self) -> String {
        self.0.finalize().iter().fold(String::new(), |mut digits, byte| {
            let digit = |half: u8| char::from_digit(u32::from(half), 16).unwrap_or('0');
            digits.extend([digit(byte >> 4), digit(byte & 15)]);
            digits
        })
    }

    /// Base64 of the URL's alphabet: 43 characters.
    pub(super) fn base64(self) -> String {
        BASE64.encode(self.0.finalize())
    }
}
