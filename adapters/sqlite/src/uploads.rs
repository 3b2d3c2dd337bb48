//! Uploads in parts: each part is an object of its own, until all are joined into one.

use anyport_ports::blobs::{BlobName, Etag, MAX_PUT_BYTES, MIN_PART_BYTES, NewUpload, PartNumber, UploadId};
use anyport_ports::{BucketName, Error, ErrorKind, Result};
use bytes::Bytes;
use rusqlite::{Connection, OptionalExtension as _, params};
use uuid::Uuid;

use crate::blob_rows::{self, NewBlob, bucket, length, read_metadata, write_metadata};
use crate::error::Work;
use crate::store::SqliteStore;

/// How often the parts are joined anew because one of them was sent again meanwhile.
const MAX_JOINS: usize = 5;

/// A part as it was sent last.
#[derive(Clone, PartialEq, Eq)]
struct Part {
    number: u32,
    object: String,
    length: u64,
}

impl SqliteStore {
    /// Begins an upload.
    pub(crate) async fn begin(&self, owner: &BucketName, name: &BlobName, new: &NewUpload) -> Result<UploadId> {
        let (owner, name, new) = (owner.clone(), name.clone(), new.clone());
        let id = Uuid::new_v4().simple().to_string();
        let upload = UploadId::new(&id);
        self.write(move |connection, _| {
            let (name, metadata) = (name.as_str().as_bytes(), write_metadata(&new.metadata));
            connection.execute(
                "INSERT INTO uploads (id, bucket, name, content_type, metadata) VALUES (?1, ?2, ?3, ?4, ?5)",
                params![id, bucket(connection, &owner)?, name, new.content_type, metadata],
            )?;
            Ok(())
        })
        .await?;
        Ok(upload)
    }

    /// Takes a part, in the place of one of the same number.
    pub(crate) async fn add_part(&self, upload: &UploadId, number: PartNumber, bytes: Bytes) -> Result<()> {
        if bytes.len() > MAX_PUT_BYTES {
            let message = format!("a part of {} bytes: at most {MAX_PUT_BYTES}, send smaller ones", bytes.len());
            return Err(Error::new(ErrorKind::TooLarge, message));
        }
        let wanted = upload.clone();
        self.read(move |connection, _| require(connection, &wanted)).await?;
        let length = i64::try_from(bytes.len()).unwrap_or(i64::MAX);
        let object = self.objects.put(bytes).await?;
        let (wanted, new) = (upload.clone(), object.clone());
        let added = self.write(move |connection, _| {
            require(connection, &wanted)?;
            let (id, number) = (wanted.as_str(), number.get());
            let replaced: Option<String> = connection
                .query_row(
                    "DELETE FROM parts WHERE upload = ?1 AND number = ?2 RETURNING object",
                    params![id, number],
                    |row| row.get(0),
                )
                .optional()?;
            connection.execute(
                "INSERT INTO parts (upload, number, object, length) VALUES (?1, ?2, ?3, ?4)",
                params![id, number, new, length],
            )?;
            Ok(replaced)
        });
        match added.await {
            Ok(replaced) => self.objects.discard(replaced.into_iter().collect()).await,
            Err(error) if error.kind() == ErrorKind::Indeterminate => return Err(error),
            Err(error) => {
                self.objects.discard(vec![object]).await;
                return Err(error);
            }
        }
        Ok(())
    }

    /// Joins parts 1 to `parts` into the blob.
    pub(crate) async fn complete(&self, upload: &UploadId, parts: u32) -> Result<Etag> {
        for _ in 0..MAX_JOINS {
            let wanted = upload.clone();
            let sent = self
                .read(move |connection, _| {
                    require(connection, &wanted)?;
                    sent_parts(connection, &wanted)
                })
                .await?;
            let used = used_parts(&sent, parts)?;
            let Some(object) = self.objects.join(used.iter().map(|part| part.object.as_str())).await? else {
                continue;
            };
            let length = used.iter().map(|part| part.length).sum();
            let (wanted, joined) = (upload.clone(), object.clone());
            let finished = self.commit_object(object, move |connection, now| {
                let target = target(connection, &wanted)?;
                if sent_parts(connection, &wanted)? != sent {
                    return Ok((None, vec![joined]));
                }
                let Target { bucket, name, content_type, metadata } = target;
                let new = NewBlob { object: joined, length, content_type, metadata };
                let (etag, mut unused) = blob_rows::put(connection, bucket, &name, &new, now)?;
                unused.extend(remove(connection, &wanted)?);
                Ok((Some(etag), unused))
            });
            if let Some(etag) = finished.await? {
                return Ok(etag);
            }
        }
        let message = "parts of the upload are missing or being sent again: complete it when all are sent";
        Err(Error::new(ErrorKind::Unavailable, message))
    }

    /// Gives an upload up.
    pub(crate) async fn abort(&self, upload: &UploadId) -> Result<()> {
        let upload = upload.clone();
        let unused = self.write(move |connection, _| remove(connection, &upload)).await?;
        self.objects.discard(unused).await;
        Ok(())
    }
}

/// Where an upload leads.
struct Target {
    bucket: i64,
    name: BlobName,
    content_type: String,
    metadata: std::collections::BTreeMap<String, String>,
}

fn unknown() -> Error {
    Error::new(ErrorKind::NotFound, "the upload is unknown, completed or aborted: begin another")
}

fn require(connection: &Connection, upload: &UploadId) -> Work<()> {
    target(connection, upload).map(|_| ())
}

fn target(connection: &Connection, upload: &UploadId) -> Work<Target> {
    let mut statement =
        connection.prepare_cached("SELECT bucket, name, content_type, metadata FROM uploads WHERE id = ?1")?;
    let mut rows = statement.query([upload.as_str()])?;
    let row = rows.next()?.ok_or_else(unknown)?;
    let metadata: String = row.get(3)?;
    Ok(Target {
        bucket: row.get(0)?,
        name: BlobName::new(String::from_utf8(row.get(1)?)?)?,
        content_type: row.get(2)?,
        metadata: read_metadata(&metadata)?,
    })
}

fn sent_parts(connection: &Connection, upload: &UploadId) -> Work<Vec<Part>> {
    let mut statement =
        connection.prepare_cached("SELECT number, object, length FROM parts WHERE upload = ?1 ORDER BY number")?;
    let parts = statement.query_and_then([upload.as_str()], |row| {
        Ok(Part { number: row.get(0)?, object: row.get(1)?, length: length(row.get(2)?) })
    })?;
    parts.collect()
}

/// Parts 1 to `count`, if all of them are there and none but the last is too small.
fn used_parts(sent: &[Part], count: u32) -> Result<&[Part]> {
    if count == 0 {
        return Err(Error::invalid("an upload is made of at least one part"));
    }
    let present = sent.iter().zip(1..=count).take_while(|(part, number)| part.number == *number).count();
    let used = &sent[..present];
    if u32::try_from(present).is_ok_and(|present| present < count) {
        return Err(Error::invalid(format!("part {} of {count} is missing: send it", present + 1)));
    }
    let all_but_last = &used[..present.saturating_sub(1)];
    if let Some(small) = all_but_last.iter().find(|part| part.length < MIN_PART_BYTES as u64) {
        let (number, length) = (small.number, small.length);
        let message = format!("part {number} is {length} bytes: every part but the last has at least {MIN_PART_BYTES}");
        return Err(Error::invalid(message));
    }
    Ok(used)
}

/// Removes an upload, if there is one; the objects of its parts.
fn remove(connection: &Connection, upload: &UploadId) -> Work<Vec<String>> {
    let objects = sent_parts(connection, upload)?.into_iter().map(|part| part.object).collect();
    connection.execute("DELETE FROM uploads WHERE id = ?1", [upload.as_str()])?;
    Ok(objects)
}
