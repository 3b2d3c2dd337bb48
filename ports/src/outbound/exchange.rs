//! What is sent, and what comes back.

use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::{Error, ErrorKind, Result, ServiceName};

/// Largest response, in bytes.
pub const MAX_RESPONSE_BYTES: usize = 8 * 1024 * 1024;

/// A method of HTTP.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Method {
    /// Reads.
    Get,
    /// Reads the head alone.
    Head,
    /// Acts: repeated only with an idempotency key.
    Post,
    /// Replaces.
    Put,
    /// Changes: repeated only with an idempotency key.
    Patch,
    /// Removes.
    Delete,
}

impl Method {
    /// Its name on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Head => "HEAD",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }

    /// Whether doing it twice is doing it once (RFC 9110, section 9.2.2).
    pub const fn is_idempotent(self) -> bool {
        !matches!(self, Self::Post | Self::Patch)
    }
}

/// Whom a request goes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// A path (with a query, if any) of a service that configuration gives a base URL.
    Service(ServiceName, String),
    /// An absolute URL. Functions cannot ask for one: their handles are of services.
    Url(String),
}

impl fmt::Display for Target {
    /// Without the query, which may hold a secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = |text: &str| text.split(['?', '#']).next().unwrap_or_default().to_owned();
        match self {
            Self::Service(name, target) => write!(f, "{name}{}", path(target)),
            Self::Url(url) => f.write_str(&path(url)),
        }
    }
}

/// A request to a service.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Request {
    /// The method.
    pub method: Method,
    /// Whom it goes to.
    pub target: Target,
    /// Header names, in lower case, and values.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Bytes,
    /// What the service knows a repeated request by: sent as `Idempotency-Key`.
    pub idempotency_key: Option<String>,
    /// How long all attempts together may take, if the call's deadline is not sooner. Default: as the client is set.
    pub timeout: Option<Duration>,
}

impl Request {
    /// A request without body.
    pub fn new(method: Method, target: Target) -> Self {
        let (headers, body) = (Vec::new(), Bytes::new());
        Self { method, target, headers, body, idempotency_key: None, timeout: None }
    }

    /// With this body as JSON.
    pub fn json(mut self, body: &impl Serialize) -> Result<Self> {
        let json = serde_json::to_vec(body)
            .map_err(|error| Error::invalid("the request cannot be written as JSON").caused_by(error))?;
        self.body = json.into();
        Ok(self.header("content-type", "application/json"))
    }

    /// With this header.
    #[must_use]
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// With this idempotency key: it may be repeated, whatever its method.
    #[must_use]
    pub fn idempotency_key(mut self, key: impl Into<String>) -> Self {
        self.idempotency_key = Some(key.into());
        self
    }

    /// To be over after this long.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// Whether it may be sent again though the first may have been carried out.
    pub fn is_repeatable(&self) -> bool {
        self.method.is_idempotent() || self.idempotency_key.is_some()
    }
}

impl fmt::Debug for Request {
    /// Headers and bodies may hold secrets: they are not shown.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Request({} {}, {} bytes)", self.method.as_str(), self.target, self.body.len())
    }
}

/// What a service answered.
#[derive(Clone, PartialEq, Eq)]
pub struct Response {
    /// The status.
    pub status: u16,
    /// Header names, in lower case, and values.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Bytes,
}

impl Response {
    /// The first header of this name, in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(own, _)| own == name).map(|(_, value)| value.as_str())
    }

    /// Whether the status is of the 200s.
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// The body as JSON; `Unavailable` if it is not what was expected, since the service does not keep to its word.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T> {
        serde_json::from_slice(&self.body).map_err(|error| {
            // What serde quotes may be personal data: where it failed is enough.
            let message = format!(
                "the service answered {} with something else than expected, at line {} column {}",
                self.status,
                error.line(),
                error.column()
            );
            Error::new(ErrorKind::Unavailable, message)
        })
    }
}

impl fmt::Debug for Response {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Response({}, {} bytes)", self.status, self.body.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_secret_is_shown() {
        let url = Target::Url("https://idp.example/keys?token=s3cret".to_owned());
        let request = Request::new(Method::Post, url).header("authorization", "Bearer s3cret").json(&"s3cret").unwrap();
        assert!(!format!("{request:?} {}", request.target).contains("s3cret"));
        assert!(!request.is_repeatable() && request.idempotency_key("k").is_repeatable());
        let response = Response { status: 200, headers: Vec::new(), body: "\"s3cret\"".into() };
        let error = response.json::<u8>().unwrap_err();
        assert!(!format!("{response:?} {error:?}").contains("s3cret"));
    }
}
