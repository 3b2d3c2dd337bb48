//! Blobs of any cloud as a subject. A namespace is a prefix of the names of buckets, in whatever account or server the
//! environment leads to.

use std::net::{SocketAddr, ToSocketAddrs as _};
use std::sync::Arc;

use anyport_blobs::ObjectBlobs;
use anyport_conformance::subject::{BlobStore, Namespace, Subject};
use anyport_conformance::wire::{Dial, Dialect, Networked, Protocol, Upstream};
use anyport_ports::resources::{Provision as _, Resources};
use anyport_ports::{Error, Result};
use async_trait::async_trait;
use http::request;
use uuid::Uuid;

use super::browser::{Browser, Manners};

/// What tells the blobs of one cloud from those of another.
pub(super) trait Cloud: Clone + Send + Sync + 'static {
    /// Connects anew, as another process would, to where the environment says, or to this address.
    fn connect(&self, prefix: &str, through: Option<SocketAddr>) -> Result<ObjectBlobs>;

    /// The server that stands for the cloud, if the environment names one.
    fn server(&self) -> Result<Option<SocketAddr>>;

    /// How its requests are read.
    fn dialect(&self) -> Arc<dyn Dialect>;

    /// How its signed URLs are used.
    fn manners(&self) -> Manners;
}

/// Blobs in a cloud or in an emulator of it.
pub(super) struct Buckets<C>(pub(super) C);

#[async_trait]
impl<C: Cloud> Subject<BlobStore> for Buckets<C> {
    async fn fresh(&self, resources: &Resources) -> Result<Arc<dyn Namespace<BlobStore>>> {
        let random = Uuid::new_v4().simple().to_string();
        let (cloud, prefix) = (self.0.clone(), format!("t{}-", &random[..14]));
        cloud.connect(&prefix, None)?.provision(resources).await?;
        let upstream = cloud.server()?.map(|address| Upstream { address, protocol: Protocol::Http(cloud.dialect()) });
        Ok(Arc::new(Networked::new(BlobNamespace { cloud, prefix }, upstream)))
    }
}

struct BlobNamespace<C> {
    cloud: C,
    prefix: String,
}

#[async_trait]
impl<C: Cloud> Dial<BlobStore> for BlobNamespace<C> {
    async fn dial(&self, through: Option<SocketAddr>) -> Result<BlobStore> {
        let blobs = self.cloud.connect(&self.prefix, through)?;
        let browser = Arc::new(Browser::of(blobs.clone(), self.cloud.manners())?);
        Ok(BlobStore { blobs: Arc::new(blobs), signer: Arc::clone(&browser) as _, fetch: browser })
    }
}

/// The address in the URL of a server that faults can be put before, which this variable of the environment holds.
pub(super) fn address(variable: &str, url: &str) -> Result<SocketAddr> {
    let authority = url.strip_prefix("http://").and_then(|rest| rest.split('/').next());
    let address = authority.and_then(|authority| authority.to_socket_addrs().ok()?.next());
    let wanted = "to put faults on the way to it, it must be like http://127.0.0.1:4566";
    address.ok_or_else(|| Error::invalid(format!("{variable} is {url:?}: {wanted}")))
}

/// Whether a request's query has this parameter.
pub(super) fn has(request: &request::Parts, parameter: &str) -> bool {
    let query = request.uri.query().unwrap_or_default();
    query.split('&').any(|pair| pair.split('=').next() == Some(parameter))
}
