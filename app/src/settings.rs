//! What can be set: in `anyport.toml`, and by variables of the environment such as `ANYPORT_SERVER__ADDRESS`.

use std::path::PathBuf;

use anyport_http::HttpSettings;
use anyport_runtimes::auth::AuthSettings;
#[cfg(feature = "aws-lambda")]
use anyport_runtimes::aws_lambda::LambdaSettings;
#[cfg(feature = "azure-functions")]
use anyport_runtimes::azure_functions::AzureFunctionsSettings;
#[cfg(feature = "cloud-run")]
use anyport_runtimes::cloud_run::CloudRunSettings;
use anyport_runtimes::logs::LogSettings;
#[cfg(feature = "server")]
use anyport_runtimes::server::ServerSettings;
use anyport_runtimes::telemetry::TelemetrySettings;
use app::Schedules;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The adapters that keep documents and carry messages, of those that are compiled in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Store {
    /// One file and two folders, shared by any number of processes of this machine.
    #[cfg(feature = "sqlite")]
    #[default]
    Sqlite,
    /// This process's memory: gone when it ends.
    #[cfg(feature = "memory")]
    #[cfg_attr(not(feature = "sqlite"), default)]
    Memory,
    /// DynamoDB; SNS with SQS.
    #[cfg(feature = "aws")]
    #[cfg_attr(not(any(feature = "sqlite", feature = "memory")), default)]
    Aws,
    /// Cosmos DB; Storage Queue.
    #[cfg(feature = "azure")]
    #[cfg_attr(not(any(feature = "sqlite", feature = "memory", feature = "aws")), default)]
    Azure,
    /// Firestore; Pub/Sub.
    #[cfg(feature = "gcp")]
    #[cfg_attr(not(any(feature = "sqlite", feature = "memory", feature = "aws", feature = "azure")), default)]
    Gcp,
    /// Redis or Valkey.
    #[cfg(feature = "redis")]
    #[cfg_attr(
        not(any(feature = "sqlite", feature = "memory", feature = "aws", feature = "azure", feature = "gcp")),
        default
    )]
    Redis,
}

/// The adapters that keep blobs and secrets, of those that are compiled in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Vault {
    /// Files of this machine; secrets from its environment as well.
    #[cfg(any(feature = "sqlite", feature = "redis"))]
    #[cfg_attr(
        any(feature = "sqlite", not(any(feature = "memory", feature = "aws", feature = "azure", feature = "gcp"))),
        default
    )]
    Sqlite,
    /// This process's memory: gone when it ends.
    #[cfg(feature = "memory")]
    #[cfg_attr(not(feature = "sqlite"), default)]
    Memory,
    /// S3; Secrets Manager.
    #[cfg(feature = "aws")]
    #[cfg_attr(not(any(feature = "sqlite", feature = "memory")), default)]
    Aws,
    /// Blob Storage; Key Vault.
    #[cfg(feature = "azure")]
    #[cfg_attr(not(any(feature = "sqlite", feature = "memory", feature = "aws")), default)]
    Azure,
    /// Cloud Storage; Secret Manager.
    #[cfg(feature = "gcp")]
    #[cfg_attr(not(any(feature = "sqlite", feature = "memory", feature = "aws", feature = "azure")), default)]
    Gcp,
}

/// The settings of the storefront.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Settings {
    /// Who keeps documents.
    pub(crate) documents: Store,
    /// Who carries messages.
    pub(crate) messages: Store,
    /// Who keeps blobs, and signs URLs to them.
    pub(crate) blobs: Vault,
    /// Who keeps secrets.
    pub(crate) secrets: Vault,
    /// The folder that the embedded store keeps everything in.
    pub(crate) data: PathBuf,
    /// What signed URLs of the embedded store begin with, where the server is reached from outside:
    /// `https://shop.example.com`. Default: the address that it listens on.
    pub(crate) public_url: Option<String>,
    /// Amazon Web Services.
    #[cfg(feature = "aws")]
    pub(crate) aws: AwsSection,
    /// Microsoft Azure.
    #[cfg(feature = "azure")]
    pub(crate) azure: AzureSection,
    /// Google Cloud.
    #[cfg(feature = "gcp")]
    pub(crate) gcp: GcpSection,
    /// Redis.
    #[cfg(feature = "redis")]
    pub(crate) redis: RedisSection,
    /// When the clock calls.
    pub(crate) schedules: Schedules,
    /// How the server runs.
    #[cfg(feature = "server")]
    pub(crate) server: ServerSettings,
    /// How functions run on AWS Lambda.
    #[cfg(feature = "aws-lambda")]
    pub(crate) aws_lambda: LambdaSettings,
    /// How functions run on Azure Functions.
    #[cfg(feature = "azure-functions")]
    pub(crate) azure_functions: AzureFunctionsSettings,
    /// How functions run on Cloud Run.
    #[cfg(feature = "cloud-run")]
    pub(crate) cloud_run: CloudRunSettings,
    /// Whose tokens are taken. Without an issuer, on one machine, those that `app --token` gives.
    pub(crate) auth: AuthSettings,
    /// The services that it calls: `http.services.payments.url`. Without that, on one machine, a sandbox.
    pub(crate) http: HttpSettings,
    /// How it logs.
    pub(crate) log: LogSettings,
    /// Where its traces and metrics go.
    pub(crate) telemetry: TelemetrySettings,
}

/// Amazon Web Services. Credentials, region and endpoints are found by the conventions of AWS's own tools: the variables
/// `AWS_REGION`, `AWS_ACCESS_KEY_ID`, `AWS_ENDPOINT_URL` and their like, profiles, and the roles of containers and instances.
#[cfg(feature = "aws")]
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct AwsSection {
    /// What the names of tables, topics, queues, buckets and secrets begin with: `staging-`. Default: nothing.
    pub(crate) prefix: String,
}

/// Microsoft Azure. Where its services are is told by variables of the environment: `AZURE_COSMOS_ENDPOINT`,
/// `AZURE_STORAGE_ACCOUNT`, `AZURE_KEYVAULT_ENDPOINT`; who the program is, by Entra ID or by keys in variables such as
/// `AZURE_COSMOS_KEY`.
#[cfg(feature = "azure")]
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct AzureSection {
    /// What the names of containers, queues and secrets begin with: `staging-`. Default: nothing.
    pub(crate) prefix: String,
}

/// Google Cloud. The project is told by `GOOGLE_CLOUD_PROJECT`, who the program is by Application Default Credentials.
#[cfg(feature = "gcp")]
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct GcpSection {
    /// What the names of collections, topics, subscriptions, buckets and secrets begin with: `staging-`. Default: nothing.
    pub(crate) prefix: String,
}

/// Redis.
#[cfg(feature = "redis")]
#[derive(Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct RedisSection {
    /// Where it is, and as whom to log in: `redis://user:password@host:6379/0`; of a cluster, some of its nodes, separated
    /// by commas. Default: what the variable `REDIS_URL` says, or else this machine's.
    pub(crate) url: Option<String>,
    /// Whether it is a cluster.
    pub(crate) cluster: bool,
    /// What the names of its keys begin with: `staging-`. Default: nothing.
    pub(crate) prefix: String,
}

#[cfg(feature = "redis")]
impl std::fmt::Debug for RedisSection {
    /// The URL may hold a password.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RedisSection")
            .field("cluster", &self.cluster)
            .field("prefix", &self.prefix)
            .finish_non_exhaustive()
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            documents: Store::default(),
            messages: Store::default(),
            blobs: Vault::default(),
            secrets: Vault::default(),
            data: PathBuf::from("data"),
            public_url: None,
            #[cfg(feature = "aws")]
            aws: AwsSection::default(),
            #[cfg(feature = "azure")]
            azure: AzureSection::default(),
            #[cfg(feature = "gcp")]
            gcp: GcpSection::default(),
            #[cfg(feature = "redis")]
            redis: RedisSection::default(),
            schedules: Schedules::default(),
            #[cfg(feature = "server")]
            server: ServerSettings::default(),
            #[cfg(feature = "aws-lambda")]
            aws_lambda: LambdaSettings::default(),
            #[cfg(feature = "azure-functions")]
            azure_functions: AzureFunctionsSettings::default(),
            #[cfg(feature = "cloud-run")]
            cloud_run: CloudRunSettings::default(),
            auth: AuthSettings::default(),
            http: HttpSettings::default(),
            log: LogSettings::default(),
            telemetry: TelemetrySettings::of("storefront", env!("CARGO_PKG_VERSION")),
        }
    }
}

impl Settings {
    /// The folder of the issuer that a machine is for itself.
    pub(crate) fn own_issuer(&self) -> PathBuf {
        self.data.join("secrets")
    }

    /// What signed URLs of the embedded store begin with.
    #[cfg(any(feature = "sqlite", feature = "memory", feature = "redis"))]
    pub(crate) fn public_url(&self) -> String {
        self.public_url.clone().unwrap_or_else(|| self.own_url())
    }

    /// How functions run on AWS Lambda. With AWS compiled in, names begin as the adapter's do unless it is set otherwise, and
    /// the queues that call functions are settled by the adapter whose they are.
    #[cfg(feature = "aws-lambda")]
    pub(crate) fn lambda(&self) -> LambdaSettings {
        let lambda = self.aws_lambda.clone();
        #[cfg(feature = "aws")]
        let lambda = LambdaSettings {
            prefix: if lambda.prefix.is_empty() { self.aws.prefix.clone() } else { lambda.prefix },
            settlement: if self.messages == Store::Aws {
                anyport_runtimes::aws_lambda::Settlement::AwsAdapter
            } else {
                lambda.settlement
            },
            ..lambda
        };
        lambda
    }

    /// How functions run on Azure Functions. With Azure compiled in, names begin as the adapter's do unless it is set
    /// otherwise, and the queues that call functions are settled by the adapter whose they are.
    #[cfg(feature = "azure-functions")]
    pub(crate) fn azure_functions(&self) -> AzureFunctionsSettings {
        let functions = self.azure_functions.clone();
        #[cfg(feature = "azure")]
        let functions = AzureFunctionsSettings {
            prefix: if functions.prefix.is_empty() { self.azure.prefix.clone() } else { functions.prefix },
            settlement: if self.messages == Store::Azure {
                anyport_runtimes::azure_functions::Settlement::AzureAdapter
            } else {
                functions.settlement
            },
            ..functions
        };
        functions
    }

    /// How functions run on Cloud Run. With Google Cloud compiled in, names begin as the adapter's do unless it is set
    /// otherwise, and messages that can never be done are kept by the adapter that carries them.
    #[cfg(feature = "cloud-run")]
    pub(crate) fn cloud_run(&self) -> CloudRunSettings {
        let cloud_run = self.cloud_run.clone();
        #[cfg(feature = "gcp")]
        let cloud_run = CloudRunSettings {
            prefix: if cloud_run.prefix.is_empty() { self.gcp.prefix.clone() } else { cloud_run.prefix },
            settlement: if self.messages == Store::Gcp {
                anyport_runtimes::cloud_run::Settlement::GcpAdapter
            } else {
                cloud_run.settlement
            },
            ..cloud_run
        };
        cloud_run
    }

    #[cfg(all(feature = "server", any(feature = "sqlite", feature = "memory", feature = "redis")))]
    fn own_url(&self) -> String {
        let address = self.server.address;
        let host = if address.ip().is_unspecified() { "localhost".to_owned() } else { address.ip().to_string() };
        let host = if host.contains(':') { format!("[{host}]") } else { host };
        format!("http://{host}:{}", address.port())
    }

    /// Without a server nobody follows them.
    #[cfg(all(not(feature = "server"), any(feature = "sqlite", feature = "memory", feature = "redis")))]
    fn own_url(&self) -> String {
        "http://localhost".to_owned()
    }
}
