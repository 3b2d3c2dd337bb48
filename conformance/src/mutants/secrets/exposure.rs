//! Faults that show a secret's value.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use anyport_ports::secrets::{Secret, SecretVersion, Secrets};
use anyport_ports::{Error, Result, SecretName};
use async_trait::async_trait;

use super::tamper::{Tamper, mutant, tampered};
use crate::mutants::Mutant;
use crate::subject::{SecretStore, SecretsAdmin};

pub(super) fn mutants() -> Vec<Mutant<SecretStore>> {
    vec![
        mutant("secret_in_debug", "SEC-RED-1", "The version, which Debug shows, is made from the value.", |_| {
            tampered(InVersion(|value| String::from_utf8_lossy(value).into_owned()))
        }),
        mutant("secret_in_version_as_bytes", "SEC-RED-1", "The version holds the value as a list of bytes.", |_| {
            tampered(InVersion(|value| format!("{value:?}")))
        }),
        mutant("secret_in_errors", "SEC-RED-1", "An error quotes the answer it could not use, value and all.", |_| {
            tampered(InErrors::default())
        }),
    ]
}

/// Appends something of the value to the version.
struct InVersion(fn(&[u8]) -> String);

const SEPARATOR: &str = "#";

#[async_trait]
impl Tamper for InVersion {
    async fn get(&self, sound: &dyn Secrets, name: &SecretName, version: &SecretVersion) -> Result<Secret> {
        let own = match version {
            SecretVersion::Latest => SecretVersion::Latest,
            SecretVersion::Pinned(text) => {
                SecretVersion::Pinned(text.split(SEPARATOR).next().unwrap_or_default().to_owned())
            }
        };
        let secret = sound.get(name, &own).await?;
        Ok(Secret { version: format!("{}{SEPARATOR}{}", secret.version, (self.0)(secret.value.expose())), ..secret })
    }

    async fn put(&self, sound: &dyn SecretsAdmin, name: &SecretName, value: &[u8]) -> Result<String> {
        Ok(format!("{}{SEPARATOR}{}", sound.put(name, value).await?, (self.0)(value)))
    }
}

/// Quotes the value last read in whatever goes wrong.
#[derive(Default)]
struct InErrors(Mutex<HashMap<SecretName, String>>);

#[async_trait]
impl Tamper for InErrors {
    async fn get(&self, sound: &dyn Secrets, name: &SecretName, version: &SecretVersion) -> Result<Secret> {
        let result = sound.get(name, version).await;
        let mut read = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match &result {
            Ok(secret) => {
                read.insert(name.clone(), String::from_utf8_lossy(secret.value.expose()).into_owned());
                result
            }
            Err(error) => {
                let body = read.get(name).map(String::as_str).unwrap_or_default();
                Err(Error::new(error.kind(), format!("{}: {body}", error.message())))
            }
        }
    }
}
