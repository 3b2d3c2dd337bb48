//! Azure Functions: the binary as a custom handler behind a double of the host, started from the files that the manifest makes.

use std::net::Ipv4Addr;

use anyport_azure::QueueMessages;
use anyport_conformance::hosts::azure_functions::{FunctionsHost, Handler, Outcome, QueueMessage};
use anyport_memory::MemoryStore;
use anyport_ports::Naming;
use anyport_runtimes::azure_functions::{self, AzureFunctionsSettings, Functions};
use async_trait::async_trait;
use serde_json::json;
use tempfile::TempDir;
use tokio::net::TcpListener;

use super::in_process::InProcess;
use super::sources::{IMPORTS, Sources, USERS, gone};
use super::{Host, HttpRequest};
use crate::transcript::Answer;
use crate::world::{NOBODY, Set, World};

pub(crate) struct AzureFunctions {
    host: FunctionsHost,
    sources: Sources,
    prefix: String,
    naming: Naming,
    /// How often the host is to start a handler: one in this process it does not start.
    starts: u32,
    /// The app's files.
    _folder: TempDir,
}

impl AzureFunctions {
    pub(crate) async fn start(world: &World) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        world.azure_app(folder.path());
        let handler = match &world.stores.memory {
            Some(store) => here(world, store).await,
            None => process(world),
        };
        let host = FunctionsHost::start_with(folder.path(), handler).await.expect("it starts");
        let starts = u32::from(world.stores.memory.is_none());
        let prefix = world.prefix_where(Set::Azure).to_owned();
        let naming = Naming::new(prefix.as_str()).expect("a prefix");
        Self { host, sources: Sources::of(world), prefix, naming, starts, _folder: folder }
    }
}

fn process(world: &World) -> Handler {
    let mut command = world.app();
    command.env("ANYPORT_PUBLIC_URL", NOBODY).stdout(world.telling.stdout());
    Handler::Command(command)
}

async fn here(world: &World, store: &MemoryStore) -> Handler {
    let InProcess { workload, ports, surroundings } = InProcess::of(world, store);
    let functions = Functions::new(&workload, &ports, &surroundings, &AzureFunctionsSettings::default());
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a port");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(azure_functions::answer(listener, functions.expect("functions"), surroundings));
    Handler::At(address)
}

#[async_trait]
impl Host for AzureFunctions {
    async fn ask(&mut self, request: &HttpRequest) -> Answer {
        let reply = self.host.http(&request.call()).await;
        Answer { status: reply.status, headers: reply.headers, body: reply.body }
    }

    async fn fire(&mut self, function: &str) {
        let outcome = self.host.timer(function).await;
        assert!(outcome.as_ref().is_some_and(Outcome::is_success), "{outcome:?}");
    }

    async fn deliver(&mut self) {
        let queue = QueueMessages::queue_name(&self.prefix, &self.sources.fulfilment).expect("a name");
        for delivery in self.sources.waiting().await {
            // The adapter for Azure keeps more in its receipts than what the host tells.
            let mut parts = delivery.receipt.as_str().lines();
            let message = QueueMessage {
                id: parts.next().unwrap_or_default().to_owned(),
                pop_receipt: parts.next().unwrap_or_default().to_owned(),
                dequeue_count: delivery.attempt,
                ..QueueMessage::new(queue.as_str(), delivery.message.to_cloud_event())
            };
            let outcome = self.host.queue_message(&message).await.expect("a function of the queue");
            self.sources.settle(delivery, outcome.is_success()).await;
        }
        let container = self.naming.of(IMPORTS.as_str(), 63);
        for blob in self.sources.new_blobs().await {
            let bytes = self.sources.bytes_of(&blob).await;
            let etag = Some(blob.etag.as_str());
            self.host.blob_created(&container, blob.name.as_str(), &bytes, etag).await;
        }
        let container = self.naming.of(USERS.as_str(), 255);
        let gone: Vec<_> = self.sources.gone_users().await.iter().map(|it| json!({ "change": gone(it) })).collect();
        if !gone.is_empty() {
            let outcome = self.host.documents_changed(&container, &gone).await.expect("a function of the container");
            assert!(outcome.is_success(), "{outcome:?} to {gone:?}");
        }
    }

    async fn stop(self: Box<Self>) {
        assert_eq!(self.host.notices(), [], "what a handler should not bring its host to");
        assert_eq!((self.host.starts(), self.host.ended()), (self.starts, None), "it lives on");
    }
}
