//! Blobs on S3 as a subject.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use anyport_blobs::ObjectBlobs;
use anyport_blobs::s3::S3Settings;
use anyport_conformance::subject::{BlobStore, Namespace, Subject};
use anyport_conformance::wire::{Dial, Dialect, Networked, Protocol, Upstream};
use anyport_ports::blobs::{BlobName, FetchSigned, SignBlobs, SignedAnswer, SignedUrlTtl, Verb};
use anyport_ports::resources::{Provision as _, Resources};
use anyport_ports::{BucketName, Error, ErrorKind, Result};
use async_trait::async_trait;
use bytes::Bytes;
use http::{HeaderValue, Method, Response, StatusCode, header, request};

use super::namespace::{Prefix, emulator_of};

/// Blobs in an account of AWS or in an emulator.
pub(super) struct S3;

#[async_trait]
impl Subject<BlobStore> for S3 {
    async fn fresh(&self, resources: &Resources) -> Result<Arc<dyn Namespace<BlobStore>>> {
        let prefix = Prefix::fresh();
        connect(&prefix, None)?.provision(resources).await?;
        let upstream =
            emulator_of("S3")?.map(|address| Upstream { address, protocol: Protocol::Http(Arc::new(S3Dialect)) });
        Ok(Arc::new(Networked::new(prefix, upstream)))
    }
}

fn connect(prefix: &Prefix, through: Option<SocketAddr>) -> Result<ObjectBlobs> {
    let settings = S3Settings::new().with_prefix(prefix.text());
    ObjectBlobs::s3(&match through {
        Some(address) => settings.with_endpoint_url(format!("http://{address}")),
        None => settings,
    })
}

#[async_trait]
impl Dial<BlobStore> for Prefix {
    async fn dial(&self, through: Option<SocketAddr>) -> Result<BlobStore> {
        let blobs = connect(self, through)?;
        let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build();
        let client = client.map_err(unfetched)?;
        let browser = Arc::new(Browser { signer: blobs.clone(), client, origin: Mutex::default() });
        Ok(BlobStore { blobs: Arc::new(blobs), signer: Arc::clone(&browser) as _, fetch: browser })
    }
}

fn unfetched(error: reqwest::Error) -> Error {
    Error::new(ErrorKind::Unavailable, "a signed URL cannot be followed").caused_by(error)
}

/// Follows signed URLs as a browser does: with nothing but the URL.
struct Browser {
    signer: ObjectBlobs,
    client: reqwest::Client,
    /// Scheme and host of the URL signed last: at S3 itself each bucket has a host of its own.
    origin: Mutex<String>,
}

#[async_trait]
impl SignBlobs for Browser {
    async fn sign(&self, bucket: &BucketName, name: &BlobName, verb: Verb, ttl: SignedUrlTtl) -> Result<String> {
        let url = self.signer.sign(bucket, name, verb, ttl).await?;
        let after_scheme = url.find("://").map_or(0, |at| at + "://".len());
        let end = url[after_scheme..].find('/').map_or(url.len(), |at| after_scheme + at);
        url[..end].clone_into(&mut self.origin.lock().unwrap_or_else(PoisonError::into_inner));
        Ok(url)
    }
}

#[async_trait]
impl FetchSigned for Browser {
    async fn fetch(&self, verb: Verb, path_and_query: &str, body: Bytes) -> Result<SignedAnswer> {
        let url = format!("{}{path_and_query}", self.origin.lock().unwrap_or_else(PoisonError::into_inner));
        let request = match verb {
            Verb::Get => self.client.get(url),
            Verb::Put => self.client.put(url).body(body),
        };
        let answer = request.send().await.map_err(unfetched)?;
        let status = answer.status().as_u16();
        let content_type = answer.headers().get(header::CONTENT_TYPE);
        let content_type = content_type.and_then(|value| value.to_str().ok()).map(str::to_owned);
        Ok(SignedAnswer { status, content_type, body: answer.bytes().await.map_err(unfetched)? })
    }
}

/// REST with XML.
struct S3Dialect;

impl S3Dialect {
    fn has(request: &request::Parts, parameter: &str) -> bool {
        let query = request.uri.query().unwrap_or_default();
        query.split('&').any(|pair| pair.split('=').next() == Some(parameter))
    }
}

impl Dialect for S3Dialect {
    fn is_call(&self, request: &request::Parts, _: &[u8]) -> bool {
        // Before an upload is completed its parts are looked up.
        !(request.method == Method::GET && Self::has(request, "uploadId"))
    }

    fn is_harmless_twice(&self, request: &request::Parts, _: &[u8]) -> bool {
        // Not a write under an etag, which comes again with the same bytes.
        request.method.is_safe() || Self::has(request, "partNumber")
    }

    fn throttled(&self, request: &request::Parts) -> Response<Bytes> {
        let body = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>SlowDown</Code><Message>Please reduce your \
                    request rate.</Message></Error>";
        let body = if request.method == Method::HEAD { "" } else { body };
        let mut response = Response::new(Bytes::from_static(body.as_bytes()));
        *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/xml"));
        response
    }
}
