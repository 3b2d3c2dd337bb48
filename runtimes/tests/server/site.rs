//! Servers to be tested, each on a free port.

use std::sync::Arc;
use std::time::Duration;

use anyport_memory::{Memory, MemoryStore};
use anyport_ports::Clock;
use anyport_ports::handles::Ports;
use anyport_runtimes::server::{Running, ServerSettings, listen, start};
use anyport_runtimes::{Surroundings, SystemClock, UuidIds, Workload};

/// A store that servers share, and the clock that all go by.
#[derive(Clone)]
pub(crate) struct Site {
    pub(crate) store: MemoryStore,
    pub(crate) settings: ServerSettings,
}

impl Site {
    pub(crate) fn new() -> Self {
        Self::on(Arc::new(SystemClock))
    }

    pub(crate) fn on(clock: Arc<dyn Clock>) -> Self {
        let settings = ServerSettings {
            address: "127.0.0.1:0".parse().unwrap(),
            grace: Duration::from_secs(15),
            receive_wait: Duration::from_millis(50),
            retry_base: Duration::from_millis(10),
            blob_poll_interval: Duration::from_millis(20),
            feed_poll_interval: Duration::from_millis(20),
            ..ServerSettings::default()
        };
        Self { store: MemoryStore::new(clock), settings }
    }

    pub(crate) fn handle(&self) -> Memory {
        self.store.handle()
    }

    pub(crate) fn ports(&self) -> Ports {
        Ports { ids: Arc::new(UuidIds), ..self.store.ports() }
    }

    pub(crate) async fn start(&self, workload: Workload) -> Running {
        let memory = Arc::new(self.handle());
        let listener = listen(&self.settings).await.unwrap();
        let surroundings = Surroundings::none()
            .provisioned_by(memory.clone())
            .signed_by(Some(memory.clone()))
            .changed_by(Some(memory));
        let server = start(listener, workload, self.ports(), surroundings, self.settings.clone());
        server.await.unwrap()
    }
}
