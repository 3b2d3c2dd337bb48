//! Secrets known at compile time, and the handle that reads one.

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use super::{Access, Handle, Need, Ports};
use crate::secrets::{Secret, SecretVersion, Secrets};
use crate::{Result, SecretName};

/// A secret known at compile time.
pub trait NamedSecret: Send + Sync + 'static {
    /// Its name.
    const NAME: SecretName;
}

/// Reads one secret.
pub struct SecretOf<S> {
    secrets: Arc<dyn Secrets>,
    secret: PhantomData<fn() -> S>,
}

impl<S: NamedSecret> SecretOf<S> {
    /// A reader of this secret.
    pub fn new(secrets: Arc<dyn Secrets>) -> Self {
        Self { secrets, secret: PhantomData }
    }

    /// The current version; see [`Secrets::get`].
    pub async fn get(&self) -> Result<Secret> {
        self.secrets.get(&S::NAME, &SecretVersion::Latest).await
    }
}

impl<S: NamedSecret> Handle for SecretOf<S> {
    fn needs() -> Vec<Need> {
        vec![Need::Secret { name: S::NAME, access: Access::Read }]
    }

    fn open(ports: &Ports) -> Self {
        Self::new(Arc::clone(&ports.secrets))
    }
}

impl<S: NamedSecret> fmt::Debug for SecretOf<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SecretOf({})", S::NAME)
    }
}
