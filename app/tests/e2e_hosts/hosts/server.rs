//! The plain server: it consumes messages, fires schedules and looks for blobs by itself.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyport_memory::MemoryStore;
use anyport_runtimes::server::{self, Running, ServerSettings};
use async_trait::async_trait;

use super::in_process::InProcess;
use super::{Host, HttpRequest};
use crate::http_client;
use crate::storefront_server::Server;
use crate::telling::Telling;
use crate::transcript::Answer;
use crate::world::World;

pub(crate) struct PlainServer {
    serving: Serving,
    address: SocketAddr,
    client: reqwest::Client,
}

enum Serving {
    Process(Server, Arc<Telling>),
    Here(Running),
}

impl PlainServer {
    pub(crate) async fn start(world: &World) -> Self {
        let (serving, address) = match &world.stores.memory {
            Some(store) => here(world, store).await,
            None => process(world),
        };
        Self { serving, address, client: http_client() }
    }
}

fn process(world: &World) -> (Serving, SocketAddr) {
    let mut command = world.app();
    command.env("ANYPORT_SERVER__ADDRESS", "127.0.0.1:0").env("ANYPORT_SCHEDULES__EXPIRY", "* * * * * *");
    command.env("ANYPORT_SERVER__BLOB_POLL_INTERVAL", "100ms").env("ANYPORT_SERVER__RECEIVE_WAIT", "100ms");
    let server = Server::spawn_telling(&mut command, world.telling.stderr());
    let address = server.address().parse().expect("an address");
    (Serving::Process(server, Arc::clone(&world.telling)), address)
}

async fn here(world: &World, store: &MemoryStore) -> (Serving, SocketAddr) {
    let InProcess { workload, ports, surroundings } = InProcess::of(world, store);
    let settings = ServerSettings {
        address: SocketAddr::from(([127, 0, 0, 1], 0)),
        blob_poll_interval: Duration::from_millis(100),
        receive_wait: Duration::from_millis(100),
        ..ServerSettings::default()
    };
    let listener = server::listen(&settings).await.expect("it listens");
    let running = server::start(listener, workload, ports, surroundings, settings).await.expect("it starts");
    let address = running.address();
    (Serving::Here(running), address)
}

#[async_trait]
impl Host for PlainServer {
    async fn ask(&mut self, request: &HttpRequest) -> Answer {
        let url = format!("http://{}{}", self.address, request.target);
        let method = request.method.parse().expect("a method");
        let mut sending = self.client.request(method, url).body(request.body.clone());
        for (name, value) in &request.headers {
            sending = sending.header(name, value);
        }
        let response = sending.send().await.expect("an answer");
        let text = |value: &reqwest::header::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
        let headers = response.headers().iter().map(|(name, value)| (name.to_string(), text(value))).collect();
        let status = response.status().as_u16();
        Answer { status, headers, body: response.bytes().await.expect("a body").to_vec() }
    }

    async fn fire(&mut self, _function: &str) {}

    async fn deliver(&mut self) {}

    async fn stop(self: Box<Self>) {
        match self.serving {
            Serving::Here(running) => running.shutdown().await,
            Serving::Process(server, telling) => {
                server.terminate();
                let (status, log) = server.ended();
                for line in log {
                    telling.note(&line.to_string());
                }
                assert!(status.success());
            }
        }
    }
}
