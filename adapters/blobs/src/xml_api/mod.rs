//! What S3 and the XML interface of Google Cloud Storage, which is made after it, have in common beyond what
//! `object_store` does.

mod answers;

use std::collections::BTreeMap;

use anyport_ports::blobs::{BlobInfo, BlobName, ListBlobs, Listed};
use bytes::Bytes;
use chrono::DateTime;
use http::{HeaderMap, Method};
use percent_encoding::percent_decode_str;

use answers::{Contents, ListBucketResult, ListPartsResult};
pub(crate) use answers::{CopyObjectResult, read};

use crate::metadata::{Tags, to_the_second};
use crate::provider::SentPart;
use crate::requests::Endpoint;

/// The most that is listed in one answer.
const MAX_KEYS: usize = 1000;

/// Lists a bucket. Not by `object_store`, which fails on keys and common prefixes that are no paths to it (`folder/`,
/// `a/.`).
pub(crate) async fn list(
    endpoint: &Endpoint,
    tags: Tags,
    list: &ListBlobs,
    after: Option<&str>,
) -> object_store::Result<(Vec<Listed>, Option<String>)> {
    let max_keys = (list.page_limit() + 1).min(MAX_KEYS).to_string();
    let delimiter = list.delimiting().map(String::from);
    let mut query = Vec::new();
    query.extend(delimiter.as_deref().map(|delimiter| ("delimiter", delimiter)));
    // What XML cannot hold may be in the keys of others.
    query.extend([("encoding-type", "url"), ("list-type", "2"), ("max-keys", &max_keys)]);
    query.push(("prefix", list.prefix_text()));
    query.extend(after.map(|after| ("start-after", after)));
    let answer = endpoint.send(Method::GET, "", &query, HeaderMap::new(), Bytes::new()).await?;
    let page: ListBucketResult = read(&answer.body)?;
    let decode = |text: &str| decode(text, page.encoding_type.is_some());
    let mut found: Vec<(String, Option<&Contents>)> =
        page.contents.iter().map(|object| (decode(&object.key), Some(object))).collect();
    found.extend(page.common_prefixes.iter().map(|folded| (decode(&folded.prefix), None)));
    found.sort_by(|(one, _), (other, _)| one.cmp(other));
    let looked_at = found.last().map(|(position, _)| position.clone()).filter(|_| page.is_truncated);
    let listed = found.into_iter().filter_map(|(position, object)| match object {
        None => Some(Listed::Prefix(position)),
        Some(object) => Some(Listed::Blob(info(tags, position, object)?)),
    });
    Ok((listed.collect(), looked_at))
}

/// What a listing tells of an object, if its key is the name of a blob.
fn info(tags: Tags, key: String, object: &Contents) -> Option<BlobInfo> {
    let modified = DateTime::parse_from_rfc3339(&object.last_modified).ok()?;
    Some(BlobInfo {
        name: BlobName::new(key).ok()?,
        length: object.size,
        etag: tags.etag(Some(&object.etag), object.generation.as_deref())?,
        content_type: String::new(),
        metadata: BTreeMap::new(),
        modified_at: to_the_second(modified.timestamp_millis()),
    })
}

/// A key of a listing that was asked for in the encoding of forms.
fn decode(text: &str, encoded: bool) -> String {
    if !encoded {
        return text.to_owned();
    }
    percent_decode_str(&text.replace('+', " ")).decode_utf8_lossy().into_owned()
}

/// The parts of an upload, in order of number.
pub(crate) async fn parts(endpoint: &Endpoint, name: &BlobName, upload: &str) -> object_store::Result<Vec<SentPart>> {
    let mut parts: Vec<SentPart> = Vec::new();
    loop {
        let marker = parts.last().map_or(0, |last| last.number).to_string();
        let query = [("part-number-marker", marker.as_str()), ("uploadId", upload)];
        let answer = endpoint.send(Method::GET, name.as_str(), &query, HeaderMap::new(), Bytes::new()).await?;
        let page: ListPartsResult = read(&answer.body)?;
        let (more, before) = (page.is_truncated, parts.len());
        parts.extend(page.parts.into_iter().map(|part| SentPart {
            number: part.part_number,
            length: part.size,
            etag: part.etag,
        }));
        if !more || parts.len() == before {
            return Ok(parts);
        }
    }
}
