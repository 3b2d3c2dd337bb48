//! Functions behind a double of the host, on a store to be looked into.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use anyport_conformance::hosts::azure_functions::{FunctionsHost, Handler};
use anyport_memory::{Memory, MemoryStore};
use anyport_ports::documents::{Body, Document, DocumentChange, Key, Version};
use anyport_ports::handles::Ports;
use anyport_ports::messages::Messages;
use anyport_ports::resources::Provision as _;
use anyport_ports::{Clock, Error, Result};
use anyport_runtimes::azure_functions::{AzureFunctionsSettings, Functions, HttpMode, answer};
use anyport_runtimes::{Surroundings, SystemClock, Trigger, UuidIds, Workload};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

/// The prefix of all names in these tests.
pub(crate) const PREFIX: &str = "test-";

pub(crate) struct Site {
    store: MemoryStore,
    clock: Arc<dyn Clock>,
    pub(crate) host: FunctionsHost,
    pub(crate) address: std::net::SocketAddr,
    _folder: TempDir,
    /// Dropped with it: nobody answers any more.
    _handler: JoinSet<()>,
}

/// What a site is made of besides its workload.
pub(crate) struct Setup {
    pub(crate) settings: AzureFunctionsSettings,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) surroundings: Surroundings,
    /// What `host.json` has beside, or instead.
    pub(crate) host: Value,
    /// Who carries messages.
    pub(crate) messages: fn(Memory) -> Arc<dyn Messages>,
}

impl Default for Setup {
    fn default() -> Self {
        Self {
            settings: AzureFunctionsSettings::default(),
            clock: Arc::new(SystemClock),
            surroundings: Surroundings::none().decoding_changes(decode),
            host: json!({}),
            messages: |memory| Arc::new(memory),
        }
    }
}

impl Site {
    pub(crate) async fn new(workload: &Workload) -> Self {
        Self::with(workload, Setup::default()).await
    }

    pub(crate) async fn with(workload: &Workload, setup: Setup) -> Self {
        let Setup { settings, clock, surroundings, host, messages } = setup;
        let store = MemoryStore::new(Arc::clone(&clock));
        store.handle().provision(&workload.resources()).await.unwrap();
        let settings = AzureFunctionsSettings { prefix: PREFIX.to_owned(), ..settings };
        let ports = Ports { messages: messages(store.handle()), ..ports(&store, &clock) };
        let functions = Functions::new(workload, &ports, &surroundings, &settings).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let mut handler = JoinSet::new();
        handler.spawn(answer(listener, functions, surroundings));

        let folder = tempfile::tempdir().unwrap();
        let mut file = host_json("handler", settings.http == HttpMode::Proxying);
        merge(&mut file, &host);
        write(folder.path(), workload, &file);
        let host = FunctionsHost::start_with(folder.path(), Handler::At(address)).await.unwrap();
        Self { store, clock, host, address, _folder: folder, _handler: handler }
    }

    pub(crate) fn handle(&self) -> Memory {
        self.store.handle()
    }

    pub(crate) fn ports(&self) -> Ports {
        ports(&self.store, &self.clock)
    }
}

pub(crate) fn ports(store: &MemoryStore, clock: &Arc<dyn Clock>) -> Ports {
    Ports { clock: Arc::clone(clock), ids: Arc::new(UuidIds), ..store.ports() }
}

pub(crate) fn host_json(executable: &str, proxying: bool) -> Value {
    json!({
        "version": "2.0",
        "customHandler": {
            "description": { "defaultExecutablePath": executable, "arguments": [] },
            "enableProxyingHttpRequest": proxying,
        },
        "extensions": { "http": { "routePrefix": "" } },
    })
}

/// Writes an app's folder: each function under its name, and one for requests that no other is for.
pub(crate) fn write(folder: &Path, workload: &Workload, host: &Value) {
    fs::write(folder.join("host.json"), host.to_string()).unwrap();
    let function = |name: &str, file: &Value| {
        fs::create_dir_all(folder.join(name)).unwrap();
        fs::write(folder.join(name).join("function.json"), file.to_string()).unwrap();
    };
    for one in workload.manifest().functions {
        function(&one.name, &function_json(&one.trigger));
    }
    let all = ["get", "head", "post", "put", "patch", "delete", "options"];
    function("unrouted", &json!({ "bindings": http("{*path}", &json!(all)) }));
}

fn function_json(trigger: &Trigger) -> Value {
    match trigger {
        Trigger::Http { method, path } => {
            let methods = if method == "GET" { json!(["get", "head"]) } else { json!([method.to_lowercase()]) };
            json!({ "bindings": http(path.trim_start_matches('/'), &methods) })
        }
        Trigger::Subscription { topic, name, .. } => json!({ "bindings": [{
            "type": "queueTrigger", "direction": "in", "name": "message", "queueName": format!("{PREFIX}{topic}-{name}"),
            "connection": "AzureWebJobsStorage", "dataType": "binary",
        }] }),
        Trigger::Schedule { cron } => json!({
            "bindings": [{ "type": "timerTrigger", "direction": "in", "name": "timer", "schedule": format!("0 {cron}") }],
        }),
        Trigger::BlobCreated { bucket, prefix } => json!({ "bindings": [{
            "type": "blobTrigger", "direction": "in", "name": "blob", "path": format!("{PREFIX}{bucket}/{prefix}{{name}}"),
            "connection": "AzureWebJobsStorage", "dataType": "binary",
        }] }),
        Trigger::DocumentChanged { collection } => json!({
            "bindings": [{
                "type": "cosmosDBTrigger", "direction": "in", "name": "documents", "databaseName": "anyport",
                "containerName": format!("{PREFIX}{collection}"), "connection": "CosmosDb",
            }],
            "retry": { "strategy": "fixedDelay", "maxRetryCount": 3, "delayInterval": "00:00:01" },
        }),
    }
}

fn http(route: &str, methods: &Value) -> Value {
    json!([
        { "type": "httpTrigger", "direction": "in", "name": "req", "authLevel": "anonymous", "route": route, "methods": methods },
        { "type": "http", "direction": "out", "name": "res" },
    ])
}

fn merge(into: &mut Value, from: &Value) {
    match (into, from) {
        (Value::Object(into), Value::Object(from)) => {
            for (key, value) in from {
                merge(into.entry(key).or_insert(Value::Null), value);
            }
        }
        (into, from) => *into = from.clone(),
    }
}

/// As an adapter would, of documents in this form: the key, and what its function does with it; `gone` if it was deleted.
pub(crate) fn decode(document: &str) -> Result<DocumentChange> {
    let wrong = |what: &str| Error::invalid(what.to_owned());
    let document: Value = serde_json::from_str(document).map_err(|_| wrong("no JSON"))?;
    let key = Key::new("things", document["id"].as_str().ok_or_else(|| wrong("no id"))?)?;
    let how = document["how"].as_str().ok_or_else(|| wrong("no how"))?;
    let standing = (how != "gone").then(|| Document {
        key: key.clone(),
        body: Body::of(&json!({ "how": how, "id": key.sort() })).unwrap(),
        version: Version::new("v"),
        expires_at: None,
    });
    Ok(DocumentChange { key, document: standing })
}
