//! Changes as Eventarc tells of them: `google.events.cloud.firestore.v1.DocumentEventData`
//! (<https://cloud.google.com/firestore/docs/extend-with-functions-2nd-gen>).

use anyport_ports::documents::DocumentChange;
use anyport_ports::{Error, Result};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use firestore::gcloud_sdk::google::firestore::v1::Document as Stored;
use prost::Message;
use serde::Deserialize;

use super::record;

/// A CloudEvent, in its structured form.
#[derive(Deserialize)]
struct Event {
    /// Bytes, as those of protobuf are.
    data_base64: Option<String>,
}

/// The event's data. Its documents have the fields of `google.firestore.v1.Document`, number by number.
#[derive(Clone, PartialEq, Message)]
struct DocumentEventData {
    /// The document after the change; none if it was deleted.
    #[prost(message, optional, tag = "1")]
    value: Option<Stored>,
    /// The document before the change; none if it was created.
    #[prost(message, optional, tag = "2")]
    old_value: Option<Stored>,
}

/// The change that an event tells of.
pub(super) fn change_of(event: &str) -> Result<DocumentChange> {
    let none = |why: &str| Error::invalid(format!("it is no event of a document of Firestore: {why}"));
    let event: Event = serde_json::from_str(event).map_err(|error| none("it is no CloudEvent").caused_by(error))?;
    let Some(data) = event.data_base64 else {
        return Err(none("its data are not protobuf: leave the trigger's content type at application/protobuf"));
    };
    let data = BASE64.decode(data).map_err(|error| none("its data are not base64").caused_by(error))?;
    let data = DocumentEventData::decode(&*data).map_err(|error| none("its data are no protobuf").caused_by(error))?;
    let told = data.value.as_ref().or(data.old_value.as_ref());
    let key = told.and_then(record::key).ok_or_else(|| none("it tells no key of a document"))?;
    let after = data.value.as_ref().map(|stored| record::read(key.clone(), stored)).transpose()?;
    Ok(DocumentChange { document: after.map(|standing| standing.document), key })
}

#[cfg(test)]
mod tests {
    use super::*;
    use anyport_ports::documents::{Body, Key, Put, Version};
    use anyport_ports::{ErrorKind, Timestamp};
    use firestore::gcloud_sdk::prost_types;
    use serde_json::json;

    fn stored(key: &Key, put: &Put) -> Stored {
        let update_time = Some(prost_types::Timestamp { seconds: 7, nanos: 0 });
        let fields = record::fields(key, put, &Version::new("v"), &[]);
        Stored {
            name: "projects/p/databases/(default)/documents/users/u1".to_owned(),
            fields,
            create_time: None,
            update_time,
        }
    }

    fn event(data: &DocumentEventData) -> String {
        json!({ "specversion": "1.0", "type": "google.cloud.firestore.document.v1.written",
                "data_base64": BASE64.encode(data.encode_to_vec()) })
        .to_string()
    }

    #[test]
    fn a_document_is_told_of_as_it_stands_after_the_change() {
        let key = Key::new("u1", "profile").unwrap();
        let put = Put::new(Body::of(&json!({ "name": "Ada", "list": [[1]] })).unwrap())
            .expires_at(Timestamp::from_millis(1_800_000_000_000));
        let change =
            change_of(&event(&DocumentEventData { value: Some(stored(&key, &put)), old_value: None })).unwrap();
        let document = change.document.unwrap();
        assert_eq!((change.key, document.body, document.expires_at), (key, put.body, put.expires_at));
    }

    #[test]
    fn a_deletion_is_told_of_by_what_was_there() {
        let key = Key::new("u1", "profile").unwrap();
        let put = Put::new(Body::of(&json!({})).unwrap());
        let change =
            change_of(&event(&DocumentEventData { value: None, old_value: Some(stored(&key, &put)) })).unwrap();
        assert_eq!((change.key, change.document), (key, None));
    }

    #[test]
    fn what_is_no_event_is_told() {
        let nothing = event(&DocumentEventData { value: None, old_value: None });
        for bad in
            ["", "{}", r#"{"data": {"value": {}}}"#, r#"{"data_base64": "!"}"#, r#"{"data_base64": "AAAA"}"#, &nothing]
        {
            assert_eq!(change_of(bad).unwrap_err().kind(), ErrorKind::InvalidInput, "{bad}");
        }
    }
}
