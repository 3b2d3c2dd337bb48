//! The plain server, whose answers those of other hosts are held against.

use std::sync::Arc;

use anyport_memory::MemoryStore;
use anyport_ports::Clock;
use anyport_runtimes::server::{Running, ServerSettings, listen, start};
use anyport_runtimes::{Surroundings, Workload};

use crate::site::ports;

/// A server of this workload, on a store of its own.
pub(crate) async fn server_of(workload: Workload, clock: Arc<dyn Clock>, surroundings: Surroundings) -> Running {
    let store = MemoryStore::new(Arc::clone(&clock));
    let settings = ServerSettings { address: "127.0.0.1:0".parse().unwrap(), ..ServerSettings::default() };
    let (memory, ports) = (Arc::new(store.handle()), ports(&store, &clock));
    let listener = listen(&settings).await.unwrap();
    start(listener, workload, ports, surroundings.provisioned_by(memory), settings).await.unwrap()
}
