//! A bucket of Cloud Storage.

use std::time::Duration;

use anyport_ports::ErrorKind;
use anyport_ports::blobs::{BlobName, Etag, ListBlobs, Listed};
use async_trait::async_trait;
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use object_store::gcp::GoogleCloudStorage;
use object_store::path::Path;
use object_store::signer::Signer as _;

use super::table;
use crate::fault::{Fault, Meaning, meaning, refusal};
use crate::metadata::Tags;
use crate::provider::{Bucket, Objects, SentPart};
use crate::requests::{Endpoint, encoded, unusable};
use crate::xml_api;

/// The header that tells an object's generation.
const GENERATION: &str = "x-goog-generation";

pub(super) struct GcsBucket {
    pub(super) objects: GoogleCloudStorage,
    /// Its name at Google.
    pub(super) name: String,
    pub(super) project: Option<String>,
    pub(super) location: Option<String>,
    /// Whether nobody in particular asks, who cannot sign.
    pub(super) is_anonymous: bool,
    pub(super) endpoint: Endpoint,
}

#[async_trait]
impl Bucket for GcsBucket {
    fn objects(&self) -> &dyn Objects {
        &self.objects
    }

    fn tags(&self) -> Tags {
        Tags::Generation
    }

    /// Of what is absent Google says so.
    async fn delete(&self, name: &BlobName) -> object_store::Result<()> {
        match self.endpoint.send(Method::DELETE, name.as_str(), &[], HeaderMap::new(), Bytes::new()).await {
            Err(error) if meaning(&error, table::meaning) != Meaning::Refused(ErrorKind::NotFound) => Err(error),
            _ => Ok(()),
        }
    }

    async fn list(&self, list: &ListBlobs, after: Option<&str>) -> object_store::Result<(Vec<Listed>, Option<String>)> {
        xml_api::list(&self.endpoint, self.tags(), list, after).await
    }

    /// Not by `object_store`, which does not tell the generation.
    async fn copy(&self, from: &BlobName, to: &BlobName) -> object_store::Result<Etag> {
        let source = HeaderValue::from_str(&format!("{}/{}", self.name, encoded(from.as_str()))).map_err(unusable)?;
        let headers = HeaderMap::from_iter([(HeaderName::from_static("x-goog-copy-source"), source)]);
        let answer = self.endpoint.send(Method::PUT, to.as_str(), &[], headers, Bytes::new()).await?;
        // One that began as a success may say otherwise.
        let _: xml_api::CopyObjectResult = xml_api::read(&answer.body)?;
        match self.tags().etag(None, answer.header(GENERATION)) {
            Some(etag) => Ok(etag),
            None => self.generation_of(to).await,
        }
    }

    async fn parts(&self, name: &BlobName, upload: &str) -> object_store::Result<Vec<SentPart>> {
        xml_api::parts(&self.endpoint, name, upload).await
    }

    async fn sign(&self, method: Method, name: &BlobName, ttl: Duration) -> object_store::Result<String> {
        if self.is_anonymous {
            let error = object_store::Error::Generic { store: "GCS", source: "nobody's URLs can be signed".into() };
            return Err(Fault::Credentials(ErrorKind::Unauthenticated, error).into_error());
        }
        // `object_store` puts a path into the URL as it is.
        let path = Path::parse(encoded(name.as_str()))?;
        Ok(self.objects.signed_url(method, &path, ttl).await?.into())
    }

    async fn create(&self) -> object_store::Result<()> {
        let mut headers = HeaderMap::new();
        if let Some(project) = &self.project {
            let project = HeaderValue::from_str(project).map_err(unusable)?;
            headers.insert(HeaderName::from_static("x-goog-project-id"), project);
        }
        let body = self.location.as_ref().map_or_else(String::new, |location| {
            format!(
                "<CreateBucketConfiguration><LocationConstraint>{location}</LocationConstraint>\
                 </CreateBucketConfiguration>"
            )
        });
        let made = self.endpoint.send(Method::PUT, "", &[], headers, body.into()).await;
        let owned = |error| refusal(error).is_some_and(|refusal| refusal.code == "BucketAlreadyOwnedByYou");
        match made {
            Err(error) if !owned(&error) => Err(error),
            _ => Ok(()),
        }
    }
}

impl GcsBucket {
    /// What stands under a name, of which a copy did not say so.
    async fn generation_of(&self, name: &BlobName) -> object_store::Result<Etag> {
        let answer = self.endpoint.send(Method::HEAD, name.as_str(), &[], HeaderMap::new(), Bytes::new()).await?;
        let error = || object_store::Error::Generic { store: "GCS", source: "no generation is told".into() };
        self.tags().etag(None, answer.header(GENERATION)).ok_or_else(error)
    }
}
