//! Requests that `object_store` does not make, signed as it signs its own.

use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use http::{HeaderMap, Method, Request};
use object_store::client::{HttpClient, HttpRequest, HttpRequestBody};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// What is encoded in a signed query: all but RFC 3986's unreserved characters.
const QUERY: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// What is encoded in a key.
const KEY: &AsciiSet = &QUERY.remove(b'/');

/// Signs requests.
#[async_trait]
pub(crate) trait Authorize: Send + Sync {
    /// Adds to a request, which is whole but for this, what says who asks.
    async fn authorize(&self, request: &mut HttpRequest) -> object_store::Result<()>;
}

/// Where a bucket is, and what it takes to ask it. Clones share connections and credentials.
#[derive(Clone)]
pub(crate) struct Endpoint {
    /// The URL of the bucket, without a slash at its end.
    pub(crate) url: String,
    pub(crate) client: HttpClient,
    pub(crate) authority: Arc<dyn Authorize>,
}

/// An answer of success.
#[cfg_attr(not(any(feature = "azure", feature = "gcs")), allow(dead_code, reason = "S3 says all in the body"))]
pub(crate) struct Answer {
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

#[cfg(any(feature = "azure", feature = "gcs"))]
impl Answer {
    /// The text of a header.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}

/// A key as it stands in a path.
pub(crate) fn encoded(key: &str) -> String {
    utf8_percent_encode(key, KEY).to_string()
}

/// A value as it stands in a query.
pub(crate) fn encoded_in_query(value: &str) -> String {
    utf8_percent_encode(value, QUERY).to_string()
}

/// What could not be made into a request or read of an answer, as an error of a request.
pub(crate) fn unusable(error: impl std::error::Error + Send + Sync + 'static) -> object_store::Error {
    object_store::Error::Generic { store: "object store", source: Box::new(error) }
}

/// Whether a URL has more than scheme and host.
fn has_path(url: &str) -> bool {
    url.split_once("://").is_some_and(|(_, rest)| rest.contains('/'))
}

impl Endpoint {
    /// Asks the bucket.
    pub(crate) async fn send(
        &self,
        method: Method,
        key: &str,
        query: &[(&str, &str)],
        headers: HeaderMap,
        body: Bytes,
    ) -> object_store::Result<Answer> {
        let query: Vec<String> =
            query.iter().map(|(name, value)| format!("{name}={}", encoded_in_query(value))).collect();
        let slash = if key.is_empty() && has_path(&self.url) { "" } else { "/" };
        let separator = if query.is_empty() { "" } else { "?" };
        let url = format!("{}{slash}{}{separator}{}", self.url, encoded(key), query.join("&"));
        let length = body.len();
        let mut request =
            Request::builder().method(method).uri(url).body(HttpRequestBody::from(body)).map_err(unusable)?;
        *request.headers_mut() = headers;
        request.headers_mut().insert(http::header::CONTENT_LENGTH, length.into());
        self.authority.authorize(&mut request).await?;
        let (parts, body) = self.client.execute(request).await.map_err(unusable)?.into_parts();
        Ok(Answer { headers: parts.headers, body: body.bytes().await.map_err(unusable)? })
    }
}
