//! A public key of an issuer: RFC 7517, checked with ring.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P384_SHA384_FIXED, ED25519, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_2048_8192_SHA384,
    RSA_PKCS1_2048_8192_SHA512, RSA_PSS_2048_8192_SHA256, RSA_PSS_2048_8192_SHA384, RSA_PSS_2048_8192_SHA512,
    RsaParameters, RsaPublicKeyComponents, UnparsedPublicKey, VerificationAlgorithm,
};
use serde::Deserialize;
use serde_json::Value;

use super::Algorithm;

/// Longest name of a key, in bytes, in a set as in a token.
pub(super) const MAX_KID_BYTES: usize = 256;

/// A key that signatures are checked with.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Key {
    pub(super) kid: Option<String>,
    /// The one algorithm it is for, where the set says so.
    algorithm: Option<Algorithm>,
    material: Material,
}

#[derive(Clone, PartialEq, Eq)]
enum Material {
    /// Modulus and exponent, without leading zeros.
    Rsa(Vec<u8>, Vec<u8>),
    /// Points, uncompressed.
    P256(Vec<u8>),
    P384(Vec<u8>),
    Ed25519(Vec<u8>),
}

#[derive(Deserialize)]
struct Jwk {
    kty: String,
    kid: Option<String>,
    #[serde(rename = "use")]
    usage: Option<String>,
    key_ops: Option<Vec<String>>,
    alg: Option<String>,
    crv: Option<String>,
    n: Option<String>,
    e: Option<String>,
    x: Option<String>,
    y: Option<String>,
    d: Option<Value>,
}

impl Key {
    /// A key that can check signatures; `None` for what is of another kind, for another use, too weak, broken, or has its
    /// private half in it, which is then known to all.
    pub(super) fn of(jwk: Value) -> Option<Self> {
        let jwk: Jwk = serde_json::from_value(jwk).ok()?;
        let verifies = jwk.usage.as_deref().is_none_or(|usage| usage == "sig")
            && jwk.key_ops.as_ref().is_none_or(|ops| ops.iter().any(|op| op == "verify"));
        let named = jwk.kid.as_ref().is_none_or(|kid| (1..=MAX_KID_BYTES).contains(&kid.len()));
        if !verifies || !named || jwk.d.is_some() {
            return None;
        }
        let algorithm = match &jwk.alg {
            Some(name) => Some(Algorithm::named(name)?),
            None => None,
        };
        let material = Material::of(&jwk)?;
        Some(Self { kid: jwk.kid, algorithm, material }).filter(|key| algorithm.is_none_or(|it| key.fits(it)))
    }

    /// Whether signatures of this algorithm can be of this key.
    pub(super) fn fits(&self, algorithm: Algorithm) -> bool {
        use Algorithm::{ES256, ES384, EdDSA, PS256, PS384, PS512, RS256, RS384, RS512};
        let of_kind = match self.material {
            Material::Rsa(..) => matches!(algorithm, RS256 | RS384 | RS512 | PS256 | PS384 | PS512),
            Material::P256(_) => algorithm == ES256,
            Material::P384(_) => algorithm == ES384,
            Material::Ed25519(_) => algorithm == EdDSA,
        };
        of_kind && self.algorithm.is_none_or(|own| own == algorithm)
    }

    /// Whether the signature is of this key and this message.
    pub(super) fn verifies(&self, algorithm: Algorithm, message: &[u8], signature: &[u8]) -> bool {
        if !self.fits(algorithm) {
            return false;
        }
        let by = |verification: &'static dyn VerificationAlgorithm, key: &[u8]| {
            UnparsedPublicKey::new(verification, key).verify(message, signature).is_ok()
        };
        match &self.material {
            Material::Rsa(n, e) => rsa(algorithm)
                .is_some_and(|how| RsaPublicKeyComponents { n, e }.verify(how, message, signature).is_ok()),
            Material::P256(point) => by(&ECDSA_P256_SHA256_FIXED, point),
            Material::P384(point) => by(&ECDSA_P384_SHA384_FIXED, point),
            Material::Ed25519(point) => by(&ED25519, point),
        }
    }
}

fn rsa(algorithm: Algorithm) -> Option<&'static RsaParameters> {
    Some(match algorithm {
        Algorithm::RS256 => &RSA_PKCS1_2048_8192_SHA256,
        Algorithm::RS384 => &RSA_PKCS1_2048_8192_SHA384,
        Algorithm::RS512 => &RSA_PKCS1_2048_8192_SHA512,
        Algorithm::PS256 => &RSA_PSS_2048_8192_SHA256,
        Algorithm::PS384 => &RSA_PSS_2048_8192_SHA384,
        Algorithm::PS512 => &RSA_PSS_2048_8192_SHA512,
        Algorithm::ES256 | Algorithm::ES384 | Algorithm::EdDSA => return None,
    })
}

impl Material {
    fn of(jwk: &Jwk) -> Option<Self> {
        let bytes = |text: &Option<String>| URL_SAFE_NO_PAD.decode(text.as_deref()?).ok();
        let sized = |text: &Option<String>, size: usize| bytes(text).filter(|bytes| bytes.len() == size);
        let point = |size| Some([vec![4], sized(&jwk.x, size)?, sized(&jwk.y, size)?].concat());
        match (jwk.kty.as_str(), jwk.crv.as_deref()) {
            ("RSA", None) => {
                let trimmed = |bytes: Vec<u8>| bytes.into_iter().skip_while(|byte| *byte == 0).collect::<Vec<u8>>();
                let (n, e) = (trimmed(bytes(&jwk.n)?), trimmed(bytes(&jwk.e)?));
                let strong = (256..=1024).contains(&n.len()) && (1..=8).contains(&e.len());
                strong.then_some(Self::Rsa(n, e))
            }
            ("EC", Some("P-256")) => point(32).map(Self::P256),
            ("EC", Some("P-384")) => point(48).map(Self::P384),
            ("OKP", Some("Ed25519")) => sized(&jwk.x, 32).map(Self::Ed25519),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const CLAIMS: &str =
        "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";

    /// Keys and tokens that others made: RFC 7515, A.2 and A.3; RFC 8037, A.4.
    fn published() -> [(Value, Algorithm, String, &'static str); 3] {
        let n = "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZ\
                 S-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2\
                 CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9g\
                 b54h4FRWyuXpoQ";
        let of_rsa = "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CU\
                      Ar7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO\
                      --xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN\
                      _IoypGlUPQGe77Rw";
        let of_p256 = "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";
        let of_ed25519 = "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg";
        let p256 = json!({
            "kty": "EC",
            "crv": "P-256",
            "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
            "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
        });
        let ed25519 = json!({ "kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo" });
        [
            (
                json!({ "kty": "RSA", "n": n, "e": "AQAB" }),
                Algorithm::RS256,
                format!("eyJhbGciOiJSUzI1NiJ9.{CLAIMS}"),
                of_rsa,
            ),
            (p256, Algorithm::ES256, format!("eyJhbGciOiJFUzI1NiJ9.{CLAIMS}"), of_p256),
            (
                ed25519,
                Algorithm::EdDSA,
                "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc".to_owned(),
                of_ed25519,
            ),
        ]
    }

    #[test]
    fn what_others_signed_is_verified() {
        for (jwk, algorithm, message, signature) in published() {
            let key = Key::of(jwk).unwrap();
            let mut signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
            assert!(key.verifies(algorithm, message.as_bytes(), &signature), "{algorithm:?}");
            assert!(!key.verifies(algorithm, &message.as_bytes()[1..], &signature), "{algorithm:?}");
            for other in [Algorithm::RS256, Algorithm::PS256, Algorithm::ES256, Algorithm::ES384, Algorithm::EdDSA] {
                assert_eq!(key.verifies(other, message.as_bytes(), &signature), other == algorithm, "{other:?}");
            }
            signature[7] ^= 1;
            assert!(!key.verifies(algorithm, message.as_bytes(), &signature), "{algorithm:?}");
        }
    }

    #[test]
    fn keys_that_are_not_for_this_are_passed_over() {
        let changes = [
            json!({ "use": "enc" }),
            json!({ "key_ops": ["sign"] }),
            json!({ "alg": "HS256" }),
            json!({ "alg": "RSA-OAEP" }),
            json!({ "kty": "oct" }),
            json!({ "kid": "" }),
            json!({ "kid": "k".repeat(257) }),
            json!({ "d": "c2VjcmV0" }),
            json!({ "x": "AA", "n": "AQAB" }),
        ];
        for (jwk, algorithm, ..) in published() {
            assert!(Key::of(jwk.clone()).is_some_and(|key| key.fits(algorithm)));
            for change in &changes {
                let mut spoilt = jwk.clone();
                spoilt.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
                assert!(Key::of(spoilt).is_none(), "{change}");
            }
        }
    }
}
