//! An event: attributes, and data of any bytes.

use std::collections::BTreeMap;
use std::fmt;

use bytes::Bytes;
use chrono::DateTime;

use super::CloudEventError;

/// The one version that is read and written.
pub(super) const SPEC_VERSION: &str = "1.0";

/// The attribute that binary mode has in `Content-Type`.
pub(super) const CONTENT_TYPE: &str = "datacontenttype";

/// What is told otherwise than as an attribute.
const NOT_ATTRIBUTES: [&str; 2] = ["specversion", "data"];

/// A CloudEvent 1.0.
///
/// Attributes are texts, in their canonical form; data are the bytes that binary mode sends as its body. JSON data are kept as
/// the text that came, so that no number loses a digit.
#[derive(Clone, PartialEq, Eq)]
pub struct CloudEvent {
    attributes: BTreeMap<String, String>,
    data: Option<Bytes>,
}

impl CloudEvent {
    /// An event of the type `kind` from `source`, a URI reference, without data yet. `id` and `source` together name it.
    ///
    /// # Errors
    ///
    /// `Attribute` for one that is empty or holds what no text of an event may hold.
    pub fn new(
        id: impl Into<String>,
        source: impl Into<String>,
        kind: impl Into<String>,
    ) -> Result<Self, CloudEventError> {
        let event = Self { attributes: BTreeMap::new(), data: None };
        event.with("id", id)?.with("source", source)?.with("type", kind)
    }

    /// Of these attributes, as they were read.
    pub(super) fn of(attributes: BTreeMap<String, String>, data: Option<Bytes>) -> Result<Self, CloudEventError> {
        let event = Self { attributes: BTreeMap::new(), data };
        let event = attributes.into_iter().try_fold(event, |event, (name, value)| event.with(name, value))?;
        match ["id", "source", "type"].into_iter().find(|name| !event.attributes.contains_key(*name)) {
            Some(missing) => Err(CloudEventError::attribute(missing, "is missing")),
            None => Ok(event),
        }
    }

    /// With this attribute: one of the specification's own, such as `subject`, or an extension's, whose name is of `a-z` and
    /// `0-9`.
    ///
    /// # Errors
    ///
    /// `Attribute` for a name or a value that is none.
    pub fn with(mut self, name: impl Into<String>, value: impl Into<String>) -> Result<Self, CloudEventError> {
        let (name, value) = (name.into(), value.into());
        let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
        if name.is_empty() || !name.bytes().all(plain) || NOT_ATTRIBUTES.contains(&name.as_str()) {
            return Err(CloudEventError::attribute(name, "is not the name of an attribute: a-z and 0-9"));
        }
        let own = ["id", "source", "type", "subject", "time", "dataschema", CONTENT_TYPE].contains(&name.as_str());
        if own && value.is_empty() {
            return Err(CloudEventError::attribute(name, "is empty"));
        }
        if !value.chars().all(is_allowed) {
            return Err(CloudEventError::attribute(name, "holds a control character or a code point that is none"));
        }
        if name == "time" && DateTime::parse_from_rfc3339(&value).is_err() {
            return Err(CloudEventError::attribute(name, "is not an instant of RFC 3339"));
        }
        self.attributes.insert(name, value);
        Ok(self)
    }

    /// With this data, of this media type.
    ///
    /// # Errors
    ///
    /// `Attribute` for a media type that is empty or holds control characters.
    pub fn with_data(mut self, content_type: impl Into<String>, data: Bytes) -> Result<Self, CloudEventError> {
        self.data = Some(data);
        self.with(CONTENT_TYPE, content_type)
    }

    /// What names it, together with its source.
    pub fn id(&self) -> &str {
        self.required("id")
    }

    /// Where it happened: a URI reference.
    pub fn source(&self) -> &str {
        self.required("source")
    }

    /// What kind of event it is: the attribute `type`.
    pub fn kind(&self) -> &str {
        self.required("type")
    }

    /// An attribute by name, if it is set; `specversion` is not among them.
    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.get(name).map(String::as_str)
    }

    /// Every attribute that is set, but for `specversion`.
    pub fn attributes(&self) -> impl Iterator<Item = (&str, &str)> {
        self.attributes.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// The media type of the data.
    pub fn content_type(&self) -> Option<&str> {
        self.attribute(CONTENT_TYPE)
    }

    /// The data; no data is not the same as none of its bytes.
    pub fn data(&self) -> Option<&Bytes> {
        self.data.as_ref()
    }

    /// Whether its data are JSON: by its media type, or because it has none.
    pub fn is_json(&self) -> bool {
        is_json(self.content_type())
    }

    fn required(&self, name: &str) -> &str {
        self.attribute(name).unwrap_or_default()
    }
}

/// Whether data of this media type are JSON; of none they are.
pub(super) fn is_json(content_type: Option<&str>) -> bool {
    let Some(content_type) = content_type else { return true };
    let subtype = essence(content_type).rsplit('/').next().map(str::to_owned).unwrap_or_default();
    subtype == "json" || subtype.ends_with("+json")
}

/// Whether data of this media type are text that may stand in a JSON string.
pub(super) fn is_text(content_type: Option<&str>) -> bool {
    let essence = essence(content_type.unwrap_or_default());
    essence.starts_with("text/") || essence == "application/xml" || essence.ends_with("+xml")
}

/// The media type without its parameters, in lower case.
fn essence(content_type: &str) -> String {
    content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

/// Neither a control character nor a code point that is no character.
fn is_allowed(character: char) -> bool {
    let code = u32::from(character);
    !(character.is_control() || (0xfdd0..=0xfdef).contains(&code) || code & 0xfffe == 0xfffe)
}

impl fmt::Debug for CloudEvent {
    /// Data and what extensions hold may be personal: they are not shown.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes = self.data.as_ref().map(Bytes::len);
        write!(f, "CloudEvent({} {:?} of {}, data of {bytes:?} bytes)", self.kind(), self.id(), self.source())
    }
}
