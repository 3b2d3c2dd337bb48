//! Whoever was given a signed URL.

use std::sync::{Mutex, PoisonError};

use anyport_blobs::ObjectBlobs;
use anyport_ports::blobs::{BlobName, FetchSigned, SignBlobs, SignedAnswer, SignedUrlTtl, Verb};
use anyport_ports::{BucketName, Error, ErrorKind, Result};
use async_trait::async_trait;
use bytes::Bytes;
use http::header;

/// What a cloud asks of those who use signed URLs, and how it answers them.
#[derive(Clone, Copy)]
pub(super) struct Manners {
    /// Headers that a PUT must have besides.
    pub(super) put: &'static [(&'static str, &'static str)],
    /// The port's status of an answer of this status and body.
    pub(super) status: fn(u16, &[u8]) -> u16,
}

impl Manners {
    /// A PUT as it comes, and answers in the port's statuses.
    pub(super) const PLAIN: Self = Self { put: &[], status: |status, _| status };
}

/// Follows signed URLs as a browser does: with nothing but the URL and what the cloud asks of everyone.
pub(super) struct Browser {
    signer: ObjectBlobs,
    client: reqwest::Client,
    manners: Manners,
    /// Scheme and host of the URL signed last: at S3 itself each bucket has a host of its own.
    origin: Mutex<String>,
}

impl Browser {
    /// One that is given what this signer signs.
    pub(super) fn of(signer: ObjectBlobs, manners: Manners) -> Result<Self> {
        let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build();
        Ok(Self { signer, client: client.map_err(unfetched)?, manners, origin: Mutex::default() })
    }
}

fn unfetched(error: reqwest::Error) -> Error {
    Error::new(ErrorKind::Unavailable, "a signed URL cannot be followed").caused_by(error)
}

#[async_trait]
impl SignBlobs for Browser {
    async fn sign(&self, bucket: &BucketName, name: &BlobName, verb: Verb, ttl: SignedUrlTtl) -> Result<String> {
        let url = self.signer.sign(bucket, name, verb, ttl).await?;
        let after_scheme = url.find("://").map_or(0, |at| at + "://".len());
        let end = url[after_scheme..].find('/').map_or(url.len(), |at| after_scheme + at);
        url[..end].clone_into(&mut self.origin.lock().unwrap_or_else(PoisonError::into_inner));
        Ok(url)
    }
}

#[async_trait]
impl FetchSigned for Browser {
    async fn fetch(&self, verb: Verb, path_and_query: &str, body: Bytes) -> Result<SignedAnswer> {
        let url = format!("{}{path_and_query}", self.origin.lock().unwrap_or_else(PoisonError::into_inner));
        let request = match verb {
            Verb::Get => self.client.get(url),
            Verb::Put => {
                let put = self.client.put(url).body(body);
                self.manners.put.iter().fold(put, |put, (name, value)| put.header(*name, *value))
            }
        };
        let answer = request.send().await.map_err(unfetched)?;
        let status = answer.status().as_u16();
        let content_type = answer.headers().get(header::CONTENT_TYPE);
        let content_type = content_type.and_then(|value| value.to_str().ok()).map(str::to_owned);
        let body = answer.bytes().await.map_err(unfetched)?;
        Ok(SignedAnswer { status: (self.manners.status)(status, &body), content_type, body })
    }
}
