//! Buckets and what is in them.

use std::collections::{BTreeMap, HashMap};

use bytes::Bytes;
use chrono::{DateTime, Utc};
use sha2::{Digest as _, Sha256};

use super::refusal::Refusal;

/// The least that a part of an upload holds, but the last.
const MIN_PART: usize = 5 << 20;

/// Every bucket.
#[derive(Default)]
pub(super) struct Store {
    buckets: HashMap<String, Bucket>,
    /// The last generation or upload.
    last: u64,
}

/// A bucket.
#[derive(Default)]
pub(super) struct Bucket {
    pub(super) objects: BTreeMap<String, Object>,
    uploads: HashMap<String, Upload>,
}

/// An object.
#[derive(Clone)]
pub(super) struct Object {
    pub(super) bytes: Bytes,
    pub(super) described: Described,
    pub(super) generation: u64,
    pub(super) modified: DateTime<Utc>,
}

/// What describes an object.
#[derive(Clone, Default, Debug, PartialEq, Eq)]
pub(super) struct Described {
    pub(super) content_type: String,
    /// Without what the headers' names begin with.
    pub(super) metadata: BTreeMap<String, String>,
}

/// An upload in parts.
struct Upload {
    name: String,
    described: Described,
    parts: BTreeMap<u32, Bytes>,
}

/// An entity tag of these bytes, which is opaque.
pub(super) fn etag(bytes: &[u8]) -> String {
    let hash = Sha256::digest(bytes);
    hash.iter().take(16).fold("\"".to_owned(), |text, byte| format!("{text}{byte:02x}")) + "\""
}

impl Store {
    pub(super) fn bucket(&self, bucket: &str) -> Result<&Bucket, Refusal> {
        self.buckets.get(bucket).ok_or_else(Refusal::no_bucket)
    }

    pub(super) fn create(&mut self, bucket: &str) -> Result<(), Refusal> {
        if self.buckets.contains_key(bucket) {
            let message = "Your previous request to create the named bucket succeeded and you already own it.";
            return Err(Refusal::new(409, "BucketAlreadyOwnedByYou", message));
        }
        self.buckets.insert(bucket.to_owned(), Bucket::default());
        Ok(())
    }

    pub(super) fn object(&self, bucket: &str, name: &str) -> Result<&Object, Refusal> {
        self.bucket(bucket)?.objects.get(name).ok_or_else(Refusal::no_object)
    }

    /// Writes an object, if what stands is of this generation: 0 for nothing.
    pub(super) fn put(
        &mut self,
        bucket: &str,
        name: &str,
        bytes: Bytes,
        described: Described,
        condition: Option<u64>,
    ) -> Result<Object, Refusal> {
        if name.is_empty() || name.len() > 1024 {
            return Err(Refusal::new(400, "KeyTooLong", "The specified key is longer than 1024 bytes, or empty."));
        }
        let generation = self.next();
        let bucket = self.buckets.get_mut(bucket).ok_or_else(Refusal::no_bucket)?;
        check(bucket.objects.get(name), condition)?;
        let object = Object { bytes, described, generation, modified: Utc::now() };
        bucket.objects.insert(name.to_owned(), object.clone());
        Ok(object)
    }

    pub(super) fn delete(&mut self, bucket: &str, name: &str, condition: Option<u64>) -> Result<(), Refusal> {
        let bucket = self.buckets.get_mut(bucket).ok_or_else(Refusal::no_bucket)?;
        let object = bucket.objects.get(name).ok_or_else(Refusal::no_object)?;
        check(Some(object), condition)?;
        bucket.objects.remove(name);
        Ok(())
    }

    /// Begins an upload; its id.
    pub(super) fn begin(&mut self, bucket: &str, name: &str, described: Described) -> Result<String, Refusal> {
        let id = format!("upload/{:x}+=", self.next());
        let bucket = self.buckets.get_mut(bucket).ok_or_else(Refusal::no_bucket)?;
        let upload = Upload { name: name.to_owned(), described, parts: BTreeMap::new() };
        bucket.uploads.insert(id.clone(), upload);
        Ok(id)
    }

    fn upload(&mut self, bucket: &str, name: &str, id: &str) -> Result<&mut Upload, Refusal> {
        let bucket = self.buckets.get_mut(bucket).ok_or_else(Refusal::no_bucket)?;
        bucket.uploads.get_mut(id).filter(|upload| upload.name == name).ok_or_else(Refusal::no_upload)
    }

    pub(super) fn put_part(
        &mut self,
        bucket: &str,
        name: &str,
        id: &str,
        number: u32,
        bytes: Bytes,
    ) -> Result<(), Refusal> {
        if !(1..=10_000).contains(&number) {
            return Err(Refusal::argument("Part number must be an integer between 1 and 10000, inclusive."));
        }
        self.upload(bucket, name, id)?.parts.insert(number, bytes);
        Ok(())
    }

    /// Parts beyond this number.
    pub(super) fn parts(
        &mut self,
        bucket: &str,
        name: &str,
        id: &str,
        after: u32,
    ) -> Result<Vec<(u32, Bytes)>, Refusal> {
        let parts = &self.upload(bucket, name, id)?.parts;
        Ok(parts.range(after + 1..).map(|(number, bytes)| (*number, bytes.clone())).collect())
    }

    /// Makes the object of these parts, which are named with their entity tags.
    pub(super) fn complete(
        &mut self,
        bucket: &str,
        name: &str,
        id: &str,
        named: &[(u32, String)],
    ) -> Result<Object, Refusal> {
        let upload = self.upload(bucket, name, id)?;
        if !named.is_sorted_by_key(|(number, _)| *number) {
            return Err(Refusal::new(400, "InvalidPartOrder", "The list of parts was not in ascending order."));
        }
        let mut whole = Vec::new();
        for (at, (number, tag)) in named.iter().enumerate() {
            let part = upload.parts.get(number).filter(|part| etag(part).trim_matches('"') == tag.trim_matches('"'));
            let Some(part) = part else {
                return Err(Refusal::new(400, "InvalidPart", "One or more of the specified parts could not be found."));
            };
            if at + 1 < named.len() && part.len() < MIN_PART {
                let message = "Your proposed upload is smaller than the minimum allowed size.";
                return Err(Refusal::new(400, "EntityTooSmall", message));
            }
            whole.extend_from_slice(part);
        }
        let described = upload.described.clone();
        let object = self.put(bucket, name, whole.into(), described, None)?;
        self.abort(bucket, name, id)?;
        Ok(object)
    }

    pub(super) fn abort(&mut self, bucket: &str, name: &str, id: &str) -> Result<(), Refusal> {
        self.upload(bucket, name, id)?;
        self.buckets.get_mut(bucket).ok_or_else(Refusal::no_bucket)?.uploads.remove(id);
        Ok(())
    }

    /// Larger than all before: microseconds, as Google's are, unless there are more than one of them.
    fn next(&mut self) -> u64 {
        let now = u64::try_from(Utc::now().timestamp_micros()).unwrap_or_default();
        self.last = now.max(self.last + 1);
        self.last
    }
}

fn check(standing: Option<&Object>, condition: Option<u64>) -> Result<(), Refusal> {
    let generation = standing.map_or(0, |object| object.generation);
    match condition {
        Some(wanted) if wanted != generation => Err(Refusal::condition()),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn store() -> Store {
        let mut store = Store::default();
        store.create("b").unwrap();
        store
    }

    fn put(store: &mut Store, condition: Option<u64>) -> Result<u64, &'static str> {
        let put = store.put("b", "o", Bytes::from("x"), Described::default(), condition);
        put.map(|object| object.generation).map_err(|refusal| refusal.code)
    }

    #[test]
    fn a_write_is_under_the_generation_that_it_names() {
        let mut store = store();
        assert_eq!(put(&mut store, Some(1)), Err("PreconditionFailed"));
        let first = put(&mut store, Some(0)).unwrap();
        assert_eq!(put(&mut store, Some(0)), Err("PreconditionFailed"));
        let second = put(&mut store, Some(first)).unwrap();
        assert!(second > first);
        assert_eq!(put(&mut store, Some(first)), Err("PreconditionFailed"));
        assert_eq!(store.delete("b", "o", Some(first)).unwrap_err().code, "PreconditionFailed");
        store.delete("b", "o", Some(second)).unwrap();
        assert_eq!(store.delete("b", "o", None).unwrap_err().code, "NoSuchKey");
        assert!(put(&mut store, None).unwrap() > second);
        assert_eq!(store.put("c", "o", Bytes::new(), Described::default(), None).err().unwrap().code, "NoSuchBucket");
    }

    #[test]
    fn an_upload_is_seen_when_it_is_whole() {
        let mut store = store();
        let large = Bytes::from(vec![1; MIN_PART]);
        let id = store.begin("b", "o", Described::default()).unwrap();
        store.put_part("b", "o", &id, 2, Bytes::from("end")).unwrap();
        store.put_part("b", "o", &id, 1, Bytes::from("small")).unwrap();
        let named = |first: &[u8]| vec![(1, etag(first)), (2, etag(b"end"))];
        assert_eq!(store.complete("b", "o", &id, &named(b"small")).err().unwrap().code, "EntityTooSmall");
        assert_eq!(store.complete("b", "o", &id, &named(b"other")).err().unwrap().code, "InvalidPart");
        store.put_part("b", "o", &id, 1, large.clone()).unwrap();
        assert_eq!(store.object("b", "o").err().unwrap().code, "NoSuchKey");
        assert_eq!(store.parts("b", "o", &id, 1).unwrap().len(), 1);
        let object = store.complete("b", "o", &id, &named(&large)).unwrap();
        assert_eq!(object.bytes.len(), MIN_PART + 3);
        assert_eq!(store.put_part("b", "o", &id, 1, Bytes::new()).unwrap_err().code, "NoSuchUpload");
        assert_eq!(store.abort("b", "o", &id).unwrap_err().code, "NoSuchUpload");
    }
}
