//! The HTTP functions of a workload as a `tower::Service`, for any host.

mod body;
mod head;
mod routes;
mod service;

use std::time::Duration;

pub(crate) use body::{discard as discard_body, read as read_body};
#[cfg(any(feature = "server", feature = "aws-lambda", feature = "azure-functions"))]
pub(crate) use head::REQUEST_ID;
#[cfg(feature = "server")]
pub(crate) use head::{check_headers, request_id};
pub(crate) use head::{check_json, is_empty};
pub use service::{HttpService, ResponseBody};

/// Bounds of what clients may take their time with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct HttpOptions {
    /// How long a body may take to arrive. Default 30 s.
    pub body_timeout: Duration,
}

impl HttpOptions {
    /// With this time for a body to arrive.
    #[must_use]
    pub fn body_timeout(mut self, timeout: Duration) -> Self {
        self.body_timeout = timeout;
        self
    }
}

impl Default for HttpOptions {
    fn default() -> Self {
        Self { body_timeout: Duration::from_secs(30) }
    }
}
