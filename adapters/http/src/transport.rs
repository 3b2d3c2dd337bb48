//! The seam below the policy: one request there, one response back.

use std::error::Error as StdError;
use std::fmt;
use std::time::Duration;

use anyport_ports::outbound::Response;
use async_trait::async_trait;
use bytes::Bytes;
use http::{HeaderMap, Method};
use reqwest::Url;

/// A request as it is sent once.
#[derive(Clone)]
#[non_exhaustive]
pub struct Attempt {
    /// The method.
    pub method: Method,
    /// Where to.
    pub url: Url,
    /// Every header that is not the connection's.
    pub headers: HeaderMap,
    /// The body.
    pub body: Bytes,
    /// The largest response that is read, in bytes.
    pub max_response_bytes: usize,
}

impl fmt::Debug for Attempt {
    /// Headers, bodies and queries may hold secrets: they are not shown.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Attempt({} {}, {} bytes)", self.method, self.url.path(), self.body.len())
    }
}

/// Why an attempt has no response.
#[derive(Debug)]
#[non_exhaustive]
pub enum Failed {
    /// No connection was made: nothing was sent.
    NotSent(Box<dyn StdError + Send + Sync>),
    /// The connection broke, or gave what is no HTTP: the request may have been carried out.
    Lost(Box<dyn StdError + Send + Sync>),
    /// No whole answer came in this time: the request may have been carried out.
    TimedOut(Duration),
    /// The response is larger than what may be read: the request was carried out.
    TooLarge,
}

/// Sends single attempts. [`HttpClient`](crate::HttpClient) brings its own; another one stands in for the network under test.
#[async_trait]
pub trait Transport: Send + Sync + 'static {
    /// Sends an attempt and reads the whole response, up to its bound. It need not watch the time: who waits drops it.
    async fn send(&self, attempt: Attempt) -> Result<Response, Failed>;
}
