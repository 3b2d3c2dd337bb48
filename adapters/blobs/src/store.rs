//! The ports, over the buckets of a provider.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use anyport_ports::blobs::{
    Blob, BlobInfo, BlobName, BlobPage, BlobRange, Blobs, Etag, ListBlobs, NewUpload, PartNumber, PutBlob, SignBlobs,
    SignedUrlTtl, UploadId, Verb,
};
use anyport_ports::resources::{Provision, Resources};
use anyport_ports::{BucketName, Error, Result};
use async_trait::async_trait;
use bytes::Bytes;

use crate::attempt::{Effect, attempt};
use crate::provider::{Bucket, Provider};
use crate::uploads::{self, Upload};
use crate::{listing, objects};

/// Blobs in a cloud. Clones share connections and credentials.
#[derive(Clone)]
pub struct ObjectBlobs {
    provider: Arc<dyn Provider>,
    /// Those used so far: a workload has few.
    buckets: Arc<Mutex<HashMap<BucketName, Arc<dyn Bucket>>>>,
}

impl ObjectBlobs {
    /// The buckets of this provider.
    pub(crate) fn of(provider: impl Provider) -> Self {
        Self { provider: Arc::new(provider), buckets: Arc::default() }
    }

    fn bucket(&self, name: &BucketName) -> Result<Arc<dyn Bucket>> {
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(bucket) = buckets.get(name) {
            return Ok(Arc::clone(bucket));
        }
        let bucket = self.provider.open(name.as_str())?;
        buckets.insert(name.clone(), Arc::clone(&bucket));
        Ok(bucket)
    }
}

impl fmt::Debug for ObjectBlobs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ObjectBlobs({:?})", self.provider)
    }
}

#[async_trait]
impl Blobs for ObjectBlobs {
    async fn put(&self, owner: &BucketName, name: &BlobName, put: &PutBlob) -> Result<Etag> {
        let work = async { objects::put(&*self.bucket(owner)?, self.provider.table(), name, put).await };
        work.await.map_err(|error| error.during("blobs.put", format_args!("{owner}/{name}")))
    }

    async fn get(&self, owner: &BucketName, name: &BlobName, range: BlobRange) -> Result<Blob> {
        let work = async { objects::get(&*self.bucket(owner)?, self.provider.table(), owner, name, range).await };
        work.await.map_err(|error| error.during("blobs.get", format_args!("{owner}/{name}")))
    }

    async fn head(&self, owner: &BucketName, name: &BlobName) -> Result<BlobInfo> {
        let work = async { objects::head(&*self.bucket(owner)?, self.provider.table(), name).await };
        work.await.map_err(|error| error.during("blobs.head", format_args!("{owner}/{name}")))
    }

    async fn delete(&self, owner: &BucketName, name: &BlobName) -> Result<()> {
        let work = async { objects::delete(&*self.bucket(owner)?, self.provider.table(), name).await };
        work.await.map_err(|error| error.during("blobs.delete", format_args!("{owner}/{name}")))
    }

    async fn list(&self, owner: &BucketName, list: &ListBlobs) -> Result<BlobPage> {
        let work = async { listing::list(&*self.bucket(owner)?, self.provider.table(), list).await };
        work.await.map_err(|error| error.during("blobs.list", owner))
    }

    async fn copy(&self, owner: &BucketName, from: &BlobName, to: &BlobName) -> Result<Etag> {
        let work = async { objects::copy(&*self.bucket(owner)?, self.provider.table(), from, to).await };
        work.await.map_err(|error| error.during("blobs.copy", format_args!("{owner}/{from}")))
    }

    async fn begin_upload(&self, owner: &BucketName, name: &BlobName, new: &NewUpload) -> Result<UploadId> {
        let work = async { uploads::begin(&*self.bucket(owner)?, self.provider.table(), owner, name, new).await };
        work.await.map_err(|error| error.during("blobs.begin_upload", format_args!("{owner}/{name}")))
    }

    async fn put_part(&self, upload: &UploadId, number: PartNumber, bytes: Bytes) -> Result<()> {
        let work = async {
            let upload = Upload::parse(upload)?;
            uploads::put_part(&*self.bucket(&upload.bucket)?, self.provider.table(), &upload, number, bytes).await
        };
        work.await.map_err(|error| error.during("blobs.put_part", upload.as_str().escape_debug()))
    }

    async fn complete_upload(&self, upload: &UploadId, parts: u32) -> Result<Etag> {
        let work = async {
            let upload = Upload::parse(upload)?;
            uploads::complete(&*self.bucket(&upload.bucket)?, self.provider.table(), &upload, parts).await
        };
        work.await.map_err(|error| error.during("blobs.complete_upload", upload.as_str().escape_debug()))
    }

    async fn abort_upload(&self, upload: &UploadId) -> Result<()> {
        // Text that names no upload names none that could be given up.
        let Ok(known) = Upload::parse(upload) else { return Ok(()) };
        let work = async { uploads::abort(&*self.bucket(&known.bucket)?, self.provider.table(), &known).await };
        work.await.map_err(|error: Error| error.during("blobs.abort_upload", upload.as_str().escape_debug()))
    }
}

#[async_trait]
impl SignBlobs for ObjectBlobs {
    async fn sign(&self, owner: &BucketName, name: &BlobName, verb: Verb, ttl: SignedUrlTtl) -> Result<String> {
        let work = async {
            let bucket = self.bucket(owner)?;
            let method = match verb {
                Verb::Get => http::Method::GET,
                Verb::Put => http::Method::PUT,
            };
            let sign = || bucket.sign(method.clone(), name, ttl.length());
            Ok(attempt(Effect::Read, self.provider.table(), sign).await?)
        };
        work.await.map_err(|error: Error| error.during("blobs.sign", format_args!("{owner}/{name}")))
    }
}

/// Creates buckets; what other ports need is no business of this one.
#[async_trait]
impl Provision for ObjectBlobs {
    async fn provision(&self, resources: &Resources) -> Result<()> {
        for name in &resources.buckets {
            let work = async {
                let bucket = self.bucket(name)?;
                attempt(Effect::Repeatable, self.provider.table(), || bucket.create()).await?;
                Ok(())
            };
            work.await.map_err(|error: Error| error.during("blobs.provision", name))?;
        }
        Ok(())
    }
}
