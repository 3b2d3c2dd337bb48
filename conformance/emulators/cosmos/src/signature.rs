//! The signatures of requests, which the emulator itself does not check: those of the emulators' well-known key pass, by
//! the rules of "Access control on Azure Cosmos DB resources" in Microsoft's reference of the REST API.

use azure_core::credentials::Secret;
use azure_core::hmac::hmac_sha256;
use bytes::Bytes;
use http::request::Parts;
use http::{HeaderValue, Response, StatusCode, header};
use http_body_util::Full;
use percent_encoding::percent_decode_str;

/// Public: every emulator of Microsoft's has it.
const KEY: &str = "C2y6yDjf5/R+ob0N8A7Cgv30VRDJIWEHLM+4QDU5DE2nQ9nDuVTqobD4b8mGGyPMbIZnqyMsEcaGQy67XIw/Jw==";

/// Whether the request is signed with the key. A probe of the account without any signature passes too: it tells whether
/// the emulator is up.
pub(crate) fn is_valid(head: &Parts) -> bool {
    let text = |name: &str| head.headers.get(name).and_then(|value| value.to_str().ok());
    let Some(authorization) = text("authorization") else { return head.uri.path() == "/" };
    let date = text("x-ms-date").unwrap_or_default().to_lowercase();
    let authorization = percent_decode_str(authorization).decode_utf8_lossy();
    let Some(given) = authorization.strip_prefix("type=master&ver=1.0&sig=") else { return false };
    let path = percent_decode_str(head.uri.path()).decode_utf8_lossy();
    let signed = |link: &str| {
        let (kind, link) = resource(link);
        let method = head.method.as_str().to_lowercase();
        hmac_sha256(&format!("{method}\n{kind}\n{link}\n{date}\n\n"), &Secret::new(KEY)).is_ok_and(|own| own == given)
    };
    // The path is signed as the client wrote it, or as it decodes.
    signed(&path) || signed(head.uri.path())
}

/// The kind of the resources, and the resource that they are in or that is meant itself.
fn resource(path: &str) -> (&str, &str) {
    let link = path.trim_matches('/');
    let segments: Vec<&str> = link.split('/').collect();
    let last = segments[segments.len() - 1];
    match segments.len() {
        1 if link.is_empty() => ("", ""),
        1 => (last, ""),
        count if count % 2 == 1 => (last, &link[..link.len() - last.len() - 1]),
        count => (segments[count - 2], link),
    }
}

/// The answer to a request whose signature is not valid, as the service words it.
pub(crate) fn refusal() -> Response<Full<Bytes>> {
    let body = r#"{"code":"Unauthorized","message":"The input authorization token can't serve the request. The wrong key is being used or the expected payload is not built as per the protocol."}"#;
    let mut response = Response::new(Full::new(Bytes::from_static(body.as_bytes())));
    *response.status_mut() = StatusCode::UNAUTHORIZED;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_signed_is_the_kind_and_the_resource() {
        for (path, kind, link) in [
            ("/", "", ""),
            ("/dbs", "dbs", ""),
            ("/dbs/d", "dbs", "dbs/d"),
            ("/dbs/d/colls", "colls", "dbs/d"),
            ("/dbs/d/colls/c/docs", "docs", "dbs/d/colls/c"),
            ("/dbs/d/colls/c/docs/i", "docs", "dbs/d/colls/c/docs/i"),
        ] {
            assert_eq!(resource(path), (kind, link), "{path}");
        }
    }
}
