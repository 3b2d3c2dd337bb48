//! A container: what Azure calls a bucket.

use std::sync::Arc;
use std::time::Duration;

use anyport_ports::ErrorKind;
use anyport_ports::blobs::{BlobName, Etag, ListBlobs, Listed, PartNumber};
use async_trait::async_trait;
use bytes::Bytes;
use chrono::{SecondsFormat, Utc};
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use object_store::azure::MicrosoftAzure;
use object_store::multipart::PartId;
use object_store::{Attributes, GetOptions, GetRange, GetResult, ObjectStore as _, PutOptions, PutResult};

use super::delegation::Delegation;
use super::sas::Grant;
use super::{Account, blob, copies, listing, table, uploads};
use crate::fault::{Meaning, Refusal, meaning, refusal};
use crate::metadata::{Tags, path};
use crate::provider::{Bucket, Objects, SentPart};
use crate::requests::{Endpoint, encoded};

pub(super) struct Container {
    pub(super) objects: MicrosoftAzure,
    /// Its name in the account.
    pub(super) name: String,
    pub(super) account: Account,
    pub(super) endpoint: Endpoint,
    pub(super) delegation: Arc<Delegation>,
}

#[async_trait]
impl Bucket for Container {
    fn objects(&self) -> &dyn Objects {
        &self.objects
    }

    fn tags(&self) -> Tags {
        Tags::Entity
    }

    async fn put(&self, name: &BlobName, bytes: Bytes, options: PutOptions) -> object_store::Result<PutResult> {
        blob::put(&self.endpoint, name.as_str(), bytes, &options).await
    }

    /// Azure knows no ranges that count from the end: such a one takes the length first.
    async fn get(&self, name: &BlobName, options: GetOptions) -> object_store::Result<GetResult> {
        let location = path(name)?;
        let length = async || {
            let options = GetOptions { head: true, ..GetOptions::default() };
            Ok::<_, object_store::Error>(self.objects.get_opts(&location, options).await?.meta.size)
        };
        let Some(range) = options.range.clone() else { return self.objects.get_opts(&location, options).await };
        let mut known = if matches!(range, GetRange::Suffix(_)) { Some(length().await?) } else { None };
        // Again whenever it was replaced meanwhile by one of another length.
        loop {
            let range = match (&range, known) {
                (GetRange::Suffix(count), Some(known)) => GetRange::Offset(known.saturating_sub(*count)),
                _ => range.clone(),
            };
            let options = GetOptions { range: Some(range.clone()), ..options.clone() };
            match self.objects.get_opts(&location, options).await {
                Ok(found) if known.is_some_and(|known| known != found.meta.size) => known = Some(found.meta.size),
                Err(error) if is_of_range(&error) => {
                    let now = length().await?;
                    if known.is_none_or(|known| known == now) {
                        return Err(if begins_in(&range, now) { error } else { no_byte() });
                    }
                    known = Some(now);
                }
                found => return found,
            }
        }
    }

    /// In a request of its own, not in a batch as `object_store` makes it.
    async fn delete(&self, name: &BlobName) -> object_store::Result<()> {
        let with_snapshots = (HeaderName::from_static("x-ms-delete-snapshots"), HeaderValue::from_static("include"));
        let headers = HeaderMap::from_iter([with_snapshots]);
        match self.endpoint.send(Method::DELETE, name.as_str(), &[], headers, Bytes::new()).await {
            Err(error) if !is(&error, ErrorKind::NotFound) => Err(error),
            _ => Ok(()),
        }
    }

    async fn list(&self, list: &ListBlobs, after: Option<&str>) -> object_store::Result<(Vec<Listed>, Option<String>)> {
        listing::list(&self.endpoint, list, after).await
    }

    async fn copy(&self, from: &BlobName, to: &BlobName) -> object_store::Result<Etag> {
        copies::copy(&self.endpoint, from.as_str(), to.as_str()).await
    }

    async fn begin(&self, _: &BlobName, attributes: Attributes) -> object_store::Result<String> {
        uploads::begin(&self.endpoint, &attributes).await
    }

    async fn put_part(&self, _: &BlobName, upload: &str, number: PartNumber, bytes: Bytes) -> object_store::Result<()> {
        uploads::put_part(&self.endpoint, upload, number, bytes).await
    }

    async fn parts(&self, _: &BlobName, upload: &str) -> object_store::Result<Vec<SentPart>> {
        uploads::parts(&self.endpoint, upload).await
    }

    async fn complete(&self, name: &BlobName, upload: &str, parts: Vec<PartId>) -> object_store::Result<Option<Etag>> {
        uploads::assemble(&self.endpoint, upload, &parts).await?;
        Ok(Some(uploads::publish(&self.endpoint, upload, name).await?))
    }

    async fn abort(&self, _: &BlobName, upload: &str) -> object_store::Result<()> {
        uploads::abort(&self.endpoint, upload).await
    }

    async fn sign(&self, method: Method, name: &BlobName, ttl: Duration) -> object_store::Result<String> {
        let expires = Utc::now() + ttl;
        let grant = Grant {
            account: &self.account.name,
            container: &self.name,
            name: name.as_str(),
            method: &method,
            expires: expires.to_rfc3339_opts(SecondsFormat::Secs, true),
        };
        let query = match &self.account.key {
            Some(key) => grant.by_account(&key.bytes),
            None => self.delegation.sign(&grant, expires).await?,
        };
        Ok(format!("{}/{}?{query}", self.endpoint.url, encoded(name.as_str())))
    }

    async fn create(&self) -> object_store::Result<()> {
        let made =
            self.endpoint.send(Method::PUT, "", &[("restype", "container")], HeaderMap::new(), Bytes::new()).await;
        let exists = |error| refusal(error).is_some_and(|refusal| refusal.code == "ContainerAlreadyExists");
        match made {
            Err(error) if !exists(&error) => Err(error),
            _ => Ok(()),
        }
    }
}

/// Whether an error is a refusal of this kind.
fn is(error: &object_store::Error, kind: ErrorKind) -> bool {
    meaning(error, table::meaning) == Meaning::Refused(kind)
}

/// Whether an error may be that a range begins at the end or beyond: a refusal, or an answer that holds no byte.
fn is_of_range(error: &object_store::Error) -> bool {
    is(error, ErrorKind::InvalidInput) || meaning(error, table::meaning) == Meaning::Unreadable
}

fn begins_in(range: &GetRange, length: u64) -> bool {
    match range {
        GetRange::Bounded(range) => range.start < length,
        GetRange::Offset(start) => *start < length,
        GetRange::Suffix(_) => length > 0,
    }
}

fn no_byte() -> object_store::Error {
    let (code, message) = ("InvalidRange".to_owned(), "The range begins at the end of the blob or beyond.".to_owned());
    Refusal { status: 416, to_head: false, code, message }.into_error()
}
