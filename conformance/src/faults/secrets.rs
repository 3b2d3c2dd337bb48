//! Faults behind a store of secrets.

use std::sync::Arc;

use anyport_ports::secrets::{Secret, SecretVersion, Secrets};
use anyport_ports::{Result, SecretName};
use async_trait::async_trait;

use super::{Call, Faultable, Faults, send};
use crate::subject::SecretStore;

struct Faulty {
    secrets: Arc<dyn Secrets>,
    faults: Faults,
}

impl Faultable for SecretStore {
    fn through(self, faults: &Faults) -> Self {
        Self { secrets: Arc::new(Faulty { secrets: self.secrets, faults: faults.clone() }), ..self }
    }
}

#[async_trait]
impl Secrets for Faulty {
    async fn get(&self, name: &SecretName, version: &SecretVersion) -> Result<Secret> {
        send(&self.faults, Call::Read, "secrets.get", || self.secrets.get(name, version)).await
    }
}
