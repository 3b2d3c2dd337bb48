//! The sets of adapters.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use anyport_aws::{Aws, AwsSettings};
use anyport_blobs::ObjectBlobs;
use anyport_blobs::s3::S3Settings;
use anyport_ports::Clock;
use anyport_redis::{RedisSettings, RedisStore};
use anyport_runtimes::SystemClock;
use anyport_sqlite::SqliteStore;
use serde_json::json;
use tempfile::TempDir;

use super::{World, payments};
use crate::http_client;
use crate::storefront_server::tokens;
use crate::telling::Telling;

/// A set of adapters, one for each port.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Set {
    /// Everything in files of this machine.
    Sqlite,
    /// Documents and messages in Redis, the rest in files.
    Redis,
    /// Everything at AWS.
    Aws,
}

/// What the receipts of every run are signed with.
pub(crate) const RECEIPT_KEY: &str = "a key of at least thirty-two bytes, for tests";

impl Set {
    /// A fresh namespace, in which everything exists that the functions need.
    pub(crate) async fn fresh(self) -> World {
        let prefix = fresh_prefix();
        let folder = tempfile::tempdir().expect("a folder");
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let payments = payments::start().await;
        let mut world = match self {
            Self::Sqlite => {
                let store = embedded(&folder, &clock);
                let environment = files(&folder).to_vec();
                World {
                    folder,
                    program: PathBuf::from(env!("CARGO_BIN_EXE_app")),
                    environment,
                    telling: Arc::new(Telling::new()),
                    payments,
                    prefix: String::new(),
                    documents: Arc::clone(&store) as _,
                    scan: Arc::clone(&store) as _,
                    changes: Arc::clone(&store) as _,
                    messages: Arc::clone(&store) as _,
                    blobs: store,
                    cloud_blobs: false,
                }
            }
            Self::Redis => {
                let url = given("REDIS_URL");
                let store = RedisStore::connect(&RedisSettings::at(&url).prefixed(&prefix)).await.expect("Redis");
                let (store, blobs) = (Arc::new(store), embedded(&folder, &clock));
                let mut environment = files(&folder).to_vec();
                environment.extend(
                    [
                        ("ANYPORT_DOCUMENTS", "redis"),
                        ("ANYPORT_MESSAGES", "redis"),
                        ("ANYPORT_REDIS__PREFIX", &prefix),
                        ("REDIS_URL", &url),
                    ]
                    .map(owned),
                );
                World {
                    folder,
                    program: PathBuf::from(env!("CARGO_BIN_EXE_app")),
                    environment,
                    telling: Arc::new(Telling::new()),
                    payments,
                    prefix: String::new(),
                    documents: Arc::clone(&store) as _,
                    scan: Arc::clone(&store) as _,
                    changes: Arc::clone(&store) as _,
                    messages: store,
                    blobs,
                    cloud_blobs: false,
                }
            }
            Self::Aws => {
                given("AWS_ENDPOINT_URL_DYNAMODB");
                put_secret(&prefix).await;
                let aws = AwsSettings { prefix: prefix.clone(), ..AwsSettings::default() };
                let aws = Aws::connect(&aws, clock).await.expect("AWS");
                let blobs = S3Settings::new().with_prefix(&prefix);
                let documents = Arc::new(aws.documents());
                let mut environment: Vec<_> = std::env::vars().filter(|(name, _)| name.starts_with("AWS_")).collect();
                let all = ["DOCUMENTS", "MESSAGES", "BLOBS", "SECRETS"];
                environment.extend(all.map(|port| (format!("ANYPORT_{port}"), "aws".to_owned())));
                environment.extend([("ANYPORT_AWS__PREFIX", prefix.as_str())].map(owned));
                World {
                    folder,
                    program: PathBuf::from(env!("CARGO_BIN_EXE_app")),
                    environment,
                    telling: Arc::new(Telling::new()),
                    payments,
                    prefix,
                    documents: Arc::clone(&documents) as _,
                    scan: documents,
                    changes: Arc::new(aws.changes()),
                    messages: Arc::new(aws.messages()),
                    blobs: Arc::new(ObjectBlobs::s3(&blobs).expect("S3")),
                    cloud_blobs: true,
                }
            }
        };
        let url = world.payments.url();
        let (issuers, tokens) = tokens::setting();
        let own = [("ANYPORT_HTTP__SERVICES__PAYMENTS__URL", url.as_str()), (issuers, tokens.as_str())];
        // What the functions need is made without a word on who calls, and who is called.
        world.provision();
        world.environment.extend(own.map(owned));
        world
    }
}

fn embedded(folder: &TempDir, clock: &Arc<dyn Clock>) -> Arc<SqliteStore> {
    let data = folder.path().join("data");
    std::fs::create_dir(&data).expect("a folder");
    Arc::new(SqliteStore::open(&data.join("storefront.db"), Arc::clone(clock)).expect("a store"))
}

fn files(folder: &TempDir) -> [(String, String); 2] {
    let data = folder.path().join("data").to_string_lossy().into_owned();
    [("ANYPORT_DATA", data.as_str()), ("STOREFRONT_SECRET_RECEIPT_KEY", RECEIPT_KEY)].map(owned)
}

fn owned((name, value): (&str, &str)) -> (String, String) {
    (name.to_owned(), value.to_owned())
}

/// A variable of this process's environment, where `cargo xtask test` says what it has started.
fn given(name: &str) -> String {
    std::env::var(name)
        .unwrap_or_else(|_| panic!("{name} is not set: run `cargo xtask test`, which starts what it takes"))
}

/// Puts the key of receipts into Secrets Manager, as an operator would: workloads may only read.
async fn put_secret(prefix: &str) {
    let body = json!({
        "Name": format!("{prefix}receipt-key"),
        "SecretString": RECEIPT_KEY,
        "ClientRequestToken": "00000000-0000-4000-8000-000000000001",
    });
    let response = http_client()
        .post(given("AWS_ENDPOINT_URL_SECRETS_MANAGER"))
        .header("x-amz-target", "secretsmanager.CreateSecret")
        .header("content-type", "application/x-amz-json-1.1")
        // An emulator takes the service from the signature, which it does not check.
        .header("authorization", "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/secretsmanager/aws4_request")
        .body(body.to_string())
        .send()
        .await
        .expect("an answer");
    assert!(response.status().is_success(), "{response:?}");
}

/// No other run has it.
fn fresh_prefix() -> String {
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock");
    let unique = u64::try_from(since_epoch.as_micros()).expect("small") ^ (u64::from(std::process::id()) << 40);
    format!("t{:012x}-", unique & 0xffff_ffff_ffff)
}
