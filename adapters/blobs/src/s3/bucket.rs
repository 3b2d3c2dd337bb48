//! A bucket of S3.

use anyport_ports::blobs::{BlobInfo, BlobName, ListBlobs, Listed};
use async_trait::async_trait;
use bytes::Bytes;
use chrono::DateTime;
use http::{HeaderMap, HeaderValue, Method};
use object_store::aws::AmazonS3;
use percent_encoding::percent_decode_str;

use super::requests::{Endpoint, encoded};
use super::xml::{Contents, CopyObjectResult, ListBucketResult, ListPartsResult, read};
use crate::fault::refusal;
use crate::metadata::{etag, to_the_second};
use crate::provider::{Bucket, Objects, SentPart};

/// The most that S3 lists in one answer.
const MAX_KEYS: usize = 1000;

/// Where buckets are made without being told so.
const DEFAULT_REGION: &str = "us-east-1";

pub(super) struct S3Bucket {
    pub(super) objects: AmazonS3,
    /// Its name at S3.
    pub(super) name: String,
    pub(super) endpoint: Endpoint,
}

#[async_trait]
impl Bucket for S3Bucket {
    fn objects(&self) -> &dyn Objects {
        &self.objects
    }

    /// Not by `object_store`, which fails on keys and common prefixes that are no paths to it (`folder/`, `a/.`).
    async fn list(&self, list: &ListBlobs, after: Option<&str>) -> object_store::Result<(Vec<Listed>, Option<String>)> {
        let max_keys = (list.page_limit() + 1).min(MAX_KEYS).to_string();
        let delimiter = list.delimiting().map(String::from);
        let mut query = Vec::new();
        query.extend(delimiter.as_deref().map(|delimiter| ("delimiter", delimiter)));
        // What XML cannot hold may be in the keys of others.
        query.extend([("encoding-type", "url"), ("list-type", "2"), ("max-keys", &max_keys)]);
        query.push(("prefix", list.prefix_text()));
        query.extend(after.map(|after| ("start-after", after)));
        let answer = self.endpoint.send(Method::GET, "", &query, HeaderMap::new(), Bytes::new()).await?;
        let page: ListBucketResult = read(&answer)?;
        let decode = |text: &str| decode(text, page.encoding_type.is_some());
        let mut found: Vec<(String, Option<&Contents>)> =
            page.contents.iter().map(|object| (decode(&object.key), Some(object))).collect();
        found.extend(page.common_prefixes.iter().map(|folded| (decode(&folded.prefix), None)));
        found.sort_by(|(one, _), (other, _)| one.cmp(other));
        let looked_at = found.last().map(|(position, _)| position.clone()).filter(|_| page.is_truncated);
        let listed = found.into_iter().filter_map(|(position, object)| match object {
            None => Some(Listed::Prefix(position)),
            Some(object) => Some(Listed::Blob(info(position, object)?)),
        });
        Ok((listed.collect(), looked_at))
    }

    /// Not by `object_store`, which does not tell the etag.
    async fn copy(&self, from: &BlobName, to: &BlobName) -> object_store::Result<String> {
        let source = format!("/{}/{}", self.name, encoded(from.as_str()));
        let source = HeaderValue::from_str(&source)
            .map_err(|error| object_store::Error::Generic { store: "S3", source: Box::new(error) })?;
        let headers = HeaderMap::from_iter([(http::HeaderName::from_static("x-amz-copy-source"), source)]);
        let answer = self.endpoint.send(Method::PUT, to.as_str(), &[], headers, Bytes::new()).await?;
        Ok(read::<CopyObjectResult>(&answer)?.etag)
    }

    async fn parts(&self, name: &BlobName, upload: &str) -> object_store::Result<Vec<SentPart>> {
        let mut parts: Vec<SentPart> = Vec::new();
        loop {
            let marker = parts.last().map_or(0, |last| last.number).to_string();
            let query = [("part-number-marker", marker.as_str()), ("uploadId", upload)];
            let answer = self.endpoint.send(Method::GET, name.as_str(), &query, HeaderMap::new(), Bytes::new()).await?;
            let page: ListPartsResult = read(&answer)?;
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

    async fn create(&self) -> object_store::Result<()> {
        let region = &self.endpoint.region;
        let body = if region == DEFAULT_REGION {
            String::new()
        } else {
            format!(
                "<CreateBucketConfiguration xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">\
                 <LocationConstraint>{region}</LocationConstraint></CreateBucketConfiguration>"
            )
        };
        let made = self.endpoint.send(Method::PUT, "", &[], HeaderMap::new(), body.into()).await;
        let owned = |error| refusal(error).is_some_and(|refusal| refusal.code == "BucketAlreadyOwnedByYou");
        match made {
            Err(error) if !owned(&error) => Err(error),
            _ => Ok(()),
        }
    }
}

/// What a listing tells of an object, if its key is the name of a blob.
fn info(key: String, object: &Contents) -> Option<BlobInfo> {
    let modified = DateTime::parse_from_rfc3339(&object.last_modified).ok()?;
    Some(BlobInfo {
        name: BlobName::new(key).ok()?,
        length: object.size,
        etag: etag(&object.etag),
        content_type: String::new(),
        metadata: std::collections::BTreeMap::new(),
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
