//! Uploads in parts.

use std::collections::BTreeMap;

use anyport_ports::blobs::{BlobName, MAX_PUT_BYTES, MIN_PART_BYTES, NewUpload, UploadId};
use anyport_ports::{BucketName, Error, ErrorKind, Result};
use bytes::{Bytes, BytesMut};

use crate::store::State;

/// An upload that is neither completed nor aborted: nothing of it shows in its bucket.
pub(crate) struct Upload {
    pub(crate) bucket: BucketName,
    pub(crate) name: BlobName,
    /// What to write but the bytes.
    pub(crate) new: NewUpload,
    parts: BTreeMap<u32, Bytes>,
}

impl Upload {
    pub(crate) fn new(bucket: BucketName, name: BlobName, new: NewUpload) -> Self {
        Self { bucket, name, new, parts: BTreeMap::new() }
    }

    /// Keeps a part; the last one sent of a number counts.
    pub(crate) fn put_part(&mut self, number: u32, bytes: Bytes) -> Result<()> {
        if bytes.len() > MAX_PUT_BYTES {
            let message = format!("the part is {} bytes: at most {MAX_PUT_BYTES}; send smaller parts", bytes.len());
            return Err(Error::new(ErrorKind::TooLarge, message));
        }
        self.parts.insert(number, bytes);
        Ok(())
    }

    /// The parts from 1 to `parts`, joined.
    pub(crate) fn join(&self, parts: u32) -> Result<Bytes> {
        if parts == 0 {
            return Err(Error::invalid("an upload is completed with at least one part"));
        }
        let mut whole = BytesMut::new();
        for number in 1..=parts {
            let Some(part) = self.parts.get(&number) else {
                return Err(Error::invalid(format!("part {number} of {parts} is missing: send it and complete again")));
            };
            if number < parts && part.len() < MIN_PART_BYTES {
                return Err(Error::invalid(format!(
                    "part {number} of {parts} is {} bytes: all but the last are at least {MIN_PART_BYTES}",
                    part.len()
                )));
            }
            whole.extend_from_slice(part);
        }
        Ok(whole.freeze())
    }
}

impl State {
    pub(crate) fn upload(&mut self, upload: &UploadId) -> Result<&mut Upload> {
        self.uploads.get_mut(upload.as_str()).ok_or_else(|| {
            Error::new(ErrorKind::NotFound, "there is no such upload: it may be completed or aborted, begin another")
        })
    }
}
