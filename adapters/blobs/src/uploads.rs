//! Uploads in parts. The text of an upload's id holds all that is needed to go on with it from any process.

use anyport_ports::blobs::{BlobName, Etag, MAX_PUT_BYTES, MIN_PART_BYTES, NewUpload, PartNumber, UploadId};
use anyport_ports::{BucketName, Error, ErrorKind, Result};
use bytes::Bytes;
use object_store::multipart::PartId;

use crate::attempt::{Effect, attempt};
use crate::fault::Table;
use crate::metadata::{OperationId, attributes};
use crate::objects::{look_for, written_unseen};
use crate::provider::{Bucket, SentPart};

/// An upload: where it leads, and what it is called there.
pub(crate) struct Upload {
    pub(crate) bucket: BucketName,
    name: BlobName,
    operation: OperationId,
    /// The store's own id.
    id: String,
}

impl Upload {
    /// Reads an upload's id.
    pub(crate) fn parse(upload: &UploadId) -> Result<Self> {
        let unknown = || Error::new(ErrorKind::NotFound, "there is no such upload: begin another");
        let mut texts = upload.as_str().splitn(4, '/');
        let mut next = || texts.next().ok_or_else(unknown);
        let (bucket, operation, id, name) = (next()?, next()?, next()?, next()?);
        Ok(Self {
            bucket: BucketName::new(bucket).map_err(|_| unknown())?,
            name: BlobName::new(name).map_err(|_| unknown())?,
            operation: OperationId::from_text(operation),
            id: percent_encoding::percent_decode_str(id).decode_utf8().map_err(|_| unknown())?.into_owned(),
        })
    }

    fn id(&self) -> UploadId {
        let id = percent_encoding::utf8_percent_encode(&self.id, percent_encoding::NON_ALPHANUMERIC);
        UploadId::new(format!("{}/{}/{id}/{}", self.bucket, self.operation.as_str(), self.name.as_str()))
    }
}

/// Begins an upload.
pub(crate) async fn begin(
    bucket: &dyn Bucket,
    table: Table,
    container: &BucketName,
    name: &BlobName,
    new: &NewUpload,
) -> Result<UploadId> {
    let operation = OperationId::random();
    let attributes = attributes(&new.content_type, &new.metadata, &operation);
    // One that was begun twice is a leftover that is never seen.
    let id = attempt(Effect::Repeatable, table, || bucket.begin(name, attributes.clone())).await?;
    Ok(Upload { bucket: container.clone(), name: name.clone(), operation, id }.id())
}

/// Sends a part.
pub(crate) async fn put_part(
    bucket: &dyn Bucket,
    table: Table,
    upload: &Upload,
    number: PartNumber,
    bytes: Bytes,
) -> Result<()> {
    if bytes.len() > MAX_PUT_BYTES {
        let message = format!("a part of {} bytes: at most {MAX_PUT_BYTES}, send smaller ones", bytes.len());
        return Err(Error::new(ErrorKind::TooLarge, message));
    }
    let send = || bucket.put_part(&upload.name, &upload.id, number, bytes.clone());
    Ok(attempt(Effect::Repeatable, table, send).await?)
}

/// Makes the blob of parts 1 to `parts`.
pub(crate) async fn complete(bucket: &dyn Bucket, table: Table, upload: &Upload, parts: u32) -> Result<Etag> {
    let sent = attempt(Effect::Read, table, || bucket.parts(&upload.name, &upload.id)).await?;
    let used = used(sent, parts)?;
    let (name, operation) = (&upload.name, &upload.operation);
    match attempt(Effect::Once, table, || bucket.complete(name, &upload.id, used.clone())).await {
        Ok(Some(etag)) => Ok(etag),
        Ok(None) => written_unseen(bucket, table, name, operation).await,
        Err(failure) if failure.in_doubt => look_for(bucket, table, name, operation, failure).await,
        Err(failure) => Err(failure.error),
    }
}

/// Parts 1 to `count`, if all of them are there and none but the last is too small.
fn used(sent: Vec<SentPart>, count: u32) -> Result<Vec<PartId>> {
    if count == 0 {
        return Err(Error::invalid("an upload is made of at least one part"));
    }
    let mut used = Vec::new();
    for (part, number) in sent.into_iter().zip(1..=count) {
        if part.number != number {
            break;
        }
        if number < count && part.length < MIN_PART_BYTES as u64 {
            let length = part.length;
            let message = format!("part {number} is {length} bytes: all but the last are at least {MIN_PART_BYTES}");
            return Err(Error::invalid(message));
        }
        used.push(PartId { content_id: part.etag });
    }
    if used.len() < count as usize {
        let message = format!("part {} of {count} is missing: send it and complete again", used.len() + 1);
        return Err(Error::invalid(message));
    }
    Ok(used)
}

/// Gives an upload up.
pub(crate) async fn abort(bucket: &dyn Bucket, table: Table, upload: &Upload) -> Result<()> {
    match attempt(Effect::Repeatable, table, || bucket.abort(&upload.name, &upload.id)).await {
        Err(failure) if failure.error.kind() != ErrorKind::NotFound => Err(failure.error),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(number: u32, length: usize) -> SentPart {
        SentPart { number, length: length as u64, etag: number.to_string() }
    }

    #[test]
    fn an_upload_s_id_holds_all_of_it() {
        let upload = Upload {
            bucket: BucketName::from_static("files"),
            name: BlobName::new("a/b c%2F").unwrap(),
            operation: OperationId::random(),
            id: "2~x/+=".to_owned(),
        };
        let read = Upload::parse(&upload.id()).unwrap();
        assert_eq!((&read.bucket, &read.name, &read.id), (&upload.bucket, &upload.name, &upload.id));
        assert_eq!(read.operation, upload.operation);
        for other in ["", "never-begun", "files/x/y", "files/x/y/", "FILES/x/y/z"] {
            let unknown = Upload::parse(&UploadId::new(other)).err().unwrap();
            assert_eq!(unknown.kind(), ErrorKind::NotFound, "{other}");
        }
    }

    #[test]
    fn parts_must_be_whole_and_large_enough() {
        let names = |used: Vec<PartId>| used.into_iter().map(|part| part.content_id).collect::<Vec<_>>();
        assert_eq!(names(used(vec![part(1, MIN_PART_BYTES), part(2, 0), part(3, 1)], 2).unwrap()), ["1", "2"]);
        for (sent, count) in [
            (vec![], 0),
            (vec![], 1),
            (vec![part(2, 1)], 1),
            (vec![part(1, MIN_PART_BYTES), part(3, 1)], 3),
            (vec![part(1, MIN_PART_BYTES - 1), part(2, 1)], 2),
        ] {
            assert_eq!(used(sent, count).unwrap_err().kind(), ErrorKind::InvalidInput);
        }
    }
}
