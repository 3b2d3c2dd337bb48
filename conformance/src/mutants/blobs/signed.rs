//! Faults of signed URLs.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use anyport_ports::blobs::{BlobName, SignedAnswer, SignedUrlTtl, Verb};
use anyport_ports::{BucketName, Result};
use async_trait::async_trait;
use bytes::Bytes;

use super::tamper::{Tamper, mutant, tampered};
use crate::mutants::Mutant;
use crate::subject::BlobStore;

pub(super) fn mutants() -> Vec<Mutant<BlobStore>> {
    vec![
        mutant("signed_url_ignores_expiry", "BLB-URL-1", "A signed URL works for a week, whatever was asked.", |_| {
            tampered(OtherTtl(|_| SignedUrlTtl::MAX))
        }),
        mutant("signed_url_expires_early", "BLB-URL-1", "A signed URL works for a quarter of its time.", |_| {
            tampered(OtherTtl(|ttl| (ttl / 4).max(Duration::from_secs(1))))
        }),
        mutant(
            "signed_url_ignores_verb",
            "BLB-URL-2",
            "What is signed for reading is good for writing, and so back.",
            |_| tampered(Lenient { served: other_verb, signed: Mutex::default() }),
        ),
        mutant("signed_url_ignores_name", "BLB-URL-2", "The signature does not cover the name of the blob.", |_| {
            tampered(Lenient { served: other_name, signed: Mutex::default() })
        }),
    ]
}

/// Signs for another time than asked.
struct OtherTtl(fn(Duration) -> Duration);

#[async_trait]
impl Tamper for OtherTtl {
    async fn sign(
        &self,
        sound: &BlobStore,
        bucket: &BucketName,
        name: &BlobName,
        verb: Verb,
        ttl: SignedUrlTtl,
    ) -> Result<String> {
        sound.signer.sign(bucket, name, verb, SignedUrlTtl::new((self.0)(ttl.length()))?).await
    }
}

/// A URL that was signed.
#[derive(Clone)]
struct Signed {
    path: String,
    query: String,
    bucket: BucketName,
    name: BlobName,
    verb: Verb,
}

/// Serves some of the requests that the store refuses.
struct Lenient {
    /// Of the URLs signed so far, the one that stands for a refused path and query.
    served: fn(&[Signed], Verb, &str, &str) -> Option<Signed>,
    signed: Mutex<Vec<Signed>>,
}

fn other_verb(signed: &[Signed], verb: Verb, path: &str, query: &str) -> Option<Signed> {
    signed.iter().find(|signed| signed.path == path && signed.query == query && signed.verb != verb).cloned()
}

/// The path of one, with the signature of another.
fn other_name(signed: &[Signed], verb: Verb, path: &str, query: &str) -> Option<Signed> {
    let signature = signed.iter().find(|signed| signed.query == query && signed.verb == verb)?;
    signed.iter().find(|signed| signed.path == path && signed.name != signature.name).cloned()
}

fn path_and_query(url: &str) -> (String, String) {
    let after_scheme = url.find("://").map_or(0, |at| at + "://".len());
    let path = url[after_scheme..].find('/').map_or(0, |at| after_scheme + at);
    let (path, query) = url[path..].split_once('?').unwrap_or((&url[path..], ""));
    (path.to_owned(), query.to_owned())
}

#[async_trait]
impl Tamper for Lenient {
    async fn sign(
        &self,
        sound: &BlobStore,
        bucket: &BucketName,
        name: &BlobName,
        verb: Verb,
        ttl: SignedUrlTtl,
    ) -> Result<String> {
        let url = sound.signer.sign(bucket, name, verb, ttl).await?;
        let (path, query) = path_and_query(&url);
        let signed = Signed { path, query, bucket: bucket.clone(), name: name.clone(), verb };
        self.signed.lock().unwrap_or_else(PoisonError::into_inner).push(signed);
        Ok(url)
    }

    async fn fetch(&self, sound: &BlobStore, verb: Verb, url: &str, body: Bytes) -> Result<SignedAnswer> {
        let answer = sound.fetch.fetch(verb, url, body.clone()).await?;
        let (path, query) = path_and_query(url);
        let served = (self.served)(&self.signed.lock().unwrap_or_else(PoisonError::into_inner), verb, &path, &query);
        match served.filter(|_| answer.status == 403) {
            Some(Signed { bucket, name, .. }) => {
                let ttl = SignedUrlTtl::new(Duration::from_secs(1))?;
                let (path, query) = path_and_query(&sound.signer.sign(&bucket, &name, verb, ttl).await?);
                sound.fetch.fetch(verb, &format!("{path}?{query}"), body).await
            }
            None => Ok(answer),
        }
    }
}
