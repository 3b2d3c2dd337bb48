//! The composition root: the one place where adapters are chosen and opened.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Result, anyhow};
use anyport_ports::blobs::{Blobs, FetchSigned, SignBlobs};
use anyport_ports::documents::Documents;
use anyport_ports::handles::{NamedSecret as _, Ports};
use anyport_ports::messages::Messages;
use anyport_ports::resources::{Provision, Resources};
use anyport_ports::secrets::{CachedSecrets, SecretVersion, Secrets};
use anyport_ports::{Clock, ErrorKind};
use anyport_runtimes::{SystemClock, UuidIds};
#[cfg(feature = "sqlite")]
use anyport_sqlite::{FileSecrets, SqliteStore};
use async_trait::async_trait;
use domain::receipts::ReceiptKey;

use crate::settings::{Adapter, Settings};

/// How long a secret is kept before it is read again, and how much longer while its store is not reached.
const SECRET_TTL: Duration = Duration::from_mins(5);
const STALE_SECRET: Duration = Duration::from_hours(1);

/// The adapters, bound to the ports.
pub(crate) struct Composed {
    pub(crate) ports: Ports,
    pub(crate) provision: Arc<dyn Provision>,
    pub(crate) signed: Arc<dyn FetchSigned>,
    /// Whether a secret for development was made.
    pub(crate) made_secret: bool,
}

/// Opens the adapters that the settings ask for, each once, and binds them.
pub(crate) async fn compose(settings: &Settings) -> Result<Composed> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let mut opened = BTreeMap::new();
    for adapter in [settings.documents, settings.messages, settings.blobs, settings.secrets] {
        if let Entry::Vacant(vacant) = opened.entry(adapter) {
            vacant.insert(match adapter {
                #[cfg(feature = "sqlite")]
                Adapter::Sqlite => open_sqlite(settings, &clock)?,
                #[cfg(feature = "memory")]
                Adapter::Memory => open_memory(settings, &clock),
            });
        }
    }
    let [documents, messages, blobs, secrets] =
        [settings.documents, settings.messages, settings.blobs, settings.secrets].map(|adapter| &opened[&adapter]);
    let made_secret = make_secret(secrets).await?;
    let cached = CachedSecrets::new(Arc::clone(&secrets.secrets), Arc::clone(&clock), SECRET_TTL, STALE_SECRET);
    let provision = Split {
        documents: Arc::clone(&documents.provision),
        messages: Arc::clone(&messages.provision),
        blobs: Arc::clone(&blobs.provision),
    };
    Ok(Composed {
        ports: Ports {
            documents: Arc::clone(&documents.documents),
            messages: Arc::clone(&messages.messages),
            blobs: Arc::clone(&blobs.blobs),
            signer: Arc::clone(&blobs.signer),
            secrets: Arc::new(cached),
            clock,
            ids: Arc::new(UuidIds),
        },
        provision: Arc::new(provision),
        signed: Arc::clone(&blobs.signed),
        made_secret,
    })
}

/// Writes the secret that receipts are signed with.
type PutSecret = Box<dyn Fn(&[u8]) -> anyport_ports::Result<()> + Send + Sync>;

/// What one adapter provides.
struct Opened {
    documents: Arc<dyn Documents>,
    messages: Arc<dyn Messages>,
    blobs: Arc<dyn Blobs>,
    signer: Arc<dyn SignBlobs>,
    signed: Arc<dyn FetchSigned>,
    secrets: Arc<dyn Secrets>,
    provision: Arc<dyn Provision>,
    put_secret: PutSecret,
}

#[cfg(feature = "sqlite")]
fn open_sqlite(settings: &Settings, clock: &Arc<dyn Clock>) -> Result<Opened> {
    let folder = &settings.data;
    std::fs::create_dir_all(folder)
        .map_err(|error| anyhow!("the folder {} cannot be made, set data to another one: {error}", folder.display()))?;
    let store = SqliteStore::open(&folder.join("storefront.db"), Arc::clone(clock))?;
    let store = Arc::new(store.with_public_url(&settings.public_url())?);
    let secrets = Arc::new(FileSecrets::new(folder.join("secrets"), "STOREFRONT_SECRET_"));
    Ok(Opened {
        documents: Arc::clone(&store) as _,
        messages: Arc::clone(&store) as _,
        blobs: Arc::clone(&store) as _,
        signer: Arc::clone(&store) as _,
        signed: Arc::clone(&store) as _,
        secrets: Arc::clone(&secrets) as _,
        provision: store,
        put_secret: Box::new(move |value| secrets.put(&ReceiptKey::NAME, value).map(drop)),
    })
}

#[cfg(feature = "memory")]
fn open_memory(settings: &Settings, clock: &Arc<dyn Clock>) -> Opened {
    let store = anyport_memory::MemoryStore::new(Arc::clone(clock)).with_public_url(&settings.public_url());
    let memory = Arc::new(store.handle());
    Opened {
        documents: Arc::clone(&memory) as _,
        messages: Arc::clone(&memory) as _,
        blobs: Arc::clone(&memory) as _,
        signer: Arc::clone(&memory) as _,
        signed: Arc::clone(&memory) as _,
        secrets: Arc::clone(&memory) as _,
        provision: memory,
        put_secret: Box::new(move |value| {
            store.put_secret(&ReceiptKey::NAME, value.to_vec());
            Ok(())
        }),
    }
}

/// Makes the secret that receipts are signed with, if there is none: the adapters here are for one machine. In a cloud
/// somebody puts it there.
async fn make_secret(opened: &Opened) -> Result<bool> {
    match opened.secrets.get(&ReceiptKey::NAME, &SecretVersion::Latest).await {
        Ok(_) => Ok(false),
        Err(error) if error.kind() == ErrorKind::NotFound => {
            let mut value = [0; 32];
            getrandom::fill(&mut value).map_err(|error| anyhow!("this machine gives no random bytes: {error}"))?;
            (opened.put_secret)(&value)?;
            Ok(true)
        }
        Err(error) => Err(error.into()),
    }
}

/// Has each resource made by the adapter that its port is bound to.
struct Split {
    documents: Arc<dyn Provision>,
    messages: Arc<dyn Provision>,
    blobs: Arc<dyn Provision>,
}

#[async_trait]
impl Provision for Split {
    async fn provision(&self, resources: &Resources) -> anyport_ports::Result<()> {
        let Resources { collections, topics, subscriptions, buckets, secrets: _ } = resources.clone();
        self.documents.provision(&Resources { collections, ..Resources::default() }).await?;
        self.messages.provision(&Resources { topics, subscriptions, ..Resources::default() }).await?;
        self.blobs.provision(&Resources { buckets, ..Resources::default() }).await
    }
}
