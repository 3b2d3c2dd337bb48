//! Buckets, and listing them.

use std::ops::Bound;

use axum::body::Body;
use axum::response::Response;
use chrono::SecondsFormat;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::super::listing::{Wanted, list as listed};
use super::super::refusal::Refusal;
use super::super::store::etag;
use super::super::{Asked, Fake};
use super::{element, xml};

/// What `encoding-type=url` leaves as it is.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~').remove(b'/');

/// The most that is listed in one answer.
const MAX_KEYS: usize = 1000;

/// Makes a bucket. <https://cloud.google.com/storage/docs/xml-api/put-bucket-create>
pub(super) fn create(fake: &Fake, bucket: &str) -> Result<Response, Refusal> {
    let is_plain = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.');
    if !(3..=63).contains(&bucket.len()) || !bucket.bytes().all(is_plain) {
        return Err(Refusal::new(400, "InvalidBucketName", "The specified bucket is not valid."));
    }
    fake.store().create(bucket)?;
    Ok(Response::new(Body::empty()))
}

/// Lists a bucket. <https://cloud.google.com/storage/docs/xml-api/get-bucket-list>
pub(super) fn list(fake: &Fake, asked: &Asked, bucket: &str) -> Result<Response, Refusal> {
    if asked.query("list-type") != Some("2") {
        return Err(Refusal::new(501, "NotImplemented", "This server lists with list-type=2."));
    }
    let is_encoded = asked.query("encoding-type") == Some("url");
    let encode = |text: &str| if is_encoded { utf8_percent_encode(text, ENCODED).to_string() } else { text.to_owned() };
    let limit = match asked.query("max-keys").map(str::parse::<usize>) {
        None => MAX_KEYS,
        Some(Ok(limit)) => limit.min(MAX_KEYS),
        Some(Err(_)) => return Err(Refusal::argument("Invalid argument: max-keys")),
    };
    let wanted = Wanted {
        prefix: asked.query("prefix").unwrap_or_default(),
        delimiter: asked.query("delimiter").unwrap_or_default(),
        from: asked.query("start-after").map(Bound::Excluded),
        token: asked.query("continuation-token"),
        limit,
    };
    let store = fake.store();
    let page = listed(store.bucket(bucket)?, &wanted);
    let mut body = element("Name", bucket) + &element("Prefix", &encode(wanted.prefix));
    if is_encoded {
        body += &element("EncodingType", "url");
    }
    body += &element("IsTruncated", if page.token.is_some() { "true" } else { "false" });
    body += &page.token.map(|token| element("NextContinuationToken", token)).unwrap_or_default();
    for (name, object) in page.objects {
        let modified = object.modified.to_rfc3339_opts(SecondsFormat::Millis, true);
        body += "<Contents>";
        body += &element("Key", &encode(name));
        body += &element("Generation", &object.generation.to_string());
        body += &element("MetaGeneration", "1");
        body += &element("LastModified", &modified);
        body += &element("ETag", &etag(&object.bytes));
        body += &element("Size", &object.bytes.len().to_string());
        body += "</Contents>";
    }
    for prefix in page.prefixes {
        body += "<CommonPrefixes>";
        body += &element("Prefix", &encode(prefix));
        body += "</CommonPrefixes>";
    }
    Ok(xml("ListBucketResult", &body))
}
