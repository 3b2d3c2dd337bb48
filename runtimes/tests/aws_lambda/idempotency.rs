//! Keys over HTTP, on the server and behind every gateway.

use std::sync::Arc;

use anyport_conformance::hosts::gateway::{Gateway, HttpCall, HttpReply};
use anyport_memory::ManualClock;
use anyport_ports::Clock;
use anyport_runtimes::server::Running;
use async_trait::async_trait;

use crate::site::Site;
use crate::tables::keys::{Asked, Signals, hold, surroundings, workload};
use crate::tables::requests::ask;
use crate::tables::server::server_of;
use crate::workload::Calls;

/// Who is asked.
enum Host {
    Server(Running),
    Lambda(Box<Site>, Gateway),
}

#[async_trait]
impl Asked for Host {
    async fn ask(&self, call: &HttpCall) -> HttpReply {
        match self {
            Self::Server(running) => ask(running.address(), call).await,
            Self::Lambda(site, gateway) => gateway.reply(&site.invoke(&gateway.event(call)).await),
        }
    }
}

#[tokio::test]
async fn principle_a5_keys_mean_the_same_on_the_server_and_behind_every_gateway() {
    for gateway in std::iter::once(None).chain(Gateway::ALL.map(Some)) {
        let (calls, signals) = (Calls::default(), Signals::default());
        let clock: Arc<dyn Clock> = Arc::new(ManualClock::new());
        let workload = workload(&calls, &signals);
        let host = match gateway {
            None => Host::Server(server_of(workload, clock, surroundings()).await),
            Some(gateway) => Host::Lambda(Box::new(Site::within(&workload, clock, surroundings()).await), gateway),
        };
        hold(&host, &calls, &signals, &format!("{gateway:?}")).await;
        if let Host::Server(running) = host {
            running.shutdown().await;
        }
    }
}
