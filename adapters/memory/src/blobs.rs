//! Blobs.

use std::collections::BTreeMap;

use anyport_ports::blobs::{
    Blob, BlobInfo, BlobName, BlobPage, BlobRange, Blobs, Etag, ListBlobs, NewUpload, PartNumber, PutBlob, UploadId,
};
use anyport_ports::{BucketName, Error, ErrorKind, Result, Timestamp};
use async_trait::async_trait;
use bytes::Bytes;
use futures_util::stream;

use crate::store::{Memory, Shared, State};
use crate::uploads::Upload;

/// The blobs of a bucket, in the order of their names' bytes.
#[derive(Default)]
pub(crate) struct Bucket {
    blobs: BTreeMap<BlobName, StoredBlob>,
}

/// Content type and metadata.
type Description = (String, BTreeMap<String, String>);

#[derive(Clone)]
struct StoredBlob {
    info: BlobInfo,
    bytes: Bytes,
}

impl Bucket {
    fn blob(&self, name: &BlobName) -> Result<&StoredBlob> {
        self.blobs.get(name).ok_or_else(|| Error::new(ErrorKind::NotFound, "there is no blob with this name"))
    }

    /// Writes a blob under the condition.
    fn put(&mut self, shared: &Shared, name: &BlobName, put: &PutBlob) -> Result<Etag> {
        put.condition.check(self.blobs.get(name).map(|blob| &blob.info.etag))?;
        Ok(self.write(shared, name, (put.content_type.clone(), put.metadata.clone()), put.bytes.clone()))
    }

    /// Writes these bytes with this content type and metadata.
    fn write(&mut self, shared: &Shared, name: &BlobName, described: Description, bytes: Bytes) -> Etag {
        let (content_type, metadata) = described;
        let etag = Etag::new(shared.token('e'));
        let info = BlobInfo {
            name: name.clone(),
            length: bytes.len() as u64,
            etag: etag.clone(),
            content_type,
            metadata,
            modified_at: to_the_second(shared.now()),
        };
        self.blobs.insert(name.clone(), StoredBlob { info, bytes });
        etag
    }

    fn read(&self, name: &BlobName, range: BlobRange) -> Result<Blob> {
        let StoredBlob { info, bytes } = self.blob(name)?.clone();
        let range = range.resolve(info.length)?;
        let out_of_memory = |_| Error::new(ErrorKind::Internal, "the range is beyond this machine's addresses");
        let start = usize::try_from(range.start).map_err(out_of_memory)?;
        let end = usize::try_from(range.end).map_err(out_of_memory)?;
        // The bytes are shared, not copied, and a write puts others in their place: a read under way keeps its own.
        let stream = Box::pin(stream::iter([Ok(bytes.slice(start..end))]));
        Ok(Blob { info, range, stream })
    }
}

/// The contract tells modification times to the second, since HTTP dates do.
fn to_the_second(instant: Timestamp) -> Timestamp {
    Timestamp::from_millis(instant.as_millis().div_euclid(1_000) * 1_000)
}

impl State {
    pub(crate) fn bucket(&mut self, name: &BucketName) -> Result<&mut Bucket> {
        self.buckets
            .get_mut(name)
            .ok_or_else(|| Error::new(ErrorKind::NotFound, "the bucket does not exist: provision it first"))
    }
}

#[async_trait]
impl Blobs for Memory {
    async fn put(&self, bucket: &BucketName, name: &BlobName, put: &PutBlob) -> Result<Etag> {
        let at = |error: Error| error.during("blobs.put", format!("{bucket}/{name}"));
        let mut state = self.shared.lock();
        let blobs = state.bucket(bucket).map_err(at)?;
        blobs.put(&self.shared, name, put).map_err(at)
    }

    async fn get(&self, bucket: &BucketName, name: &BlobName, range: BlobRange) -> Result<Blob> {
        let at = |error: Error| error.during("blobs.get", format!("{bucket}/{name}"));
        let mut state = self.shared.lock();
        state.bucket(bucket).and_then(|blobs| blobs.read(name, range)).map_err(at)
    }

    async fn head(&self, bucket: &BucketName, name: &BlobName) -> Result<BlobInfo> {
        let at = |error: Error| error.during("blobs.head", format!("{bucket}/{name}"));
        let mut state = self.shared.lock();
        let blobs = state.bucket(bucket).map_err(at)?;
        Ok(blobs.blob(name).map_err(at)?.info.clone())
    }

    async fn delete(&self, bucket: &BucketName, name: &BlobName) -> Result<()> {
        let at = |error: Error| error.during("blobs.delete", format!("{bucket}/{name}"));
        self.shared.lock().bucket(bucket).map_err(at)?.blobs.remove(name);
        Ok(())
    }

    async fn list(&self, bucket: &BucketName, list: &ListBlobs) -> Result<BlobPage> {
        let at = |error: Error| error.during("blobs.list", bucket);
        let mut state = self.shared.lock();
        let blobs = state.bucket(bucket).map_err(at)?;
        let listed = blobs.blobs.iter().filter(|(name, _)| list.lists(name.as_str()));
        Ok(list.page(listed.map(|(_, blob)| blob.info.clone())))
    }

    async fn copy(&self, bucket: &BucketName, from: &BlobName, to: &BlobName) -> Result<Etag> {
        let at = |error: Error| error.during("blobs.copy", format!("{bucket}/{from}"));
        let mut state = self.shared.lock();
        let blobs = state.bucket(bucket).map_err(at)?;
        let mut copy = blobs.blob(from).map_err(at)?.clone();
        if from == to {
            return Ok(copy.info.etag);
        }
        let etag = Etag::new(self.shared.token('e'));
        copy.info.name = to.clone();
        copy.info.etag = etag.clone();
        copy.info.modified_at = to_the_second(self.shared.now());
        blobs.blobs.insert(to.clone(), copy);
        Ok(etag)
    }

    async fn begin_upload(&self, bucket: &BucketName, name: &BlobName, upload: &NewUpload) -> Result<UploadId> {
        let at = |error: Error| error.during("blobs.begin_upload", format!("{bucket}/{name}"));
        let mut state = self.shared.lock();
        state.bucket(bucket).map_err(at)?;
        let id = self.shared.token('u');
        state.uploads.insert(id.clone(), Upload::new(bucket.clone(), name.clone(), upload.clone()));
        Ok(UploadId::new(id))
    }

    async fn put_part(&self, upload: &UploadId, number: PartNumber, bytes: Bytes) -> Result<()> {
        let at = |error: Error| error.during("blobs.put_part", upload.as_str().escape_debug());
        let mut state = self.shared.lock();
        state.upload(upload).and_then(|upload| upload.put_part(number.get(), bytes)).map_err(at)
    }

    async fn complete_upload(&self, upload: &UploadId, parts: u32) -> Result<Etag> {
        let at = |error: Error| error.during("blobs.complete_upload", upload.as_str().escape_debug());
        let mut state = self.shared.lock();
        let begun = state.upload(upload).map_err(at)?;
        let bytes = begun.join(parts).map_err(at)?;
        let (bucket, name) = (begun.bucket.clone(), begun.name.clone());
        let described = (begun.new.content_type.clone(), begun.new.metadata.clone());
        // An upload that fails on its parts stays, to be completed again or aborted.
        let etag = state.bucket(&bucket).map_err(at)?.write(&self.shared, &name, described, bytes);
        state.uploads.remove(upload.as_str());
        Ok(etag)
    }

    async fn abort_upload(&self, upload: &UploadId) -> Result<()> {
        self.shared.lock().uploads.remove(upload.as_str());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use anyport_ports::blobs::{MAX_PUT_BYTES, MIN_PART_BYTES};
    use anyport_ports::resources::{Provision, Resources};

    use super::*;
    use crate::{ManualClock, MemoryStore};

    const RECEIPTS: BucketName = BucketName::from_static("receipts");

    async fn provisioned() -> Memory {
        let memory = MemoryStore::new(Arc::new(ManualClock::new())).handle();
        memory.provision(&Resources { buckets: vec![RECEIPTS], ..Resources::default() }).await.unwrap();
        memory
    }

    fn put(bytes: impl Into<Bytes>) -> PutBlob {
        PutBlob::new("text/plain", bytes).unwrap()
    }

    async fn read(memory: &Memory, name: &BlobName) -> Result<Bytes> {
        memory.get(&RECEIPTS, name, BlobRange::All).await?.bytes(usize::MAX).await
    }

    #[tokio::test]
    async fn an_upload_shows_when_it_is_completed_and_only_then() {
        let (memory, name) = (provisioned().await, BlobName::new("a/b").unwrap());
        let begin = NewUpload::new("text/plain").unwrap().with_metadata("by", "Ada").unwrap();
        let upload = memory.begin_upload(&RECEIPTS, &name, &begin).await.unwrap();
        let part = |number| PartNumber::new(number).unwrap();
        let large = |byte: u8| Bytes::from(vec![byte; MIN_PART_BYTES]);
        memory.put_part(&upload, part(3), Bytes::from_static(b"end")).await.unwrap();
        memory.put_part(&upload, part(1), large(9)).await.unwrap();
        memory.put_part(&upload, part(1), large(1)).await.unwrap();
        let missing = memory.complete_upload(&upload, 3).await.unwrap_err();
        assert_eq!(missing.kind(), ErrorKind::InvalidInput);
        memory.put_part(&upload, part(2), Bytes::from_static(b"small")).await.unwrap();
        let small = memory.complete_upload(&upload, 3).await.unwrap_err();
        assert_eq!(small.kind(), ErrorKind::InvalidInput);
        let oversize = memory.put_part(&upload, part(2), vec![0; MAX_PUT_BYTES + 1].into()).await.unwrap_err();
        assert_eq!(oversize.kind(), ErrorKind::TooLarge);
        memory.put_part(&upload, part(2), large(2)).await.unwrap();
        assert_eq!(read(&memory, &name).await.unwrap_err().kind(), ErrorKind::NotFound);

        memory.put(&RECEIPTS, &name, &put("there before")).await.unwrap();
        let etag = memory.complete_upload(&upload, 3).await.unwrap();
        assert_eq!(read(&memory, &name).await.unwrap(), [large(1), large(2), "end".into()].concat());
        let info = memory.head(&RECEIPTS, &name).await.unwrap();
        assert_eq!((info.etag, info.metadata["by"].as_str()), (etag, "Ada"));
        assert_eq!(memory.complete_upload(&upload, 3).await.unwrap_err().kind(), ErrorKind::NotFound);
    }

    #[tokio::test]
    async fn an_aborted_upload_leaves_nothing() {
        let (memory, name) = (provisioned().await, BlobName::new("a").unwrap());
        let upload = memory.begin_upload(&RECEIPTS, &name, &NewUpload::new("text/plain").unwrap()).await.unwrap();
        memory.abort_upload(&upload).await.unwrap();
        memory.abort_upload(&upload).await.unwrap();
        let part = memory.put_part(&upload, PartNumber::new(1).unwrap(), Bytes::new()).await.unwrap_err();
        assert_eq!(part.kind(), ErrorKind::NotFound);
        assert!(memory.shared.lock().uploads.is_empty());
    }

    #[tokio::test]
    async fn a_read_that_has_begun_keeps_its_bytes() {
        let (memory, name) = (provisioned().await, BlobName::new("a").unwrap());
        memory.put(&RECEIPTS, &name, &put("before")).await.unwrap();
        let reading = memory.get(&RECEIPTS, &name, BlobRange::Last(4)).await.unwrap();
        memory.put(&RECEIPTS, &name, &put("after")).await.unwrap();
        assert_eq!(reading.range, 2..6);
        assert_eq!(reading.bytes(4).await.unwrap(), "fore");
        assert_eq!(read(&memory, &name).await.unwrap(), "after");
    }

    #[tokio::test]
    async fn a_listing_folds_and_goes_on() {
        let memory = provisioned().await;
        for name in ["a", "b/1", "b/2", "c", "d/1"] {
            memory.put(&RECEIPTS, &BlobName::new(name).unwrap(), &put("")).await.unwrap();
        }
        let list = || ListBlobs::prefix("").delimiter('/').limit(2).unwrap();
        let first = memory.list(&RECEIPTS, &list()).await.unwrap();
        assert_eq!((first.names().count(), &first.prefixes[..]), (1, &["b/".to_owned()][..]));
        let second = memory.list(&RECEIPTS, &list().after(first.next.as_ref()).unwrap()).await.unwrap();
        assert_eq!(second.names().map(BlobName::as_str).collect::<Vec<_>>(), ["c"]);
        assert_eq!((second.prefixes, second.next), (vec!["d/".to_owned()], None));
    }
}
