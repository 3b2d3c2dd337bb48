//! The other side of Secret Manager, for development and tests: putting secrets there.

use std::sync::Arc;
use std::time::Duration;

use anyport_ports::{Error, ErrorKind, Result, SecretName};
use google_cloud_gax::options::RequestOptionsBuilder as _;
use google_cloud_secretmanager_v1::model;

use super::{SecretManager, crc32c};
use crate::error::Failure;
use crate::error::attempts::{Ended, run};

const PUT: &str = "secrets.put";

impl SecretManager {
    /// Puts a new current version of a secret, which is created if it is not there, and returns its number.
    ///
    /// # Errors
    ///
    /// `InvalidInput` for an empty value, `PermissionDenied`, `Throttled`, `Unavailable`, `Indeterminate`.
    pub async fn put(&self, name: &SecretName, value: &[u8]) -> Result<String> {
        if value.is_empty() {
            return Err(Error::invalid("no store of the house holds an empty secret").during(PUT, name));
        }
        match self.add_version(name, value).await {
            Err(ended) if ended.failure.kind() == ErrorKind::NotFound => {}
            result => return result.map_err(|ended| ended.told(PUT, name)),
        }
        self.create(name).await?;
        self.add_version(name, value).await.map_err(|ended| ended.told(PUT, name))
    }

    /// Adds a version; its number. Done twice, it adds two of the same value.
    async fn add_version(&self, name: &SecretName, value: &[u8]) -> Result<String, Ended> {
        let parent = &self.name_of(name);
        let sum = i64::from(crc32c::checksum(value));
        let payload = &model::SecretPayload::new().set_data(value.to_vec()).set_data_crc32c(sum);
        let version: model::SecretVersion = run(Duration::ZERO, |time| async move {
            let request = self.client.add_secret_version().set_parent(parent).set_payload(payload.clone());
            let answer = request.with_attempt_timeout(time).send().await;
            answer.map_err(|error| Failure::of_client(Arc::new(error)))
        })
        .await?;
        Ok(version.name.rsplit('/').next().unwrap_or_default().to_owned())
    }

    /// Creates a secret without versions, wherever the service keeps it; one that is there is as good.
    async fn create(&self, name: &SecretName) -> Result<()> {
        let anywhere = model::Replication::new().set_automatic(model::replication::Automatic::new());
        let secret = &model::Secret::new().set_replication(anywhere);
        let created: Result<(), Ended> = run(Duration::ZERO, |time| async move {
            let request = self.client.create_secret().set_parent(self.project()).set_secret_id(self.id_of(name));
            let answer = request.set_secret(secret.clone()).with_attempt_timeout(time).send().await;
            answer.map(drop).map_err(|error| Failure::of_client(Arc::new(error)))
        })
        .await;
        match created {
            Err(ended) if ended.failure.kind() != ErrorKind::Conflict => Err(ended.told(PUT, name)),
            _ => Ok(()),
        }
    }
}
