//! What is told when something goes wrong, and what never is.

use anyport_ports::secrets::SecretVersion;
use anyport_ports::{ErrorKind, SecretName};

use super::{KEY, PATIENCE, read_current};
use crate::check::{Check, Context, Verdict, checks, ensure, expect_error};
use crate::faults::{Fault, Faults};
use crate::subject::SecretStore;
use crate::suite::outage::Outage;
use crate::suite::resources;

pub(super) fn checks() -> Vec<Check<SecretStore>> {
    checks![resources;
        "SEC-ERR-1" => a_store_that_does_not_serve_is_told_and_never_an_empty_secret,
        "SEC-RED-1" => no_debug_error_or_version_shows_a_value,
    ]
}

async fn a_store_that_does_not_serve_is_told_and_never_an_empty_secret(cx: Context<SecretStore>) -> Verdict {
    let faults = Faults::none();
    let shaky = cx.connect_through(&faults).await?;
    let version = cx.connect().await?.admin.put(&KEY, b"there").await?;
    read_current(&cx, &*shaky.secrets, &version).await?;
    let versions = [SecretVersion::Latest, SecretVersion::Pinned(version)];
    for outage in Outage::ALL {
        outage.begin(&faults).await;
        for version in &versions {
            outage.expect(shaky.secrets.get(&KEY, version).await, "reading a secret")?;
        }
        outage.end(&faults).await;
    }
    for fault in Fault::IN_DOUBT {
        faults.persist(fault);
        for version in &versions {
            let result = shaky.secrets.get(&KEY, version).await;
            expect_error(result, ErrorKind::Unavailable, &format!("reading a secret through {fault:?}"))?;
        }
    }
    faults.persist(Fault::None);
    shaky.secrets.get(&KEY, &SecretVersion::Latest).await?;
    Ok(())
}

const VALUE: &str = "Tr0ub4dor-and-3-horses";
const VALUE_IN_HEX: &str = "547230756234646f722d616e642d332d686f72736573";
const VALUE_IN_BASE64: &str = "VHIwdWI0ZG9yLWFuZC0zLWhvcnNlcw";

/// Fails if the text shows the secret's value, as it is or in a usual form.
fn ensure_hidden(text: &str, what: &str) -> Verdict {
    let bytes = format!("{:?}", VALUE.as_bytes());
    let numbers = bytes.trim_matches(['[', ']']);
    let shown = [VALUE, VALUE_IN_BASE64, VALUE_IN_HEX, numbers].into_iter().any(|form| text.contains(form));
    // The text itself stays out of the report, as it would of a log.
    ensure!(!shown, "{what} shows the secret's value");
    Ok(())
}

async fn no_debug_error_or_version_shows_a_value(cx: Context<SecretStore>) -> Verdict {
    let faults = Faults::none();
    let store = cx.connect().await?;
    let shaky = cx.connect_through(&faults).await?;
    let version = store.admin.put(&KEY, VALUE.as_bytes()).await?;
    let secret = read_current(&cx, &*store.secrets, &version).await?;
    ensure!(secret.value.expose() == VALUE.as_bytes(), "the secret is not the one put");
    ensure_hidden(&version, "the version given by the store's other side")?;
    ensure_hidden(&secret.version, "the version")?;
    ensure_hidden(&format!("{secret:?} {:?}", secret.value), "Debug")?;

    let binary = SecretName::from_static("binary");
    store.admin.put(&binary, &[VALUE.as_bytes(), &[0xff]].concat()).await?;
    let mut errors = Vec::new();
    errors.extend(store.secrets.get(&KEY, &SecretVersion::Pinned("none".to_owned())).await.err());
    for fault in [Fault::Throttle, Fault::DropBefore, Fault::Cut] {
        faults.persist(fault);
        errors.extend(shaky.secrets.get(&KEY, &SecretVersion::Latest).await.err());
    }
    if let Ok(secret) = store.secrets.get(&binary, &SecretVersion::Latest).await {
        errors.extend(secret.value.expose_text().err());
    }
    store.admin.deny(&KEY).await?;
    let denied = cx.eventually(PATIENCE, || async { Ok(store.secrets.get(&KEY, &SecretVersion::Latest).await.err()) });
    errors.extend(denied.await?);
    ensure!(errors.len() >= 5, "only {} of the errors provoked came", errors.len());
    errors.iter().try_for_each(|error| ensure_hidden(&format!("{error} {error:?}"), "an error"))
}
