//! Writing, reading, copying and deleting objects.

use std::ops::Range;

use axum::body::Body;
use axum::response::Response;
use chrono::SecondsFormat;
use http::{HeaderName, HeaderValue, Method, StatusCode, header};

use super::super::refusal::Refusal;
use super::super::store::{Object, etag};
use super::super::{Asked, Fake, decoded};
use super::{METADATA, condition, described, element, telling, xml};

/// Writes an object. <https://cloud.google.com/storage/docs/xml-api/put-object-upload>
pub(super) fn put(fake: &Fake, asked: &Asked, bucket: &str, name: &str) -> Result<Response, Refusal> {
    let object = fake.store().put(bucket, name, asked.body.clone(), described(asked), condition(asked)?)?;
    Ok(telling(&object, Body::empty()))
}

/// Copies an object. <https://cloud.google.com/storage/docs/xml-api/put-object-copy>
pub(super) fn copy(fake: &Fake, asked: &Asked, source: &str, bucket: &str, name: &str) -> Result<Response, Refusal> {
    let source = decoded(source.trim_start_matches('/'));
    let (from, key) =
        source.split_once('/').ok_or_else(|| Refusal::argument("Invalid argument: x-goog-copy-source"))?;
    let mut store = fake.store();
    let Object { bytes, described, .. } = store.object(from, key)?.clone();
    let object = store.put(bucket, name, bytes, described, condition(asked)?)?;
    let modified = object.modified.to_rfc3339_opts(SecondsFormat::Millis, true);
    let body = element("LastModified", &modified) + &element("ETag", &etag(&object.bytes));
    let mut response = telling(&object, Body::empty());
    let (head, body) = xml("CopyObjectResult", &body).into_parts();
    response.headers_mut().extend(head.headers);
    *response.body_mut() = body;
    Ok(response)
}

/// Reads an object, or what is told of it. <https://cloud.google.com/storage/docs/xml-api/get-object-download>
pub(super) fn get(fake: &Fake, asked: &Asked, bucket: &str, name: &str) -> Result<Response, Refusal> {
    let object = fake.store().object(bucket, name)?.clone();
    let length = object.bytes.len();
    let range = match asked.header("range") {
        Some(text) => parse(text, length)?,
        None => None,
    };
    let part = range.clone().unwrap_or(0..length);
    let body = if asked.head.method == Method::HEAD { Body::empty() } else { object.bytes.slice(part.clone()).into() };
    let mut response = telling(&object, body);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_LENGTH, part.len().into());
    headers.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    if let Ok(kind) = HeaderValue::from_str(&object.described.content_type) {
        headers.insert(header::CONTENT_TYPE, kind);
    }
    for (name, value) in &object.described.metadata {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(format!("{METADATA}{name}")), HeaderValue::from_str(value))
        {
            headers.insert(name, value);
        }
    }
    if range.is_some() {
        let told = format!("bytes {}-{}/{length}", part.start, part.end - 1);
        headers.extend(HeaderValue::from_str(&told).map(|told| (header::CONTENT_RANGE, told)));
        *response.status_mut() = StatusCode::PARTIAL_CONTENT;
    }
    Ok(response)
}

/// The bytes that a range means; `None` for what is no range of bytes, which HTTP has servers ignore.
fn parse(text: &str, length: usize) -> Result<Option<Range<usize>>, Refusal> {
    let Some((first, last)) = text.strip_prefix("bytes=").and_then(|range| range.split_once('-')) else {
        return Ok(None);
    };
    let number = |text: &str| text.parse::<usize>().ok();
    let range = match (number(first), number(last)) {
        (Some(first), Some(last)) if last >= first => first..last.saturating_add(1).min(length),
        (Some(first), None) if last.is_empty() => first..length,
        (None, Some(count)) if first.is_empty() => length.saturating_sub(count)..length,
        _ => return Ok(None),
    };
    if range.start < range.end {
        return Ok(Some(range));
    }
    Err(Refusal::new(416, "InvalidRange", "The requested range cannot be satisfied."))
}

/// Deletes an object. <https://cloud.google.com/storage/docs/xml-api/delete-object>
pub(super) fn delete(fake: &Fake, asked: &Asked, bucket: &str, name: &str) -> Result<Response, Refusal> {
    fake.store().delete(bucket, name, condition(asked)?)?;
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::NO_CONTENT;
    Ok(response)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_those_of_http() {
        for (text, expected) in [
            ("bytes=0-0", Some(0..1)),
            ("bytes=2-99", Some(2..10)),
            ("bytes=9-", Some(9..10)),
            ("bytes=-4", Some(6..10)),
            ("bytes=-99", Some(0..10)),
            ("bytes=5-2", None),
            ("lines=1-2", None),
        ] {
            assert_eq!(parse(text, 10).unwrap(), expected, "{text}");
        }
        for text in ["bytes=10-", "bytes=10-11", "bytes=-0"] {
            assert_eq!(parse(text, 10).unwrap_err().status, 416, "{text}");
        }
        assert_eq!(parse("bytes=0-", 0).unwrap_err().status, 416);
    }
}
