//! Blobs on Google Cloud Storage as a subject.

use std::net::SocketAddr;
use std::sync::Arc;

use anyport_blobs::ObjectBlobs;
use anyport_blobs::gcs::GcsSettings;
use anyport_conformance::wire::Dialect;
use anyport_ports::Result;
use bytes::Bytes;
use http::{HeaderValue, Method, Response, StatusCode, header, request};

use crate::adapters::blob_namespace::{Cloud, address, has};
use crate::adapters::browser::Manners;
use crate::adapters::variable;

/// The variable that leads to an emulator.
const ENDPOINT: &str = "STORAGE_EMULATOR_HOST";

/// Blobs in a project of Google Cloud or in a server that stands for it.
#[derive(Clone)]
pub(super) struct Gcs;

impl Cloud for Gcs {
    fn connect(&self, prefix: &str, through: Option<SocketAddr>) -> Result<ObjectBlobs> {
        let settings = GcsSettings::new().with_prefix(prefix);
        ObjectBlobs::gcs(&match through {
            Some(address) => settings.with_endpoint_url(format!("http://{address}")),
            None => settings,
        })
    }

    fn server(&self) -> Result<Option<SocketAddr>> {
        let url = variable(ENDPOINT).map(|host| if host.contains("://") { host } else { format!("http://{host}") });
        url.map(|url| address(ENDPOINT, &url)).transpose()
    }

    fn dialect(&self) -> Arc<dyn Dialect> {
        Arc::new(GcsDialect)
    }

    fn manners(&self) -> Manners {
        Manners { status, ..Manners::PLAIN }
    }
}

/// Of a signature that has expired Google says that the request is a bad one.
fn status(status: u16, body: &[u8]) -> u16 {
    let is_expired = || String::from_utf8_lossy(body).contains("<Code>ExpiredToken</Code>");
    if status == 400 && is_expired() { 403 } else { status }
}

/// REST with XML, after that of S3.
struct GcsDialect;

impl Dialect for GcsDialect {
    fn is_call(&self, request: &request::Parts, _: &[u8]) -> bool {
        // Before an upload is completed its parts are looked up.
        !(request.method == Method::GET && has(request, "uploadId"))
    }

    fn is_harmless_twice(&self, request: &request::Parts, _: &[u8]) -> bool {
        // A write under a generation, which never comes again, is refused the second time.
        request.method.is_safe() || has(request, "partNumber")
    }

    fn throttled(&self, request: &request::Parts) -> Response<Bytes> {
        let body = "<?xml version='1.0' encoding='UTF-8'?><Error><Code>SlowDown</Code><Message>The object exceeded the \
                    rate limit for object mutation operations.</Message></Error>";
        let body = if request.method == Method::HEAD { "" } else { body };
        let mut response = Response::new(Bytes::from_static(body.as_bytes()));
        *response.status_mut() = StatusCode::TOO_MANY_REQUESTS;
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/xml"));
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_expired_signature_is_forbidden() {
        let expired =
            b"<?xml version='1.0'?><Error><Code>ExpiredToken</Code><Message>Invalid argument.</Message></Error>";
        assert_eq!(status(400, expired), 403);
        assert_eq!(status(400, b"<Error><Code>InvalidArgument</Code></Error>"), 400);
        assert_eq!(status(200, expired), 200);
    }
}
