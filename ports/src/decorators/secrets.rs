//! Around the calls of secrets.

use async_trait::async_trait;

use super::Effect::Read;
use super::{Around, Call, Decorated};
use crate::secrets::{Secret, SecretVersion, Secrets};
use crate::{Result, SecretName};

#[deny(clippy::missing_trait_methods)]
#[async_trait]
impl<A: Around, P: Secrets + ?Sized> Secrets for Decorated<A, P> {
    async fn get(&self, name: &SecretName, version: &SecretVersion) -> Result<Secret> {
        let call = Call::new("secrets.get", name.as_str(), Read);
        self.around.around(call, || self.port.get(name, version)).await
    }
}
