//! Signed URLs, made and answered by the store itself.

use anyport_ports::blobs::{BlobName, FetchSigned, SignBlobs, SignedAnswer, SignedGrant, SignedUrlTtl, Verb};
use anyport_ports::{BucketName, Error, ErrorKind, Result};
use async_trait::async_trait;
use bytes::Bytes;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

use crate::store::SqliteStore;

#[async_trait]
impl SignBlobs for SqliteStore {
    async fn sign(&self, owner: &BucketName, name: &BlobName, verb: Verb, ttl: SignedUrlTtl) -> Result<String> {
        let signing = async {
            let expires_at = self.now().plus(ttl.length());
            let grant = SignedGrant { bucket: owner.clone(), name: name.clone(), verb, expires_at };
            let signature = self.mac(&grant.text()).await?.finalize().into_bytes();
            Ok(grant.url(&self.public_url, &signature))
        };
        signing.await.map_err(|error: Error| error.during("blobs.sign", format_args!("{owner}/{name}")))
    }
}

#[async_trait]
impl FetchSigned for SqliteStore {
    async fn fetch(&self, verb: Verb, path_and_query: &str, body: Bytes) -> Result<SignedAnswer> {
        match self.grant(verb, path_and_query).await? {
            Some(grant) => grant.answer(self, body).await,
            None => Ok(SignedAnswer::of_status(403)),
        }
    }
}

impl SqliteStore {
    /// The grant of a URL that this store signed, for this verb, if it has not expired.
    async fn grant(&self, verb: Verb, path_and_query: &str) -> Result<Option<SignedGrant>> {
        let Some((text, signature)) = SignedGrant::split(path_and_query) else { return Ok(None) };
        // In constant time.
        if self.mac(text).await?.verify_slice(&signature).is_err() {
            return Ok(None);
        }
        Ok(SignedGrant::parse(text).filter(|grant| grant.allows(verb, self.now())))
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
