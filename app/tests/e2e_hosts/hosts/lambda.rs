//! AWS Lambda: the binary as a bootstrap process behind a double of the Runtime API, called through a function URL, an event
//! source mapping, EventBridge, and the notifications of a bucket.

use std::process::Child;
use std::time::Duration;

use anyport_conformance::hosts::gateway::{Gateway, HttpCall};
use anyport_conformance::hosts::runtime_api::{Invocation, InvocationResult, RuntimeApi};
use async_trait::async_trait;
use serde_json::Value;

use super::events::{Invoke, Sources};
use super::{Host, HttpRequest};
use crate::transcript::Answer;
use crate::world::{NOBODY, World};

pub(crate) struct Lambda {
    function: Behind,
    process: Child,
    sources: Sources,
    gateway: Gateway,
}

/// The function, called through the Runtime API.
struct Behind(RuntimeApi);

#[async_trait]
impl Invoke for Behind {
    async fn invoke(&self, event: &Value) -> Value {
        match self.0.invoke(Invocation::new(event.to_string())).await {
            InvocationResult::Response(bytes) => serde_json::from_slice(&bytes).expect("JSON"),
            other => panic!("{other:?} to {event}"),
        }
    }
}

impl Lambda {
    pub(crate) async fn start(world: &World, gateway: Gateway) -> Self {
        let api = RuntimeApi::start().await.expect("it listens");
        let mut command = world.app();
        command.env("ANYPORT_PUBLIC_URL", NOBODY);
        command.envs(api.environment()).stdout(world.telling.stdout());
        let mut process = command.spawn().expect("it starts");
        while tokio::time::timeout(Duration::from_millis(100), api.polled()).await.is_err() {
            let ended = process.try_wait().expect("its status");
            assert!(ended.is_none(), "it ended before it asked for an event: {ended:?}");
        }
        Self { function: Behind(api), process, sources: Sources::of(world), gateway }
    }
}

#[async_trait]
impl Host for Lambda {
    async fn ask(&mut self, request: &HttpRequest) -> Answer {
        let call = HttpCall {
            method: request.method.to_owned(),
            target: request.target.clone(),
            headers: request.headers.clone(),
            body: request.body.clone(),
        };
        let event = self.gateway.event(&call);
        let reply = self.gateway.reply(&self.function.0.invoke(Invocation::new(event.to_string())).await);
        Answer { status: reply.status, headers: reply.headers, body: reply.body }
    }

    async fn fire(&mut self, function: &str) {
        self.function.invoke(&self.sources.rule(function)).await;
    }

    async fn deliver(&mut self) {
        self.sources.deliver(&self.function).await;
    }

    async fn stop(mut self: Box<Self>) {
        assert_eq!(self.process.try_wait().expect("its status"), None, "it lives on");
        assert_eq!(self.function.0.refusals().len(), 0, "{:?}", self.function.0.refusals());
    }
}

impl Drop for Lambda {
    fn drop(&mut self) {
        // It may have ended by itself.
        self.process.kill().ok();
        self.process.wait().ok();
    }
}
