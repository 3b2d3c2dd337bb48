//! Signing requests with an account's key: [Shared Key]. The SDK takes a token or a shared access signature only. To sign
//! each request by itself is better than a signature in its URL: there is nothing that could be used again, or would end.
//!
//! [Shared Key]: https://learn.microsoft.com/rest/api/storageservices/authorize-with-shared-key

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use anyport_ports::{Error, Result};
use async_trait::async_trait;
use azure_core::error::ErrorKind as SdkErrorKind;
use azure_core::http::headers::{AUTHORIZATION, CONTENT_TYPE};
use azure_core::http::policies::{Policy, PolicyResult};
use azure_core::http::{Context, Request};
use azure_core::time::{OffsetDateTime, to_rfc7231};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

/// An account's name and key. `Debug` does not show the key.
#[derive(Clone)]
pub(super) struct SharedKey {
    account: String,
    key: Arc<[u8]>,
}

impl SharedKey {
    /// The key as Azure gives it, in base64.
    pub(super) fn new(account: String, key: &str) -> Result<Self> {
        if account.is_empty() {
            let message =
                "the endpoint does not tell the account's name, which signs requests: set AZURE_STORAGE_ACCOUNT";
            return Err(Error::invalid(message));
        }
        match BASE64.decode(key) {
            Ok(key) if !key.is_empty() => Ok(Self { account, key: key.into() }),
            _ => Err(Error::invalid("the storage account's key is no base64, as Azure gives it")),
        }
    }

    fn sign(&self, text: &str) -> azure_core::Result<String> {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.key)
            .map_err(|_| azure_core::Error::with_message(SdkErrorKind::Other, "the account's key cannot sign"))?;
        mac.update(text.as_bytes());
        Ok(BASE64.encode(mac.finalize().into_bytes()))
    }

    /// What is signed of a request.
    fn signed(&self, request: &Request) -> String {
        let length = request.body().len().filter(|length| *length > 0).map(|length| length.to_string());
        let content_type = request.headers().get_optional_str(&CONTENT_TYPE).unwrap_or_default();
        let mut text = format!(
            // Encoding, language, length, MD5, type, date, four conditions, range: most are never set.
            "{}\n\n\n{}\n\n{content_type}\n\n\n\n\n\n\n",
            request.method().as_str(),
            length.unwrap_or_default()
        );
        let headers: BTreeMap<String, &str> = request
            .headers()
            .iter()
            .map(|(name, value)| (name.as_str().to_ascii_lowercase(), value.as_str()))
            .filter(|(name, _)| name.starts_with("x-ms-"))
            .collect();
        for (name, value) in headers {
            text.extend([name.as_str(), ":", value.trim(), "\n"]);
        }
        text.extend(["/", &self.account, request.url().path()]);
        let mut query: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (name, value) in request.url().query_pairs() {
            query.entry(name.to_lowercase()).or_default().push(value.into_owned());
        }
        for (name, mut values) in query {
            values.sort();
            text.extend(["\n", &name, ":", &values.join(",")]);
        }
        text
    }
}

impl fmt::Debug for SharedKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SharedKey({})", self.account)
    }
}

#[async_trait]
#[expect(elided_lifetimes_in_paths, reason = "the trait's own declaration elides it, and must be met exactly")]
impl Policy for SharedKey {
    async fn send(&self, context: &Context, request: &mut Request, next: &[Arc<dyn Policy>]) -> PolicyResult {
        request.insert_header("x-ms-date", to_rfc7231(&OffsetDateTime::now_utc()));
        let signature = self.sign(&self.signed(request))?;
        request.insert_header(AUTHORIZATION, format!("SharedKey {}:{signature}", self.account));
        match next.split_first() {
            Some((first, rest)) => first.send(context, request, rest).await,
            None => Err(azure_core::Error::with_message(SdkErrorKind::Other, "signing is the last of the policies")),
        }
    }
}

#[cfg(test)]
mod tests {
    use azure_core::http::Method;

    use super::*;

    fn key() -> SharedKey {
        SharedKey::new("shop".to_owned(), "c2VjcmV0").unwrap()
    }

    #[test]
    fn what_is_signed_is_as_the_reference_says() {
        let url = "http://127.0.0.1:1/shop/q/messages?visibilitytimeout=0&popreceipt=a%2Bb%2F%3D%3D&Z=2&z=1";
        let mut request = Request::new(url.parse().unwrap(), Method::Put);
        request.insert_header("content-type", "application/xml");
        request.insert_header("x-ms-version", "2026-04-06");
        request.insert_header("x-ms-date", "Sun, 29 Nov 2026 00:00:00 GMT");
        request.insert_header("accept", "application/xml");
        request.set_body("four");
        let expected = "PUT\n\n\n4\n\napplication/xml\n\n\n\n\n\n\nx-ms-date:Sun, 29 Nov 2026 00:00:00 GMT\n\
                        x-ms-version:2026-04-06\n/shop/shop/q/messages\npopreceipt:a+b/==\nvisibilitytimeout:0\nz:1,2";
        assert_eq!(key().signed(&request), expected);
        request.set_body("");
        assert!(key().signed(&request).starts_with("PUT\n\n\n\n\napplication/xml\n"), "an empty body has no length");
    }

    #[test]
    fn a_signature_is_of_sha256() {
        // printf hello | openssl dgst -sha256 -hmac secret -binary | base64
        assert_eq!(key().sign("hello").unwrap(), "iKqz7ejTrflNJquQ07r9SiCDBww7zOnAFO4EpEOEfAs=");
        assert_eq!(format!("{:?}", key()), "SharedKey(shop)");
    }
}
