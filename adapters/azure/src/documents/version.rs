//! What a version is made of: the operation that wrote the document, when it expires, and the etag that Cosmos DB gave it.
//!
//! The operation's id is what makes it new for ever, and a write whose answer was lost recognise itself. The etag saves
//! a read before a conditional write: `If-Match` compares it. When the document expires is told so that nothing need be read to
//! know whether it has. A digest of all that ends it, so that a text which is not quite a version is none.

use anyport_ports::Timestamp;
use anyport_ports::documents::Version;
use sha2::{Digest as _, Sha256};

/// Stands for a part that there is none of.
const NONE: &str = "-";

/// The parts of a version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Stamp {
    /// The operation's id; `None` for a document that another program wrote.
    pub(super) operation: Option<String>,
    /// When the document expires.
    pub(super) expires_at: Option<Timestamp>,
    /// The etag as the service writes it, quotes included.
    pub(super) etag: String,
}

impl Stamp {
    /// A version of this stamp.
    pub(super) fn version(&self) -> Version {
        let operation = self.operation.as_deref().unwrap_or(NONE);
        let expiry = self.expires_at.map_or_else(|| NONE.to_owned(), |instant| instant.as_millis().to_string());
        let stamp = format!("{operation}.{expiry}.{}", self.etag.trim_matches('"'));
        let digest = digest(&stamp);
        Version::new(format!("{stamp}.{digest}"))
    }

    /// What a version is made of; `None` if no store of this kind gave it.
    pub(super) fn of(version: &Version) -> Option<Self> {
        let (stamp, told) = version.as_str().rsplit_once('.')?;
        if digest(stamp) != told {
            return None;
        }
        let mut parts = stamp.splitn(3, '.');
        let (operation, expiry, etag) = (parts.next()?, parts.next()?, parts.next()?);
        let expires_at = match expiry {
            NONE => None,
            millis => Some(Timestamp::from_millis(millis.parse().ok()?)),
        };
        let operation = (operation != NONE).then(|| operation.to_owned());
        Some(Self { operation, expires_at, etag: format!("\"{etag}\"") })
    }

    /// Whether both are of one state of a document: written by the same operation, or if another program wrote it, of one
    /// etag. An etag changes as well when an index is built.
    pub(super) fn is_of(&self, other: &Self) -> bool {
        match (&self.operation, &other.operation) {
            (Some(one), Some(other)) => one == other,
            (None, None) => self.etag == other.etag,
            _ => false,
        }
    }
}

/// Eight hexadecimal digits.
fn digest(stamp: &str) -> String {
    Sha256::digest(stamp).iter().take(4).fold(String::new(), |digits, byte| format!("{digits}{byte:02x}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stamp(operation: Option<&str>, expires_at: Option<i64>, etag: &str) -> Stamp {
        Stamp {
            operation: operation.map(str::to_owned),
            expires_at: expires_at.map(Timestamp::from_millis),
            etag: etag.to_owned(),
        }
    }

    #[test]
    fn a_version_tells_what_it_is_made_of() {
        let etag = "\"00000000-0000-0000-1234-567890abcdef\"";
        for stamp in
            [stamp(Some("6c1f"), None, etag), stamp(None, Some(-5), etag), stamp(Some("6c1f"), Some(7), "\"a.b\"")]
        {
            assert_eq!(Stamp::of(&stamp.version()), Some(stamp));
        }
    }

    #[test]
    fn what_no_store_gave_is_no_version() {
        let ours = stamp(Some("6c1f"), None, "\"7\"").version();
        let near = [format!(" {}", ours.as_str()), ours.as_str().to_uppercase(), ours.as_str().replace("6c1f", "6c1e")];
        for text in ["", ".", "...", "a.b.c.d", "1", "-.-.7", "*"].map(str::to_owned).into_iter().chain(near) {
            assert_eq!(Stamp::of(&Version::new(text.clone())), None, "{text:?}");
        }
    }

    #[test]
    fn one_state_may_have_two_etags_and_two_states_never_one_operation() {
        let ours = stamp(Some("a"), None, "\"1\"");
        assert!(ours.is_of(&stamp(Some("a"), None, "\"2\"")));
        assert!(!ours.is_of(&stamp(Some("b"), None, "\"1\"")) && !ours.is_of(&stamp(None, None, "\"1\"")));
        let theirs = stamp(None, None, "\"1\"");
        assert!(theirs.is_of(&stamp(None, None, "\"1\"")) && !theirs.is_of(&stamp(None, None, "\"2\"")));
    }
}
