//! A worked example: an adapter from outside the house, and the suite run against it.

mod list_store;

use std::process::ExitCode;
use std::sync::Arc;

use anyport_conformance::embedded::{Embedded, HandOut};
use anyport_conformance::subject::{Adapter, DocumentStore, Namespace, Subject};
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
        let open = |clock| Ok(ListStore::new(clock, resources.collections.clone()));
        Ok(Arc::new(Embedded::new(open)?))
    }
}

impl HandOut<DocumentStore> for ListStore {
    fn hand_out(&self) -> Result<DocumentStore> {
        let handle = Arc::new(self.clone());
        Ok(DocumentStore { documents: Arc::clone(&handle) as _, scan: handle })
    }
}
