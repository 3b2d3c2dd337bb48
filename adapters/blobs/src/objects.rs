//! Writing, reading and deleting objects.

use anyport_ports::blobs::{Blob, BlobCondition, BlobInfo, BlobName, BlobRange, Etag, PutBlob};
use anyport_ports::{BucketName, Error, ErrorKind, Result};
use futures_util::StreamExt as _;
use object_store::{GetOptions, GetRange, GetResult, PutMode, PutOptions};

use crate::attempt::{Effect, Failure, attempt};
use crate::fault::{Meaning, Table, judge};
use crate::metadata::{OperationId, attributes, info};
use crate::provider::Bucket;

/// No object is larger, and every store understands it in a range.
const BEYOND: u64 = 1 << 50;

const REPLACED: &str = "the blob was replaced or is gone: read it again and decide anew";

/// Writes an object.
pub(crate) async fn put(bucket: &dyn Bucket, table: Table, name: &BlobName, put: &PutBlob) -> Result<Etag> {
    let operation = OperationId::random();
    let mode = match &put.condition {
        BlobCondition::Always => PutMode::Overwrite,
        BlobCondition::Absent => PutMode::Create,
        BlobCondition::Matches(etag) => match bucket.tags().version(etag) {
            Some(version) => PutMode::Update(version),
            None => return Err(Error::new(ErrorKind::PreconditionFailed, REPLACED)),
        },
    };
    let options = PutOptions {
        mode,
        attributes: attributes(&put.content_type, &put.metadata, &operation),
        ..PutOptions::default()
    };
    let written = attempt(Effect::Once, table, || bucket.put(name, put.bytes.clone(), options.clone()));
    match written.await {
        Ok(written) => match bucket.tags().of_put(&written) {
            Some(etag) => Ok(etag),
            None => written_unseen(bucket, table, name, &operation).await,
        },
        Err(failure) if failure.in_doubt => look_for(bucket, table, name, &operation, failure).await,
        Err(failure) => Err(refused(&put.condition, failure)),
    }
}

/// The etag of a write that succeeded without telling it.
pub(crate) async fn written_unseen(
    bucket: &dyn Bucket,
    table: Table,
    name: &BlobName,
    operation: &OperationId,
) -> Result<Etag> {
    let unseen = |error: Option<Error>| {
        let message = "it was written, and the store does not say under which etag: look before writing it again";
        let told = Error::new(ErrorKind::Indeterminate, message);
        error.map_or_else(|| Error::new(ErrorKind::Indeterminate, message), |cause| told.caused_by(cause))
    };
    let standing = look(bucket, table, name).await.map_err(|error| unseen(Some(error)))?;
    // What stands now may have replaced it.
    if operation.wrote(&standing.attributes) { Ok(bucket.tags().of_object(&standing.meta)) } else { Err(unseen(None)) }
}

/// Finds a write whose answer was lost, if it stands.
pub(crate) async fn look_for(
    bucket: &dyn Bucket,
    table: Table,
    name: &BlobName,
    operation: &OperationId,
    failure: Failure,
) -> Result<Etag> {
    match look(bucket, table, name).await {
        Ok(standing) if operation.wrote(&standing.attributes) => Ok(bucket.tags().of_object(&standing.meta)),
        // What stands now may have replaced it, and what is on its way may still arrive.
        _ => Err(failure.error),
    }
}

/// A refusal in the terms of the condition.
fn refused(condition: &BlobCondition, failure: Failure) -> Error {
    let (kind, message) = match (condition, failure.meaning) {
        (BlobCondition::Absent, Meaning::Refused(ErrorKind::PreconditionFailed)) => {
            (ErrorKind::Conflict, "a blob with this name exists already")
        }
        (BlobCondition::Matches(_), Meaning::Refused(ErrorKind::PreconditionFailed | ErrorKind::NotFound)) => {
            (ErrorKind::PreconditionFailed, REPLACED)
        }
        _ => return failure.error,
    };
    Error::new(kind, message).caused_by(failure.error)
}

async fn look(bucket: &dyn Bucket, table: Table, name: &BlobName) -> Result<GetResult> {
    let options = GetOptions { head: true, ..GetOptions::default() };
    let found = attempt(Effect::Read, table, || bucket.get(name, options.clone()));
    Ok(found.await?)
}

/// What is known of an object.
pub(crate) async fn head(bucket: &dyn Bucket, table: Table, name: &BlobName) -> Result<BlobInfo> {
    let found = look(bucket, table, name).await?;
    Ok(info(bucket.tags(), name, &found.meta, &found.attributes))
}

/// Begins to read an object. One answer carries all of the bytes, so they are those of one write.
pub(crate) async fn get(
    bucket: &dyn Bucket,
    table: Table,
    container: &BucketName,
    name: &BlobName,
    range: BlobRange,
) -> Result<Blob> {
    // What holds no byte of any blob is not asked for.
    range.resolve(u64::MAX)?;
    let range = match range {
        BlobRange::All => None,
        BlobRange::From(start) => Some(GetRange::Offset(start.min(BEYOND))),
        BlobRange::Between(start, end) => Some(GetRange::Bounded(start.min(BEYOND)..end.min(BEYOND + 1))),
        BlobRange::Last(count) => Some(GetRange::Suffix(count.min(BEYOND))),
    };
    let options = GetOptions { range, ..GetOptions::default() };
    let found = attempt(Effect::Read, table, || bucket.get(name, options.clone())).await?;
    let resource = format!("{container}/{name}");
    let (info, range) = (info(bucket.tags(), name, &found.meta, &found.attributes), found.range.clone());
    let stream = found
        .into_stream()
        .map(move |chunk| chunk.map_err(|error| judge(error, table).1.during("blobs.get", &resource)));
    Ok(Blob { info, range, stream: Box::pin(stream) })
}

/// Deletes an object.
pub(crate) async fn delete(bucket: &dyn Bucket, table: Table, name: &BlobName) -> Result<()> {
    Ok(attempt(Effect::Once, table, || bucket.delete(name)).await?)
}

/// Copies an object; over itself, nothing is to be done.
pub(crate) async fn copy(bucket: &dyn Bucket, table: Table, from: &BlobName, to: &BlobName) -> Result<Etag> {
    if from == to {
        return Ok(head(bucket, table, from).await?.etag);
    }
    Ok(attempt(Effect::Once, table, || bucket.copy(from, to)).await?)
}
