//! Secrets, and the side of the store that puts them there.

use anyport_ports::secrets::{Secret, SecretValue, SecretVersion, Secrets};
use anyport_ports::{Error, ErrorKind, Result, SecretName};
use async_trait::async_trait;
use bytes::Bytes;

use crate::store::{Memory, MemoryStore};

/// The versions of a secret, the current one last.
#[derive(Default)]
pub(crate) struct StoredSecret {
    versions: Vec<Secret>,
    denied: bool,
}

impl MemoryStore {
    /// Writes a secret, or rotates it; earlier versions stay readable. Returns the new version.
    pub fn put_secret(&self, name: &SecretName, value: impl Into<Bytes>) -> String {
        let mut state = self.shared.lock();
        let version = self.shared.token('s');
        let secret = Secret { value: SecretValue::new(value), version: version.clone() };
        state.secrets.entry(name.clone()).or_default().versions.push(secret);
        version
    }

    /// Refuses every reader of this secret from now on, whether or not it was ever written.
    pub fn deny_secret(&self, name: &SecretName) {
        self.shared.lock().secrets.entry(name.clone()).or_default().denied = true;
    }
}

#[async_trait]
impl Secrets for Memory {
    async fn get(&self, name: &SecretName, version: &SecretVersion) -> Result<Secret> {
        let refused = |kind, message: &str| Error::new(kind, message).during("secrets.get", name);
        let state = self.shared.lock();
        let absent = || refused(ErrorKind::NotFound, "there is no such secret: put it there first");
        let secret = state.secrets.get(name).ok_or_else(absent)?;
        if secret.denied {
            return Err(refused(ErrorKind::PermissionDenied, "this secret may not be read: ask for the permission"));
        }
        match version {
            SecretVersion::Latest => secret.versions.last().cloned().ok_or_else(absent),
            SecretVersion::Pinned(pinned) => {
                let found = secret.versions.iter().find(|secret| secret.version == *pinned);
                found.cloned().ok_or_else(|| refused(ErrorKind::NotFound, "the secret has no such version"))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::ManualClock;

    #[tokio::test]
    async fn a_rotation_keeps_what_was_pinned_and_absent_is_not_denied() {
        let store = MemoryStore::new(Arc::new(ManualClock::new()));
        let (memory, name) = (store.handle(), SecretName::from_static("gateway-key"));
        let latest = SecretVersion::Latest;
        assert_eq!(memory.get(&name, &latest).await.unwrap_err().kind(), ErrorKind::NotFound);

        let first = store.put_secret(&name, vec![0, 0xff]);
        let second = store.put_secret(&name, "new");
        assert_ne!(first, second);
        assert_eq!(memory.get(&name, &latest).await.unwrap().version, second);
        let pinned = memory.get(&name, &SecretVersion::Pinned(first)).await.unwrap();
        assert_eq!(pinned.value.expose(), [0, 0xff]);
        let garbage = SecretVersion::Pinned("garbage".to_owned());
        assert_eq!(memory.get(&name, &garbage).await.unwrap_err().kind(), ErrorKind::NotFound);

        store.deny_secret(&name);
        let error = memory.get(&name, &latest).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::PermissionDenied);
        assert!(error.to_string().starts_with("secrets.get gateway-key: "), "{error}");
    }
}
