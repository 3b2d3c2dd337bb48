//! The one service account.

use anyhow::anyhow;
use aws_lc_rs::encoding::{AsDer as _, Pkcs8V1Der};
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::json;

/// The project that it is in.
const PROJECT: &str = "anyport";

/// Its name.
pub(super) const EMAIL: &str = "storage@anyport.iam.gserviceaccount.com";

/// The one service account, with a key of its own.
pub(super) struct Account {
    private: String,
    public: Vec<u8>,
}

impl Account {
    /// With a new key.
    pub(super) fn generate() -> anyhow::Result<Self> {
        let failed = |_| anyhow!("no key can be made for the service account");
        let key = KeyPair::generate(KeySize::Rsa2048).map_err(failed)?;
        let private: Pkcs8V1Der<'_> = key.as_der().map_err(failed)?;
        let lines: Vec<String> = BASE64
            .encode(private.as_ref())
            .as_bytes()
            .chunks(64)
            .map(|line| String::from_utf8_lossy(line).into_owned())
            .collect();
        let private = format!("-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n", lines.join("\n"));
        Ok(Self { private, public: key.public_key().as_ref().to_vec() })
    }

    /// What a client is given.
    pub(super) fn key_file(&self) -> String {
        let file = json!({
            "type": "service_account",
            "project_id": PROJECT,
            "private_key_id": "1",
            "private_key": self.private,
            "client_email": EMAIL,
            "client_id": "1",
            "auth_uri": "https://accounts.google.com/o/oauth2/auth",
            "token_uri": "https://oauth2.googleapis.com/token",
        });
        format!("{file:#}\n")
    }

    /// Whether it signed this.
    pub(super) fn signed(&self, text: &[u8], signature: &[u8]) -> bool {
        UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, &self.public).verify(text, signature).is_ok()
    }
}

#[cfg(test)]
impl Account {
    /// Signs as a client does that has the key file.
    pub(super) fn sign(&self, text: &[u8]) -> Vec<u8> {
        let body: String = self.private.lines().filter(|line| !line.starts_with('-')).collect();
        let key = KeyPair::from_pkcs8(&BASE64.decode(body).unwrap()).unwrap();
        let mut signature = vec![0; key.public_modulus_len()];
        let random = aws_lc_rs::rand::SystemRandom::new();
        key.sign(&aws_lc_rs::signature::RSA_PKCS1_SHA256, &random, text, &mut signature).unwrap();
        signature
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_knows_what_it_signed() {
        let (account, other) = (Account::generate().unwrap(), Account::generate().unwrap());
        let signature = account.sign(b"text");
        assert!(account.signed(b"text", &signature));
        assert!(!account.signed(b"other text", &signature));
        assert!(!other.signed(b"text", &signature));
        let file: serde_json::Value = serde_json::from_str(&account.key_file()).unwrap();
        assert_eq!((file["client_email"].as_str(), file["type"].as_str()), (Some(EMAIL), Some("service_account")));
    }
}
