//! The algorithms that signatures may be of: asymmetric ones alone, so that who can check a token cannot make one.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// An algorithm of RFC 7518 and RFC 8037. `none` and HMAC (`HS256` and its like) are not among them on purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub enum Algorithm {
    /// RSA, PKCS#1 1.5, SHA-256.
    RS256,
    /// RSA, PKCS#1 1.5, SHA-384.
    RS384,
    /// RSA, PKCS#1 1.5, SHA-512.
    RS512,
    /// RSA-PSS, SHA-256.
    PS256,
    /// RSA-PSS, SHA-384.
    PS384,
    /// RSA-PSS, SHA-512.
    PS512,
    /// ECDSA on P-256, SHA-256.
    ES256,
    /// ECDSA on P-384, SHA-384.
    ES384,
    /// Ed25519, which RFC 9864 also names `Ed25519`.
    EdDSA,
}

impl Algorithm {
    /// Those that are taken where settings name none.
    pub const DEFAULT: [Self; 3] = [Self::RS256, Self::ES256, Self::EdDSA];

    /// The algorithm of this name, letter for letter.
    pub(super) fn named(name: &str) -> Option<Self> {
        Some(match name {
            "RS256" => Self::RS256,
            "RS384" => Self::RS384,
            "RS512" => Self::RS512,
            "PS256" => Self::PS256,
            "PS384" => Self::PS384,
            "PS512" => Self::PS512,
            "ES256" => Self::ES256,
            "ES384" => Self::ES384,
            "EdDSA" | "Ed25519" => Self::EdDSA,
            _ => return None,
        })
    }
}
