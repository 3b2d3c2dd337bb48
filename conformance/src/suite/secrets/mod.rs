//! The checks of the secrets port.

mod cache;
mod errors;
mod read;

use std::time::Duration;

use anyport_ports::SecretName;
use anyport_ports::secrets::{Secret, SecretVersion, Secrets};

use crate::check::{Check, Context, Violation};
use crate::subject::SecretStore;

/// Every check of the port.
pub fn checks() -> Vec<Check<SecretStore>> {
    let mut checks = read::checks();
    checks.extend(cache::checks());
    checks.extend(errors::checks());
    checks
}

/// How long a store may take until everybody sees what was put there.
const PATIENCE: Duration = Duration::from_secs(10);

/// The secret of most checks.
const KEY: SecretName = SecretName::from_static("gateway-key");

/// Reads the current version until it is the one told, as it must soon be.
async fn read_current(cx: &Context<SecretStore>, secrets: &dyn Secrets, version: &str) -> Result<Secret, Violation> {
    let found = cx.eventually(PATIENCE, || async {
        let secret = secrets.get(&KEY, &SecretVersion::Latest).await?;
        Ok((secret.version == version).then_some(secret))
    });
    found.await?.ok_or_else(|| Violation::new(format!("the current version is not {version:?} after {PATIENCE:?}")))
}
