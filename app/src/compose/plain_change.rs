//! Changes of stores that a host knows nothing of: whoever reads such a store's feed can hand them over in the place of what
//! the host knows, as `"change": {...}` in a record of a stream of DynamoDB (`{"eventSourceARN": "...:table/<collection>/stream/...",
//! "dynamodb": {...}, "change": {...}}`), in the place of a document of Cosmos DB, or in the data of an event of Firestore.

use anyport_ports::documents::{Body, Document, DocumentChange, Key, Version};
use anyport_ports::{Error, Result, Timestamp};
use serde::Deserialize;
use serde_json::{Map, Value};

/// Reads the form that a store's own service has for a change.
pub(crate) type OwnForm = fn(&str) -> Result<DocumentChange>;

#[derive(Deserialize)]
struct Record {
    change: Option<Change>,
    /// Of an event.
    data: Option<Data>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Data {
    Plain { change: Change },
    Other(serde::de::IgnoredAny),
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

/// The change that a record tells: in the plain form, or else in that of the store's own service, if it has one.
pub(crate) fn decode(record: &str, own: Option<OwnForm>) -> Result<DocumentChange> {
    let Record { change, data } = serde_json::from_str(record).map_err(|error| {
        // What serde quotes may be personal data: where it failed is enough.
        Error::invalid(format!("the record holds no change, at line {} column {}", error.line(), error.column()))
    })?;
    let change = change.or(match data {
        Some(Data::Plain { change }) => Some(change),
        _ => None,
    });
    let Some(change) = change else {
        let none = || Error::invalid("the record holds no change: neither `change` nor `data.change` is there");
        return own.map_or_else(|| Err(none()), |own| own(record));
    };
    let key = Key::new(change.partition, change.sort)?;
    let document = change.after.map(|after| {
        let body = Body::new(after.body)?;
        Ok::<_, Error>(Document { key: key.clone(), body, version: after.version, expires_at: after.expires_at })
    });
    Ok(DocumentChange { document: document.transpose()?, key })
}
