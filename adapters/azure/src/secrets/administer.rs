//! The other side of a vault, for development and tests: putting secrets there, and disabling them.

use anyport_ports::{Error, ErrorKind, Result, SecretName};
use azure_security_keyvault_secrets::models::{
    SecretAttributes, SecretClientUpdateSecretPropertiesOptions, SetSecretParameters, UpdateSecretPropertiesParameters,
};
use futures_util::TryStreamExt as _;

use super::value;
use super::vault::{KeyVaultSecrets, version_of};
use crate::call::{Effect, attempt};

const PUT: &str = "secrets.put";
const DISABLE: &str = "secrets.disable";

impl KeyVaultSecrets {
    /// Puts a new current version of a secret, which is created if it is not there, and returns its identifier.
    ///
    /// # Errors
    ///
    /// `InvalidInput` for an empty value, `TooLarge` for one over 25 KiB, `Conflict` if one of this name was deleted and is
    /// still kept; `PermissionDenied`, `Unauthenticated`, `Throttled`, `Unavailable`, `Indeterminate`.
    pub async fn put(&self, name: &SecretName, value: &[u8]) -> Result<String> {
        let (value, content_type) = value::encoded(value).map_err(|error| error.during(PUT, name))?;
        let called = self.name_of(name);
        let answer = attempt(|| async {
            let parameters = SetSecretParameters {
                value: Some(value.clone()),
                content_type: content_type.clone(),
                ..SetSecretParameters::default()
            };
            self.client().set_secret(&called, parameters.try_into()?, None).await?.into_model()
        });
        let put = answer.await.map_err(|failure| failure.told(Effect::Change, PUT, name))?;
        version_of(put.id.as_deref())
            .ok_or_else(|| Error::new(ErrorKind::Internal, "the vault's answer holds no version").during(PUT, name))
    }

    /// Disables every version of a secret: the vault refuses to give them to anybody, until somebody enables them. Who may
    /// read which secret is otherwise decided by Azure's roles, outside of the vault.
    ///
    /// # Errors
    ///
    /// `NotFound`, `PermissionDenied`, `Unauthenticated`, `Throttled`, `Unavailable`, `Indeterminate`.
    pub async fn disable(&self, name: &SecretName) -> Result<()> {
        let called = self.name_of(name);
        let versions = attempt(|| async {
            let mut pages = self.client().list_secret_properties_versions(&called, None)?.into_pages();
            let mut versions = Vec::new();
            while let Some(page) = pages.try_next().await? {
                versions
                    .extend(page.into_model()?.value.into_iter().filter_map(|found| version_of(found.id.as_deref())));
            }
            Ok(versions)
        });
        let versions = versions.await.map_err(|failure| failure.told(Effect::Read, DISABLE, name))?;
        if versions.is_empty() {
            return Err(Error::new(ErrorKind::NotFound, "the secret does not exist").during(DISABLE, name));
        }
        for version in versions {
            let disabled = attempt(|| async {
                let disabled = SecretAttributes { enabled: Some(false), ..SecretAttributes::default() };
                let parameters = UpdateSecretPropertiesParameters {
                    secret_attributes: Some(disabled),
                    ..UpdateSecretPropertiesParameters::default()
                };
                let options = SecretClientUpdateSecretPropertiesOptions {
                    secret_version: Some(version.clone()),
                    ..SecretClientUpdateSecretPropertiesOptions::default()
                };
                self.client().update_secret_properties(&called, parameters.try_into()?, Some(options)).await.map(drop)
            });
            disabled.await.map_err(|failure| failure.told(Effect::Change, DISABLE, name))?;
        }
        Ok(())
    }
}
