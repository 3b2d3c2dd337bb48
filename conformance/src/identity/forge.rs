//! What an attacker puts tokens together from.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use ring::hmac;

use super::SigningKey;

/// A part of a token.
pub fn part(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// A token of this header and these claims, both the text of JSON, signed by this.
pub fn compact(header: &str, claims: &str, sign: impl FnOnce(&[u8]) -> Vec<u8>) -> String {
    let signed = format!("{}.{}", part(header), part(claims));
    let signature = part(sign(signed.as_bytes()));
    format!("{signed}.{signature}")
}

/// The HMAC of `HS256` under this secret.
pub fn hs256(secret: &[u8], message: &[u8]) -> Vec<u8> {
    hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret), message).as_ref().to_vec()
}

/// The public half of a key as a file in PEM holds it, as everybody may know it.
pub fn public_pem(key: &SigningKey) -> String {
    // `SubjectPublicKeyInfo` is the same for all keys of a kind, up to the key itself.
    let before: &[u8] = match key.algorithm() {
        super::Algorithm::RS256 => {
            b"\x30\x82\x01\x22\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01\x05\x00\x03\x82\x01\x0f\x00"
        }
        super::Algorithm::ES256 => {
            b"\x30\x59\x30\x13\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07\x03\x42\x00"
        }
        super::Algorithm::EdDSA => b"\x30\x2a\x30\x05\x06\x03\x2b\x65\x70\x03\x21\x00",
    };
    let text = STANDARD.encode([before, key.public()].concat());
    let lines: Vec<_> = text.as_bytes().chunks(64).map(String::from_utf8_lossy).collect();
    format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n", lines.join("\n"))
}
