//! Secrets: read by name and version, never shown.

mod cache;

use std::fmt;

use async_trait::async_trait;
use bytes::Bytes;

pub use cache::CachedSecrets;

use crate::{Error, Result, SecretName};

/// The value of a secret. Neither `Debug` nor an error shows it; [`SecretValue::expose`] is the one way to it.
#[derive(Clone, PartialEq, Eq)]
pub struct SecretValue(Bytes);

impl SecretValue {
    /// Wraps a value.
    pub fn new(bytes: impl Into<Bytes>) -> Self {
        Self(bytes.into())
    }

    /// The value's bytes.
    pub fn expose(&self) -> &[u8] {
        &self.0
    }

    /// The value as text; [`InvalidInput`](crate::ErrorKind::InvalidInput) if it is not UTF-8.
    pub fn expose_text(&self) -> Result<&str> {
        std::str::from_utf8(&self.0).map_err(|_| Error::invalid("the secret is not UTF-8 text"))
    }
}

impl fmt::Debug for SecretValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretValue(redacted)")
    }
}

/// A secret as it stands in one version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Secret {
    /// Its value.
    pub value: SecretValue,
    /// Its version: opaque text of the store, good for [`SecretVersion::Pinned`].
    pub version: String,
}

/// Which version of a secret to read.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Default)]
pub enum SecretVersion {
    /// The current one.
    #[default]
    Latest,
    /// This one, though there may be newer.
    Pinned(String),
}

/// A store of secrets, for reading.
///
/// # Errors of every operation
///
/// - **SEC-ERR-1**: a store that asks to slow down is `Throttled`, one that is not reached is `Unavailable`, never an
///   empty secret.
/// - **SEC-RED-1**: no `Debug`, error or version shows a secret's value.
/// - `Unauthenticated` and `Internal` may come from any operation.
#[async_trait]
pub trait Secrets: Send + Sync + 'static {
    /// Reads a secret.
    ///
    /// # Behavior
    ///
    /// - **SEC-GET-1**: the value comes back exactly, any bytes, at least one (Secrets Manager holds no empty secret): no
    ///   text is assumed, nothing is trimmed.
    /// - **SEC-GET-2**: an absent secret, and an absent version of one, is `NotFound`.
    /// - **SEC-GET-3**: a secret that the caller may not read is `PermissionDenied`, which an absent one is not.
    /// - **SEC-VER-1**: a pinned version stays readable after a rotation and gives its own value.
    /// - **SEC-ROT-1**: after a rotation `Latest` gives the new value and its version; through [`CachedSecrets`], once the
    ///   time to live is over.
    /// - **SEC-CACHE-1**: through [`CachedSecrets`] a secret is read once in its time to live, and while the store fails the
    ///   last value stands in for as long as the cache allows.
    ///
    /// # Errors
    ///
    /// `NotFound`, `PermissionDenied`, and those of every operation.
    async fn get(&self, name: &SecretName, version: &SecretVersion) -> Result<Secret>;
}
