//! Cloud Run: the binary as a container behind a double of the platform, which pushes what Pub/Sub, Cloud Scheduler and Eventarc
//! have for it.

use std::net::Ipv4Addr;
use std::sync::Arc;

use anyport_conformance::hosts::cloud_run::{Change, ChangeData, Container, Google, Published, Service, Subscription};
use anyport_memory::MemoryStore;
use anyport_ports::Naming;
use anyport_runtimes::cloud_run::{self, CloudRunSettings};
use anyport_runtimes::server::Running;
use async_trait::async_trait;
use serde_json::json;
use tokio::net::TcpListener;

use super::in_process::InProcess;
use super::sources::{IMPORTS, Sources, USERS, gone};
use super::{Host, HttpRequest};
use crate::telling::Telling;
use crate::transcript::Answer;
use crate::world::{NOBODY, Set, World};

pub(crate) struct CloudRun {
    service: Service,
    serving: Serving,
    sources: Sources,
    naming: Naming,
}

enum Serving {
    Process(Container, Arc<Telling>),
    Here(Running),
}

impl CloudRun {
    pub(crate) async fn start(world: &World) -> Self {
        let google = Google::start().await.expect("it listens");
        let (serving, service) = match &world.stores.memory {
            Some(store) => here(world, store, &google).await,
            None => process(world, &google).await,
        };
        let naming = Naming::new(world.prefix_where(Set::Gcp)).expect("a prefix");
        Self { service, serving, sources: Sources::of(world), naming }
    }
}

async fn process(world: &World, google: &Google) -> (Serving, Service) {
    let mut command = world.app();
    command.env("ANYPORT_PUBLIC_URL", NOBODY).stdout(world.telling.stdout());
    let container = google.run(command).await.expect("it starts");
    let service = container.service();
    (Serving::Process(container, Arc::clone(&world.telling)), service)
}

async fn here(world: &World, store: &MemoryStore, google: &Google) -> (Serving, Service) {
    let InProcess { workload, ports, surroundings } = InProcess::of(world, store);
    let settings: CloudRunSettings = serde_json::from_value(google.settings()).expect("settings");
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a port");
    let running = cloud_run::start(listener, workload, ports, surroundings, settings).await.expect("it starts");
    let service = google.service(running.address());
    (Serving::Here(running), service)
}

#[async_trait]
impl Host for CloudRun {
    async fn ask(&mut self, request: &HttpRequest) -> Answer {
        let reply = self.service.http(&request.call()).await;
        Answer { status: reply.status, headers: reply.headers, body: reply.body }
    }

    async fn fire(&mut self, function: &str) {
        let pushed = self.service.schedule(function, Some("2026-01-01T03:00:00Z")).await;
        assert!(pushed.is_acknowledged(), "{pushed:?}");
    }

    async fn deliver(&mut self) {
        let subscription = Subscription::wrapped("fulfil-order", self.sources.fulfilment.to_string());
        for delivery in self.sources.waiting().await {
            let published = Published::new(delivery.message.to_cloud_event()).id(delivery.message.id());
            let pushed = subscription.push(&self.service, &published, delivery.attempt).await;
            self.sources.settle(delivery, pushed.is_acknowledged()).await;
        }
        let bucket = self.naming.of(IMPORTS.as_str(), 63);
        for blob in self.sources.new_blobs().await {
            self.service.blob_created("import-users", &bucket, blob.name.as_str()).await;
        }
        for change in self.sources.gone_users().await {
            let told = Change {
                document: format!("{USERS}/{}|{}", change.key.partition().as_str(), change.key.sort()),
                time: "2026-01-01T03:00:00.000001Z".to_owned(),
                data: ChangeData::Json(json!({ "change": gone(&change) })),
            };
            let pushed = self.service.document_changed("erase-receipts", &told).await;
            assert!(pushed.is_acknowledged(), "{pushed:?}");
        }
    }

    async fn stop(self: Box<Self>) {
        match self.serving {
            Serving::Here(running) => running.shutdown().await,
            Serving::Process(container, telling) => {
                let stopped = container.stop().await;
                for line in &stopped.lines {
                    telling.note(line);
                }
                assert!(stopped.was_graceful(), "{stopped:?}");
            }
        }
    }
}
