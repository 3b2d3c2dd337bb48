//! The document that tells that a message was consumed.

use serde::Serialize;
use sha2::{Digest as _, Sha256};

use super::Consumed;
use crate::documents::{Body, Condition, Put};
use crate::{Result, Timestamp};

/// What the sort keys of markers begin with.
pub const PREFIX: &str = "inbox/";

/// For who looks at the data; what counts is the key.
#[derive(Serialize)]
struct Marker<'a> {
    consumer: &'a str,
    source: &'a str,
    id: &'a str,
}

impl Consumed {
    /// The sort key of its marker: a hash, since consumer, source and id together may be longer than a key. Each part is
    /// preceded by its length, so that no two messages share one.
    pub(super) fn sort_key(&self) -> String {
        let mut hash = Sha256::new();
        for part in [&self.consumer, &self.source, &self.id] {
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part.as_bytes());
        }
        let digest = hash.finalize();
        digest.iter().fold(PREFIX.to_owned(), |key, byte| key + &format!("{byte:02x}"))
    }

    pub(super) fn put(&self, expires_at: Timestamp) -> Result<Put> {
        let marker = Marker { consumer: &self.consumer, source: &self.source, id: &self.id };
        Ok(Put::new(Body::of(&marker)?).when(Condition::Absent).expires_at(expires_at))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_is_fixed_by_the_message() {
        let of = |consumer: &str, source: &str, id: &str| {
            Consumed { consumer: consumer.to_owned(), source: source.to_owned(), id: id.to_owned() }.sort_key()
        };
        // Markers outlive a deployment: the key must not change.
        assert_eq!(of("c", "s", "1"), "inbox/f96b30563e06bc2ea8e7e194bb6eb913083283d2bd027f0682e8d394dd5b06ab");
        let keys = [of("c", "s", "1"), of("cs", "", "1"), of("c", "s1", ""), of("", "cs", "1"), of("c", "", "s1")];
        for (at, key) in keys.iter().enumerate() {
            assert!(!keys[..at].contains(key), "{at}");
        }
    }
}
