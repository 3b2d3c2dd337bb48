//! How a document is kept: its version, when it expires or `-`, and its body as compact JSON, with a blank between them.

use anyport_ports::documents::{Body, Document, Key, Put, Version};
use anyport_ports::{Result, Timestamp};
use uuid::Uuid;

use crate::error::unexpected;

/// A version that no other write makes, here or elsewhere.
pub(super) fn fresh_version() -> Version {
    Version::new(Uuid::new_v4().simple().to_string())
}

/// When what is put expires, as it is kept.
pub(super) fn expiry(put: &Put) -> String {
    put.expires_at.map_or_else(|| "-".to_owned(), |expires_at| expires_at.as_millis().to_string())
}

/// What is put, as it is kept.
pub(super) fn write(version: &Version, put: &Put) -> String {
    format!("{} {} {}", version.as_str(), expiry(put), put.body.to_json())
}

/// The document that is kept so.
pub(super) fn read(key: Key, record: Vec<u8>) -> Result<Document> {
    let record = String::from_utf8(record).map_err(|_| damaged())?;
    let mut parts = record.splitn(3, ' ');
    let (Some(version), Some(expires_at), Some(body)) = (parts.next(), parts.next(), parts.next()) else {
        return Err(damaged());
    };
    let expires_at = match expires_at {
        "-" => None,
        millis => Some(Timestamp::from_millis(millis.parse().map_err(|_| damaged())?)),
    };
    Ok(Document { key, body: Body::from_json(body)?, version: Version::new(version), expires_at })
}

fn damaged() -> anyport_ports::Error {
    unexpected("a stored document is damaged")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_document_is_read_as_it_was_written() {
        let key = Key::new("p", "s").unwrap();
        let body = Body::of(&json!({ "text": "a b  c", "n": u64::MAX, "x": -0.0 })).unwrap();
        for expires_at in [None, Some(Timestamp::from_millis(-1)), Some(Timestamp::from_millis(i64::MAX))] {
            let (version, put) = (fresh_version(), Put::new(body.clone()).expires_at(expires_at));
            let record = write(&version, &put).into_bytes();
            let found = read(key.clone(), record).unwrap();
            assert_eq!(found, Document { key: key.clone(), body: body.clone(), version, expires_at });
        }
        for bad in ["", "v", "v -", "v soon {}", "v - []"] {
            assert!(read(key.clone(), bad.into()).is_err(), "{bad}");
        }
    }
}
