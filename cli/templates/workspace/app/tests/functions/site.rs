//! The workload on a fresh store.

use std::sync::Arc;

use anyport_memory::{ManualClock, MemoryStore};
use anyport_ports::handles::Ports;
use anyport_ports::resources::Provision;
use anyport_runtimes::testing::Client;

/// Every port, on a fresh store in which all that the functions need exists.
pub async fn ports() -> Ports {
    let store = MemoryStore::new(Arc::new(ManualClock::new()));
    store.handle().provision(&app::workload().resources()).await.unwrap();
    store.ports()
}

/// A client of the functions, on a fresh store.
pub async fn client() -> Client {
    Client::of(&app::workload(), ports().await).unwrap()
}
