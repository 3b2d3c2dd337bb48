//! Shared access signatures: signed URLs, in an order of parameters that is always the same.
//!
//! Not by `object_store`, which signs a name in the encoding of its URL, where Blob Storage compares the name itself.
//! <https://learn.microsoft.com/rest/api/storageservices/create-service-sas> and
//! <https://learn.microsoft.com/rest/api/storageservices/create-user-delegation-sas>.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use http::Method;
use ring::hmac;

use super::xml::DelegationKey;
use crate::requests::encoded_in_query;

/// The version whose form the texts below have.
const VERSION: &str = "2023-11-03";

/// What is signed: a blob, for a method, until an instant.
pub(super) struct Grant<'a> {
    pub(super) account: &'a str,
    pub(super) container: &'a str,
    pub(super) name: &'a str,
    pub(super) method: &'a Method,
    /// In UTC, to the second.
    pub(super) expires: String,
}

impl Grant<'_> {
    fn permissions(&self) -> &'static str {
        if self.method == Method::PUT { "cw" } else { "r" }
    }

    fn resource(&self) -> String {
        format!("/blob/{}/{}/{}", self.account, self.container, self.name)
    }

    /// The parameters of a URL that the account's own key signs.
    pub(super) fn by_account(&self, key: &[u8]) -> String {
        let (permissions, expires, resource) = (self.permissions(), &self.expires, self.resource());
        // No start, policy, address or protocol; then version and kind; no snapshot, encryption scope or other headers.
        let text =
            [permissions, "", expires, &resource, "", "", "", VERSION, "b", "", "", "", "", "", "", ""].join("\n");
        let query = [("sv", VERSION), ("sr", "b"), ("sp", permissions), ("se", expires)];
        signed(&query, key, &text)
    }

    /// The parameters of a URL that is signed in the name of whom Entra gave this key, which it holds the value of.
    pub(super) fn by_delegation(&self, delegated: &DelegationKey, key: &[u8]) -> String {
        let (permissions, expires, resource) = (self.permissions(), &self.expires, self.resource());
        let DelegationKey {
            signed_oid, signed_tid, signed_start, signed_expiry, signed_service, signed_version, ..
        } = delegated;
        let text = [
            permissions,
            "",
            expires,
            &resource,
            signed_oid,
            signed_tid,
            signed_start,
            signed_expiry,
            signed_service,
            signed_version,
            // Neither somebody authorized or not, nor a correlation, address or protocol.
            "",
            "",
            "",
            "",
            "",
            VERSION,
            "b",
            // Neither a snapshot, nor an encryption scope, nor other headers.
            "",
            "",
            "",
            "",
            "",
            "",
            "",
        ]
        .join("\n");
        let query = [
            ("sv", VERSION),
            ("sr", "b"),
            ("sp", permissions),
            ("se", expires),
            ("skoid", signed_oid),
            ("sktid", signed_tid),
            ("skt", signed_start),
            ("ske", signed_expiry),
            ("sks", signed_service),
            ("skv", signed_version),
        ];
        signed(&query, key, &text)
    }
}

/// A query, with the signature of this text at its end.
fn signed(query: &[(&str, &str)], key: &[u8], text: &str) -> String {
    let signature = BASE64.encode(hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), text.as_bytes()));
    let pairs = query.iter().copied().chain([("sig", signature.as_str())]);
    pairs.map(|(name, value)| format!("{name}={}", encoded_in_query(value))).collect::<Vec<_>>().join("&")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grant<'a>(name: &'a str, method: &'a Method) -> Grant<'a> {
        Grant { account: "acme", container: "files", name, method, expires: "2026-11-22T18:00:00Z".to_owned() }
    }

    #[test]
    fn a_signature_is_for_one_blob_and_what_may_be_done_with_it() {
        let get = grant("a b", &Method::GET).by_account(b"key");
        assert!(get.starts_with("sv=2023-11-03&sr=b&sp=r&se=2026-11-22T18%3A00%3A00Z&sig="), "{get}");
        let signature = |query: &str| query.split("sig=").nth(1).unwrap().to_owned();
        let others = [
            grant("a%20b", &Method::GET).by_account(b"key"),
            grant("a b", &Method::PUT).by_account(b"key"),
            grant("a b", &Method::GET).by_account(b"other"),
        ];
        for other in others {
            assert_ne!(signature(&get), signature(&other));
        }
    }

    #[test]
    fn a_delegated_signature_names_who_delegated() {
        let text = |text: &str| text.to_owned();
        let delegated = DelegationKey {
            signed_oid: text("oid"),
            signed_tid: text("tid"),
            signed_start: text("2026-11-22T17:00:00Z"),
            signed_expiry: text("2026-11-23T17:00:00Z"),
            signed_service: text("b"),
            signed_version: text("2023-11-03"),
            value: text("secret"),
        };
        let query = grant("a", &Method::GET).by_delegation(&delegated, b"key");
        assert!(query.contains("&skoid=oid&sktid=tid&skt=2026-11-22T17%3A00%3A00Z&ske="), "{query}");
        assert!(!query.contains("secret"), "{query}");
    }
}
