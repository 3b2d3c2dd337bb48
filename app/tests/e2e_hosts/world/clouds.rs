//! Sets of adapters of clouds, where the environment leads to them.

use std::sync::Arc;

use anyport_aws::{Aws, AwsSettings};
use anyport_azure::{CosmosDocuments, CosmosSettings, KeyVaultSecrets, KeyVaultSettings, QueueMessages, QueueSettings};
use anyport_blobs::ObjectBlobs;
use anyport_blobs::azure::AzureBlobSettings;
use anyport_blobs::gcs::GcsSettings;
use anyport_blobs::s3::S3Settings;
use anyport_gcp::{FirestoreDocuments, FirestoreSettings, PubSubMessages, SecretManager, ServiceSettings};
use anyport_ports::Clock;
use anyport_ports::handles::NamedSecret as _;
use domain::receipts::ReceiptKey;
use serde_json::json;

use super::Stores;
use super::sets::{RECEIPT_KEY, given};
use crate::http_client;

/// Everything at AWS.
pub(super) async fn aws(clock: Arc<dyn Clock>, prefix: &str) -> Stores {
    given("AWS_ENDPOINT_URL_DYNAMODB");
    put_secret(prefix).await;
    let aws = AwsSettings { prefix: prefix.to_owned(), ..AwsSettings::default() };
    let aws = Aws::connect(&aws, clock).await.expect("AWS");
    let blobs = S3Settings::new().with_prefix(prefix);
    let documents = Arc::new(aws.documents());
    Stores {
        environment: environment("aws", &["AWS_"], prefix),
        memory: None,
        documents: Arc::clone(&documents) as _,
        scan: documents,
        changes: Arc::new(aws.changes()),
        messages: Arc::new(aws.messages()),
        blobs: Arc::new(ObjectBlobs::s3(&blobs).expect("S3")),
        cloud_blobs: true,
    }
}

/// Everything at Azure.
pub(super) async fn azure(clock: Arc<dyn Clock>, prefix: &str) -> Stores {
    given("AZURE_COSMOS_ENDPOINT");
    let prefix = prefix.to_owned();
    let vault = KeyVaultSettings { prefix: prefix.clone(), ..KeyVaultSettings::default() };
    let vault = KeyVaultSecrets::connect(&vault).expect("Key Vault");
    vault.put(&ReceiptKey::NAME, RECEIPT_KEY.as_bytes()).await.expect("a secret");
    let cosmos = CosmosSettings { prefix: prefix.clone(), ..CosmosSettings::default() };
    let documents = Arc::new(CosmosDocuments::connect(&cosmos, clock).await.expect("Cosmos DB"));
    let queues = QueueSettings { prefix: prefix.clone(), ..QueueSettings::default() };
    let blobs = AzureBlobSettings::new().with_prefix(&prefix);
    Stores {
        environment: environment("azure", &["AZURE_", "COSMOS_"], &prefix),
        memory: None,
        documents: Arc::clone(&documents) as _,
        scan: Arc::clone(&documents) as _,
        changes: documents,
        messages: Arc::new(QueueMessages::connect(&queues).expect("Storage Queue")),
        blobs: Arc::new(ObjectBlobs::azure(&blobs).expect("Blob Storage")),
        cloud_blobs: true,
    }
}

/// Everything at Google Cloud.
pub(super) async fn gcp(clock: Arc<dyn Clock>, prefix: &str) -> Stores {
    given("FIRESTORE_EMULATOR_HOST");
    let prefix = prefix.to_owned();
    let services = ServiceSettings { prefix: prefix.clone(), ..ServiceSettings::default() };
    let secrets = SecretManager::connect(&services).await.expect("Secret Manager");
    secrets.put(&ReceiptKey::NAME, RECEIPT_KEY.as_bytes()).await.expect("a secret");
    let firestore = FirestoreSettings { prefix: prefix.clone(), ..FirestoreSettings::default() };
    let documents = Arc::new(FirestoreDocuments::connect(&firestore, clock).await.expect("Firestore"));
    let blobs = GcsSettings::new().with_prefix(&prefix);
    Stores {
        environment: environment("gcp", &["GOOGLE_", "FIRESTORE_", "PUBSUB_", "STORAGE_", "SECRET_MANAGER_"], &prefix),
        memory: None,
        documents: Arc::clone(&documents) as _,
        scan: Arc::clone(&documents) as _,
        changes: documents,
        messages: Arc::new(PubSubMessages::connect(&services).await.expect("Pub/Sub")),
        blobs: Arc::new(ObjectBlobs::gcs(&blobs).expect("Cloud Storage")),
        cloud_blobs: true,
    }
}

/// Every port bound to one adapter, which finds its services by variables that begin so.
fn environment(adapter: &str, begins: &[&str], prefix: &str) -> Vec<(String, String)> {
    let led = std::env::vars().filter(|(name, _)| begins.iter().any(|begin| name.starts_with(begin)));
    let ports = ["DOCUMENTS", "MESSAGES", "BLOBS", "SECRETS"];
    let bound = ports.map(|port| (format!("ANYPORT_{port}"), adapter.to_owned()));
    let named = (format!("ANYPORT_{}__PREFIX", adapter.to_uppercase()), prefix.to_owned());
    led.chain(bound).chain([named]).collect()
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
