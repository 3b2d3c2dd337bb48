//! Secrets in Secret Manager as a subject.

use std::net::SocketAddr;
use std::sync::Arc;

use anyport_conformance::subject::{Namespace, SecretStore, SecretsAdmin, Subject};
use anyport_conformance::wire::{Dial, Networked, Protocol, Upstream};
use anyport_gcp::{SecretManager, ServiceSettings};
use anyport_ports::resources::Resources;
use anyport_ports::{Error, ErrorKind, Result, SecretName};
use async_trait::async_trait;

use super::denials::DenyingFront;
use super::namespace::{Prefix, upstream};
use super::service_dialect::ServiceDialect;

/// Secrets in a project of Google Cloud or in an emulator.
pub(super) struct Secrets;

#[async_trait]
impl Subject<SecretStore> for Secrets {
    async fn fresh(&self, _resources: &Resources) -> Result<Arc<dyn Namespace<SecretStore>>> {
        let emulator = upstream("SECRET_MANAGER_EMULATOR_HOST", ServiceDialect)?.map(|upstream| upstream.address);
        let front = emulator.map(DenyingFront::start).transpose()?.map(Arc::new);
        let upstream = front
            .as_ref()
            .map(|front| Upstream { address: front.address(), protocol: Protocol::Http(Arc::new(ServiceDialect)) });
        Ok(Arc::new(Networked::new(Project { prefix: Prefix::fresh(), front }, upstream)))
    }
}

/// The secrets of one namespace.
struct Project {
    prefix: Prefix,
    /// Before an emulator, which knows no denial.
    front: Option<Arc<DenyingFront>>,
}

impl Project {
    async fn connect(&self, through: Option<SocketAddr>) -> Result<SecretManager> {
        let front = self.front.as_ref().map(|front| front.address());
        let endpoint = through.or(front).map(|address| format!("http://{address}"));
        SecretManager::connect(&ServiceSettings { project: None, prefix: self.prefix.text().to_owned(), endpoint })
            .await
    }
}

#[async_trait]
impl Dial<SecretStore> for Project {
    async fn dial(&self, through: Option<SocketAddr>) -> Result<SecretStore> {
        let secrets = self.connect(through).await?;
        // Not through the faults: it is the store's other side.
        let admin = Admin { secrets: self.connect(None).await?, front: self.front.clone() };
        Ok(SecretStore { secrets: Arc::new(secrets), admin: Arc::new(admin) })
    }
}

struct Admin {
    secrets: SecretManager,
    front: Option<Arc<DenyingFront>>,
}

#[async_trait]
impl SecretsAdmin for Admin {
    async fn put(&self, name: &SecretName, value: &[u8]) -> Result<String> {
        self.secrets.put(name, value).await
    }

    async fn deny(&self, name: &SecretName) -> Result<()> {
        let Some(front) = &self.front else {
            let message = "whoever may read a secret of this project by a role cannot be denied it: a secret has no policy \
                           that denies";
            return Err(Error::new(ErrorKind::Internal, message).during("secrets.deny", name));
        };
        front.deny(&self.secrets.name_of(name));
        Ok(())
    }
}
