//! Faults of what is told when the store does not serve.

use anyport_ports::secrets::{Secret, SecretValue, SecretVersion, Secrets};
use anyport_ports::{Error, ErrorKind, Result, Retry, SecretName};
use async_trait::async_trait;

use super::tamper::{Tamper, mutant, tampered};
use crate::mutants::Mutant;
use crate::subject::SecretStore;

pub(super) fn mutants() -> Vec<Mutant<SecretStore>> {
    vec![
        mutant(
            "unreachable_secret_is_empty",
            "SEC-ERR-1",
            "A store that is not reached gives an empty secret.",
            |_| {
                tampered(Told(ErrorKind::Unavailable, |_| {
                    Ok(Secret { value: SecretValue::new(Vec::new()), version: String::new() })
                }))
            },
        ),
        mutant(
            "throttled_read_never_retried",
            "SEC-ERR-1",
            "A store that asks to slow down is told to be given up.",
            |_| tampered(Told(ErrorKind::Throttled, |error| Err(error.with_retry(Retry::Never)))),
        ),
        mutant(
            "unreachable_secret_is_absent",
            "SEC-CACHE-1",
            "A store that is not reached has no such secret, so that no cached value stands in.",
            |_| tampered(Told(ErrorKind::Unavailable, |_| Err(Error::new(ErrorKind::NotFound, "no such secret")))),
        ),
        mutant(
            "throttle_is_a_defect",
            "SEC-CACHE-1",
            "A store that asks to slow down is told to be broken, so that no cached value stands in.",
            |_| tampered(Told(ErrorKind::Throttled, |_| Err(Error::new(ErrorKind::Internal, "status 429")))),
        ),
    ]
}

/// Tells a read that ends in an error of this kind in another way.
struct Told(ErrorKind, fn(Error) -> Result<Secret>);

#[async_trait]
impl Tamper for Told {
    async fn get(&self, sound: &dyn Secrets, name: &SecretName, version: &SecretVersion) -> Result<Secret> {
        match sound.get(name, version).await {
            Err(error) if error.kind() == self.0 => (self.1)(error),
            other => other,
        }
    }
}
