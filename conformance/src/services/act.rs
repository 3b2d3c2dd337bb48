//! What a service does with a request.

use std::time::Duration;

use bytes::Bytes;
use serde::Serialize;

/// What a service does with a request.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Act {
    /// It answers.
    Answer(Answer),
    /// It reads the request, waits, and then does something.
    After(Duration, Box<Act>),
    /// It resets the connection before it reads the request.
    ResetUnread,
    /// It reads the request and resets the connection.
    Reset,
    /// It reads the request and closes the connection.
    Close,
    /// It sends the head and the first half of the body of an answer, and closes the connection.
    HalfBody(Answer),
    /// It sends the head and the first half of the body of an answer, and nothing more.
    Stall(Answer),
    /// It reads the request and never answers.
    Hang,
    /// It answers 200 with a body of so many bytes, whose length it does not announce.
    Flood(usize),
    /// It sends these bytes, which need not be HTTP, and closes the connection.
    Raw(Bytes),
}

impl Act {
    /// To do this so much later.
    #[must_use]
    pub fn after(self, delay: Duration) -> Self {
        Self::After(delay, Box::new(self))
    }
}

/// An answer of a service.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// Header names and values.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Bytes,
}

impl Answer {
    /// Of this status, without a body.
    pub fn status(status: u16) -> Self {
        Self { status, headers: Vec::new(), body: Bytes::new() }
    }

    /// Of this status, with this body as JSON.
    pub fn json(status: u16, body: &impl Serialize) -> Self {
        // What a test hands over can be written, or its test shows that the body is empty.
        let body = serde_json::to_vec(body).unwrap_or_default().into();
        Self { body, ..Self::status(status).header("content-type", "application/json") }
    }

    /// With this header.
    #[must_use]
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// With this body.
    #[must_use]
    pub fn body(mut self, body: impl Into<Bytes>) -> Self {
        self.body = body.into();
        self
    }
}

impl From<Answer> for Act {
    fn from(answer: Answer) -> Self {
        Self::Answer(answer)
    }
}
