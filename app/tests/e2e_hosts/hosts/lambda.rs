//! AWS Lambda: the binary as a bootstrap process behind a double of the Runtime API, called through a function URL, an event
//! source mapping, EventBridge, and the notifications of a bucket.

use std::process::{Child, Stdio};

use anyport_conformance::hosts::gateway::{Gateway, HttpCall};
use anyport_conformance::hosts::runtime_api::{Invocation, InvocationResult, RuntimeApi};
use async_trait::async_trait;
use serde_json::Value;

use super::events::Sources;
use super::{Host, HttpRequest};
use crate::transcript::Answer;
use crate::world::{NOBODY, World};

pub(crate) struct Lambda {
    api: RuntimeApi,
    process: Child,
    sources: Sources,
    gateway: Gateway,
}

impl Lambda {
    pub(crate) async fn start(world: &World, gateway: Gateway) -> Self {
        let api = RuntimeApi::start().await.expect("it listens");
        let mut command = world.app();
        command.env("ANYPORT_PUBLIC_URL", NOBODY);
        command.envs(api.environment()).stdout(Stdio::null());
        let process = command.spawn().expect("it starts");
        api.polled().await;
        Self { api, process, sources: Sources::of(world), gateway }
    }

    async fn invoke(&self, event: &Value) -> Value {
        match self.api.invoke(Invocation::new(event.to_string())).await {
            InvocationResult::Response(bytes) => serde_json::from_slice(&bytes).expect("JSON"),
            other => panic!("{other:?} to {event}"),
        }
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
        let reply = self.gateway.reply(&self.api.invoke(Invocation::new(event.to_string())).await);
        Answer { status: reply.status, headers: reply.headers, body: reply.body }
    }

    async fn fire(&mut self, function: &str) {
        self.invoke(&self.sources.rule(function)).await;
    }

    async fn deliver(&mut self) {
        while let Some(batch) = self.sources.messages().await {
            let answer = self.invoke(&batch.event).await;
            self.sources.settle(batch, &answer).await;
        }
        for event in self.sources.new_blobs().await {
            self.invoke(&event).await;
        }
    }

    async fn stop(mut self: Box<Self>) {
        assert_eq!(self.process.try_wait().expect("its status"), None, "it lives on");
        assert_eq!(self.api.refusals().len(), 0, "{:?}", self.api.refusals());
    }
}

impl Drop for Lambda {
    fn drop(&mut self) {
        // It may have ended by itself.
        self.process.kill().ok();
        self.process.wait().ok();
    }
}
