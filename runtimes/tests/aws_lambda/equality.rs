//! The same requests through the server and through gateways give the same answers.

use std::sync::Arc;

use anyport_conformance::hosts::gateway::Gateway;
use anyport_memory::MemoryStore;
use anyport_ports::Clock;
use anyport_runtimes::server::{Running, ServerSettings, listen, start};
use anyport_runtimes::{Surroundings, SystemClock, Workload};

use crate::notes;
use crate::site::{Site, ports};
use crate::tables::requests::{ask, comparable, requests};

async fn server() -> Running {
    server_of(notes::workload(), Arc::new(SystemClock), Surroundings::none()).await
}

/// A server of this workload, on a store of its own.
pub(crate) async fn server_of(workload: Workload, clock: Arc<dyn Clock>, surroundings: Surroundings) -> Running {
    let store = MemoryStore::new(Arc::clone(&clock));
    let settings = ServerSettings { address: "127.0.0.1:0".parse().unwrap(), ..ServerSettings::default() };
    let (memory, ports) = (Arc::new(store.handle()), ports(&store, &clock));
    let listener = listen(&settings).await.unwrap();
    start(listener, workload, ports, surroundings.provisioned_by(memory), settings).await.unwrap()
}

#[tokio::test]
async fn answers_are_the_same_through_the_server_and_through_every_gateway() {
    for gateway in Gateway::ALL {
        let (running, site) = (server().await, Site::new(&notes::workload()).await);
        for call in requests() {
            // API Gateway decodes what was escaped in a path, so that an escaped slash is one.
            let lost = gateway == Gateway::Rest && call.target.contains("%2F");
            if lost {
                continue;
            }
            let direct = ask(running.address(), &call).await;
            let answered = gateway.reply(&site.invoke(&gateway.event(&call)).await);
            let length = call.method == "HEAD";
            assert_eq!(comparable(answered, length), comparable(direct, length), "{gateway:?} {call:?}");
        }
        running.shutdown().await;
    }
}
