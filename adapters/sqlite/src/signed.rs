//! Signed URLs, made and answered by the store itself.
//!
//! `{public URL}/_anyport/blobs/{bucket}/{name}?verb=GET&expires={ms}&signature={hex}`: the signature is an HMAC-SHA256 of
//! the text from the path up to itself, character by character, so that nothing of it can be written differently.

use anyport_ports::blobs::{
    BlobName, BlobRange, Blobs, FetchSigned, PutBlob, SignBlobs, SignedAnswer, SignedUrlTtl, Verb,
};
use anyport_ports::{BucketName, Error, ErrorKind, Result, Timestamp};
use async_trait::async_trait;
use bytes::Bytes;
use hmac::{Hmac, KeyInit as _, Mac as _};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use sha2::Sha256;

use crate::blob_rows::bucket;
use crate::store::SqliteStore;

const PATH: &str = "/_anyport/blobs/";

const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

#[async_trait]
impl SignBlobs for SqliteStore {
    async fn sign(&self, owner: &BucketName, name: &BlobName, verb: Verb, ttl: SignedUrlTtl) -> Result<String> {
        let signing = async {
            let container = owner.clone();
            self.read(move |connection, _| bucket(connection, &container)).await?;
            let expires = self.now().plus(ttl.length()).as_millis();
            let encoded = utf8_percent_encode(name.as_str(), UNRESERVED);
            let text = format!("{PATH}{owner}/{encoded}?verb={}&expires={expires}", verb.as_str());
            let signature = Bytes::copy_from_slice(&self.mac(&text).await?.finalize().into_bytes());
            Ok(format!("{}{text}&signature={signature:x}", self.public_url))
        };
        signing.await.map_err(|error: Error| error.during("blobs.sign", format_args!("{owner}/{name}")))
    }
}

#[async_trait]
impl FetchSigned for SqliteStore {
    async fn fetch(&self, verb: Verb, path_and_query: &str, body: Bytes) -> Result<SignedAnswer> {
        let Some((text, signature)) = path_and_query.rsplit_once("&signature=") else { return Ok(answer(403)) };
        let Some(signature) = from_hex(signature) else { return Ok(answer(403)) };
        // In constant time.
        if self.mac(text).await?.verify_slice(&signature).is_err() {
            return Ok(answer(403));
        }
        let Some(grant) = Grant::parse(text).filter(|grant| grant.allows(verb, self.now())) else {
            return Ok(answer(403));
        };
        let answered = match verb {
            Verb::Get => self.read_granted(&grant).await,
            Verb::Put => self.write_granted(&grant, body).await,
        };
        answered.or_else(|error| match error.kind() {
            ErrorKind::NotFound => Ok(answer(404)),
            ErrorKind::TooLarge => Ok(answer(413)),
            _ => Err(error),
        })
    }
}

impl SqliteStore {
    async fn read_granted(&self, grant: &Grant) -> Result<SignedAnswer> {
        let blob = self.get(&grant.bucket, &grant.name, BlobRange::All).await?;
        let content_type = Some(blob.info.content_type.clone());
        Ok(SignedAnswer { status: 200, content_type, body: blob.bytes(usize::MAX).await? })
    }

    async fn write_granted(&self, grant: &Grant, body: Bytes) -> Result<SignedAnswer> {
        let put = PutBlob::new("application/octet-stream", body)?;
        self.put(&grant.bucket, &grant.name, &put).await?;
        Ok(answer(201))
    }

    /// The code of a text under the store's own key, which was drawn when the store was made and never leaves it.
    async fn mac(&self, text: &str) -> Result<Hmac<Sha256>> {
        let key: Vec<u8> = self
            .read(|connection, _| {
                let select = "SELECT value FROM settings WHERE name = 'signing_key'";
                Ok(connection.prepare_cached(select)?.query_row([], |row| row.get(0))?)
            })
            .await?;
        let mut mac = Hmac::<Sha256>::new_from_slice(&key)
            .map_err(|_| Error::new(ErrorKind::Internal, "the stored signing key has a wrong length"))?;
        mac.update(text.as_bytes());
        Ok(mac)
    }
}

fn answer(status: u16) -> SignedAnswer {
    SignedAnswer { status, content_type: None, body: Bytes::new() }
}

/// What a signed text gives the right to.
struct Grant {
    bucket: BucketName,
    name: BlobName,
    verb: String,
    expires_at: Timestamp,
}

impl Grant {
    fn parse(text: &str) -> Option<Self> {
        let (path, query) = text.strip_prefix(PATH)?.split_once('?')?;
        let (bucket, name) = path.split_once('/')?;
        let (verb, expires_at) = query.strip_prefix("verb=")?.split_once("&expires=")?;
        Some(Self {
            bucket: BucketName::new(bucket).ok()?,
            name: BlobName::new(percent_decode_str(name).decode_utf8().ok()?).ok()?,
            verb: verb.to_owned(),
            expires_at: Timestamp::from_millis(expires_at.parse().ok()?),
        })
    }

    fn allows(&self, verb: Verb, now: Timestamp) -> bool {
        self.verb == verb.as_str() && now < self.expires_at
    }
}

/// The bytes of hexadecimal digits in lower case; `None` for anything else.
fn from_hex(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: u8| match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    };
    let pairs = text.as_bytes().chunks(2);
    pairs.map(|pair| if let [high, low] = *pair { Some(digit(high)? << 4 | digit(low)?) } else { None }).collect()
}
