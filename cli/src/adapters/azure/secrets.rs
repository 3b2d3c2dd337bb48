//! Secrets in Key Vault as a subject.

use std::net::SocketAddr;
use std::sync::Arc;

use anyport_azure::{KeyVaultSecrets, KeyVaultSettings};
use anyport_conformance::subject::{Namespace, SecretStore, SecretsAdmin, Subject};
use anyport_conformance::wire::{Dial, Dialect, Networked, Protocol, Upstream};
use anyport_ports::resources::Resources;
use anyport_ports::{Result, SecretName};
use async_trait::async_trait;
use bytes::Bytes;
use http::request::Parts;
use http::{HeaderValue, Method, Response, StatusCode, header};

use super::storage_namespace::{Server, fresh_prefix};
use crate::adapters::variable;

/// Secrets in a vault, or in the fake of one.
pub(super) struct Secrets;

#[async_trait]
impl Subject<SecretStore> for Secrets {
    async fn fresh(&self, _resources: &Resources) -> Result<Arc<dyn Namespace<SecretStore>>> {
        let server = variable("AZURE_KEYVAULT_ENDPOINT").map(|endpoint| Server::of(&endpoint)).transpose()?.flatten();
        // The fake speaks plain HTTP on the same port, which a vault does not.
        let upstream = server
            .as_ref()
            .map(|fake| Upstream { address: fake.address, protocol: Protocol::Http(Arc::new(VaultDialect)) });
        Ok(Arc::new(Networked::new(Vault { prefix: fresh_prefix(), server }, upstream)))
    }
}

/// The secrets of one namespace.
struct Vault {
    prefix: String,
    server: Option<Server>,
}

impl Vault {
    fn connect(&self, through: Option<SocketAddr>) -> Result<KeyVaultSecrets> {
        let endpoint = self.server.as_ref().zip(through).map(|(fake, address)| fake.through(address));
        KeyVaultSecrets::connect(&KeyVaultSettings { prefix: self.prefix.clone(), endpoint, ca_file: None })
    }
}

#[async_trait]
impl Dial<SecretStore> for Vault {
    async fn dial(&self, through: Option<SocketAddr>) -> Result<SecretStore> {
        // The admin not through the faults: it is the store's other side.
        let (secrets, admin) = (self.connect(through)?, self.connect(None)?);
        Ok(SecretStore { secrets: Arc::new(secrets), admin: Arc::new(Admin(admin)) })
    }
}

struct Admin(KeyVaultSecrets);

#[async_trait]
impl SecretsAdmin for Admin {
    async fn put(&self, name: &SecretName, value: &[u8]) -> Result<String> {
        self.0.put(name, value).await
    }

    async fn deny(&self, name: &SecretName) -> Result<()> {
        // The vault answers as it does to who has no role: forbidden.
        self.0.disable(name).await
    }
}

/// REST with JSON.
struct VaultDialect;

impl Dialect for VaultDialect {
    fn is_call(&self, request: &Parts, _: &[u8]) -> bool {
        // Without a token it asks whose tokens are taken.
        request.headers.contains_key(header::AUTHORIZATION)
    }

    fn is_harmless_twice(&self, request: &Parts, _: &[u8]) -> bool {
        request.method == Method::GET
    }

    fn throttled(&self, _: &Parts) -> Response<Bytes> {
        let body =
            r#"{"error": {"code": "Throttled", "message": "Request was not processed because too many were made."}}"#;
        let mut answer = Response::new(Bytes::from_static(body.as_bytes()));
        *answer.status_mut() = StatusCode::TOO_MANY_REQUESTS;
        answer.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        answer
    }
}
