//! A message as CloudEvents 1.0 JSON: what adapters whose store holds only a text put on the wire.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde::{Deserialize, Serialize};

use super::Message;
use crate::{Error, ErrorKind, Result};

/// The structured mode of CloudEvents' JSON format. Data is always base64, since it may be any bytes and since some
/// queues alter control characters in text.
#[derive(Serialize, Deserialize)]
struct CloudEvent {
    specversion: String,
    id: String,
    source: String,
    #[serde(rename = "type")]
    kind: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    subject: Option<String>,
    #[serde(rename = "datacontenttype", skip_serializing_if = "Option::is_none")]
    content_type: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    data_base64: Option<String>,
    #[serde(flatten)]
    extensions: BTreeMap<String, String>,
}

impl Message {
    /// The message as one JSON text, `application/cloudevents+json`.
    pub fn to_cloud_event(&self) -> String {
        let event = CloudEvent {
            specversion: "1.0".to_owned(),
            id: self.id().to_owned(),
            source: self.source().to_owned(),
            kind: self.kind().to_owned(),
            subject: self.subject().map(str::to_owned),
            content_type: self.content_type().map(str::to_owned),
            data_base64: self.content_type().map(|_| BASE64.encode(self.data())),
            extensions: self.extensions().clone(),
        };
        serde_json::to_string(&event).unwrap_or_default()
    }

    /// The message of such a text; [`Internal`](ErrorKind::Internal) if it is none.
    pub fn from_cloud_event(json: &str) -> Result<Self> {
        let foreign = |what: String| Error::new(ErrorKind::Internal, format!("not a stored CloudEvent: {what}"));
        let event: CloudEvent = serde_json::from_str(json).map_err(|error| foreign(error.to_string()))?;
        let mut message = Self::new(event.id, event.source, event.kind)?;
        if let Some(subject) = event.subject {
            message = message.with_subject(subject)?;
        }
        for (name, value) in event.extensions {
            message = message.with_extension(name, value)?;
        }
        if let Some(content_type) = event.content_type {
            let data = BASE64.decode(event.data_base64.unwrap_or_default());
            message = message.with_data(content_type, data.map_err(|error| foreign(error.to_string()))?)?;
        }
        Ok(message)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_message_survives_the_text() {
        let bare = Message::new("1", "s", "t").unwrap();
        let empty = bare.clone().with_data("application/octet-stream", Vec::new()).unwrap();
        let full = bare.clone().with_subject("Größe 😀").unwrap().with_extension("tenant", "a\"b\\c").unwrap();
        let full = full.with_data("application/octet-stream", vec![0, 0xff, 0xc0, b'"']).unwrap();
        for message in [bare, empty, full] {
            assert_eq!(Message::from_cloud_event(&message.to_cloud_event()).unwrap(), message);
        }
    }

    #[test]
    fn foreign_text_is_refused() {
        for text in ["", "{}", "[]", r#"{"specversion":"1.0","id":"","source":"s","type":"t"}"#] {
            assert!(Message::from_cloud_event(text).is_err(), "{text}");
        }
    }
}
