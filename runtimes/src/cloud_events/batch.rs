//! Batched mode: a JSON array of events. A batch is for those who have asked for batches.

use super::structured::Members;
use super::{CloudEvent, CloudEventError};

/// The media type.
pub const BATCH: &str = "application/cloudevents-batch+json";

/// The events in batched mode, of the media type [`BATCH`]. It is sent to none but receivers that are known to take it.
pub fn to_batch<'a>(events: impl IntoIterator<Item = &'a CloudEvent>) -> String {
    let events: Vec<String> = events.into_iter().map(CloudEvent::to_structured).collect();
    format!("[{}]", events.join(","))
}

/// Reads a batch: all of it, or what is wrong with the first event that is none.
pub(super) fn from_batch(json: &[u8]) -> Result<Vec<CloudEvent>, CloudEventError> {
    let events: Vec<Members> =
        serde_json::from_slice(json).map_err(|error| CloudEventError::malformed(error.to_string()))?;
    events.into_iter().map(CloudEvent::of_members).collect()
}
