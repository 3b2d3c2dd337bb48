//! Signed URLs of a store that signs and answers for itself: their form, and what follows from a genuine one.
//!
//! `{public URL}/_anyport/blobs/{bucket}/{name}?verb=GET&expires={ms}&signature={base64url}`. What is signed is the text
//! from the path up to the signature, character by character, so that nothing of it can be written differently. The store
//! brings the key and the code over the text (an HMAC), and compares in constant time.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use bytes::Bytes;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

use super::{BlobName, BlobRange, Blobs, MAX_PUT_BYTES, PutBlob, SignedAnswer, Verb};
use crate::{BucketName, ErrorKind, Result, Timestamp};

const SIGNATURE: &str = "&signature=";

/// All but RFC 3986's unreserved characters, which intermediaries may decode.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// What a signed URL grants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedGrant {
    /// The bucket.
    pub bucket: BucketName,
    /// The blob.
    pub name: BlobName,
    /// What may be done with it.
    pub verb: Verb,
    /// From this instant on, nothing.
    pub expires_at: Timestamp,
}

impl SignedGrant {
    /// What the path of every such URL begins with; the server runtime passes requests below it on to the store.
    pub const PATH: &str = "/_anyport/blobs/";

    /// The text to sign.
    pub fn text(&self) -> String {
        let name = utf8_percent_encode(self.name.as_str(), ENCODED);
        let (verb, expires) = (self.verb.as_str(), self.expires_at.as_millis());
        format!("{}{}/{name}?verb={verb}&expires={expires}", Self::PATH, self.bucket)
    }

    /// The URL, with the signature of [`SignedGrant::text`].
    pub fn url(&self, public_url: &str, signature: &[u8]) -> String {
        let origin = public_url.trim_end_matches('/');
        format!("{origin}{}{SIGNATURE}{}", self.text(), BASE64.encode(signature))
    }

    /// The signed text and the signature of a request's path and query; `None` if it is not of this form.
    pub fn split(path_and_query: &str) -> Option<(&str, Vec<u8>)> {
        let (text, signature) = path_and_query.rsplit_once(SIGNATURE)?;
        Some((text, BASE64.decode(signature).ok()?))
    }

    /// The grant of a text whose signature was found genuine.
    pub fn parse(text: &str) -> Option<Self> {
        let (path, query) = text.strip_prefix(Self::PATH)?.split_once('?')?;
        let (bucket, name) = path.split_once('/')?;
        let (verb, expires) = query.strip_prefix("verb=")?.split_once("&expires=")?;
        Some(Self {
            bucket: BucketName::new(bucket).ok()?,
            name: BlobName::new(percent_decode_str(name).decode_utf8().ok()?).ok()?,
            verb: [Verb::Get, Verb::Put].into_iter().find(|known| known.as_str() == verb)?,
            expires_at: Timestamp::from_millis(expires.parse().ok()?),
        })
    }

    /// Whether it is for this verb and has not expired.
    pub fn allows(&self, verb: Verb, now: Timestamp) -> bool {
        self.verb == verb && now < self.expires_at
    }

    /// Does what is granted.
    ///
    /// # Errors
    ///
    /// Those of [`Blobs::get`] and [`Blobs::put`] that are no answer: an absent blob is 404, a body over 8 MiB 413.
    pub async fn answer(&self, blobs: &impl Blobs, body: Bytes) -> Result<SignedAnswer> {
        let answered = match self.verb {
            Verb::Get => self.read(blobs).await,
            Verb::Put if body.len() > MAX_PUT_BYTES => Ok(SignedAnswer::of_status(413)),
            Verb::Put => self.write(blobs, body).await,
        };
        answered.or_else(|error| match error.kind() {
            ErrorKind::NotFound => Ok(SignedAnswer::of_status(404)),
            _ => Err(error),
        })
    }

    async fn read(&self, blobs: &impl Blobs) -> Result<SignedAnswer> {
        let blob = blobs.get(&self.bucket, &self.name, BlobRange::All).await?;
        let content_type = Some(blob.info.content_type.clone());
        Ok(SignedAnswer { status: 200, content_type, body: blob.bytes(usize::MAX).await? })
    }

    async fn write(&self, blobs: &impl Blobs, body: Bytes) -> Result<SignedAnswer> {
        blobs.put(&self.bucket, &self.name, &PutBlob::new("application/octet-stream", body)?).await?;
        Ok(SignedAnswer::of_status(201))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grant(name: &str) -> SignedGrant {
        let (bucket, name) = (BucketName::from_static("receipts"), BlobName::new(name).unwrap());
        SignedGrant { bucket, name, verb: Verb::Get, expires_at: Timestamp::from_millis(5) }
    }

    #[test]
    fn every_name_survives_the_url() {
        for name in ["a", "..a", "a/b", "~", "ä b?&signature=%2F#", "💥"] {
            let url = grant(name).url("http://host/", b"code");
            let (text, signature) = SignedGrant::split(url.strip_prefix("http://host").unwrap()).unwrap();
            assert_eq!((SignedGrant::parse(text), signature), (Some(grant(name)), b"code".to_vec()), "{url}");
            assert!(!url.split(['/', '?']).any(|segment| segment == "." || segment == ".."), "{url}");
        }
    }

    #[test]
    fn it_is_for_one_verb_and_for_a_while() {
        let (before, at) = (Timestamp::from_millis(4), Timestamp::from_millis(5));
        assert!(grant("a").allows(Verb::Get, before));
        assert!(!grant("a").allows(Verb::Put, before));
        assert!(!grant("a").allows(Verb::Get, at));
    }

    #[test]
    fn what_is_not_of_the_form_is_no_grant() {
        let text = grant("a").text();
        assert!(SignedGrant::parse(&text).is_some());
        for other in [
            "",
            "/",
            &text[1..],
            &text.replace("receipts/", "receipts"),
            &text.replace("GET", "get"),
            &text.replace('5', "x"),
        ] {
            assert_eq!(SignedGrant::parse(other), None, "{other}");
        }
        assert_eq!(SignedGrant::split(&text), None);
        assert_eq!(SignedGrant::split(&format!("{text}&signature=a=")), None);
    }
}
