//! CloudEvents 1.0 over HTTP: binary, structured and batched mode, in the JSON format.
//!
//! | mode | told by | attributes | data |
//! |---|---|---|---|
//! | batched | `Content-Type` begins with `application/cloudevents-batch` | in the body, a list | in the body |
//! | structured | else it begins with `application/cloudevents` | in the body | in the body |
//! | binary | else the headers `ce-id`, `ce-source`, `ce-type` and `ce-specversion` are there | in headers `ce-...` | the body |
//!
//! The crate `cloudevents-sdk` encodes no header values, tells modes by letter case, and reads no batches of a request: this
//! codec stands alone.
//!
//! ```
//! use anyport_runtimes::cloud_events::{CloudEvent, Received, read};
//! use bytes::Bytes;
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let event = CloudEvent::new("1", "/orders", "order.placed")?.with("subject", "Euro € 😀")?;
//! let event = event.with_data("application/json", Bytes::from_static(b"{\"total\":3}"))?;
//! let (headers, body) = event.to_binary();
//! assert_eq!(headers["ce-subject"], "Euro%20%E2%82%AC%20%F0%9F%98%80");
//! assert_eq!(read(&headers, &body)?, Received::One(event));
//! # Ok(()) }
//! ```

mod batch;
mod binary;
mod error;
mod event;
mod header_value;
mod message;
mod mode;
mod structured;
#[cfg(test)]
mod tests;
mod webhook;

use bytes::Bytes;
use http::HeaderMap;

pub use batch::{BATCH, to_batch};
pub use error::CloudEventError;
pub use event::CloudEvent;
pub use mode::Mode;
pub use structured::STRUCTURED;
pub use webhook::Handshake;

/// What a request brought.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Received {
    /// One event, in binary or structured mode.
    One(CloudEvent),
    /// A batch, which may be empty.
    Batch(Vec<CloudEvent>),
}

/// Reads the events of a request, or of an answer, in whatever mode they are.
///
/// # Errors
///
/// `NotAnEvent` if the headers tell of no mode; `UnknownFormat` for another format than JSON; otherwise what is wrong with
/// the event.
pub fn read(headers: &HeaderMap, body: &Bytes) -> Result<Received, CloudEventError> {
    match Mode::of(headers)? {
        Mode::Binary => CloudEvent::from_binary(headers, body).map(Received::One),
        Mode::Structured => CloudEvent::from_structured(body).map(Received::One),
        Mode::Batched => batch::from_batch(body).map(Received::Batch),
    }
}
