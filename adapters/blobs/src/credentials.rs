//! Credentials, as their clouds give them.

use std::fmt::Debug;
use std::sync::Arc;

use anyport_ports::ErrorKind;
use async_trait::async_trait;
use object_store::client::CredentialProvider;

use crate::fault::{Fault, Meaning, Refusal, meaning};

/// Credentials whose failure says that it is theirs: no request was made.
#[derive(Debug)]
pub(crate) struct Told<C: Debug + Send + Sync>(pub(crate) Arc<dyn CredentialProvider<Credential = C>>);

#[async_trait]
impl<C: Debug + Send + Sync + 'static> CredentialProvider for Told<C> {
    type Credential = C;

    async fn get_credential(&self) -> object_store::Result<Arc<C>> {
        self.0.get_credential().await.map_err(|error| {
            // Where no metadata service is reached or answers, there are none to be had.
            let refusal = |_: &Refusal| Meaning::Refused(ErrorKind::Unauthenticated);
            let kind = match meaning(&error, refusal) {
                Meaning::Unknown => ErrorKind::Unavailable,
                _ => ErrorKind::Unauthenticated,
            };
            Fault::Credentials(kind, error).into_error()
        })
    }
}
