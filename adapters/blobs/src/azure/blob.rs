//! Writing blobs, with what describes them.

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use object_store::{Attribute, Attributes, PutMode, PutOptions, PutResult};

use crate::requests::{Endpoint, unusable};

/// The header that holds the type of a blob that is written.
pub(super) const CONTENT_TYPE: HeaderName = HeaderName::from_static("x-ms-blob-content-type");

/// What the names of the headers that hold metadata begin with.
pub(super) const METADATA: &str = "x-ms-meta-";

/// The headers of a request that writes a blob that this describes.
pub(super) fn describing(attributes: &Attributes) -> object_store::Result<HeaderMap> {
    let blob_type = (HeaderName::from_static("x-ms-blob-type"), HeaderValue::from_static("BlockBlob"));
    let mut headers = HeaderMap::from_iter([blob_type]);
    for (attribute, value) in attributes {
        let name = match attribute {
            Attribute::ContentType => CONTENT_TYPE,
            Attribute::Metadata(name) => HeaderName::try_from(format!("{METADATA}{name}")).map_err(unusable)?,
            _ => continue,
        };
        headers.insert(name, HeaderValue::from_str(value).map_err(unusable)?);
    }
    Ok(headers)
}

/// Writes a blob. Not by `object_store`: see how requests are signed.
pub(super) async fn put(
    container: &Endpoint,
    name: &str,
    bytes: Bytes,
    options: &PutOptions,
) -> object_store::Result<PutResult> {
    let mut headers = describing(&options.attributes)?;
    match &options.mode {
        PutMode::Overwrite => {}
        PutMode::Create => {
            headers.insert(header::IF_NONE_MATCH, HeaderValue::from_static("*"));
        }
        PutMode::Update(version) => {
            let etag = version.e_tag.as_deref().unwrap_or_default();
            headers.insert(header::IF_MATCH, HeaderValue::from_str(etag).map_err(unusable)?);
        }
    }
    let answer = container.send(Method::PUT, name, &[], headers, bytes).await?;
    let e_tag = answer.header("etag").map(str::to_owned);
    Ok(PutResult { e_tag, version: None, extensions: http::Extensions::default() })
}
