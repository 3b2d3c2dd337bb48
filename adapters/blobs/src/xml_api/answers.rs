//! The answers that `object_store` has no reader for.

use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::fault::Refusal;
use crate::requests::unusable;

/// A page of `ListObjectsV2`, with what is a key in it percent-encoded.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ListBucketResult {
    #[serde(default)]
    pub(super) contents: Vec<Contents>,
    #[serde(default)]
    pub(super) common_prefixes: Vec<CommonPrefix>,
    #[serde(default)]
    pub(super) is_truncated: bool,
    #[serde(default)]
    pub(super) encoding_type: Option<String>,
}

/// An object in a listing.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Contents {
    pub(super) key: String,
    pub(super) size: u64,
    pub(super) last_modified: String,
    #[serde(rename = "ETag")]
    pub(super) etag: String,
    /// Google's alone.
    #[serde(default)]
    pub(super) generation: Option<String>,
}

/// Names folded into one.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct CommonPrefix {
    pub(super) prefix: String,
}

/// A page of `ListParts`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ListPartsResult {
    #[serde(default, rename = "Part")]
    pub(super) parts: Vec<PartOfUpload>,
    #[serde(default)]
    pub(super) is_truncated: bool,
}

/// A part of an upload.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct PartOfUpload {
    pub(super) part_number: u32,
    pub(super) size: u64,
    #[serde(rename = "ETag")]
    pub(super) etag: String,
}

/// The answer of `CopyObject`.
#[derive(Debug, Deserialize)]
pub(crate) struct CopyObjectResult {
    #[serde(rename = "ETag")]
    #[cfg_attr(not(feature = "s3"), allow(dead_code, reason = "Cloud Storage knows blobs by their generations"))]
    pub(crate) etag: String,
}

/// Reads an answer. Copies may be refused in one that began as a success.
pub(crate) fn read<T: DeserializeOwned>(body: &[u8]) -> object_store::Result<T> {
    let text = String::from_utf8_lossy(body);
    quick_xml::de::from_str(&text).map_err(|error| {
        let refusal = Refusal::parse(200, false, body);
        if refusal.code.is_empty() { unusable(error) } else { refusal.into_error() }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_listing_may_have_its_elements_in_any_order_and_others_among_them() {
        let page: ListBucketResult = read(
            br#"<?xml version="1.0"?><ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>b</Name>
            <Contents><Key>a+b%2Fc</Key><LastModified>2026-11-22T18:00:00.000Z</LastModified><ETag>&quot;e&quot;</ETag>
            <Size>3</Size><StorageClass>STANDARD</StorageClass></Contents><CommonPrefixes><Prefix>d%2F</Prefix>
            </CommonPrefixes><IsTruncated>true</IsTruncated><Contents><Key>e</Key><Size>0</Size>
            <LastModified>2026-11-22T18:00:00Z</LastModified><ETag>"f"</ETag></Contents></ListBucketResult>"#,
        )
        .unwrap();
        let keys: Vec<&str> = page.contents.iter().map(|object| object.key.as_str()).collect();
        assert_eq!((keys, page.contents[0].etag.as_str(), page.is_truncated), (vec!["a+b%2Fc", "e"], "\"e\"", true));
        assert_eq!(page.common_prefixes[0].prefix, "d%2F");
    }

    #[test]
    fn a_refusal_in_an_answer_of_success_is_one() {
        let error = read::<CopyObjectResult>(b"<Error><Code>InternalError</Code><Message>again</Message></Error>");
        assert!(format!("{:?}", error.unwrap_err()).contains("InternalError"));
    }
}
