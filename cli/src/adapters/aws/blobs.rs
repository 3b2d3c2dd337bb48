//! Blobs on S3 as a subject.

use std::net::SocketAddr;
use std::sync::Arc;

use anyport_blobs::ObjectBlobs;
use anyport_blobs::s3::S3Settings;
use anyport_conformance::wire::Dialect;
use anyport_ports::Result;
use bytes::Bytes;
use http::{HeaderValue, Method, Response, StatusCode, header, request};

use super::namespace::emulator_of;
use crate::adapters::blob_namespace::{Cloud, has};
use crate::adapters::browser::Manners;

/// Blobs in an account of AWS or in an emulator.
#[derive(Clone)]
pub(super) struct S3;

impl Cloud for S3 {
    fn connect(&self, prefix: &str, through: Option<SocketAddr>) -> Result<ObjectBlobs> {
        let settings = S3Settings::new().with_prefix(prefix);
        ObjectBlobs::s3(&match through {
            Some(address) => settings.with_endpoint_url(format!("http://{address}")),
            None => settings,
        })
    }

    fn server(&self) -> Result<Option<SocketAddr>> {
        emulator_of("S3")
    }

    fn dialect(&self) -> Arc<dyn Dialect> {
        Arc::new(S3Dialect)
    }

    fn manners(&self) -> Manners {
        Manners::PLAIN
    }
}

/// REST with XML.
struct S3Dialect;

impl Dialect for S3Dialect {
    fn is_call(&self, request: &request::Parts, _: &[u8]) -> bool {
        // Before an upload is completed its parts are looked up.
        !(request.method == Method::GET && has(request, "uploadId"))
    }

    fn is_harmless_twice(&self, request: &request::Parts, _: &[u8]) -> bool {
        // Not a write under an etag, which comes again with the same bytes.
        request.method.is_safe() || has(request, "partNumber")
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
