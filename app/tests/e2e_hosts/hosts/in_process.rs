//! The storefront in this process: the only one that reaches what is in its memory.

use std::sync::Arc;
use std::time::Duration;

use anyport_http::HttpClient;
use anyport_memory::MemoryStore;
use anyport_ports::Clock;
use anyport_ports::handles::Ports;
use anyport_ports::outbound::Outbound;
use anyport_ports::secrets::CachedSecrets;
use anyport_runtimes::auth::Authenticator;
use anyport_runtimes::{Surroundings, SystemClock, UuidIds, Workload};
use serde_json::json;

use super::plain_change;
use crate::storefront_server::tokens;
use crate::world::World;

/// The functions, and what they run on.
pub(super) struct InProcess {
    pub(super) workload: Workload,
    pub(super) ports: Ports,
    pub(super) surroundings: Surroundings,
}

impl InProcess {
    /// The storefront over the memory of this world, put together as its own composition root does.
    pub(super) fn of(world: &World, store: &MemoryStore) -> Self {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let services = json!({ "services": { "payments": { "url": world.payments.url() } } });
        let client = HttpClient::new(&serde_json::from_value(services).expect("settings")).expect("a client");
        let outbound: Arc<dyn Outbound> = Arc::new(client);
        let auth = tokens::settings();
        let authenticator = Authenticator::new(auth, Arc::clone(&outbound), Arc::clone(&clock)).expect("an issuer");
        let handle = Arc::new(store.handle());
        let minute = Duration::from_mins(1);
        let ports = Ports {
            documents: Arc::clone(&handle) as _,
            messages: Arc::clone(&handle) as _,
            blobs: Arc::clone(&handle) as _,
            signer: Arc::clone(&handle) as _,
            secrets: Arc::new(CachedSecrets::new(Arc::clone(&handle) as _, Arc::clone(&clock), minute, minute)),
            clock,
            outbound,
            ids: Arc::new(UuidIds),
            call: Arc::default(),
        };
        let surroundings = Surroundings::none()
            .provisioned_by(Arc::clone(&handle) as _)
            .signed_by(Some(Arc::clone(&handle) as _))
            .changed_by(Some(handle))
            .decoding_changes(|record| plain_change::decode(record, None))
            .authenticated_by(Some(Arc::new(authenticator)));
        // As the server of the other sets.
        let schedules = app::Schedules { expiry: "* * * * * *".to_owned(), ..app::Schedules::default() };
        Self { workload: app::storefront(&schedules), ports, surroundings }
    }
}
