//! Secrets in Secrets Manager as a subject.

use std::net::SocketAddr;
use std::sync::Arc;

use anyport_aws::SecretsManager;
use anyport_conformance::subject::{Namespace, SecretStore, SecretsAdmin, Subject};
use anyport_conformance::wire::{Dial, Networked, Protocol, Upstream};
use anyport_ports::resources::Resources;
use anyport_ports::{Result, SecretName};
use async_trait::async_trait;

use super::dialect::AwsDialect;
use super::namespace::{Prefix, emulator_of};
use super::policies::PolicyFront;

/// Secrets in an account of AWS or in an emulator.
pub(super) struct Secrets;

#[async_trait]
impl Subject<SecretStore> for Secrets {
    async fn fresh(&self, _resources: &Resources) -> Result<Arc<dyn Namespace<SecretStore>>> {
        let front = emulator_of("SECRETS_MANAGER")?.map(PolicyFront::start).transpose()?;
        let upstream = front
            .as_ref()
            .map(|front| Upstream { address: front.address(), protocol: Protocol::Http(Arc::new(AwsDialect)) });
        Ok(Arc::new(Networked::new(Account { prefix: Prefix::fresh(), front }, upstream)))
    }
}

/// The secrets of one namespace.
struct Account {
    prefix: Prefix,
    /// Before an emulator, which knows no denial.
    front: Option<PolicyFront>,
}

#[async_trait]
impl Dial<SecretStore> for Account {
    async fn dial(&self, through: Option<SocketAddr>) -> Result<SecretStore> {
        let front = self.front.as_ref().map(PolicyFront::address);
        let secrets = self.prefix.connect(through.or(front)).await?.secrets();
        // Not through the faults: it is the store's other side.
        let admin = self.prefix.connect(front).await?.secrets();
        Ok(SecretStore { secrets: Arc::new(secrets), admin: Arc::new(Admin(admin)) })
    }
}

struct Admin(SecretsManager);

#[async_trait]
impl SecretsAdmin for Admin {
    async fn put(&self, name: &SecretName, value: &[u8]) -> Result<String> {
        self.0.put(name, value).await
    }

    async fn deny(&self, name: &SecretName) -> Result<()> {
        self.0.deny(name).await
    }
}
