//! Faults of reading a secret.

use anyport_ports::secrets::{Secret, SecretValue, SecretVersion, Secrets};
use anyport_ports::{Error, ErrorKind, Result, SecretName};
use async_trait::async_trait;

use super::tamper::{Tamper, mutant, tampered};
use crate::mutants::Mutant;
use crate::subject::SecretStore;

pub(super) fn mutants() -> Vec<Mutant<SecretStore>> {
    vec![
        mutant("secret_trimmed", "SEC-GET-1", "White space around a value is lost.", |_| tampered(Altered(trimmed))),
        mutant("final_newline_lost", "SEC-GET-1", "A line end after a value is lost.", |_| {
            tampered(Altered(without_final_newline))
        }),
        mutant("secret_text_only", "SEC-GET-1", "A value is read as text: what is not UTF-8 is replaced.", |_| {
            tampered(Altered(text_only))
        }),
        mutant("missing_secret_is_empty", "SEC-GET-2", "A secret that nobody put is an empty one.", |_| {
            tampered(MissingIsEmpty)
        }),
        mutant("absent_version_gives_the_current", "SEC-GET-2", "An absent version gives the current value.", |_| {
            tampered(AbsentVersionGivesTheCurrent)
        }),
        mutant("denied_as_absent", "SEC-GET-3", "A secret that may not be read is told to be absent.", |_| {
            tampered(ToldAs(ErrorKind::PermissionDenied, ErrorKind::NotFound))
        }),
        mutant("absent_as_denied", "SEC-GET-3", "An absent secret is told to be one that may not be read.", |_| {
            tampered(ToldAs(ErrorKind::NotFound, ErrorKind::PermissionDenied))
        }),
    ]
}

/// Gives another value than the store has.
struct Altered(fn(&[u8]) -> Vec<u8>);

#[async_trait]
impl Tamper for Altered {
    async fn get(&self, sound: &dyn Secrets, name: &SecretName, version: &SecretVersion) -> Result<Secret> {
        let secret = sound.get(name, version).await?;
        Ok(Secret { value: SecretValue::new((self.0)(secret.value.expose())), ..secret })
    }
}

fn trimmed(value: &[u8]) -> Vec<u8> {
    value.trim_ascii().to_vec()
}

fn without_final_newline(value: &[u8]) -> Vec<u8> {
    value.strip_suffix(b"\n").unwrap_or(value).to_vec()
}

fn text_only(value: &[u8]) -> Vec<u8> {
    String::from_utf8_lossy(value).into_owned().into_bytes()
}

struct MissingIsEmpty;

#[async_trait]
impl Tamper for MissingIsEmpty {
    async fn get(&self, sound: &dyn Secrets, name: &SecretName, version: &SecretVersion) -> Result<Secret> {
        match sound.get(name, version).await {
            Err(error) if error.kind() == ErrorKind::NotFound && *version == SecretVersion::Latest => {
                Ok(Secret { value: SecretValue::new(Vec::new()), version: "0".to_owned() })
            }
            other => other,
        }
    }
}

struct AbsentVersionGivesTheCurrent;

#[async_trait]
impl Tamper for AbsentVersionGivesTheCurrent {
    async fn get(&self, sound: &dyn Secrets, name: &SecretName, version: &SecretVersion) -> Result<Secret> {
        match sound.get(name, version).await {
            Err(error) if error.kind() == ErrorKind::NotFound => sound.get(name, &SecretVersion::Latest).await,
            other => other,
        }
    }
}

/// Tells one kind of error as another.
struct ToldAs(ErrorKind, ErrorKind);

#[async_trait]
impl Tamper for ToldAs {
    async fn get(&self, sound: &dyn Secrets, name: &SecretName, version: &SecretVersion) -> Result<Secret> {
        match sound.get(name, version).await {
            Err(error) if error.kind() == self.0 => Err(Error::new(self.1, error.message())),
            other => other,
        }
    }
}
