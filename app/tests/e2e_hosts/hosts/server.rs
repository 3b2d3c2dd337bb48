//! The plain server: it consumes messages, fires schedules and looks for blobs by itself.

use std::sync::Arc;

use async_trait::async_trait;

use super::{Host, HttpRequest};
use crate::http_client;
use crate::storefront_server::Server;
use crate::telling::Telling;
use crate::transcript::Answer;
use crate::world::World;

pub(crate) struct PlainServer {
    server: Server,
    telling: Arc<Telling>,
    client: reqwest::Client,
}

impl PlainServer {
    pub(crate) fn start(world: &World) -> Self {
        let mut command = world.app();
        command.env("ANYPORT_SERVER__ADDRESS", "127.0.0.1:0").env("ANYPORT_SCHEDULES__EXPIRY", "* * * * * *");
        command.env("ANYPORT_SERVER__BLOB_POLL_INTERVAL", "100ms").env("ANYPORT_SERVER__RECEIVE_WAIT", "100ms");
        let server = Server::spawn_telling(&mut command, world.telling.stderr());
        Self { server, telling: Arc::clone(&world.telling), client: http_client() }
    }
}

#[async_trait]
impl Host for PlainServer {
    async fn ask(&mut self, request: &HttpRequest) -> Answer {
        let url = format!("http://{}{}", self.server.address(), request.target);
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
        self.server.terminate();
        let (status, log) = self.server.ended();
        for line in log {
            self.telling.note(&line.to_string());
        }
        assert!(status.success());
    }
}
