//! Every check in real time: what passes in virtual time must not depend on time standing still between two steps, since
//! for most stores it does not.

use std::process::ExitCode;
use std::sync::Arc;

use anyport_conformance::embedded::{Embedded, HandOut};
use anyport_conformance::faults::Faultable;
use anyport_conformance::subject::{Adapter, Namespace, Subject};
use anyport_memory::MemoryStore;
use anyport_ports::Result;
use anyport_ports::resources::{Provision as _, Resources};
use async_trait::async_trait;

fn main() -> ExitCode {
    let adapter = Adapter::named("memory in real time");
    anyport_conformance::harness::main(vec![adapter.documents(Timed).messages(Timed).blobs(Timed).secrets(Timed)])
}

struct Timed;

#[async_trait]
impl<H: Faultable> Subject<H> for Timed
where
    MemoryStore: HandOut<H>,
{
    async fn fresh(&self, resources: &Resources) -> Result<Arc<dyn Namespace<H>>> {
        let fresh = Embedded::in_real_time(|clock| Ok(MemoryStore::new(clock)))?;
        fresh.store().handle().provision(resources).await?;
        Ok(Arc::new(fresh))
    }
}
