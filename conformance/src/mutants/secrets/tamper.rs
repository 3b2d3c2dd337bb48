//! A store of secrets with one operation gone wrong.

use std::sync::Arc;

use anyport_ports::secrets::{Secret, SecretVersion, Secrets};
use anyport_ports::{Result, SecretName};
use async_trait::async_trait;

use crate::mutants::{Mutant, Wrap};
use crate::subject::{SecretStore, SecretsAdmin, TestClock};

/// A fault: every operation does the right thing unless it says otherwise.
#[async_trait]
pub(super) trait Tamper: Send + Sync + 'static {
    async fn get(&self, sound: &dyn Secrets, name: &SecretName, version: &SecretVersion) -> Result<Secret> {
        sound.get(name, version).await
    }

    async fn put(&self, sound: &dyn SecretsAdmin, name: &SecretName, value: &[u8]) -> Result<String> {
        sound.put(name, value).await
    }
}

struct Tampered<S: ?Sized, T> {
    sound: Arc<S>,
    tamper: Arc<T>,
}

#[async_trait]
impl<T: Tamper> Secrets for Tampered<dyn Secrets, T> {
    async fn get(&self, name: &SecretName, version: &SecretVersion) -> Result<Secret> {
        self.tamper.get(&*self.sound, name, version).await
    }
}

#[async_trait]
impl<T: Tamper> SecretsAdmin for Tampered<dyn SecretsAdmin, T> {
    async fn put(&self, name: &SecretName, value: &[u8]) -> Result<String> {
        self.tamper.put(&*self.sound, name, value).await
    }

    async fn deny(&self, name: &SecretName) -> Result<()> {
        self.sound.deny(name).await
    }
}

/// Puts the fault between every handle of a namespace and its store.
pub(super) fn tampered<T: Tamper>(tamper: T) -> Wrap<SecretStore> {
    let tamper = Arc::new(tamper);
    Box::new(move |store| SecretStore {
        secrets: Arc::new(Tampered { sound: store.secrets, tamper: Arc::clone(&tamper) }),
        admin: Arc::new(Tampered { sound: store.admin, tamper: Arc::clone(&tamper) }),
    })
}

/// A seeded fault of this name, that breaks this clause.
pub(super) fn mutant(
    name: &'static str,
    breaks: &'static str,
    description: &'static str,
    seed: fn(Arc<dyn TestClock>) -> Wrap<SecretStore>,
) -> Mutant<SecretStore> {
    Mutant { name, description, breaks, seed }
}
