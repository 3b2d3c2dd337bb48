//! Keys over HTTP: byte for byte the same answers from the server and from behind every gateway.

use std::sync::Arc;

use anyport_conformance::hosts::gateway::{Gateway, HttpCall, HttpReply};
use anyport_memory::ManualClock;
use anyport_ports::Clock;
use anyport_runtimes::Surroundings;
use anyport_runtimes::server::Running;

use crate::hosts::keys::{Asked, Names, Signals, hold, play, workload};
use crate::hosts::requests::{ask, comparable, server_of};
use crate::site::Site;
use crate::workload::Calls;

/// Who is asked.
enum Host {
    Server(Running),
    Lambda(Box<Site>, Gateway),
}

impl Asked for Host {
    async fn ask(&self, call: &HttpCall) -> HttpReply {
        let reply = match self {
            Self::Server(running) => ask(running.address(), call).await,
            Self::Lambda(site, gateway) => gateway.reply(&site.invoke(&gateway.event(call)).await),
        };
        comparable(reply, false)
    }
}

#[tokio::test]
async fn principle_a5_keys_mean_the_same_on_the_server_and_behind_every_gateway() {
    for gateway in std::iter::once(None).chain(Gateway::ALL.map(Some)) {
        let (calls, signals) = (Calls::default(), Signals::default());
        let clock: Arc<dyn Clock> = Arc::new(ManualClock::new());
        let surroundings = Surroundings::none().authenticated_by(Some(Arc::new(Names)));
        let workload = workload(&calls, &signals);
        let host = match gateway {
            None => Host::Server(server_of(workload, clock, surroundings).await),
            Some(gateway) => Host::Lambda(Box::new(Site::within(&workload, clock, surroundings).await), gateway),
        };
        let transcript = play(&host, &signals).await;
        hold(&transcript, &calls, &format!("{gateway:?}"));
        if let Host::Server(running) = host {
            running.shutdown().await;
        }
    }
}
