//! Functions to be called, on a store to be looked into.

use std::sync::Arc;

use anyport_conformance::hosts::runtime_api::InvocationResult;
use anyport_memory::{Memory, MemoryStore};
use anyport_ports::handles::Ports;
use anyport_ports::messages::Messages;
use anyport_ports::resources::Provision as _;
use anyport_ports::{Clock, Timestamp};
use anyport_runtimes::aws_lambda::{EventError, Functions, LambdaSettings, Reply};
use anyport_runtimes::{Surroundings, SystemClock, UuidIds, Workload};
use lambda_runtime::{Context, FunctionResponse};
use serde_json::Value;
use serde_json::value::RawValue;

use crate::streams;

/// The prefix of all names in these tests.
pub(crate) const PREFIX: &str = "test-";

pub(crate) struct Site {
    store: MemoryStore,
    clock: Arc<dyn Clock>,
    pub(crate) functions: Functions,
}

impl Site {
    pub(crate) async fn new(workload: &Workload) -> Self {
        Self::with(workload, LambdaSettings::default(), Arc::new(SystemClock)).await
    }

    pub(crate) async fn with(workload: &Workload, settings: LambdaSettings, clock: Arc<dyn Clock>) -> Self {
        Self::carried(workload, settings, clock, |memory| Arc::new(memory)).await
    }

    /// With messages carried by what is made of the store.
    pub(crate) async fn carried(
        workload: &Workload,
        settings: LambdaSettings,
        clock: Arc<dyn Clock>,
        messages: impl FnOnce(Memory) -> Arc<dyn Messages>,
    ) -> Self {
        let store = MemoryStore::new(Arc::clone(&clock));
        store.handle().provision(&workload.resources()).await.unwrap();
        let settings = LambdaSettings { prefix: PREFIX.to_owned(), ..settings };
        let ports = Ports { messages: messages(store.handle()), ..ports(&store, &clock) };
        let surroundings = Surroundings::none().decoding_changes(streams::decode);
        let functions = Functions::new(workload, &ports, &surroundings, &settings).unwrap();
        Self { store, clock, functions }
    }

    /// In these surroundings.
    #[cfg(feature = "server")]
    pub(crate) async fn within(workload: &Workload, clock: Arc<dyn Clock>, surroundings: Surroundings) -> Self {
        let store = MemoryStore::new(Arc::clone(&clock));
        store.handle().provision(&workload.resources()).await.unwrap();
        let settings = LambdaSettings { prefix: PREFIX.to_owned(), ..LambdaSettings::default() };
        let functions = Functions::new(workload, &ports(&store, &clock), &surroundings, &settings).unwrap();
        Self { store, clock, functions }
    }

    pub(crate) fn handle(&self) -> Memory {
        self.store.handle()
    }

    pub(crate) fn ports(&self) -> Ports {
        ports(&self.store, &self.clock)
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    pub(crate) async fn call(&self, event: &Value) -> Result<Value, EventError> {
        self.call_in(event, &Context::default()).await
    }

    pub(crate) async fn call_in(&self, event: &Value, context: &Context) -> Result<Value, EventError> {
        let event = RawValue::from_string(event.to_string()).unwrap();
        self.functions.call(&event, context).await.map(whole)
    }

    /// How a gateway sees the call.
    pub(crate) async fn invoke(&self, event: &Value) -> InvocationResult {
        let answer = self.call(event).await.unwrap();
        InvocationResult::Response(answer.to_string().into())
    }
}

pub(crate) fn ports(store: &MemoryStore, clock: &Arc<dyn Clock>) -> Ports {
    Ports { clock: Arc::clone(clock), ids: Arc::new(UuidIds), ..store.ports() }
}

fn whole(reply: Reply) -> Value {
    match reply {
        FunctionResponse::BufferedResponse(json) => serde_json::from_str(json.get()).unwrap(),
        FunctionResponse::StreamingResponse(_) => panic!("a stream"),
    }
}
