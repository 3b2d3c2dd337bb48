//! Signed URLs, and the answers to them.

use anyport_ports::blobs::{BlobName, FetchSigned, SignBlobs, SignedAnswer, SignedGrant, SignedUrlTtl, Verb};
use anyport_ports::{BucketName, Result};
use async_trait::async_trait;
use bytes::Bytes;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use uuid::Uuid;

use crate::store::Memory;

/// The key of a store's signatures.
pub(crate) struct SigningKey(Hmac<Sha256>);

impl SigningKey {
    /// A key that nobody knows: 64 bytes, of which random UUIDs leave 488 bits to chance.
    pub(crate) fn random() -> Self {
        let mut key = [0; 64];
        for quarter in key.chunks_exact_mut(16) {
            quarter.copy_from_slice(Uuid::new_v4().as_bytes());
        }
        Self(Hmac::new(&key.into()))
    }

    fn code(&self, text: &str) -> Hmac<Sha256> {
        self.0.clone().chain_update(text)
    }
}

impl Memory {
    /// The grant of a URL that this store signed, for this verb, if it has not expired.
    fn grant(&self, verb: Verb, path_and_query: &str) -> Option<SignedGrant> {
        let (text, signature) = SignedGrant::split(path_and_query)?;
        // In constant time.
        self.shared.signing_key.code(text).verify_slice(&signature).ok()?;
        SignedGrant::parse(text).filter(|grant| grant.allows(verb, self.shared.now()))
    }
}

#[async_trait]
impl SignBlobs for Memory {
    async fn sign(&self, bucket: &BucketName, name: &BlobName, verb: Verb, ttl: SignedUrlTtl) -> Result<String> {
        let expires_at = self.shared.now().plus(ttl.length());
        let grant = SignedGrant { bucket: bucket.clone(), name: name.clone(), verb, expires_at };
        let signature = self.shared.signing_key.code(&grant.text()).finalize().into_bytes();
        Ok(grant.url(&self.shared.lock().public_url, &signature))
    }
}

#[async_trait]
impl FetchSigned for Memory {
    async fn fetch(&self, verb: Verb, path_and_query: &str, body: Bytes) -> Result<SignedAnswer> {
        match self.grant(verb, path_and_query) {
            Some(grant) => grant.answer(self, body).await,
            None => Ok(SignedAnswer::of_status(403)),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use anyport_ports::blobs::MAX_PUT_BYTES;
    use anyport_ports::resources::{Provision, Resources};

    use super::*;
    use crate::{ManualClock, MemoryStore};

    const RECEIPTS: BucketName = BucketName::from_static("receipts");
    const TTL: Duration = Duration::from_mins(1);

    async fn provisioned() -> (Arc<ManualClock>, Memory) {
        let clock = Arc::new(ManualClock::new());
        let memory = MemoryStore::new(clock.clone()).with_public_url("http://127.0.0.1:8080/").handle();
        memory.provision(&Resources { buckets: vec![RECEIPTS], ..Resources::default() }).await.unwrap();
        (clock, memory)
    }

    async fn signed(memory: &Memory, name: &str, verb: Verb) -> String {
        let (name, ttl) = (BlobName::new(name).unwrap(), SignedUrlTtl::new(TTL).unwrap());
        let url = memory.sign(&RECEIPTS, &name, verb, ttl).await.unwrap();
        url.strip_prefix("http://127.0.0.1:8080").unwrap().to_owned()
    }

    async fn status(memory: &Memory, verb: Verb, url: &str) -> u16 {
        memory.fetch(verb, url, Bytes::new()).await.unwrap().status
    }

    #[tokio::test]
    async fn a_url_serves_its_verb_until_it_expires() {
        let (clock, memory) = provisioned().await;
        let name = "ä/b c?&signature=%2F#";
        let (get, put) = (signed(&memory, name, Verb::Get).await, signed(&memory, name, Verb::Put).await);
        assert_eq!(status(&memory, Verb::Get, &get).await, 404);
        assert_eq!(memory.fetch(Verb::Put, &put, Bytes::from_static(b"hi")).await.unwrap().status, 201);
        let answer = memory.fetch(Verb::Get, &get, Bytes::new()).await.unwrap();
        assert_eq!((answer.status, &answer.body[..]), (200, &b"hi"[..]));
        assert_eq!(answer.content_type.as_deref(), Some("application/octet-stream"));
        assert_eq!(status(&memory, Verb::Put, &get).await, 403);
        assert_eq!(status(&memory, Verb::Get, &put).await, 403);
        let oversize = vec![0; MAX_PUT_BYTES + 1].into();
        assert_eq!(memory.fetch(Verb::Put, &put, oversize).await.unwrap().status, 413);

        clock.advance(Duration::from_millis(59_999));
        assert_eq!(status(&memory, Verb::Get, &get).await, 200);
        clock.advance(Duration::from_millis(1));
        assert_eq!(status(&memory, Verb::Get, &get).await, 403);
    }

    #[tokio::test]
    async fn no_character_can_be_changed_dropped_or_added() {
        let (_clock, memory) = provisioned().await;
        let url = signed(&memory, "a/b", Verb::Put).await;
        assert_eq!(status(&memory, Verb::Put, &url).await, 201);
        for at in 0..url.len() {
            let (before, rest) = url.split_at(at);
            let (this, after) = rest.split_at(1);
            let other_case = if this == this.to_lowercase() { this.to_uppercase() } else { this.to_lowercase() };
            for replaced in ["0", "1", "/", "", other_case.as_str()].into_iter().filter(|other| *other != this) {
                let changed = format!("{before}{replaced}{after}");
                assert_eq!(status(&memory, Verb::Put, &changed).await, 403, "{changed}");
            }
            let added = format!("{before}0{rest}");
            assert_eq!(status(&memory, Verb::Put, &added).await, 403, "{added}");
        }
        assert_eq!(status(&memory, Verb::Put, &format!("{url}0")).await, 403);
        let (_clock, other_store) = provisioned().await;
        assert_eq!(status(&other_store, Verb::Put, &url).await, 403);
    }
}
