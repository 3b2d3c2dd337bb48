//! AWS Lambda: the binary as a bootstrap process behind a double of the Runtime API, called through a function URL, an event
//! source mapping, EventBridge, and the notifications of a bucket.

use std::process::Child;
use std::time::Duration;

use anyport_conformance::hosts::gateway::Gateway;
use anyport_conformance::hosts::runtime_api::{Invocation, InvocationResult, RuntimeApi};
use anyport_memory::MemoryStore;
use anyport_runtimes::aws_lambda::{Functions, LambdaSettings};
use async_trait::async_trait;
use lambda_runtime::{Context, FunctionResponse};
use serde_json::Value;
use serde_json::value::RawValue;

use super::aws_events::{AwsEvents, Invoke};
use super::in_process::InProcess;
use super::{Host, HttpRequest};
use crate::transcript::Answer;
use crate::world::{NOBODY, World};

pub(crate) struct Lambda {
    function: Behind,
    events: AwsEvents,
    gateway: Gateway,
}

/// The function.
enum Behind {
    /// A bootstrap process, called through the Runtime API.
    Process(RuntimeApi, Bootstrap),
    /// The functions in this process, called as the loop of the runtime calls them.
    Here(Box<Functions>),
}

/// The process, killed in the end as Lambda does it.
struct Bootstrap(Child);

impl Behind {
    async fn call(&self, event: &Value) -> InvocationResult {
        match self {
            Self::Process(api, _) => api.invoke(Invocation::new(event.to_string())).await,
            Self::Here(functions) => {
                let event = RawValue::from_string(event.to_string()).expect("JSON");
                let reply = functions.call(&event, &Context::default()).await.expect("an answer");
                let FunctionResponse::BufferedResponse(reply) = reply else { panic!("nothing is streamed") };
                InvocationResult::Response(reply.get().to_owned().into())
            }
        }
    }
}

#[async_trait]
impl Invoke for Behind {
    async fn invoke(&self, event: &Value) -> Value {
        match self.call(event).await {
            InvocationResult::Response(bytes) => serde_json::from_slice(&bytes).expect("JSON"),
            other => panic!("{other:?} to {event}"),
        }
    }
}

impl Lambda {
    pub(crate) async fn start(world: &World, gateway: Gateway) -> Self {
        let function = match &world.stores.memory {
            Some(store) => here(world, store),
            None => process(world).await,
        };
        Self { function, events: AwsEvents::of(world), gateway }
    }
}

async fn process(world: &World) -> Behind {
    let api = RuntimeApi::start().await.expect("it listens");
    let mut command = world.app();
    command.env("ANYPORT_PUBLIC_URL", NOBODY);
    command.envs(api.environment()).stdout(world.telling.stdout());
    let mut process = Bootstrap(command.spawn().expect("it starts"));
    while tokio::time::timeout(Duration::from_millis(100), api.polled()).await.is_err() {
        let ended = process.0.try_wait().expect("its status");
        assert!(ended.is_none(), "it ended before it asked for an event: {ended:?}");
    }
    Behind::Process(api, process)
}

fn here(world: &World, store: &MemoryStore) -> Behind {
    let InProcess { workload, ports, surroundings } = InProcess::of(world, store);
    let functions = Functions::new(&workload, &ports, &surroundings, &LambdaSettings::default());
    Behind::Here(Box::new(functions.expect("functions")))
}

#[async_trait]
impl Host for Lambda {
    async fn ask(&mut self, request: &HttpRequest) -> Answer {
        let event = self.gateway.event(&request.call());
        let reply = self.gateway.reply(&self.function.call(&event).await);
        Answer { status: reply.status, headers: reply.headers, body: reply.body }
    }

    async fn fire(&mut self, function: &str) {
        self.function.invoke(&self.events.rule(function)).await;
    }

    async fn deliver(&mut self) {
        self.events.deliver(&self.function).await;
    }

    async fn stop(mut self: Box<Self>) {
        if let Behind::Process(api, process) = &mut self.function {
            assert_eq!(process.0.try_wait().expect("its status"), None, "it lives on");
            assert_eq!(api.refusals().len(), 0, "{:?}", api.refusals());
        }
    }
}

impl Drop for Bootstrap {
    fn drop(&mut self) {
        // It may have ended by itself.
        self.0.kill().ok();
        self.0.wait().ok();
    }
}
