//! Uploads in parts. <https://cloud.google.com/storage/docs/multipart-uploads>

use axum::body::Body;
use axum::response::Response;
use chrono::{SecondsFormat, Utc};
use http::{HeaderValue, StatusCode, header};
use serde::Deserialize;

use super::super::refusal::Refusal;
use super::super::store::etag;
use super::super::{Asked, Fake};
use super::{described, element, xml};

/// The most parts that are listed in one answer.
const MAX_PARTS: usize = 1000;

/// What a completion asks for.
#[derive(Deserialize)]
struct CompleteMultipartUpload {
    #[serde(default, rename = "Part")]
    parts: Vec<Part>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Part {
    part_number: u32,
    #[serde(rename = "ETag")]
    etag: String,
}

/// Begins an upload. <https://cloud.google.com/storage/docs/xml-api/post-object-multipart>
pub(super) fn begin(fake: &Fake, asked: &Asked, bucket: &str, name: &str) -> Result<Response, Refusal> {
    let id = fake.store().begin(bucket, name, described(asked))?;
    let body = element("Bucket", bucket) + &element("Key", name) + &element("UploadId", &id);
    Ok(xml("InitiateMultipartUploadResult", &body))
}

/// Takes a part. <https://cloud.google.com/storage/docs/xml-api/put-object-multipart>
pub(super) fn put_part(fake: &Fake, asked: &Asked, bucket: &str, name: &str, id: &str) -> Result<Response, Refusal> {
    let number = asked.query("partNumber").and_then(|number| number.parse().ok());
    let number = number.ok_or_else(|| Refusal::argument("Invalid argument: partNumber"))?;
    fake.store().put_part(bucket, name, id, number, asked.body.clone())?;
    let mut response = Response::new(Body::empty());
    response.headers_mut().extend(HeaderValue::from_str(&etag(&asked.body)).map(|etag| (header::ETAG, etag)));
    Ok(response)
}

/// Lists the parts. <https://cloud.google.com/storage/docs/xml-api/get-object-multipart>
pub(super) fn parts(fake: &Fake, asked: &Asked, bucket: &str, name: &str, id: &str) -> Result<Response, Refusal> {
    let after = asked.query("part-number-marker").and_then(|marker| marker.parse().ok()).unwrap_or_default();
    let parts = fake.store().parts(bucket, name, id, after)?;
    let mut body = element("Bucket", bucket) + &element("Key", name) + &element("UploadId", id);
    body += &element("IsTruncated", if parts.len() > MAX_PARTS { "true" } else { "false" });
    for (number, bytes) in parts.iter().take(MAX_PARTS) {
        body += "<Part>";
        body += &element("PartNumber", &number.to_string());
        body += &element("LastModified", &Utc::now().to_rfc3339_opts(SecondsFormat::Millis, true));
        body += &element("ETag", &etag(bytes));
        body += &element("Size", &bytes.len().to_string());
        body += "</Part>";
    }
    Ok(xml("ListPartsResult", &body))
}

/// Makes the object. <https://cloud.google.com/storage/docs/xml-api/post-object-complete>
pub(super) fn complete(fake: &Fake, asked: &Asked, bucket: &str, name: &str, id: &str) -> Result<Response, Refusal> {
    let text = String::from_utf8_lossy(&asked.body);
    let wanted: CompleteMultipartUpload = quick_xml::de::from_str(&text).map_err(|_| {
        Refusal::new(400, "MalformedCompleteMultipartUploadRequest", "The XML you provided was not well-formed.")
    })?;
    let named: Vec<(u32, String)> = wanted.parts.into_iter().map(|part| (part.part_number, part.etag)).collect();
    let object = fake.store().complete(bucket, name, id, &named)?;
    // The documentation tells of no generation here.
    let body = element("Bucket", bucket) + &element("Key", name) + &element("ETag", &etag(&object.bytes));
    Ok(xml("CompleteMultipartUploadResult", &body))
}

/// Gives an upload up. <https://cloud.google.com/storage/docs/xml-api/delete-multipart>
pub(super) fn abort(fake: &Fake, bucket: &str, name: &str, id: &str) -> Result<Response, Refusal> {
    fake.store().abort(bucket, name, id)?;
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::NO_CONTENT;
    Ok(response)
}
