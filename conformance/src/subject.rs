//! What is put to the test: an adapter, by the ports it offers.

use std::sync::Arc;
use std::time::Duration;

use anyport_ports::blobs::{Blobs, FetchSigned, SignBlobs};
use anyport_ports::documents::{Changes, Documents, Scan};
use anyport_ports::messages::Messages;
use anyport_ports::resources::Resources;
use anyport_ports::secrets::Secrets;
use anyport_ports::{Clock, Result, SecretName};
use async_trait::async_trait;

use crate::faults::{Faultable, Faults};
use crate::gaps::Gap;

/// A handle on a store of documents.
#[derive(Clone)]
pub struct DocumentStore {
    /// Reading and writing by key.
    pub documents: Arc<dyn Documents>,
    /// Reading a whole collection.
    pub scan: Arc<dyn Scan>,
}

/// A handle on a store of documents whose changes can be read.
#[derive(Clone)]
pub struct ChangeStore {
    /// Reading and writing by key.
    pub documents: Arc<dyn Documents>,
    /// Reading what changed.
    pub changes: Arc<dyn Changes>,
}

/// A handle on a store of messages.
#[derive(Clone)]
pub struct MessageStore {
    /// The messages.
    pub messages: Arc<dyn Messages>,
}

/// A handle on a store of blobs.
#[derive(Clone)]
pub struct BlobStore {
    /// The blobs.
    pub blobs: Arc<dyn Blobs>,
    /// Who signs URLs to them.
    pub signer: Arc<dyn SignBlobs>,
    /// Who follows such a URL: an HTTP client for a cloud, the embedded store itself otherwise.
    pub fetch: Arc<dyn FetchSigned>,
}

/// A handle on a store of secrets, with the other side of it, where secrets are put.
#[derive(Clone)]
pub struct SecretStore {
    /// The secrets, as a workload sees them.
    pub secrets: Arc<dyn Secrets>,
    /// Where they are put.
    pub admin: Arc<dyn SecretsAdmin>,
}

/// The other side of a store of secrets, which the port does not offer to workloads.
#[async_trait]
pub trait SecretsAdmin: Send + Sync + 'static {
    /// Puts a new current version of a secret and returns its name.
    async fn put(&self, name: &SecretName, value: &[u8]) -> Result<String>;

    /// Takes away the right to read the secret.
    async fn deny(&self, name: &SecretName) -> Result<()>;
}

/// Time as a test sees it: virtual where the adapter takes an injected clock, real elsewhere.
#[async_trait]
pub trait TestClock: Clock {
    /// Lets this much time pass: at once if it is virtual, by waiting if it is real.
    async fn pass(&self, duration: Duration);
}

/// A fresh, empty namespace of an adapter's store: nothing that is done in another is seen in it.
#[async_trait]
pub trait Namespace<H: Faultable>: Send + Sync + 'static {
    /// Another handle on it, as another process would have: it shares nothing with earlier ones but the store.
    async fn connect(&self) -> Result<H>;

    /// Another handle, with these faults between adapter and store. An adapter that speaks over a wire puts them on the
    /// wire; one that does not calls [`Faultable::through`].
    async fn connect_through(&self, faults: &Faults) -> Result<H>;

    /// The time that the adapter goes by.
    fn clock(&self) -> Arc<dyn TestClock>;
}

/// One port of an adapter under test.
#[async_trait]
pub trait Subject<H: Faultable>: Send + Sync + 'static {
    /// Makes a fresh namespace in which these resources exist.
    async fn fresh(&self, resources: &Resources) -> Result<Arc<dyn Namespace<H>>>;
}

/// An adapter under test: its name and the ports that it offers. A port that it does not offer has no checks; one that
/// it offers has all of them.
#[derive(Clone)]
#[non_exhaustive]
pub struct Adapter {
    /// The name in reports and on the command line.
    pub name: String,
    /// Documents, if offered.
    pub documents: Option<Arc<dyn Subject<DocumentStore>>>,
    /// The change feed of documents, if offered.
    pub changes: Option<Arc<dyn Subject<ChangeStore>>>,
    /// Messages, if offered.
    pub messages: Option<Arc<dyn Subject<MessageStore>>>,
    /// Blobs, if offered.
    pub blobs: Option<Arc<dyn Subject<BlobStore>>>,
    /// Secrets, if offered.
    pub secrets: Option<Arc<dyn Subject<SecretStore>>>,
    /// What cannot be observed on the emulator that it is run against.
    pub gaps: Vec<Gap>,
}

impl Adapter {
    /// An adapter that offers nothing yet.
    pub fn named(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            documents: None,
            changes: None,
            messages: None,
            blobs: None,
            secrets: None,
            gaps: Vec::new(),
        }
    }

    /// It offers documents.
    #[must_use]
    pub fn documents(mut self, subject: impl Subject<DocumentStore>) -> Self {
        self.documents = Some(Arc::new(subject));
        self
    }

    /// It offers the change feed of documents.
    #[must_use]
    pub fn changes(mut self, subject: impl Subject<ChangeStore>) -> Self {
        self.changes = Some(Arc::new(subject));
        self
    }

    /// It offers messages.
    #[must_use]
    pub fn messages(mut self, subject: impl Subject<MessageStore>) -> Self {
        self.messages = Some(Arc::new(subject));
        self
    }

    /// It offers blobs.
    #[must_use]
    pub fn blobs(mut self, subject: impl Subject<BlobStore>) -> Self {
        self.blobs = Some(Arc::new(subject));
        self
    }

    /// It offers secrets.
    #[must_use]
    pub fn secrets(mut self, subject: impl Subject<SecretStore>) -> Self {
        self.secrets = Some(Arc::new(subject));
        self
    }

    /// It is run against an emulator with these gaps.
    #[must_use]
    pub fn with_gaps(mut self, gaps: Vec<Gap>) -> Self {
        self.gaps = gaps;
        self
    }
}
