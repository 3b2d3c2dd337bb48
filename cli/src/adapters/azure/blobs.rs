//! Blobs on Azure Blob Storage as a subject.

use std::net::SocketAddr;
use std::sync::Arc;

use anyport_blobs::ObjectBlobs;
use anyport_blobs::azure::AzureBlobSettings;
use anyport_conformance::wire::Dialect;
use anyport_ports::Result;
use bytes::Bytes;
use http::{HeaderValue, Method, Response, StatusCode, header, request};

use crate::adapters::blob_namespace::{Cloud, address};
use crate::adapters::browser::Manners;
use crate::adapters::variable;

/// The variable that leads to an emulator: the URL of the account's blobs.
const ENDPOINT: &str = "AZURE_STORAGE_BLOB_ENDPOINT";

/// Blobs in a storage account or in an emulator.
#[derive(Clone)]
pub(super) struct AzureBlobs;

impl Cloud for AzureBlobs {
    fn connect(&self, prefix: &str, through: Option<SocketAddr>) -> Result<ObjectBlobs> {
        let settings = AzureBlobSettings::new().with_prefix(prefix);
        ObjectBlobs::azure(&match through {
            Some(address) => settings.with_endpoint_url(format!("http://{address}{}", account_path())),
            None => settings,
        })
    }

    fn server(&self) -> Result<Option<SocketAddr>> {
        variable(ENDPOINT).map(|url| address(ENDPOINT, &url)).transpose()
    }

    fn dialect(&self) -> Arc<dyn Dialect> {
        Arc::new(AzureDialect)
    }

    fn manners(&self) -> Manners {
        // Azure makes no blob of what is sent without it.
        Manners { put: &[("x-ms-blob-type", "BlockBlob")], ..Manners::PLAIN }
    }
}

/// What stands in the emulator's URL after its address: `/devstoreaccount1`.
fn account_path() -> String {
    let url = variable(ENDPOINT).unwrap_or_default();
    url.splitn(4, '/').nth(3).map_or_else(String::new, |path| format!("/{path}"))
}

/// REST with XML.
struct AzureDialect;

impl AzureDialect {
    /// Whether it is about an upload that is not completed, which is a blob of its own.
    fn is_of_upload(request: &request::Parts) -> bool {
        request.uri.path().contains("/.anyport//")
    }

    fn has(request: &request::Parts, pair: &str) -> bool {
        request.uri.query().unwrap_or_default().split('&').any(|found| found == pair)
    }
}

impl Dialect for AzureDialect {
    fn is_call(&self, request: &request::Parts, _: &[u8]) -> bool {
        // Before a part is sent and before an upload is completed it is looked up.
        !(request.method.is_safe() && Self::is_of_upload(request))
    }

    fn is_harmless_twice(&self, request: &request::Parts, _: &[u8]) -> bool {
        // Not a write under an etag: it is refused the second time, and the first answer may be the one that is lost.
        request.method.is_safe() || Self::has(request, "comp=block")
    }

    fn throttled(&self, request: &request::Parts) -> Response<Bytes> {
        let body = "\u{feff}<?xml version=\"1.0\" encoding=\"utf-8\"?><Error><Code>ServerBusy</Code><Message>The server is \
                    busy.\nRequestId:0\nTime:2026-01-01T00:00:00.0000000Z</Message></Error>";
        let body = if request.method == Method::HEAD { "" } else { body };
        let mut response = Response::new(Bytes::from_static(body.as_bytes()));
        *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/xml"));
        response.headers_mut().insert("x-ms-error-code", HeaderValue::from_static("ServerBusy"));
        response
    }
}

#[cfg(test)]
mod tests {
    use http::Request;

    use super::*;

    #[test]
    fn looking_an_upload_up_meets_no_faults() {
        for (method, uri, call, twice) in [
            (Method::GET, "/a/c/name", true, true),
            (Method::PUT, "/a/c/name", true, false),
            (Method::HEAD, "/a/c/.anyport//0", false, true),
            (Method::GET, "/a/c/.anyport//0?comp=blocklist&blocklisttype=all", false, true),
            (Method::PUT, "/a/c/.anyport//0?comp=block&blockid=0", true, true),
            (Method::PUT, "/a/c/.anyport//0?comp=blocklist", true, false),
            (Method::DELETE, "/a/c/.anyport//0", true, false),
        ] {
            let (parts, ()) = Request::builder().method(method.clone()).uri(uri).body(()).unwrap().into_parts();
            assert_eq!(AzureDialect.is_call(&parts, &[]), call, "{method} {uri}");
            assert_eq!(AzureDialect.is_harmless_twice(&parts, &[]), twice, "{method} {uri}");
        }
    }
}
