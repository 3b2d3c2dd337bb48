//! Blobs: bytes in objects, everything else in rows.
//!
//! A write puts its bytes on the disk first and then commits a row that refers to them: the commit is the write. What was
//! replaced is deleted afterwards. A crash in between leaves files that nothing refers to, which are swept.

use anyport_ports::blobs::{
    Blob, BlobInfo, BlobName, BlobPage, BlobRange, Blobs, Etag, ListBlobs, NewUpload, PartNumber, PutBlob, UploadId,
};
use anyport_ports::{BucketName, Error, ErrorKind, Result, Timestamp};
use async_trait::async_trait;
use bytes::Bytes;
use rusqlite::Connection;

use crate::blob_rows::{self, NewBlob, bucket};
use crate::error::Work;
use crate::store::SqliteStore;

/// How often a read looks up a blob anew because it was replaced between finding its row and opening its object.
const MAX_LOOKUPS: usize = 10;

#[async_trait]
impl Blobs for SqliteStore {
    async fn put(&self, owner: &BucketName, name: &BlobName, put: &PutBlob) -> Result<Etag> {
        self.put_blob(owner, name, put).await.map_err(|error| error.during("blobs.put", format_args!("{owner}/{name}")))
    }

    async fn get(&self, owner: &BucketName, name: &BlobName, range: BlobRange) -> Result<Blob> {
        self.get_blob(owner, name, range)
            .await
            .map_err(|error| error.during("blobs.get", format_args!("{owner}/{name}")))
    }

    async fn head(&self, owner: &BucketName, name: &BlobName) -> Result<BlobInfo> {
        let found = self.find_blob(owner, name).await;
        found.map(|(info, _)| info).map_err(|error| error.during("blobs.head", format_args!("{owner}/{name}")))
    }

    async fn delete(&self, owner: &BucketName, name: &BlobName) -> Result<()> {
        let (container, wanted) = (owner.clone(), name.clone());
        let deleted = self.write(move |connection, _| {
            let unused = blob_rows::delete(connection, bucket(connection, &container)?, &wanted)?;
            Ok(unused)
        });
        let unused = deleted.await.map_err(|error| error.during("blobs.delete", format_args!("{owner}/{name}")))?;
        self.objects.discard(unused).await;
        Ok(())
    }

    async fn list(&self, owner: &BucketName, list: &ListBlobs) -> Result<BlobPage> {
        let (container, wanted) = (owner.clone(), list.clone());
        self.read(move |connection, _| blob_rows::list(connection, bucket(connection, &container)?, &wanted))
            .await
            .map_err(|error| error.during("blobs.list", owner))
    }

    async fn copy(&self, owner: &BucketName, from: &BlobName, to: &BlobName) -> Result<Etag> {
        let (container, source, target) = (owner.clone(), from.clone(), to.clone());
        // Objects never change, so a copy refers to the same one.
        let copied = self.write(move |connection, now| {
            let container = bucket(connection, &container)?;
            let (BlobInfo { length, content_type, metadata, etag, .. }, object) =
                blob_rows::find(connection, container, &source)?;
            if source == target {
                return Ok((etag, Vec::new()));
            }
            let copy = NewBlob { object, length, content_type, metadata };
            blob_rows::put(connection, container, &target, &copy, now)
        });
        let (etag, unused) =
            copied.await.map_err(|error| error.during("blobs.copy", format_args!("{owner}/{from}")))?;
        self.objects.discard(unused).await;
        Ok(etag)
    }

    async fn begin_upload(&self, owner: &BucketName, name: &BlobName, upload: &NewUpload) -> Result<UploadId> {
        self.begin(owner, name, upload)
            .await
            .map_err(|error| error.during("blobs.begin_upload", format_args!("{owner}/{name}")))
    }

    async fn put_part(&self, upload: &UploadId, number: PartNumber, bytes: Bytes) -> Result<()> {
        self.add_part(upload, number, bytes)
            .await
            .map_err(|error| error.during("blobs.put_part", upload.as_str().escape_debug()))
    }

    async fn complete_upload(&self, upload: &UploadId, parts: u32) -> Result<Etag> {
        self.complete(upload, parts)
            .await
            .map_err(|error| error.during("blobs.complete_upload", upload.as_str().escape_debug()))
    }

    async fn abort_upload(&self, upload: &UploadId) -> Result<()> {
        self.abort(upload).await.map_err(|error| error.during("blobs.abort_upload", upload.as_str().escape_debug()))
    }
}

impl SqliteStore {
    async fn put_blob(&self, owner: &BucketName, name: &BlobName, put: &PutBlob) -> Result<Etag> {
        let (container, wanted, condition) = (owner.clone(), name.clone(), put.condition.clone());
        let check = move |connection: &Connection| {
            let container = bucket(connection, &container)?;
            blob_rows::check(connection, container, &wanted, &condition)?;
            Ok(container)
        };
        // Before the bytes are written, to spare them; and again with the commit, which decides.
        let early = check.clone();
        self.read(move |connection, _| early(connection)).await?;
        let object = self.objects.put(put.bytes.clone()).await?;
        let new = NewBlob {
            object: object.clone(),
            length: put.bytes.len() as u64,
            content_type: put.content_type.clone(),
            metadata: put.metadata.clone(),
        };
        let name = name.clone();
        self.commit_object(object, move |connection, now| {
            blob_rows::put(connection, check(connection)?, &name, &new, now)
        })
        .await
    }

    /// Commits a row that refers to a new object, and deletes what nothing refers to any more: what was replaced, or the
    /// new object if it came to nothing.
    pub(crate) async fn commit_object<T, F>(&self, object: String, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&Connection, Timestamp) -> Work<(T, Vec<String>)> + Send + 'static,
    {
        match self.write(work).await {
            Ok((done, unused)) => {
                self.objects.discard(unused).await;
                Ok(done)
            }
            // It may have been committed: the sweep finds out.
            Err(error) if error.kind() == ErrorKind::Indeterminate => Err(error),
            Err(error) => {
                self.objects.discard(vec![object]).await;
                Err(error)
            }
        }
    }

    async fn get_blob(&self, owner: &BucketName, name: &BlobName, range: BlobRange) -> Result<Blob> {
        for _ in 0..MAX_LOOKUPS {
            let (info, object) = self.find_blob(owner, name).await?;
            let range = range.resolve(info.length)?;
            if let Some(stream) = self.objects.read(&object, info.length, &range).await? {
                return Ok(Blob { info, range, stream });
            }
        }
        Err(Error::new(
            ErrorKind::Internal,
            "the file that holds the blob's bytes is missing: restore it from a backup",
        ))
    }

    async fn find_blob(&self, owner: &BucketName, name: &BlobName) -> Result<(BlobInfo, String)> {
        let (container, name) = (owner.clone(), name.clone());
        self.read(move |connection, _| blob_rows::find(connection, bucket(connection, &container)?, &name)).await
    }
}
