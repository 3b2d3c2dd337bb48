//! Events as the messages of the port, and back.

use anyport_ports::Result;
use anyport_ports::messages::Message;
use bytes::Bytes;

use super::CloudEvent;
use super::event::CONTENT_TYPE;

/// The media type of data whose own is not known.
const ANY_BYTES: &str = "application/octet-stream";

impl CloudEvent {
    /// The event that a message is.
    pub fn of_message(message: &Message) -> std::result::Result<Self, super::CloudEventError> {
        let mut event = Self::new(message.id(), message.source(), message.kind())?;
        if let Some(subject) = message.subject() {
            event = event.with("subject", subject)?;
        }
        for (name, value) in message.extensions() {
            event = event.with(name, value)?;
        }
        match message.content_type() {
            Some(content_type) => event.with_data(content_type, message.data().clone()),
            None => Ok(event),
        }
    }

    /// The message that an event is. It has neither `time` nor `dataschema`: what publishes messages sets none.
    ///
    /// # Errors
    ///
    /// Those of [`Message`]: an event may be larger, and its attributes longer and more, than a message's.
    pub fn to_message(&self) -> Result<Message> {
        let mut message = Message::new(self.id(), self.source(), self.kind())?;
        for (name, value) in self.attributes() {
            message = match name {
                "id" | "source" | "type" | "time" | "dataschema" | CONTENT_TYPE => message,
                "subject" => message.with_subject(value)?,
                name => message.with_extension(name, value)?,
            };
        }
        match (self.content_type(), self.data()) {
            (None, None) => Ok(message),
            (content_type, data) => {
                let data = data.cloned().unwrap_or_else(Bytes::new);
                message.with_data(content_type.unwrap_or(ANY_BYTES), data)
            }
        }
    }
}
