//! The adapters that are compiled in, each opened when the first port is bound to it.

#[cfg(feature = "aws")]
mod aws;
#[cfg(feature = "azure")]
mod azure;
#[cfg(feature = "gcp")]
mod gcp;

use std::sync::Arc;

use anyhow::Result;
#[cfg(any(feature = "sqlite", feature = "redis"))]
use anyhow::anyhow;
use anyport_ports::Clock;
use anyport_ports::blobs::{Blobs, FetchSigned, SignBlobs};
use anyport_ports::documents::{Changes, Documents};
#[cfg(any(feature = "memory", feature = "sqlite", feature = "redis"))]
use anyport_ports::handles::NamedSecret as _;
use anyport_ports::messages::Messages;
use anyport_ports::resources::{Provision, Resources};
use anyport_ports::secrets::Secrets;
#[cfg(any(feature = "memory", feature = "sqlite", feature = "redis"))]
use domain::receipts::ReceiptKey;

use super::plain_change::OwnForm;
use crate::settings::{Settings, Store, Vault};

/// A port, and who makes what it needs.
pub(super) struct Bound<P: ?Sized> {
    pub(super) port: Arc<P>,
    pub(super) provision: Arc<dyn Provision>,
}

/// The port of documents, and what changes among them.
pub(super) struct BoundDocuments {
    pub(super) port: Arc<dyn Documents>,
    pub(super) changes: Arc<dyn Changes>,
    /// Reads what the store's own service tells a host of a change: the stream of DynamoDB, Cosmos DB, Firestore.
    pub(super) own_change: Option<OwnForm>,
    pub(super) provision: Arc<dyn Provision>,
}

/// The ports of blobs.
pub(super) struct BoundBlobs {
    pub(super) port: Arc<dyn Blobs>,
    pub(super) signer: Arc<dyn SignBlobs>,
    /// Who answers requests to signed URLs, where no cloud does.
    pub(super) signed: Option<Arc<dyn FetchSigned>>,
    pub(super) provision: Arc<dyn Provision>,
}

/// The port of secrets.
pub(super) struct BoundSecrets {
    pub(super) port: Arc<dyn Secrets>,
    /// Puts the secret that receipts are signed with, where a workload may do that.
    pub(super) put: Option<PutSecret>,
}

/// Writes the secret that receipts are signed with.
pub(super) type PutSecret = Box<dyn Fn(&[u8]) -> anyport_ports::Result<()> + Send + Sync>;

/// The adapters.
pub(super) struct Adapters<'a> {
    settings: &'a Settings,
    #[cfg_attr(
        not(any(feature = "aws", feature = "gcp")),
        expect(dead_code, reason = "DynamoDB and Firestore want to know their indexes")
    )]
    resources: &'a Resources,
    clock: Arc<dyn Clock>,
    #[cfg(feature = "memory")]
    memory: Option<anyport_memory::MemoryStore>,
    #[cfg(any(feature = "sqlite", feature = "redis"))]
    sqlite: Option<Arc<anyport_sqlite::SqliteStore>>,
    #[cfg(feature = "aws")]
    aws: Option<anyport_aws::Aws>,
    #[cfg(feature = "redis")]
    redis: Option<Arc<anyport_redis::RedisStore>>,
}

impl<'a> Adapters<'a> {
    pub(super) fn new(settings: &'a Settings, resources: &'a Resources, clock: Arc<dyn Clock>) -> Self {
        Self {
            settings,
            resources,
            clock,
            #[cfg(feature = "memory")]
            memory: None,
            #[cfg(any(feature = "sqlite", feature = "redis"))]
            sqlite: None,
            #[cfg(feature = "aws")]
            aws: None,
            #[cfg(feature = "redis")]
            redis: None,
        }
    }

    pub(super) async fn documents(&mut self) -> Result<BoundDocuments> {
        Ok(match self.settings.documents {
            #[cfg(feature = "sqlite")]
            Store::Sqlite => documents(self.sqlite()?),
            #[cfg(feature = "memory")]
            Store::Memory => documents(Arc::new(self.memory().handle())),
            #[cfg(feature = "aws")]
            Store::Aws => aws::documents(&self.aws().await?, self.resources),
            #[cfg(feature = "azure")]
            Store::Azure => azure::documents(&self.settings.azure, &self.clock).await?,
            #[cfg(feature = "gcp")]
            Store::Gcp => gcp::documents(&self.settings.gcp, self.resources, &self.clock).await?,
            #[cfg(feature = "redis")]
            Store::Redis => documents(self.redis().await?),
        })
    }

    pub(super) async fn messages(&mut self) -> Result<Bound<dyn Messages>> {
        Ok(match self.settings.messages {
            #[cfg(feature = "sqlite")]
            Store::Sqlite => messages(self.sqlite()?),
            #[cfg(feature = "memory")]
            Store::Memory => messages(Arc::new(self.memory().handle())),
            #[cfg(feature = "aws")]
            Store::Aws => messages(Arc::new(self.aws().await?.messages())),
            #[cfg(feature = "azure")]
            Store::Azure => messages(Arc::new(azure::messages(&self.settings.azure)?)),
            #[cfg(feature = "gcp")]
            Store::Gcp => messages(Arc::new(gcp::messages(&self.settings.gcp).await?)),
            #[cfg(feature = "redis")]
            Store::Redis => messages(self.redis().await?),
        })
    }

    pub(super) fn blobs(&mut self) -> Result<BoundBlobs> {
        Ok(match self.settings.blobs {
            #[cfg(any(feature = "sqlite", feature = "redis"))]
            Vault::Sqlite => embedded_blobs(self.sqlite()?),
            #[cfg(feature = "memory")]
            Vault::Memory => embedded_blobs(Arc::new(self.memory().handle())),
            #[cfg(feature = "aws")]
            Vault::Aws => cloud_blobs(aws::blobs(&self.settings.aws)?),
            #[cfg(feature = "azure")]
            Vault::Azure => cloud_blobs(azure::blobs(&self.settings.azure)?),
            #[cfg(feature = "gcp")]
            Vault::Gcp => cloud_blobs(gcp::blobs(&self.settings.gcp)?),
        })
    }

    pub(super) async fn secrets(&mut self) -> Result<BoundSecrets> {
        Ok(match self.settings.secrets {
            #[cfg(any(feature = "sqlite", feature = "redis"))]
            Vault::Sqlite => {
                let folder = self.settings.data.join("secrets");
                let secrets = Arc::new(anyport_sqlite::FileSecrets::new(folder, "STOREFRONT_SECRET_"));
                let port = Arc::clone(&secrets) as _;
                BoundSecrets { port, put: Some(Box::new(move |value| secrets.put(&ReceiptKey::NAME, value).map(drop))) }
            }
            #[cfg(feature = "memory")]
            Vault::Memory => {
                let store = self.memory();
                let port = Arc::new(store.handle());
                let put = move |value: &[u8]| {
                    store.put_secret(&ReceiptKey::NAME, value.to_vec());
                    Ok(())
                };
                BoundSecrets { port, put: Some(Box::new(put)) }
            }
            #[cfg(feature = "aws")]
            Vault::Aws => BoundSecrets { port: Arc::new(self.aws().await?.secrets()), put: None },
            #[cfg(feature = "azure")]
            Vault::Azure => BoundSecrets { port: Arc::new(azure::secrets(&self.settings.azure)?), put: None },
            #[cfg(feature = "gcp")]
            Vault::Gcp => BoundSecrets { port: Arc::new(gcp::secrets(&self.settings.gcp).await?), put: None },
        })
    }

    #[cfg(any(feature = "sqlite", feature = "redis"))]
    fn sqlite(&mut self) -> Result<Arc<anyport_sqlite::SqliteStore>> {
        if let Some(opened) = &self.sqlite {
            return Ok(Arc::clone(opened));
        }
        let folder = &self.settings.data;
        std::fs::create_dir_all(folder).map_err(|error| {
            anyhow!("the folder {} cannot be made, set data to another one: {error}", folder.display())
        })?;
        let store = anyport_sqlite::SqliteStore::open(&folder.join("storefront.db"), Arc::clone(&self.clock))?;
        let store = Arc::new(store.with_public_url(&self.settings.public_url())?);
        Ok(Arc::clone(self.sqlite.insert(store)))
    }

    #[cfg(feature = "memory")]
    fn memory(&mut self) -> anyport_memory::MemoryStore {
        let (clock, url) = (&self.clock, self.settings.public_url());
        let open = || anyport_memory::MemoryStore::new(Arc::clone(clock)).with_public_url(&url);
        self.memory.get_or_insert_with(open).clone()
    }

    #[cfg(feature = "aws")]
    async fn aws(&mut self) -> Result<anyport_aws::Aws> {
        if let Some(opened) = &self.aws {
            return Ok(opened.clone());
        }
        let aws = aws::connect(&self.settings.aws, &self.clock).await?;
        Ok(self.aws.insert(aws).clone())
    }

    #[cfg(feature = "redis")]
    async fn redis(&mut self) -> Result<Arc<anyport_redis::RedisStore>> {
        if let Some(opened) = &self.redis {
            return Ok(Arc::clone(opened));
        }
        let section = &self.settings.redis;
        let settings = match &section.url {
            Some(url) => anyport_redis::RedisSettings::at(url),
            None => anyport_redis::RedisSettings::default(),
        };
        let settings = settings.prefixed(&section.prefix).clustered(section.cluster);
        let store = Arc::new(anyport_redis::RedisStore::connect(&settings).await?);
        Ok(Arc::clone(self.redis.insert(store)))
    }
}

#[cfg(any(feature = "memory", feature = "sqlite", feature = "redis"))]
fn documents<S: Documents + Changes + Provision>(store: Arc<S>) -> BoundDocuments {
    BoundDocuments {
        port: Arc::clone(&store) as _,
        changes: Arc::clone(&store) as _,
        own_change: None,
        provision: store,
    }
}

fn messages<S: Messages + Provision>(store: Arc<S>) -> Bound<dyn Messages> {
    Bound { port: Arc::clone(&store) as _, provision: store }
}

#[cfg(any(feature = "memory", feature = "sqlite", feature = "redis"))]
fn embedded_blobs<S: Blobs + SignBlobs + FetchSigned + Provision>(store: Arc<S>) -> BoundBlobs {
    BoundBlobs {
        port: Arc::clone(&store) as _,
        signer: Arc::clone(&store) as _,
        signed: Some(Arc::clone(&store) as _),
        provision: store,
    }
}

/// Blobs of a cloud, which answers requests to signed URLs itself.
#[cfg(any(feature = "aws", feature = "azure", feature = "gcp"))]
fn cloud_blobs(store: anyport_blobs::ObjectBlobs) -> BoundBlobs {
    let store = Arc::new(store);
    BoundBlobs { port: Arc::clone(&store) as _, signer: Arc::clone(&store) as _, signed: None, provision: store }
}
