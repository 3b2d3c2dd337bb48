//! Signed URLs, and the answers to them.
//!
//! `{public URL}/_anyport/blobs/{bucket}/{name}?verb=GET&expires={ms}&signature={hex}`: the signature is the HMAC-SHA256
//! of everything between the public URL and itself, as text, so that no character can be changed.

use std::fmt::Write as _;

use anyport_ports::blobs::{
    BlobName, BlobRange, Blobs, FetchSigned, MAX_PUT_BYTES, PutBlob, SignBlobs, SignedAnswer, SignedUrlTtl, Verb,
};
use anyport_ports::{BucketName, Error, ErrorKind, Result, Timestamp};
use async_trait::async_trait;
use bytes::Bytes;
use hmac::{Hmac, KeyInit, Mac};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use sha2::Sha256;
use uuid::Uuid;

use crate::store::Memory;

const PATH: &str = "/_anyport/blobs/";
const SIGNATURE: &str = "&signature=";

/// All but RFC 3986's unreserved characters, which intermediaries may decode.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

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

    fn sign(&self, text: &str) -> String {
        let signature = self.0.clone().chain_update(text).finalize().into_bytes();
        signature.iter().fold(String::new(), |mut hex, byte| {
            // Writing to a String cannot fail.
            let _ = write!(hex, "{byte:02x}");
            hex
        })
    }

    /// Compares in constant time.
    fn verify(&self, text: &str, signature: &str) -> bool {
        bytes_of_hex(signature).is_some_and(|bytes| self.0.clone().chain_update(text).verify_slice(&bytes).is_ok())
    }
}

/// The bytes of lower-case hexadecimal digits, as [`SigningKey::sign`] writes them.
fn bytes_of_hex(hex: &str) -> Option<Vec<u8>> {
    let digit = |digit: u8| match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    };
    let (pairs, rest) = hex.as_bytes().as_chunks::<2>();
    if !rest.is_empty() {
        return None;
    }
    pairs.iter().map(|[high, low]| Some(digit(*high)? << 4 | digit(*low)?)).collect()
}

/// What a signed URL grants.
struct Grant {
    bucket: BucketName,
    name: BlobName,
    verb: Verb,
    expires_at: Timestamp,
}

impl Grant {
    fn to_text(&self) -> String {
        let name = utf8_percent_encode(self.name.as_str(), ENCODED);
        let (verb, expires) = (self.verb.as_str(), self.expires_at.as_millis());
        format!("{PATH}{}/{name}?verb={verb}&expires={expires}", self.bucket)
    }

    fn parse(text: &str) -> Option<Self> {
        let (path, query) = text.strip_prefix(PATH)?.split_once('?')?;
        let (bucket, name) = path.split_once('/')?;
        let (verb, expires) = query.strip_prefix("verb=")?.split_once("&expires=")?;
        Some(Self {
            bucket: BucketName::new(bucket).ok()?,
            name: BlobName::new(percent_decode_str(name).decode_utf8().ok()?).ok()?,
            verb: [Verb::Get, Verb::Put].into_iter().find(|known| known.as_str() == verb)?,
            expires_at: Timestamp::from_millis(expires.parse().ok()?),
        })
    }
}

impl Memory {
    /// The grant of a URL that this store signed and that has not expired.
    fn grant(&self, path_and_query: &str) -> Option<Grant> {
        let (text, signature) = path_and_query.rsplit_once(SIGNATURE)?;
        let genuine = self.shared.signing_key.verify(text, signature);
        Grant::parse(text).filter(|grant| genuine && self.shared.now() < grant.expires_at)
    }
}

#[async_trait]
impl SignBlobs for Memory {
    async fn sign(&self, bucket: &BucketName, name: &BlobName, verb: Verb, ttl: SignedUrlTtl) -> Result<String> {
        let mut state = self.shared.lock();
        state.bucket(bucket).map_err(|error| error.during("blobs.sign", format!("{bucket}/{name}")))?;
        let expires_at = self.shared.now().plus(ttl.length());
        let text = Grant { bucket: bucket.clone(), name: name.clone(), verb, expires_at }.to_text();
        let signature = self.shared.signing_key.sign(&text);
        Ok(format!("{}{text}{SIGNATURE}{signature}", state.public_url))
    }
}

#[async_trait]
impl FetchSigned for Memory {
    async fn fetch(&self, verb: Verb, path_and_query: &str, body: Bytes) -> Result<SignedAnswer> {
        let Some(grant) = self.grant(path_and_query).filter(|grant| grant.verb == verb) else {
            return Ok(without_body(403));
        };
        match verb {
            Verb::Get => match self.get(&grant.bucket, &grant.name, BlobRange::All).await {
                Ok(blob) => {
                    let content_type = Some(blob.info.content_type.clone());
                    Ok(SignedAnswer { status: 200, content_type, body: blob.bytes(usize::MAX).await? })
                }
                Err(error) => answer_to(error),
            },
            Verb::Put if body.len() > MAX_PUT_BYTES => Ok(without_body(413)),
            Verb::Put => {
                let put = PutBlob::new("application/octet-stream", body)?;
                match self.put(&grant.bucket, &grant.name, &put).await {
                    Ok(_) => Ok(without_body(201)),
                    Err(error) => answer_to(error),
                }
            }
        }
    }
}

fn answer_to(error: Error) -> Result<SignedAnswer> {
    if error.kind() == ErrorKind::NotFound { Ok(without_body(404)) } else { Err(error) }
}

fn without_body(status: u16) -> SignedAnswer {
    SignedAnswer { status, content_type: None, body: Bytes::new() }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

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
