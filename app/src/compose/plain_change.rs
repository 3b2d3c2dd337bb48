//! Changes of stores that AWS Lambda knows nothing of: whoever reads such a store's feed can hand them over as records of a
//! stream, `{"eventSourceARN": "...:table/<collection>/stream/...", "dynamodb": {...}, "change": {...}}`.

use anyport_ports::documents::{Body, Document, DocumentChange, Key, Version};
use anyport_ports::{Error, Result, Timestamp};
use serde::Deserialize;
use serde_json::{Map, Value};

#[derive(Deserialize)]
struct Record {
    change: Change,
}

#[derive(Deserialize)]
struct Change {
    partition: String,
    sort: String,
    /// None if it was deleted.
    after: Option<After>,
}

#[derive(Deserialize)]
struct After {
    body: Map<String, Value>,
    version: Version,
    expires_at: Option<Timestamp>,
}

/// The change that a record tells.
pub(super) fn decode(record: &str) -> Result<DocumentChange> {
    let Record { change } = serde_json::from_str(record).map_err(|error| {
        // What serde quotes may be personal data: where it failed is enough.
        Error::invalid(format!("the record holds no change, at line {} column {}", error.line(), error.column()))
    })?;
    let key = Key::new(change.partition, change.sort)?;
    let document = change.after.map(|after| {
        let body = Body::new(after.body)?;
        Ok::<_, Error>(Document { key: key.clone(), body, version: after.version, expires_at: after.expires_at })
    });
    Ok(DocumentChange { document: document.transpose()?, key })
}
