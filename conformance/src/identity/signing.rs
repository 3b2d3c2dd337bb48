//! Keys that sign.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::rand::SystemRandom;
use ring::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _, RSA_PKCS1_SHA256, RsaKeyPair,
};
use serde_json::{Value, json};

/// What a key signs by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Algorithm {
    /// RSA of 2,048 bits.
    RS256,
    /// ECDSA on P-256.
    ES256,
    /// Ed25519.
    EdDSA,
}

impl Algorithm {
    /// Each of them.
    pub const ALL: [Self; 3] = [Self::RS256, Self::ES256, Self::EdDSA];

    /// Its name in tokens.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::RS256 => "RS256",
            Self::ES256 => "ES256",
            Self::EdDSA => "EdDSA",
        }
    }
}

/// Keys of RSA are slow to make, and ring makes none: these two are known to all who read this, and sign in tests alone.
const RSA: [&[u8]; 2] = [include_bytes!("rsa/first.pk8"), include_bytes!("rsa/second.pk8")];

/// A key with its name.
#[derive(Debug)]
pub struct SigningKey {
    kid: String,
    pair: Pair,
}

#[derive(Debug)]
enum Pair {
    Rsa(RsaKeyPair),
    P256(EcdsaKeyPair),
    Ed25519(Ed25519KeyPair),
}

impl SigningKey {
    /// A key of this algorithm and name; of RSA, the one of this `generation`, of which there are two.
    ///
    /// # Panics
    ///
    /// If the system gives no random numbers.
    pub fn new(algorithm: Algorithm, kid: impl Into<String>, generation: usize) -> Self {
        let random = SystemRandom::new();
        let pair = match algorithm {
            Algorithm::RS256 => RsaKeyPair::from_pkcs8(RSA[generation % RSA.len()]).ok().map(Pair::Rsa),
            Algorithm::ES256 => EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random)
                .ok()
                .and_then(|key| EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, key.as_ref(), &random).ok())
                .map(Pair::P256),
            Algorithm::EdDSA => Ed25519KeyPair::generate_pkcs8(&random)
                .ok()
                .and_then(|key| Ed25519KeyPair::from_pkcs8(key.as_ref()).ok())
                .map(Pair::Ed25519),
        };
        let Some(pair) = pair else { panic!("no key of {} can be made", algorithm.as_str()) };
        Self { kid: kid.into(), pair }
    }

    /// Its name.
    pub fn kid(&self) -> &str {
        &self.kid
    }

    /// What it signs by.
    pub fn algorithm(&self) -> Algorithm {
        match &self.pair {
            Pair::Rsa(_) => Algorithm::RS256,
            Pair::P256(_) => Algorithm::ES256,
            Pair::Ed25519(_) => Algorithm::EdDSA,
        }
    }

    /// Its public half: of RSA in PKCS#1, of P-256 the uncompressed point, of Ed25519 as it is.
    pub fn public(&self) -> &[u8] {
        match &self.pair {
            Pair::Rsa(pair) => pair.public_key().as_ref(),
            Pair::P256(pair) => pair.public_key().as_ref(),
            Pair::Ed25519(pair) => pair.public_key().as_ref(),
        }
    }

    /// Its public half as a JSON Web Key.
    pub fn jwk(&self) -> Value {
        let text = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        let mut jwk = match &self.pair {
            Pair::Rsa(pair) => {
                let key = ring::rsa::PublicKeyComponents::<Vec<u8>>::from(pair.public_key());
                json!({ "kty": "RSA", "n": text(&key.n), "e": text(&key.e) })
            }
            Pair::P256(pair) => {
                let (x, y) = pair.public_key().as_ref()[1..].split_at(32);
                json!({ "kty": "EC", "crv": "P-256", "x": text(x), "y": text(y) })
            }
            Pair::Ed25519(pair) => json!({ "kty": "OKP", "crv": "Ed25519", "x": text(pair.public_key().as_ref()) }),
        };
        jwk["kid"] = Value::from(self.kid());
        jwk["use"] = Value::from("sig");
        jwk["alg"] = Value::from(self.algorithm().as_str());
        jwk
    }

    /// Signs.
    ///
    /// # Panics
    ///
    /// If the system gives no random numbers.
    pub fn sign(&self, message: &[u8]) -> Vec<u8> {
        let random = SystemRandom::new();
        let signed = match &self.pair {
            Pair::Rsa(pair) => {
                let mut signature = vec![0; pair.public().modulus_len()];
                pair.sign(&RSA_PKCS1_SHA256, &random, message, &mut signature).ok().map(|()| signature)
            }
            Pair::P256(pair) => pair.sign(&random, message).ok().map(|signature| signature.as_ref().to_vec()),
            Pair::Ed25519(pair) => Some(pair.sign(message).as_ref().to_vec()),
        };
        let Some(signature) = signed else { panic!("the key {} does not sign", self.kid) };
        signature
    }
}
