//! Binary mode: attributes in headers, data in the body.

use std::collections::BTreeMap;

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderName, HeaderValue};

use super::event::{self, SPEC_VERSION};
use super::{CloudEvent, CloudEventError, header_value};

/// What the names of headers of attributes begin with.
const PREFIX: &str = "ce-";

/// The header of the version.
const VERSION: HeaderName = HeaderName::from_static("ce-specversion");

impl CloudEvent {
    /// Reads an event in binary mode.
    ///
    /// # Errors
    ///
    /// `Version` for another one than 1.0, `Attribute` and `Malformed` for what is wrong.
    pub fn from_binary(headers: &HeaderMap, body: &Bytes) -> Result<Self, CloudEventError> {
        let mut attributes = BTreeMap::new();
        for name in headers.keys() {
            let Some(attribute) = name.as_str().strip_prefix(PREFIX) else { continue };
            let value = text(headers, name, attribute)?;
            if attribute == event::CONTENT_TYPE {
                return Err(CloudEventError::attribute(
                    attribute,
                    "stands in Content-Type, and not in a header of its own",
                ));
            }
            attributes.insert(attribute.to_owned(), value);
        }
        match attributes.remove("specversion") {
            Some(version) if version == SPEC_VERSION => {}
            found => return Err(CloudEventError::Version { found: found.unwrap_or_default() }),
        }
        if let Some(media_type) = headers.get(CONTENT_TYPE) {
            let media_type =
                media_type.to_str().map_err(|_| CloudEventError::malformed("the media type is not ASCII"))?;
            attributes.insert(event::CONTENT_TYPE.to_owned(), media_type.to_owned());
        }
        let data = (!body.is_empty() || attributes.contains_key(event::CONTENT_TYPE)).then(|| body.clone());
        Self::of(attributes, data)
    }

    /// The event in binary mode: headers and body.
    pub fn to_binary(&self) -> (HeaderMap, Bytes) {
        let mut headers = HeaderMap::from_iter([(VERSION, HeaderValue::from_static(SPEC_VERSION))]);
        for (name, value) in self.attributes() {
            let (name, value) = match name {
                event::CONTENT_TYPE => (Ok(CONTENT_TYPE), value.to_owned()),
                name => (HeaderName::try_from(format!("{PREFIX}{name}")), header_value::encode(value)),
            };
            // Names are plain, and encoded values are visible ASCII; a media type that is not is left out.
            if let (Ok(name), Ok(value)) = (name, HeaderValue::try_from(value)) {
                headers.insert(name, value);
            }
        }
        (headers, self.data().cloned().unwrap_or_default())
    }
}

/// The text of a header, which must be there once.
fn text(headers: &HeaderMap, name: &HeaderName, attribute: &str) -> Result<String, CloudEventError> {
    let mut values = headers.get_all(name).iter();
    let value = values.next().and_then(|value| value.to_str().ok());
    let value = value.ok_or_else(|| CloudEventError::attribute(attribute, "is not ASCII"))?;
    if values.next().is_some() {
        return Err(CloudEventError::attribute(attribute, "is there twice"));
    }
    header_value::decode(value)
        .ok_or_else(|| CloudEventError::attribute(attribute, "is not UTF-8, or quoted without an end"))
}
