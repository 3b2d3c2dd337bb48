//! Where bodies lie that no document holds.

use std::sync::Arc;

use bytes::Bytes;

use super::digest::Digest;
use super::record::BlobReference;
use super::{Owner, StoredBody};
use crate::blobs::{BlobName, BlobRange, Blobs, MAX_PUT_BYTES, PutBlob};
use crate::{BucketName, Error, ErrorKind, Result};

const FOLDER: &str = "anyport-idempotency";

pub(super) struct Spill {
    pub(super) blobs: Arc<dyn Blobs>,
    pub(super) bucket: BucketName,
}

fn digest(bytes: &[u8]) -> String {
    Digest::of("spilled").part(bytes).hex()
}

impl Spill {
    /// Writes the body, under a name that no other owner and no other body has.
    pub(super) async fn write(&self, owner: &Owner, body: &Bytes) -> Result<BlobReference> {
        let sha256 = digest(body);
        let name = format!("{FOLDER}/{}/{}", owner.id(), sha256);
        let put = PutBlob::new("application/octet-stream", body.clone())?;
        self.blobs.put(&self.bucket, &BlobName::new(name.as_str())?, &put).await?;
        Ok(BlobReference { bucket: self.bucket.as_str().to_owned(), name, length: body.len() as u64, sha256 })
    }

    /// Removes what was written for a completion that was fenced. What is left over costs its bytes until the bucket's rule
    /// removes it.
    pub(super) async fn forget(&self, reference: &BlobReference) -> Result<()> {
        self.blobs.delete(&self.bucket, &BlobName::new(reference.name.as_str())?).await
    }
}

/// Reads a body back; lost, if it is there no longer or nobody can look.
pub(super) async fn read(spill: Option<&Spill>, reference: &BlobReference) -> Result<StoredBody> {
    let lost = StoredBody::Lost { length: reference.length };
    let Some(spill) = spill else { return Ok(lost) };
    let (bucket, name) = (BucketName::new(reference.bucket.as_str())?, BlobName::new(reference.name.as_str())?);
    let blob = match spill.blobs.get(&bucket, &name, BlobRange::All).await {
        Ok(blob) => blob,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(lost),
        Err(error) => return Err(error),
    };
    let bytes = blob.bytes(MAX_PUT_BYTES).await?;
    if digest(&bytes) != reference.sha256 {
        let message = format!("the blob {name} in {bucket} is not the body that was written");
        return Err(Error::new(ErrorKind::Internal, message));
    }
    Ok(StoredBody::Kept(bytes))
}
