//! Functions behind the platform's front end, on a store to be looked into.

use std::sync::Arc;

use anyport_conformance::hosts::cloud_run::{Google, Service, Subscription, firestore};
use anyport_memory::{Memory, MemoryStore};
use anyport_ports::documents::{Body, Document, DocumentChange, Documents as _, Key, Partition, Query, Version};
use anyport_ports::handles::Ports;
use anyport_ports::{Clock, Error, Result};
use anyport_runtimes::cloud_run::{CloudRunSettings, start};
use anyport_runtimes::server::Running;
use anyport_runtimes::{RUNTIME_COLLECTION, Surroundings, SystemClock, UuidIds, Workload};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::{Value, json};
use tokio::net::TcpListener;

/// The prefix of all names in these tests.
pub(crate) const PREFIX: &str = "test-";

pub(crate) struct Site {
    store: MemoryStore,
    clock: Arc<dyn Clock>,
    pub(crate) google: Google,
    pub(crate) service: Service,
    /// Dropped with it: it serves no more.
    _running: Running,
}

/// How a site differs from others.
pub(crate) struct Plan {
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) surroundings: Surroundings,
    /// Settings over those by which Google is trusted.
    pub(crate) settings: Value,
    /// Whether Google's keys are fetched, rather than set.
    pub(crate) fetched_keys: bool,
    /// What becomes of the ports.
    pub(crate) ports: Box<dyn Fn(Ports, Memory) -> Ports>,
}

impl Default for Plan {
    fn default() -> Self {
        Self {
            clock: Arc::new(SystemClock),
            surroundings: Surroundings::none().decoding_changes(decode),
            settings: json!({}),
            fetched_keys: false,
            ports: Box::new(|ports, _| ports),
        }
    }
}

impl Site {
    pub(crate) async fn new(workload: Workload) -> Self {
        Self::planned(workload, Plan::default()).await
    }

    pub(crate) async fn planned(workload: Workload, plan: Plan) -> Self {
        let Plan { clock, surroundings, mut settings, fetched_keys, ports: changed } = plan;
        let store = MemoryStore::new(Arc::clone(&clock));
        let google = Google::start().await.unwrap().by(Arc::clone(&clock));
        let ports = Ports { outbound: google.identity(), ..ports(&store, &clock) };
        let ports = changed(ports, store.handle());
        if fetched_keys {
            settings["push"]["jwks"] = Value::Null;
            settings["push"]["jwks_uri"] = google.identity().jwks_uri().into();
        }
        let settings = settings_of(&google, &settings);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let surroundings = surroundings.provisioned_by(Arc::new(store.handle()));
        let running = start(listener, workload, ports, surroundings, settings).await.unwrap();
        let service = google.service(running.address());
        Self { store, clock, google, service, _running: running }
    }

    pub(crate) fn handle(&self) -> Memory {
        self.store.handle()
    }

    pub(crate) fn ports(&self) -> Ports {
        ports(&self.store, &self.clock)
    }

    /// What the host has put on record under a partition of its collection.
    pub(crate) async fn records(&self, partition: &str) -> Vec<Value> {
        let query = Query::partition(Partition::new(partition).unwrap());
        let page = self.handle().query(&RUNTIME_COLLECTION, &query).await.unwrap();
        page.documents.iter().map(|document| document.body.parse().unwrap()).collect()
    }
}

/// The subscription that calls the function `work`.
pub(crate) fn work() -> Subscription {
    Subscription::wrapped("work", format!("{PREFIX}jobs.work"))
}

/// Settings by which this Google is trusted, with these over them.
pub(crate) fn settings_of(google: &Google, more: &Value) -> CloudRunSettings {
    let mut settings = google.settings();
    settings["prefix"] = PREFIX.into();
    settings["retry_base"] = "10ms".into();
    merge(&mut settings, more);
    serde_json::from_value(settings).unwrap()
}

fn merge(into: &mut Value, from: &Value) {
    match (into, from) {
        (Value::Object(into), Value::Object(from)) => {
            for (name, value) in from {
                match value {
                    Value::Null => drop(into.remove(name)),
                    value => merge(into.entry(name.clone()).or_insert(Value::Null), value),
                }
            }
        }
        (into, from) => *into = from.clone(),
    }
}

pub(crate) fn ports(store: &MemoryStore, clock: &Arc<dyn Clock>) -> Ports {
    Ports { clock: Arc::clone(clock), ids: Arc::new(UuidIds), ..store.ports() }
}

/// As an adapter would, of events whose documents are `things/<key>` with a field `how`.
pub(crate) fn decode(record: &str) -> Result<DocumentChange> {
    let record: Value = serde_json::from_str(record).unwrap();
    let (path, after) = if let Some(text) = record["data_base64"].as_str() {
        assert_eq!(record["datacontenttype"], "application/protobuf");
        let told = firestore::decode(&BASE64.decode(text).unwrap()).ok_or_else(|| Error::invalid("no event"))?;
        (told.document, told.after.map(|after| after["how"].as_str().unwrap().to_owned()))
    } else {
        let data = &record["data"];
        let name = [&data["value"], &data["oldValue"]].into_iter().find_map(|value| value["name"].as_str());
        let path = name.and_then(|name| name.split_once("/documents/")).ok_or_else(|| Error::invalid("no name"))?.1;
        (path.to_owned(), data["value"]["fields"]["how"]["stringValue"].as_str().map(str::to_owned))
    };
    assert_eq!(record["subject"], format!("documents/{path}"));
    let key = Key::new("things", path.strip_prefix("things/").ok_or_else(|| Error::invalid("not a thing"))?)?;
    let document = after.map(|how| Document {
        key: key.clone(),
        body: Body::of(&json!({ "how": how, "id": key.sort() })).unwrap(),
        version: Version::new("v"),
        expires_at: None,
    });
    Ok(DocumentChange { key, document })
}
