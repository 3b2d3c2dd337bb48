//! In which mode events are sent.

use http::HeaderMap;
use http::header::CONTENT_TYPE;

use super::CloudEventError;

/// A mode of the HTTP binding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Attributes in headers, data in the body.
    Binary,
    /// One event in the body.
    Structured,
    /// A list of events in the body.
    Batched,
}

impl Mode {
    /// The mode that headers tell of: by the media type, whatever the case of its letters, and else by the headers that every
    /// event has. A batch is looked for first, since what marks it begins as what marks a single event does.
    ///
    /// # Errors
    ///
    /// `NotAnEvent` if they tell of none, `UnknownFormat` for another format than JSON in UTF-8.
    pub fn of(headers: &HeaderMap) -> Result<Self, CloudEventError> {
        let mut types = headers.get_all(CONTENT_TYPE).iter();
        let media_type = types.next().map(|value| String::from_utf8_lossy(value.as_bytes()).to_ascii_lowercase());
        if types.next().is_some() {
            return Err(CloudEventError::malformed("there are two media types"));
        }
        let media_type = media_type.unwrap_or_default();
        if let Some(format) = media_type.strip_prefix("application/cloudevents-batch") {
            return is_json(format, &media_type).map(|()| Self::Batched);
        }
        if let Some(format) = media_type.strip_prefix("application/cloudevents") {
            return is_json(format, &media_type).map(|()| Self::Structured);
        }
        let all = ["ce-id", "ce-source", "ce-type", "ce-specversion"].iter().all(|name| headers.contains_key(*name));
        if all { Ok(Self::Binary) } else { Err(CloudEventError::NotAnEvent) }
    }
}

/// Whether a suffix and parameters are those of JSON in UTF-8; a format that is not named is JSON.
fn is_json(format: &str, media_type: &str) -> Result<(), CloudEventError> {
    let mut parts = format.split(';').map(str::trim);
    let json = matches!(parts.next(), Some("" | "+json"));
    let charset = parts.filter_map(|part| part.split_once('=')).find(|(name, _)| *name == "charset");
    let utf8 = charset.is_none_or(|(_, charset)| charset.trim_matches('"') == "utf-8");
    if json && utf8 { Ok(()) } else { Err(CloudEventError::UnknownFormat { media_type: media_type.to_owned() }) }
}
