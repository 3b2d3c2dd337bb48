//! Faults of uploads in parts.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};

use anyport_ports::blobs::{BlobName, Etag, NewUpload, PartNumber, PutBlob, UploadId};
use anyport_ports::{BucketName, ErrorKind, Result};
use async_trait::async_trait;
use bytes::Bytes;

use super::tamper::{Tamper, mutant, tampered};
use crate::mutants::Mutant;
use crate::subject::BlobStore;

pub(super) fn mutants() -> Vec<Mutant<BlobStore>> {
    vec![
        mutant("parts_in_arrival_order", "BLB-UPL-1", "Parts are joined as they arrived.", |_| {
            tampered(Uploads::wrong(Wrong::ArrivalOrder))
        }),
        mutant("first_of_a_part_wins", "BLB-UPL-1", "A part sent again does not replace the one sent before.", |_| {
            tampered(Uploads::wrong(Wrong::FirstWins))
        }),
        mutant(
            "partial_upload_visible",
            "BLB-UPL-2",
            "The first part of an upload is seen before it is completed.",
            |_| tampered(Uploads::wrong(Wrong::Visible)),
        ),
        mutant(
            "begin_removes_what_stood",
            "BLB-UPL-2",
            "Beginning an upload deletes the blob that it is to replace.",
            |_| tampered(Uploads::wrong(Wrong::RemovesFirst)),
        ),
        mutant("abort_leaves_the_parts", "BLB-UPL-2", "An aborted upload leaves what was sent as a blob.", |_| {
            tampered(Uploads::wrong(Wrong::AbortCompletes))
        }),
        mutant("abort_forgotten", "BLB-UPL-3", "An aborted upload can still be completed.", |_| {
            tampered(Uploads::wrong(Wrong::AbortForgotten))
        }),
        mutant(
            "complete_ignores_missing_part",
            "BLB-UPL-3",
            "An upload with a part missing is joined without it.",
            |_| tampered(Uploads::wrong(Wrong::MissingIgnored)),
        ),
        mutant("completed_upload_takes_parts", "BLB-UPL-3", "A part of an upload that is no more is accepted.", |_| {
            tampered(Uploads::wrong(Wrong::LatePartAccepted))
        }),
    ]
}

/// What goes wrong with uploads.
#[derive(PartialEq, Eq)]
enum Wrong {
    ArrivalOrder,
    FirstWins,
    Visible,
    RemovesFirst,
    AbortCompletes,
    AbortForgotten,
    MissingIgnored,
    LatePartAccepted,
}

/// An upload as it passed by.
struct Begun {
    bucket: BucketName,
    name: BlobName,
    new: NewUpload,
    /// Numbers in order of arrival.
    arrived: Vec<u32>,
    parts: BTreeMap<u32, Bytes>,
}

struct Uploads {
    wrong: Wrong,
    begun: Mutex<HashMap<UploadId, Begun>>,
}

impl Uploads {
    fn wrong(wrong: Wrong) -> Self {
        Self { wrong, begun: Mutex::default() }
    }

    fn begun(&self) -> MutexGuard<'_, HashMap<UploadId, Begun>> {
        self.begun.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes a part; where it came among the others, from 1, and whether it came before.
    fn note(&self, upload: &UploadId, number: u32, bytes: &Bytes) -> Option<(u32, bool)> {
        let mut all = self.begun();
        let begun = all.get_mut(upload)?;
        let before = begun.arrived.iter().position(|arrived| *arrived == number);
        if before.is_none() {
            begun.arrived.push(number);
        }
        begun.parts.insert(number, bytes.clone());
        let place = before.unwrap_or(begun.arrived.len() - 1) + 1;
        Some((u32::try_from(place).ok()?, before.is_some()))
    }

    /// The blob that the parts of an upload make, those there are.
    fn joined(&self, upload: &UploadId) -> Option<(BucketName, BlobName, PutBlob)> {
        let all = self.begun();
        let begun = all.get(upload)?;
        let bytes: Vec<Bytes> = begun.parts.values().cloned().collect();
        let mut put = PutBlob::new(&begun.new.content_type, Bytes::new()).ok()?;
        put.bytes = bytes.concat().into();
        put.metadata.clone_from(&begun.new.metadata);
        Some((begun.bucket.clone(), begun.name.clone(), put))
    }

    async fn write_joined(&self, sound: &BlobStore, upload: &UploadId) -> Result<Option<Etag>> {
        match self.joined(upload) {
            Some((bucket, name, put)) => sound.blobs.put(&bucket, &name, &put).await.map(Some),
            None => Ok(None),
        }
    }
}

#[async_trait]
impl Tamper for Uploads {
    async fn begin_upload(
        &self,
        sound: &BlobStore,
        bucket: &BucketName,
        name: &BlobName,
        new: &NewUpload,
    ) -> Result<UploadId> {
        let upload = sound.blobs.begin_upload(bucket, name, new).await?;
        if self.wrong == Wrong::RemovesFirst {
            sound.blobs.delete(bucket, name).await?;
        }
        let begun = Begun {
            bucket: bucket.clone(),
            name: name.clone(),
            new: new.clone(),
            arrived: Vec::new(),
            parts: BTreeMap::new(),
        };
        self.begun().insert(upload.clone(), begun);
        Ok(upload)
    }

    async fn put_part(&self, sound: &BlobStore, upload: &UploadId, number: PartNumber, bytes: Bytes) -> Result<()> {
        let noted = self.note(upload, number.get(), &bytes);
        let number = match (&self.wrong, noted) {
            (Wrong::FirstWins, Some((_, true))) => return Ok(()),
            (Wrong::ArrivalOrder, Some((place, _))) => PartNumber::new(place)?,
            _ => number,
        };
        if self.wrong == Wrong::Visible && number.get() == 1 {
            self.write_joined(sound, upload).await?;
        }
        match sound.blobs.put_part(upload, number, bytes).await {
            Err(error) if error.kind() == ErrorKind::NotFound && self.wrong == Wrong::LatePartAccepted => Ok(()),
            other => other,
        }
    }

    async fn complete_upload(&self, sound: &BlobStore, upload: &UploadId, parts: u32) -> Result<Etag> {
        let sent = self.begun().get(upload).map_or(0, |begun| begun.parts.len());
        let missing = sent > 0 && u32::try_from(sent).is_ok_and(|sent| sent < parts);
        if self.wrong == Wrong::MissingIgnored
            && missing
            && let Some(etag) = self.write_joined(sound, upload).await?
        {
            return Ok(etag);
        }
        sound.blobs.complete_upload(upload, parts).await
    }

    async fn abort_upload(&self, sound: &BlobStore, upload: &UploadId) -> Result<()> {
        match self.wrong {
            Wrong::AbortForgotten => return Ok(()),
            Wrong::AbortCompletes => drop(self.write_joined(sound, upload).await?),
            _ => {}
        }
        sound.blobs.abort_upload(upload).await
    }
}
