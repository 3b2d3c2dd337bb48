//! Requests that `object_store` does not make, signed as it signs its own.

use bytes::Bytes;
use http::{HeaderMap, Method, Request};
use object_store::aws::{AwsAuthorizer, AwsCredentialProvider};
use object_store::client::{HttpClient, HttpRequestBody};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// What is encoded in a signed query: all but RFC 3986's unreserved characters.
const QUERY: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// What is encoded in a key.
const KEY: &AsciiSet = &QUERY.remove(b'/');

/// Where a bucket is, and what it takes to ask it.
pub(super) struct Endpoint {
    /// The URL of the bucket, without a slash at its end.
    pub(super) url: String,
    /// The region that requests are signed for.
    pub(super) region: String,
    pub(super) client: HttpClient,
    pub(super) credentials: AwsCredentialProvider,
}

/// A key as it stands in a path.
pub(super) fn encoded(key: &str) -> String {
    utf8_percent_encode(key, KEY).to_string()
}

impl Endpoint {
    /// Asks the bucket; the body of its answer.
    pub(super) async fn send(
        &self,
        method: Method,
        key: &str,
        query: &[(&str, &str)],
        headers: HeaderMap,
        body: Bytes,
    ) -> object_store::Result<Bytes> {
        let query: Vec<String> =
            query.iter().map(|(name, value)| format!("{name}={}", utf8_percent_encode(value, QUERY))).collect();
        let separator = if query.is_empty() { "" } else { "?" };
        let url = format!("{}/{}{separator}{}", self.url, encoded(key), query.join("&"));
        let length = body.len();
        let mut request = Request::builder()
            .method(method)
            .uri(url)
            .body(HttpRequestBody::from(body))
            .map_err(|error| object_store::Error::Generic { store: "S3", source: Box::new(error) })?;
        *request.headers_mut() = headers;
        request.headers_mut().insert(http::header::CONTENT_LENGTH, length.into());
        let credential = self.credentials.get_credential().await?;
        AwsAuthorizer::new(&credential, "s3", &self.region).try_authorize(&mut request, None)?;
        let answer = async { self.client.execute(request).await?.into_body().bytes().await };
        answer.await.map_err(|error| object_store::Error::Generic { store: "S3", source: Box::new(error) })
    }
}
