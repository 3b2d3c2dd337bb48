//! A worked example: an adapter from outside the house, and the suite run against it.

mod list_store;

use std::process::ExitCode;
use std::sync::Arc;

use anyport_conformance::faults::{Faultable as _, Faults};
use anyport_conformance::subject::{Adapter, DocumentStore, Namespace, Subject, TestClock};
use anyport_conformance::time::VirtualTime;
use anyport_ports::Result;
use anyport_ports::resources::Resources;
use async_trait::async_trait;
use list_store::ListStore;

fn main() -> ExitCode {
    anyport_conformance::harness::main(vec![Adapter::named("list").documents(Lists)])
}

/// Makes a fresh store for each check.
struct Lists;

#[async_trait]
impl Subject<DocumentStore> for Lists {
    async fn fresh(&self, resources: &Resources) -> Result<Arc<dyn Namespace<DocumentStore>>> {
        let time = Arc::new(VirtualTime::new());
        let store = ListStore::new(time.clock(), resources.collections.clone());
        Ok(Arc::new(Fresh { store, time }))
    }
}

struct Fresh {
    store: ListStore,
    time: Arc<VirtualTime>,
}

#[async_trait]
impl Namespace<DocumentStore> for Fresh {
    async fn connect(&self) -> Result<DocumentStore> {
        let handle = Arc::new(self.store.clone());
        Ok(DocumentStore { documents: Arc::clone(&handle) as _, scan: handle })
    }

    async fn connect_through(&self, faults: &Faults) -> Result<DocumentStore> {
        Ok(self.connect().await?.through(faults))
    }

    fn clock(&self) -> Arc<dyn TestClock> {
        Arc::clone(&self.time) as _
    }
}
