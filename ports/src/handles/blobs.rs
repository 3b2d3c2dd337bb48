//! Typed buckets, and the handles that read, write and sign for them.

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use bytes::Bytes;

use super::{Access, Handle, Need, Ports};
use crate::blobs::{
    Blob, BlobInfo, BlobName, BlobPage, BlobRange, Blobs, Etag, ListBlobs, NewUpload, PartNumber, PutBlob, SignBlobs,
    SignedUrlTtl, UploadId, Verb,
};
use crate::{BucketName, CallContext, Result};

/// A bucket known at compile time.
pub trait Bucket: Send + Sync + 'static {
    /// Its name.
    const NAME: BucketName;
}

/// Reads a bucket; cannot write it.
pub struct BlobReader<B> {
    blobs: Arc<dyn Blobs>,
    bucket: PhantomData<fn() -> B>,
}

impl<B: Bucket> BlobReader<B> {
    /// A reader on these blobs.
    pub fn new(blobs: Arc<dyn Blobs>) -> Self {
        Self { blobs, bucket: PhantomData }
    }

    /// Reads a blob or a range of it; see [`Blobs::get`].
    pub async fn get(&self, name: &BlobName, range: BlobRange) -> Result<Blob> {
        self.blobs.get(&B::NAME, name, range).await
    }

    /// What is known of a blob; see [`Blobs::head`].
    pub async fn head(&self, name: &BlobName) -> Result<BlobInfo> {
        self.blobs.head(&B::NAME, name).await
    }

    /// Lists blobs; see [`Blobs::list`].
    pub async fn list(&self, list: &ListBlobs) -> Result<BlobPage> {
        self.blobs.list(&B::NAME, list).await
    }
}

/// Writes a bucket; cannot read it.
pub struct BlobWriter<B> {
    blobs: Arc<dyn Blobs>,
    call: Arc<CallContext>,
    bucket: PhantomData<fn() -> B>,
}

impl<B: Bucket> BlobWriter<B> {
    /// A writer on these blobs.
    pub fn new(blobs: Arc<dyn Blobs>) -> Self {
        Self { blobs, call: Arc::default(), bucket: PhantomData }
    }

    /// Writes a blob; see [`Blobs::put`].
    pub async fn put(&self, name: &BlobName, put: &PutBlob) -> Result<Etag> {
        let mut put = put.clone();
        self.call.stamp_metadata(&mut put.metadata);
        self.blobs.put(&B::NAME, name, &put).await
    }

    /// Deletes a blob; see [`Blobs::delete`].
    pub async fn delete(&self, name: &BlobName) -> Result<()> {
        self.blobs.delete(&B::NAME, name).await
    }

    /// Begins an upload in parts; see [`Blobs::begin_upload`].
    pub async fn begin_upload(&self, name: &BlobName, upload: &NewUpload) -> Result<UploadId> {
        let mut upload = upload.clone();
        self.call.stamp_metadata(&mut upload.metadata);
        self.blobs.begin_upload(&B::NAME, name, &upload).await
    }

    /// Sends a part; see [`Blobs::put_part`].
    pub async fn put_part(&self, upload: &UploadId, number: PartNumber, bytes: Bytes) -> Result<()> {
        self.blobs.put_part(upload, number, bytes).await
    }

    /// Makes the blob of its parts; see [`Blobs::complete_upload`].
    pub async fn complete_upload(&self, upload: &UploadId, parts: u32) -> Result<Etag> {
        self.blobs.complete_upload(upload, parts).await
    }

    /// Gives an upload up; see [`Blobs::abort_upload`].
    pub async fn abort_upload(&self, upload: &UploadId) -> Result<()> {
        self.blobs.abort_upload(upload).await
    }
}

/// Gives away signed URLs to a bucket.
pub struct BlobSigner<B> {
    signer: Arc<dyn SignBlobs>,
    bucket: PhantomData<fn() -> B>,
}

impl<B: Bucket> BlobSigner<B> {
    /// A signer for these blobs.
    pub fn new(signer: Arc<dyn SignBlobs>) -> Self {
        Self { signer, bucket: PhantomData }
    }

    /// A URL for this verb on this blob; see [`SignBlobs::sign`].
    pub async fn sign(&self, name: &BlobName, verb: Verb, ttl: SignedUrlTtl) -> Result<String> {
        self.signer.sign(&B::NAME, name, verb, ttl).await
    }
}

fn need<B: Bucket>(access: Access) -> Vec<Need> {
    vec![Need::Bucket { name: B::NAME, access }]
}

impl<B: Bucket> Handle for BlobReader<B> {
    fn needs() -> Vec<Need> {
        need::<B>(Access::Read)
    }

    fn open(ports: &Ports) -> Self {
        Self::new(Arc::clone(&ports.blobs))
    }
}

impl<B: Bucket> Handle for BlobWriter<B> {
    fn needs() -> Vec<Need> {
        need::<B>(Access::Write)
    }

    fn open(ports: &Ports) -> Self {
        Self { call: Arc::clone(&ports.call), ..Self::new(Arc::clone(&ports.blobs)) }
    }
}

impl<B: Bucket> Handle for BlobSigner<B> {
    fn needs() -> Vec<Need> {
        need::<B>(Access::Sign)
    }

    fn open(ports: &Ports) -> Self {
        Self::new(Arc::clone(&ports.signer))
    }
}

impl<B: Bucket> fmt::Debug for BlobReader<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "BlobReader({})", B::NAME)
    }
}

impl<B: Bucket> fmt::Debug for BlobWriter<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "BlobWriter({})", B::NAME)
    }
}

impl<B: Bucket> fmt::Debug for BlobSigner<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "BlobSigner({})", B::NAME)
    }
}
