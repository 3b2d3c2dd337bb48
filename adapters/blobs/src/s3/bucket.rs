//! A bucket of S3.

use anyport_ports::blobs::{BlobName, Etag, ListBlobs, Listed};
use async_trait::async_trait;
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method};
use object_store::aws::AmazonS3;

use crate::fault::refusal;
use crate::metadata::Tags;
use crate::provider::{Bucket, Objects, SentPart};
use crate::requests::{Endpoint, encoded, unusable};
use crate::xml_api::{self, CopyObjectResult};

/// Where buckets are made without being told so.
const DEFAULT_REGION: &str = "us-east-1";

pub(super) struct S3Bucket {
    pub(super) objects: AmazonS3,
    /// Its name at S3.
    pub(super) name: String,
    pub(super) region: String,
    pub(super) endpoint: Endpoint,
}

#[async_trait]
impl Bucket for S3Bucket {
    fn objects(&self) -> &dyn Objects {
        &self.objects
    }

    fn tags(&self) -> Tags {
        Tags::Entity
    }

    async fn list(&self, list: &ListBlobs, after: Option<&str>) -> object_store::Result<(Vec<Listed>, Option<String>)> {
        xml_api::list(&self.endpoint, self.tags(), list, after).await
    }

    /// Not by `object_store`, which does not tell the etag.
    async fn copy(&self, from: &BlobName, to: &BlobName) -> object_store::Result<Etag> {
        let source = format!("/{}/{}", self.name, encoded(from.as_str()));
        let source = HeaderValue::from_str(&source).map_err(unusable)?;
        let headers = HeaderMap::from_iter([(http::HeaderName::from_static("x-amz-copy-source"), source)]);
        let answer = self.endpoint.send(Method::PUT, to.as_str(), &[], headers, Bytes::new()).await?;
        let copied: CopyObjectResult = xml_api::read(&answer.body)?;
        Ok(Etag::new(copied.etag.trim_matches('"')))
    }

    async fn parts(&self, name: &BlobName, upload: &str) -> object_store::Result<Vec<SentPart>> {
        xml_api::parts(&self.endpoint, name, upload).await
    }

    async fn create(&self) -> object_store::Result<()> {
        let region = &self.region;
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
