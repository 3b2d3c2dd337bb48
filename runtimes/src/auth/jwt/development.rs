//! An issuer for a developer's machine: it has a key of its own, and gives tokens to whoever can read the key's file.

use std::fmt;
use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyport_ports::{Clock as _, Timestamp};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::rand::SystemRandom;
use ring::signature::{Ed25519KeyPair, KeyPair as _};
use serde_json::{Value, json};

use super::{Algorithm, AuthSettings, IssuerSettings};
use crate::SystemClock;

/// What its tokens say in `iss` and in `aud`.
pub const ISSUER: &str = "urn:anyport:development";

/// The file of its key, in PKCS#8.
const FILE: &str = "development-issuer.pk8";

/// Longest life of a token.
const MAX_TTL: Duration = Duration::from_hours(24 * 30);

/// The issuer cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DevelopmentIssuerError {
    /// Its key cannot be read or written.
    #[error("the key of the development issuer, {}, cannot be used", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// Its key is broken.
    #[error("{} does not hold a key of Ed25519 in PKCS#8: remove it, and a new one is made", path.display())]
    Key {
        /// The file.
        path: PathBuf,
    },
    /// A token is asked for that cannot be.
    #[error("{0}")]
    Token(&'static str),
}

/// An issuer of tokens for development, whose key is in a file that its owner alone can read.
///
/// Its tokens are taken where [`settings`](Self::settings) are used, and nowhere else.
pub struct DevelopmentIssuer {
    key: Ed25519KeyPair,
}

impl DevelopmentIssuer {
    /// The issuer of this folder. Its key is made when there is none.
    pub fn open(folder: impl AsRef<Path>) -> Result<Self, DevelopmentIssuerError> {
        let folder = folder.as_ref();
        let path = folder.join(FILE);
        let file = |source| DevelopmentIssuerError::File { path: path.clone(), source };
        let pkcs8 = match fs::read(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                create(folder, &path).map_err(file)?;
                // Of two processes that make one at the same time, both then use the first.
                fs::read(&path).map_err(file)?
            }
            read => read.map_err(file)?,
        };
        let key = Ed25519KeyPair::from_pkcs8(&pkcs8).map_err(|_| DevelopmentIssuerError::Key { path: path.clone() })?;
        Ok(Self { key })
    }

    /// A token for this subject, of these scopes, that holds from now for `ttl`, at most 30 days.
    pub fn token(&self, subject: &str, ttl: Duration, scopes: &[&str]) -> Result<String, DevelopmentIssuerError> {
        self.token_at(SystemClock.now(), subject, ttl, scopes)
    }

    /// As [`token`](Self::token), from this instant.
    pub fn token_at(
        &self,
        now: Timestamp,
        subject: &str,
        ttl: Duration,
        scopes: &[&str],
    ) -> Result<String, DevelopmentIssuerError> {
        if subject.is_empty() || subject.len() > 256 {
            return Err(DevelopmentIssuerError::Token("the subject of a token has 1 to 256 bytes"));
        }
        if ttl.is_zero() || ttl > MAX_TTL {
            return Err(DevelopmentIssuerError::Token("a token holds for at most 30 days, and not for no time"));
        }
        let second = |at: Timestamp| at.as_millis().div_euclid(1000);
        let header = json!({ "alg": "EdDSA", "typ": "at+jwt", "kid": self.kid() });
        let claims = json!({
            "iss": ISSUER,
            "aud": ISSUER,
            "sub": subject,
            "iat": second(now),
            "exp": second(now.plus(ttl)),
            "scope": scopes.join(" "),
        });
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let signed = format!("{}.{}", part(&header), part(&claims));
        let signature = URL_SAFE_NO_PAD.encode(self.key.sign(signed.as_bytes()));
        Ok(format!("{signed}.{signature}"))
    }

    /// The settings under which its tokens are taken, and no others.
    pub fn settings(&self) -> AuthSettings {
        let x = URL_SAFE_NO_PAD.encode(self.key.public_key());
        let key = json!({ "kty": "OKP", "crv": "Ed25519", "use": "sig", "kid": self.kid(), "x": x });
        let issuer = IssuerSettings {
            issuer: Some(ISSUER.to_owned()),
            audience: vec![ISSUER.to_owned()],
            algorithms: vec![Algorithm::EdDSA],
            jwks: Some(json!({ "keys": [key] })),
            ..IssuerSettings::default()
        };
        AuthSettings { issuers: vec![issuer], ..AuthSettings::default() }
    }

    /// The name of its key, which another key does not share.
    fn kid(&self) -> String {
        URL_SAFE_NO_PAD.encode(&self.key.public_key().as_ref()[..12])
    }
}

impl fmt::Debug for DevelopmentIssuer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DevelopmentIssuer").field("kid", &self.kid()).finish_non_exhaustive()
    }
}

/// Writes a new key; one that is there by then stays.
fn create(folder: &Path, path: &Path) -> io::Result<()> {
    let pkcs8 = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new())
        .map_err(|_| io::Error::other("the system gives no random numbers"))?;
    fs::create_dir_all(folder)?;
    let draft = folder.join(format!("{FILE}.{}", uuid::Uuid::new_v4()));
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let written = options.open(&draft).and_then(|mut file| {
        file.write_all(pkcs8.as_ref())?;
        file.sync_all()
    });
    // A link appears whole and takes nobody's place.
    let linked = written.and_then(|()| match fs::hard_link(&draft, path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        linked => linked,
    });
    fs::remove_file(&draft)?;
    linked
}
