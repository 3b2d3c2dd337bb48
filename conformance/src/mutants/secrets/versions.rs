//! Faults of versions and rotation.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use anyport_ports::secrets::{Secret, SecretVersion, Secrets};
use anyport_ports::{Error, ErrorKind, Result, SecretName};
use async_trait::async_trait;

use super::tamper::{Tamper, mutant, tampered};
use crate::mutants::Mutant;
use crate::subject::{SecretStore, SecretsAdmin};

pub(super) fn mutants() -> Vec<Mutant<SecretStore>> {
    vec![
        mutant("version_pin_ignored", "SEC-VER-1", "A pinned version gives the current value.", |_| {
            tampered(VersionPinIgnored)
        }),
        mutant("rotation_drops_old_versions", "SEC-VER-1", "A rotation makes earlier versions unreadable.", |_| {
            tampered(RotationDropsOldVersions)
        }),
        mutant("stale_secret_after_rotation", "SEC-ROT-1", "What was read once is given for ever.", |_| {
            tampered(StaleAfterRotation::default())
        }),
        mutant(
            "rotation_keeps_the_version",
            "SEC-ROT-1",
            "A new value is told under the version of the first.",
            |_| tampered(RotationKeepsTheVersion::default()),
        ),
    ]
}

struct VersionPinIgnored;

#[async_trait]
impl Tamper for VersionPinIgnored {
    async fn get(&self, sound: &dyn Secrets, name: &SecretName, version: &SecretVersion) -> Result<Secret> {
        // The version must exist; its value is not looked at.
        sound.get(name, version).await?;
        sound.get(name, &SecretVersion::Latest).await
    }
}

struct RotationDropsOldVersions;

#[async_trait]
impl Tamper for RotationDropsOldVersions {
    async fn get(&self, sound: &dyn Secrets, name: &SecretName, version: &SecretVersion) -> Result<Secret> {
        let secret = sound.get(name, version).await?;
        if secret.version == sound.get(name, &SecretVersion::Latest).await?.version {
            return Ok(secret);
        }
        Err(Error::new(ErrorKind::NotFound, "the version was rotated away"))
    }
}

/// A cache without an end in the adapter itself.
#[derive(Default)]
struct StaleAfterRotation(Mutex<HashMap<(SecretName, SecretVersion), Secret>>);

#[async_trait]
impl Tamper for StaleAfterRotation {
    async fn get(&self, sound: &dyn Secrets, name: &SecretName, version: &SecretVersion) -> Result<Secret> {
        let key = (name.clone(), version.clone());
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&key).cloned();
        if let Some(secret) = known {
            return Ok(secret);
        }
        let secret = sound.get(name, version).await?;
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(key, secret.clone());
        Ok(secret)
    }
}

/// The version first put stands for all.
#[derive(Default)]
struct RotationKeepsTheVersion(Mutex<HashMap<SecretName, String>>);

impl RotationKeepsTheVersion {
    fn first(&self, name: &SecretName, version: &str) -> String {
        let mut first = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        first.entry(name.clone()).or_insert_with(|| version.to_owned()).clone()
    }
}

#[async_trait]
impl Tamper for RotationKeepsTheVersion {
    async fn get(&self, sound: &dyn Secrets, name: &SecretName, version: &SecretVersion) -> Result<Secret> {
        let secret = sound.get(name, version).await?;
        Ok(Secret { version: self.first(name, &secret.version), ..secret })
    }

    async fn put(&self, sound: &dyn SecretsAdmin, name: &SecretName, value: &[u8]) -> Result<String> {
        let version = sound.put(name, value).await?;
        Ok(self.first(name, &version))
    }
}
