//! Typed handles: what a function may touch, as types.
//!
//! A handle has only the methods that its access allows: a `Reader<Users>` cannot write, a `Writer<Users>` cannot read.
//! What a function needs is read off the handles among its parameters, and least privilege follows from the types.

mod blobs;
mod documents;
mod messages;
mod secrets;
mod services;

use std::sync::Arc;

use serde::{Deserialize, Serialize};

pub use blobs::{BlobReader, BlobSigner, BlobWriter, Bucket};
pub use documents::{Change, Collection, Items, Reader, Stored, Writer, transaction_of};
pub use messages::{EventHead, Publish, Subscriber, Topic};
pub use secrets::{NamedSecret, SecretOf};
pub use services::{Api, Service};

use crate::blobs::{Blobs, SignBlobs};
use crate::documents::{Documents, Index};
use crate::messages::Messages;
use crate::outbound::Outbound;
use crate::resources::{CollectionSpec, Resources};
use crate::secrets::Secrets;
use crate::{BucketName, CallContext, Clock, CollectionName, Ids, SecretName, ServiceName, TopicName};

/// The adapters bound to each port: what the composition root makes, and handles are opened on.
#[derive(Clone)]
pub struct Ports {
    /// Documents.
    pub documents: Arc<dyn Documents>,
    /// Messages.
    pub messages: Arc<dyn Messages>,
    /// Blobs.
    pub blobs: Arc<dyn Blobs>,
    /// Signed URLs to those blobs.
    pub signer: Arc<dyn SignBlobs>,
    /// Secrets.
    pub secrets: Arc<dyn Secrets>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Services of others.
    pub outbound: Arc<dyn Outbound>,
    /// Fresh identifiers.
    pub ids: Arc<dyn Ids>,
    /// The call that handles are opened for; [`CallContext::none`] at the composition root.
    pub call: Arc<CallContext>,
}

impl Ports {
    /// The same adapters, for this call.
    #[must_use]
    pub fn during(&self, call: CallContext) -> Self {
        Self { call: Arc::new(call), ..self.clone() }
    }
}

/// What a handle allows on its resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Access {
    /// To read.
    Read,
    /// To write and delete.
    Write,
    /// To publish.
    Publish,
    /// To give away signed URLs.
    Sign,
    /// To call.
    Call,
}

/// One resource that a function needs, and the access it has to it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Need {
    /// A collection of documents.
    Collection {
        /// Its name.
        name: CollectionName,
        /// Read or write.
        access: Access,
        /// The collection's declared indexes.
        indexes: Vec<Index>,
    },
    /// A topic to publish to.
    Topic {
        /// Its name.
        name: TopicName,
        /// Publish.
        access: Access,
    },
    /// A bucket of blobs.
    Bucket {
        /// Its name.
        name: BucketName,
        /// Read, write or sign.
        access: Access,
    },
    /// A secret to read.
    Secret {
        /// Its name.
        name: SecretName,
        /// Read.
        access: Access,
    },
    /// A service of others to call. It is not the workload's to make.
    Service {
        /// Its name.
        name: ServiceName,
        /// Call.
        access: Access,
    },
}

impl Need {
    /// What must exist for the need to be met.
    pub fn resources(&self) -> Resources {
        let mut resources = Resources::default();
        match self.clone() {
            Self::Collection { name, indexes, .. } => {
                resources.collections.push(CollectionSpec::new(name, indexes));
            }
            Self::Topic { name, .. } => resources.topics.push(name),
            Self::Bucket { name, .. } => resources.buckets.push(name),
            Self::Secret { name, .. } => resources.secrets.push(name),
            Self::Service { .. } => {}
        }
        resources
    }
}

/// A parameter of a function that gives it access to something.
pub trait Handle: Sized + Send + Sync + 'static {
    /// What it gives access to.
    fn needs() -> Vec<Need>;

    /// Opens it on the adapters bound.
    fn open(ports: &Ports) -> Self;
}

impl Handle for Arc<dyn Clock> {
    fn needs() -> Vec<Need> {
        Vec::new()
    }

    fn open(ports: &Ports) -> Self {
        Self::clone(&ports.clock)
    }
}

impl Handle for Arc<dyn Ids> {
    fn needs() -> Vec<Need> {
        Vec::new()
    }

    fn open(ports: &Ports) -> Self {
        Self::clone(&ports.ids)
    }
}
