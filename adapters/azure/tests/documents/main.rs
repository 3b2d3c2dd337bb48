//! Documents on Cosmos DB against an emulator.
//!
//! The environment leads to it and to a Python interpreter that has Microsoft's own client, `azure-cosmos`
//! (`ANYPORT_AZURE_PYTHON`): `cargo xtask test` sees to it.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "what surrounds the tests may fail them too")]

mod failures;
mod feed;
mod python;

use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyport_azure::{CosmosDocuments, CosmosSettings};
use anyport_ports::documents::{Index, Key};
use anyport_ports::resources::{CollectionSpec, Provision as _, Resources};
use anyport_ports::{Clock, CollectionName, IndexName, Timestamp};

const USERS: CollectionName = CollectionName::from_static("users");

/// The machine's clock, set forward by as much as a test says.
#[derive(Default)]
struct Shifted(Mutex<Duration>);

impl Shifted {
    fn forward(&self, by: Duration) {
        *self.0.lock().unwrap() += by;
    }
}

impl Clock for Shifted {
    fn now(&self) -> Timestamp {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap() + *self.0.lock().unwrap();
        Timestamp::from_millis(i64::try_from(now.as_millis()).unwrap())
    }
}

/// A container of its own for a test.
struct Container {
    documents: CosmosDocuments,
    clock: Arc<Shifted>,
    settings: CosmosSettings,
    name: String,
}

fn by_team() -> Index {
    Index::new(IndexName::from_static("by-team"), "team", "name")
}

fn users(indexes: Vec<Index>) -> Resources {
    Resources { collections: vec![CollectionSpec::new(USERS, indexes)], ..Resources::default() }
}

/// Settings with a prefix of their own, for the emulator that the environment leads to.
fn settings() -> CosmosSettings {
    assert!(
        std::env::var("AZURE_COSMOS_ENDPOINT").is_ok(),
        "AZURE_COSMOS_ENDPOINT names no emulator: run the tests with `cargo xtask test`"
    );
    let prefix = format!("p{}-", &uuid::Uuid::new_v4().simple().to_string()[..12]);
    CosmosSettings { prefix, ..CosmosSettings::default() }
}

async fn provisioned(resources: &Resources) -> Container {
    let (settings, clock) = (settings(), Arc::new(Shifted::default()));
    let documents = CosmosDocuments::connect(&settings, Arc::clone(&clock) as _).await.unwrap();
    documents.provision(resources).await.unwrap();
    let name = format!("{}users", settings.prefix);
    Container { documents, clock, settings, name }
}

fn key(partition: &str, sort: &str) -> Key {
    Key::new(partition, sort).unwrap()
}
