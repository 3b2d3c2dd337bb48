//! Messages: CloudEvents 1.0.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use crate::{Error, ErrorKind, Result};
use bytes::Bytes;

/// Largest message, in bytes: data, and names and values of all attributes. Azure Storage Queue's 64 KiB, after base64
/// and an envelope, is the narrowest.
pub const MAX_MESSAGE_BYTES: usize = 32 * 1024;

/// Most extension attributes of a message.
pub const MAX_EXTENSIONS: usize = 16;

/// Longest attribute value, in bytes: Pub/Sub's limit.
pub const MAX_ATTRIBUTE_BYTES: usize = 1024;

/// Longest delay of a message: SQS's limit.
pub const MAX_DELAY: Duration = Duration::from_mins(15);

/// A CloudEvent: attributes, and data of any bytes.
#[derive(Clone, PartialEq, Eq)]
pub struct Message {
    id: String,
    source: String,
    kind: String,
    subject: Option<String>,
    content_type: Option<String>,
    extensions: BTreeMap<String, String>,
    data: Bytes,
}

impl Message {
    /// A message of the type `kind` (CloudEvents `type`) from `source`, without data yet. `id` and `source` together
    /// name the event: who publishes it again after an unknown outcome gives it the same ones.
    ///
    /// [`InvalidInput`](ErrorKind::InvalidInput) for an attribute that is empty or holds a control character,
    /// [`TooLarge`](ErrorKind::TooLarge) for one over 1 KiB.
    pub fn new(id: impl Into<String>, source: impl Into<String>, kind: impl Into<String>) -> Result<Self> {
        Ok(Self {
            id: attribute("id", id.into())?,
            source: attribute("source", source.into())?,
            kind: attribute("type", kind.into())?,
            subject: None,
            content_type: None,
            extensions: BTreeMap::new(),
            data: Bytes::new(),
        })
    }

    /// With this subject.
    pub fn with_subject(mut self, subject: impl Into<String>) -> Result<Self> {
        self.subject = Some(attribute("subject", subject.into())?);
        self.fits()
    }

    /// With this extension attribute. Its name is 1 to 20 of `a-z` and `0-9`, and none of CloudEvents' own.
    pub fn with_extension(mut self, name: impl Into<String>, value: impl Into<String>) -> Result<Self> {
        let name = name.into();
        let own = matches!(
            name.as_str(),
            "id" | "source" | "type" | "specversion" | "subject" | "time" | "datacontenttype" | "dataschema" | "data"
        );
        let plain = name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
        if own || !plain || !(1..=20).contains(&name.len()) {
            return Err(Error::invalid(format!(
                "{name:?} is not the name of an extension attribute: 1 to 20 of a-z and 0-9, none of CloudEvents' own"
            )));
        }
        let value = attribute(&name, value.into())?;
        self.extensions.insert(name, value);
        if self.extensions.len() > MAX_EXTENSIONS {
            return Err(Error::invalid(format!("a message has at most {MAX_EXTENSIONS} extension attributes")));
        }
        self.fits()
    }

    /// With this data, of this media type (CloudEvents `datacontenttype`).
    pub fn with_data(mut self, content_type: impl Into<String>, data: impl Into<Bytes>) -> Result<Self> {
        self.content_type = Some(attribute("datacontenttype", content_type.into())?);
        self.data = data.into();
        self.fits()
    }

    fn fits(self) -> Result<Self> {
        let size = self.size();
        if size <= MAX_MESSAGE_BYTES {
            return Ok(self);
        }
        let message =
            format!("the message is {size} bytes: at most {MAX_MESSAGE_BYTES}; send a large content as a blob");
        Err(Error::new(ErrorKind::TooLarge, message))
    }

    /// Bytes that count against the limit.
    pub fn size(&self) -> usize {
        let own =
            [Some(&self.id), Some(&self.source), Some(&self.kind), self.subject.as_ref(), self.content_type.as_ref()];
        own.into_iter().flatten().map(String::len).sum::<usize>()
            + self.extensions.iter().map(|(name, value)| name.len() + value.len()).sum::<usize>()
            + self.data.len()
    }

    /// CloudEvents `id`.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// CloudEvents `source`.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// CloudEvents `type`.
    pub fn kind(&self) -> &str {
        &self.kind
    }

    /// CloudEvents `subject`.
    pub fn subject(&self) -> Option<&str> {
        self.subject.as_deref()
    }

    /// CloudEvents `datacontenttype`.
    pub fn content_type(&self) -> Option<&str> {
        self.content_type.as_deref()
    }

    /// Extension attributes.
    pub fn extensions(&self) -> &BTreeMap<String, String> {
        &self.extensions
    }

    /// The data.
    pub fn data(&self) -> &Bytes {
        &self.data
    }
}

impl fmt::Debug for Message {
    /// Data and extensions may hold personal data: they are not shown.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Message({} {:?} of {}, {} bytes)", self.kind, self.id, self.source, self.data.len())
    }
}

/// A message to publish, and how much later it may be delivered.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Outgoing {
    /// The message.
    pub message: Message,
    /// It is not delivered before this long after the publish; at most 15 minutes.
    pub delay: Duration,
}

impl Outgoing {
    /// To be delivered not before `delay`: [`InvalidInput`](ErrorKind::InvalidInput) if over 15 minutes.
    pub fn delayed(message: Message, delay: Duration) -> Result<Self> {
        Ok(Self { message, delay: delay_within_limit(delay)? })
    }
}

impl From<Message> for Outgoing {
    fn from(message: Message) -> Self {
        Self { message, delay: Duration::ZERO }
    }
}

/// The delay, if it is within the contract's 15 minutes.
pub(super) fn delay_within_limit(delay: Duration) -> Result<Duration> {
    if delay <= MAX_DELAY {
        return Ok(delay);
    }
    Err(Error::invalid(format!("a delay of {delay:?}: at most {MAX_DELAY:?}")))
}

fn attribute(name: &str, value: String) -> Result<String> {
    if value.is_empty() || value.chars().any(char::is_control) {
        return Err(Error::invalid(format!("the attribute {name} is empty or holds a control character")));
    }
    if value.len() > MAX_ATTRIBUTE_BYTES {
        let message = format!("the attribute {name} is {} bytes: at most {MAX_ATTRIBUTE_BYTES}", value.len());
        return Err(Error::new(ErrorKind::TooLarge, message));
    }
    Ok(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message() -> Message {
        Message::new("1", "test", "t").unwrap()
    }

    #[test]
    fn the_limit_counts_data_and_attributes() {
        let room = MAX_MESSAGE_BYTES - message().size() - "text/plain".len();
        assert!(message().with_data("text/plain", vec![0; room]).is_ok());
        let error = message().with_data("text/plain", vec![0; room + 1]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::TooLarge);
    }

    #[test]
    fn attributes_are_bounded() {
        assert!(message().with_extension("tenant", "Grüße 😀").is_ok());
        for bad in ["", "Tenant", "data", "a-b", "a23456789012345678901"] {
            assert_eq!(message().with_extension(bad, "x").unwrap_err().kind(), ErrorKind::InvalidInput);
        }
        assert_eq!(message().with_extension("a", "b\n").unwrap_err().kind(), ErrorKind::InvalidInput);
        assert_eq!(message().with_extension("a", "b".repeat(1025)).unwrap_err().kind(), ErrorKind::TooLarge);
        let full = (0..16).try_fold(message(), |message, n| message.with_extension(format!("a{n}"), "x")).unwrap();
        assert!(full.with_extension("b", "x").is_err());
    }

    #[test]
    fn delays_are_bounded() {
        assert!(Outgoing::delayed(message(), MAX_DELAY).is_ok());
        assert!(Outgoing::delayed(message(), MAX_DELAY + Duration::from_millis(1)).is_err());
    }
}
