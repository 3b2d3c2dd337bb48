//! What can be set: in `anyport.toml`, and by variables of the environment such as `ANYPORT_SERVER__ADDRESS`.

use std::path::PathBuf;

#[cfg(feature = "aws-lambda")]
use anyport_runtimes::aws_lambda::LambdaSettings;
use anyport_runtimes::logs::LogSettings;
#[cfg(feature = "server")]
use anyport_runtimes::server::ServerSettings;
use anyport_runtimes::telemetry::TelemetrySettings;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The settings.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Settings {
    /// The folder that the embedded store keeps everything in.
    pub(crate) data: PathBuf,
    /// What the names of tables, topics, queues, buckets and secrets begin with at a provider: `staging-`.
    pub(crate) prefix: String,
    /// How the server runs.
    #[cfg(feature = "server")]
    pub(crate) server: ServerSettings,
    /// How functions run on AWS Lambda.
    #[cfg(feature = "aws-lambda")]
    pub(crate) aws_lambda: LambdaSettings,
    /// How it logs.
    pub(crate) log: LogSettings,
    /// Where its traces and metrics go.
    pub(crate) telemetry: TelemetrySettings,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            data: PathBuf::from("data"),
            prefix: String::new(),
            #[cfg(feature = "server")]
            server: ServerSettings::default(),
            #[cfg(feature = "aws-lambda")]
            aws_lambda: LambdaSettings::default(),
            log: LogSettings::default(),
            telemetry: TelemetrySettings::of(env!("CARGO_PKG_NAME"), env!("CARGO_PKG_VERSION")),
        }
    }
}
