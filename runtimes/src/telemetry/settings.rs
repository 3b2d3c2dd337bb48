//! The settings of traces and metrics.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::TelemetryError;

/// Where traces and metrics go. By default: nowhere, but on AWS Lambda metrics go to the log.
///
/// What OpenTelemetry's own variables say counts where a setting says nothing: `OTEL_EXPORTER_OTLP_ENDPOINT`,
/// `OTEL_EXPORTER_OTLP_HEADERS`, `OTEL_SERVICE_NAME`, `OTEL_RESOURCE_ATTRIBUTES`.
#[derive(Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct TelemetrySettings {
    /// Where a collector of OpenTelemetry takes OTLP over HTTP: `http://localhost:4318`. Default: none, so that neither
    /// traces nor metrics are sent.
    pub endpoint: Option<String>,
    /// Headers that the collector asks for, such as the key of an account. They are secrets.
    pub headers: BTreeMap<String, String>,
    /// How many of the traces that begin here are recorded, from 0 to 1. In a trace that began elsewhere, what was decided
    /// there counts. Default 1.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub sample_ratio: f64,
    /// Whether metrics are sent to the collector as well. Default true.
    pub metrics: bool,
    /// Whether metrics go to the log, in CloudWatch's embedded metric format. Default `auto`: on AWS Lambda alone.
    pub emf: EmfMode,
    /// What the service is called. Default: the workload's name if the composition root tells it, or else the program's.
    pub service_name: String,
    /// Its version.
    pub service_version: String,
    /// How long sending may hold up the answer of a host that is frozen after it, and the end of a process. Default 2 s.
    #[serde(with = "crate::duration")]
    #[schemars(schema_with = "crate::duration::schema")]
    pub flush_timeout: Duration,
    /// How often traces and metrics are sent where a process keeps running. Default 5 s.
    #[serde(with = "crate::duration")]
    #[schemars(schema_with = "crate::duration::schema")]
    pub interval: Duration,
}

/// Whether metrics go to the log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum EmfMode {
    /// On AWS Lambda alone.
    #[default]
    Auto,
    /// Everywhere.
    On,
    /// Nowhere.
    Off,
}

impl TelemetrySettings {
    /// The defaults for this workload.
    pub fn of(service_name: impl Into<String>, service_version: impl Into<String>) -> Self {
        Self { service_name: service_name.into(), service_version: service_version.into(), ..Self::default() }
    }
}

impl TelemetrySettings {
    /// What the service is called.
    pub(super) fn service_name(&self) -> String {
        let program = || std::env::current_exe().ok()?.file_name()?.to_str().map(str::to_owned);
        let named = Some(self.service_name.clone()).filter(|name| !name.is_empty());
        named.or_else(program).unwrap_or_else(|| "anyport".to_owned())
    }

    /// Refuses what the schema of the settings cannot.
    pub(super) fn check(&self) -> Result<(), TelemetryError> {
        let wrong = |setting, problem: &str| Err(TelemetryError::Setting { setting, problem: problem.to_owned() });
        if !(0.0..=1.0).contains(&self.sample_ratio) {
            return wrong("sample_ratio", "it must be from 0 to 1");
        }
        let http = |endpoint: &str| endpoint.starts_with("http://") || endpoint.starts_with("https://");
        if self.endpoint.as_deref().is_some_and(|endpoint| !http(endpoint)) {
            return wrong("endpoint", "it must begin with http:// or https://, such as http://localhost:4318");
        }
        if self.interval.is_zero() {
            return wrong("interval", "it must be longer than nothing");
        }
        Ok(())
    }
}

impl Default for TelemetrySettings {
    fn default() -> Self {
        Self {
            endpoint: None,
            headers: BTreeMap::new(),
            sample_ratio: 1.0,
            metrics: true,
            emf: EmfMode::Auto,
            service_name: String::new(),
            service_version: String::new(),
            flush_timeout: Duration::from_secs(2),
            interval: Duration::from_secs(5),
        }
    }
}

impl fmt::Debug for TelemetrySettings {
    /// The headers' values are secrets, and the endpoint may hold a password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TelemetrySettings")
            .field("endpoint", &self.endpoint.is_some())
            .field("headers", &self.headers.keys().collect::<Vec<_>>())
            .field("sample_ratio", &self.sample_ratio)
            .field("metrics", &self.metrics)
            .field("emf", &self.emf)
            .field("service_name", &self.service_name)
            .finish_non_exhaustive()
    }
}
