//! Signing requests by the key of an account.
//!
//! Not by `object_store` where metadata may be sent: it sorts the names of headers by their bytes, and Azure in the order of
//! words, in which an underscore comes before digits.
//! <https://learn.microsoft.com/rest/api/storageservices/authorize-with-shared-key>

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use chrono::{DateTime, Utc};
use http::{HeaderMap, HeaderName, HeaderValue, header};
use object_store::client::HttpRequest;
use percent_encoding::percent_decode_str;
use ring::hmac;

use crate::requests::unusable;

const DATE: HeaderName = HeaderName::from_static("x-ms-date");
const VERSION: HeaderName = HeaderName::from_static("x-ms-version");

/// The version of requests that do not say theirs.
const DEFAULT_VERSION: HeaderValue = HeaderValue::from_static("2023-11-03");

/// The headers that are signed by their place, in this order.
const SIGNED: [HeaderName; 11] = [
    header::CONTENT_ENCODING,
    header::CONTENT_LANGUAGE,
    header::CONTENT_LENGTH,
    HeaderName::from_static("content-md5"),
    header::CONTENT_TYPE,
    header::DATE,
    header::IF_MODIFIED_SINCE,
    header::IF_MATCH,
    header::IF_NONE_MATCH,
    header::IF_UNMODIFIED_SINCE,
    header::RANGE,
];

/// Signs a request as of now.
pub(super) fn sign(
    request: &mut HttpRequest,
    account: &str,
    key: &[u8],
    now: DateTime<Utc>,
) -> object_store::Result<()> {
    let date = HeaderValue::from_str(&now.format("%a, %d %b %Y %H:%M:%S GMT").to_string()).map_err(unusable)?;
    request.headers_mut().insert(DATE, date);
    request.headers_mut().entry(VERSION).or_insert(DEFAULT_VERSION);
    let signature = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), text(request, account).as_bytes());
    let authorization = format!("SharedKey {account}:{}", BASE64.encode(signature));
    let mut authorization = HeaderValue::from_str(&authorization).map_err(unusable)?;
    authorization.set_sensitive(true);
    request.headers_mut().insert(header::AUTHORIZATION, authorization);
    Ok(())
}

/// What is signed.
fn text(request: &HttpRequest, account: &str) -> String {
    let headers = request.headers();
    let mut text = format!("{}\n", request.method());
    for name in SIGNED {
        let value = of(headers, &name);
        // No length is signed as none.
        text += if name == header::CONTENT_LENGTH && value == "0" { "" } else { value };
        text.push('\n');
    }
    let mut named: Vec<&HeaderName> = headers.keys().filter(|name| name.as_str().starts_with("x-ms-")).collect();
    named.sort_by_cached_key(|name| place(name.as_str()));
    for name in named {
        text.extend([name.as_str(), ":", of(headers, name), "\n"]);
    }
    text.extend(["/", account, request.uri().path()]);
    let mut query: BTreeMap<String, String> = BTreeMap::new();
    for pair in request.uri().query().unwrap_or_default().split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        query.insert(name.to_lowercase(), percent_decode_str(value).decode_utf8_lossy().into_owned());
    }
    for (name, value) in query {
        text.extend(["\n", &name, ":", &value]);
    }
    text
}

fn of<'a>(headers: &'a HeaderMap, name: &HeaderName) -> &'a str {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

/// The place of a header among others.
fn place(name: &str) -> Vec<u8> {
    name.bytes().map(|byte| if byte == b'_' { b'.' } else { byte }).collect()
}

#[cfg(test)]
mod tests {
    use chrono::TimeZone as _;
    use http::Request;
    use object_store::client::HttpRequestBody;

    use super::*;

    #[test]
    fn a_request_is_signed_with_its_headers_in_the_order_of_words() {
        let mut request = Request::put("http://127.0.0.1:1/acme/files/a%20b?comp=block&blockid=MA%3D%3D")
            .header("content-length", "0")
            .header("x-ms-meta-a1", "one")
            .header("x-ms-meta-a_1", "two")
            .header("x-ms-meta-a", "three")
            .header("x-ms-meta-_id", "four")
            .header("x-ms-blob-type", "BlockBlob")
            .body(HttpRequestBody::empty())
            .unwrap();
        let noon = Utc.with_ymd_and_hms(2026, 11, 22, 12, 0, 0).unwrap();
        sign(&mut request, "acme", b"key", noon).unwrap();
        let expected = "PUT\n\n\n\n\n\n\n\n\n\n\n\nx-ms-blob-type:BlockBlob\nx-ms-date:Sun, 22 Nov 2026 12:00:00 GMT\n\
                        x-ms-meta-_id:four\nx-ms-meta-a:three\nx-ms-meta-a_1:two\nx-ms-meta-a1:one\n\
                        x-ms-version:2023-11-03\n/acme/acme/files/a%20b\nblockid:MA==\ncomp:block";
        assert_eq!(text(&request, "acme"), expected);
        assert!(format!("{request:?}").contains("Sensitive"));
    }
}
