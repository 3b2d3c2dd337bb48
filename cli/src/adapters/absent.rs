//! What an adapter is replaced by while it has nothing to be run against: every check fails and says so.

use std::sync::Arc;

use anyport_conformance::faults::Faultable;
use anyport_conformance::subject::{Adapter, Namespace, Subject};
use anyport_ports::resources::Resources;
use anyport_ports::{Error, ErrorKind, Result};
use async_trait::async_trait;

/// The adapter, of which no port can be reached, for this reason.
pub(super) fn absent(mut adapter: Adapter, why: &str) -> Adapter {
    let absent = || Absent(why.to_owned());
    adapter.documents = adapter.documents.map(|_| Arc::new(absent()) as _);
    adapter.changes = adapter.changes.map(|_| Arc::new(absent()) as _);
    adapter.messages = adapter.messages.map(|_| Arc::new(absent()) as _);
    adapter.blobs = adapter.blobs.map(|_| Arc::new(absent()) as _);
    adapter.secrets = adapter.secrets.map(|_| Arc::new(absent()) as _);
    adapter
}

struct Absent(String);

#[async_trait]
impl<H: Faultable> Subject<H> for Absent {
    async fn fresh(&self, _resources: &Resources) -> Result<Arc<dyn Namespace<H>>> {
        Err(Error::new(ErrorKind::Unavailable, self.0.clone()))
    }
}
