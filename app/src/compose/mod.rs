//! The composition root: the one place where adapters are chosen and opened.

mod adapters;
mod callers;
mod outbound;
mod plain_change;
mod provision;
mod sandbox;

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Result, anyhow};
use anyport_ports::decorators::{Around as _, Traced};
use anyport_ports::handles::{NamedSecret as _, Ports};
use anyport_ports::resources::{Provision, Resources};
use anyport_ports::secrets::{CachedSecrets, SecretVersion, Secrets};
use anyport_ports::{Clock, ErrorKind};
use anyport_runtimes::{Surroundings, SystemClock, UuidIds};
use domain::receipts::ReceiptKey;

use crate::settings::Settings;
use adapters::{Adapters, PutSecret};
use provision::Split;

/// How long a secret is kept before it is read again, and how much longer while its store is not reached.
const SECRET_TTL: Duration = Duration::from_mins(5);
const STALE_SECRET: Duration = Duration::from_hours(1);

/// The adapters, bound to the ports.
pub(crate) struct Composed {
    pub(crate) ports: Ports,
    #[cfg_attr(not(feature = "server"), expect(dead_code, reason = "only a server makes what its functions need"))]
    pub(crate) provision: Arc<dyn Provision>,
    pub(crate) surroundings: Surroundings,
    /// What stands in for the real thing on one machine.
    #[cfg_attr(not(feature = "server"), expect(dead_code, reason = "only a server greets a person"))]
    pub(crate) for_development: ForDevelopment,
}

/// What stands in for the real thing on one machine.
#[cfg_attr(not(feature = "server"), expect(dead_code, reason = "only a server greets a person"))]
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct ForDevelopment {
    /// A receipt-key was made.
    pub(crate) receipt_key: bool,
    /// The machine is its own issuer of tokens.
    pub(crate) issuer: bool,
    /// Payments go to a sandbox.
    pub(crate) payments: bool,
}

/// What makes what the functions need. Nothing else is asked of the settings: neither who calls nor who is called.
pub(crate) async fn provisioner(settings: &Settings, resources: &Resources) -> Result<Arc<dyn Provision>> {
    let mut adapters = Adapters::new(settings, resources, Arc::new(SystemClock));
    Ok(Arc::new(Split {
        documents: adapters.documents().await?.provision,
        messages: adapters.messages().await?.provision,
        blobs: adapters.blobs()?.provision,
    }))
}

/// Opens the adapters that the settings ask for, each once, and binds them. `resources` are what the functions need.
pub(crate) async fn compose(settings: &Settings, resources: &Resources) -> Result<Composed> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let mut adapters = Adapters::new(settings, resources, Arc::clone(&clock));
    let documents = adapters.documents().await?;
    let messages = adapters.messages().await?;
    let blobs = adapters.blobs()?;
    let secrets = adapters.secrets().await?;

    let one_machine = secrets.put.is_some();
    let receipt_key = match &secrets.put {
        Some(put) => make_secret(&*secrets.port, put).await?,
        None => false,
    };
    let (outbound, payments) = outbound::of(settings, one_machine)?;
    let (authenticator, issuer) = callers::of(settings, one_machine, &outbound, &clock)?;
    let ports = Ports {
        documents: documents.port,
        messages: messages.port,
        blobs: blobs.port,
        signer: blobs.signer,
        secrets: Arc::new(CachedSecrets::new(secrets.port, Arc::clone(&clock), SECRET_TTL, STALE_SECRET)),
        clock,
        outbound,
        ids: Arc::new(UuidIds),
        call: Arc::default(),
    };
    Ok(Composed {
        // What a function does shows in its trace.
        ports: Traced.over_all(ports),
        provision: Arc::new(Split {
            documents: documents.provision,
            messages: messages.provision,
            blobs: blobs.provision,
        }),
        surroundings: Surroundings::none()
            .signed_by(blobs.signed)
            .changed_by(Some(documents.changes))
            .decoding_changes(move |record| plain_change::decode(record, documents.own_change))
            .authenticated_by(Some(authenticator)),
        for_development: ForDevelopment { receipt_key, issuer, payments },
    })
}

/// Makes the secret that receipts are signed with, if there is none: on one machine. In a cloud somebody puts it there.
async fn make_secret(secrets: &dyn Secrets, put: &PutSecret) -> Result<bool> {
    match secrets.get(&ReceiptKey::NAME, &SecretVersion::Latest).await {
        Ok(_) => Ok(false),
        Err(error) if error.kind() == ErrorKind::NotFound => {
            let mut value = [0; 32];
            getrandom::fill(&mut value).map_err(|error| anyhow!("this machine gives no random bytes: {error}"))?;
            put(&value)?;
            Ok(true)
        }
        Err(error) => Err(error.into()),
    }
}
